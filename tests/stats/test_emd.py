"""The distance between answers, and the floor that chance leaves."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import wasserstein_distance

from made_up_answers import instrument, question
from valuescape.answers.distributions import shares_of
from valuescape.core.errors import UserError
from valuescape.stats.emd import emd, expected_floor, grid_of, pairwise

QUESTIONS = instrument(
    question("Q1", (1, 2, 3)), question("Q2", (0, 1)), question("Q3", (1, 2, 3, 4))
)


@pytest.fixture(scope="module")
def emd2_1d():
    with warnings.catch_warnings():
        # POT 0.9.7 has invalid escape sequences in its docstrings
        warnings.simplefilter("ignore")
        import ot  # noqa: PLC0415
    return ot.emd2_1d


def test_distance_by_hand():
    steps = np.array([0.5, 0.5])
    # all at option 1, against half at 2 and half at 3: 1 and 2 steps of 2, so 1.5 / 2; squared
    # costs would give 1.25
    found = emd(np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.5, 0.5]), steps)
    assert found == pytest.approx(0.75)


@settings(max_examples=50)
@given(
    pair=arrays(float, (2, 5), elements=st.floats(0, 1)).filter(
        lambda pair: pair.sum(axis=1).min() > 1e-3
    ),
    values=st.sampled_from([(1, 2, 3, 4, 5), (1, 2, 4, 7, 10)]),
)
def test_distance_agrees_with_scipy_and_pot(emd2_1d, pair, values):
    first, second = pair / pair.sum(axis=1, keepdims=True)
    scaled = question("Q", values).scaled
    found = emd(first, second, np.diff(scaled))
    assert found == pytest.approx(wasserstein_distance(scaled, scaled, first, second), abs=1e-9)
    # POT's default metric is the squared one
    expected = emd2_1d(scaled, scaled, first, second, metric="cityblock")
    assert found == pytest.approx(expected, abs=1e-9)
    assert found == pytest.approx(emd(second, first, np.diff(scaled)))
    assert 0 <= found <= 1


@pytest.mark.parametrize(
    ("n1", "n2", "tolerance"), [(5, 5, 0.07), (50, 500, 0.02), (900, 900, 0.02)]
)
def test_floor_agrees_with_simulation(n1, n2, tolerance):
    shares = np.array([0.1, 0.25, 0.3, 0.2, 0.15])
    gaps = np.full(4, 0.25)
    rng = np.random.default_rng(3)
    first, second = (rng.multinomial(n, shares, 20_000) / n for n in (n1, n2))
    found = expected_floor(shares, np.array(1 / (1 / n1 + 1 / n2)), gaps)
    assert found == pytest.approx(emd(first, second, gaps).mean(), rel=tolerance)


def test_distances_between_all_groups_agree_with_scipy():
    rng = np.random.default_rng(4)
    grid = grid_of(QUESTIONS)
    first, second = (shares_of(rng.random((n, 3, 4)) * grid.present) for n in (2, 3))
    found = pairwise(first, second, grid.gaps)
    for q, asked in enumerate(QUESTIONS.questions):
        for g in range(2):
            for h in range(3):
                n = asked.n_options
                expected = wasserstein_distance(
                    asked.scaled, asked.scaled, first[g, q, :n], second[h, q, :n]
                )
                assert found[q, g, h] == pytest.approx(expected)


def test_a_grid_pads_questions_of_fewer_options():
    grid = grid_of(instrument(question("Q1", (1, 2, 4)), question("Q2", (0, 1))))
    assert grid.values.tolist() == [[1, 2, 4], [0, 1, 0]]
    assert grid.gaps.tolist() == [[pytest.approx(1 / 3), pytest.approx(2 / 3)], [1, 0]]
    assert grid.uniform.tolist() == [[pytest.approx(1 / 3)] * 3, [0.5, 0.5, 0]]
    assert grid.position(["Q2", "Q1"], [1, 4]).tolist() == [4, 2]
    with pytest.raises(UserError, match="Q2: 4 is no option"):
        grid.position(["Q2"], [4])
