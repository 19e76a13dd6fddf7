"""Information: by hand, against SciPy and scikit-learn, and with known dependence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy
from sklearn.metrics import adjusted_mutual_info_score, mutual_info_score

from valuescape.stats import information
from valuescape.stats.resampling import Draws


def test_entropy_and_divergence_are_those_of_scipy():
    rng = np.random.default_rng(1)
    first, second = rng.dirichlet(np.ones(6), (2, 4))
    assert information.entropy_bits(first) == pytest.approx(entropy(first, base=2, axis=1))
    expected = jensenshannon(first, second, base=2, axis=1) ** 2
    assert information.divergence_bits(first, second) == pytest.approx(expected)
    apart = information.divergence_bits(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    assert apart == pytest.approx(1.0)


def test_the_correction_takes_most_of_the_bias_off():
    rng = np.random.default_rng(2)
    counts = rng.multinomial(100, np.full(10, 0.1), 2000).astype(float)
    assert information.entropy_bits(counts / 100).mean() < np.log2(10) - 0.06
    assert information.corrected_entropy_bits(counts).mean() == pytest.approx(
        np.log2(10), abs=0.005
    )


def test_mutual_information_is_that_of_scikit_learn():
    rng = np.random.default_rng(3)
    rows = rng.integers(0, 4, 300)
    columns = np.where(rng.random(300) < 0.3, rows % 3, rng.integers(0, 3, 300))
    counts = np.zeros((4, 3), dtype=np.int64)
    np.add.at(counts, (rows, columns), 1)
    found = information.told(counts, Draws(4000, 1), "test")
    assert found.bits == pytest.approx(mutual_info_score(rows, columns) / np.log(2))
    oracle = adjusted_mutual_info_score(rows, columns, average_method="min")
    assert found.adjusted == pytest.approx(oracle, abs=0.001)
    assert found.ci_low < found.adjusted < found.ci_high
    assert found.adjusted > found.null_95
    assert found.p < 0.001


def test_what_tells_nothing_is_found_one_time_in_twenty():
    rng = np.random.default_rng(4)
    p = []
    for number in range(200):
        counts = np.zeros((5, 3), dtype=np.int64)
        np.add.at(counts, (rng.integers(0, 5, 144), rng.integers(0, 3, 144)), 1)
        p.append(information.told(counts, Draws(200, number), "test").p)
    assert 0.01 < np.mean(np.array(p) <= 0.05) < 0.1


@pytest.mark.parametrize("counts", [[[5, 3]], [[4], [2]], [[0, 0], [0, 0]], [[1, 0], [0, 1]]])
def test_what_does_not_vary_or_is_all_chance_has_no_number(counts):
    assert np.isnan(information.told(np.array(counts), Draws(50, 1), "test").adjusted)


def test_the_adjusted_number_stays_in_its_range_with_few_personas():
    rng = np.random.default_rng(5)
    for number in range(60):
        counts = np.zeros((8, 3), dtype=np.int64)
        np.add.at(counts, (rng.permutation(8), rng.integers(0, 3, 8)), 1)
        counts[0] += number % 2
        found = information.told(counts, Draws(30, number), "test")
        numbers = np.array([found.adjusted, found.ci_low, found.ci_high, found.null_95])
        assert np.isnan(numbers).all() or (np.abs(numbers) <= 1).all()
