"""What all intervals and null distributions rest on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, pearsonr

from valuescape.stats import resampling
from valuescape.stats.resampling import Draws, correlation


def test_random_numbers_follow_from_seed_and_purpose_alone():
    first, other = Draws(5, 1).generator("a"), Draws(5, 1).generator("b")
    numbers = first.random(3)
    assert numbers.tolist() == Draws(99, 1).generator("a").random(3).tolist()
    assert numbers.tolist() != other.random(3).tolist()
    # fixed for ever: every published interval rests on these
    assert Draws(1, 7).generator("alignment/personas").integers(0, 1000, 3).tolist() == [
        236,
        480,
        519,
    ]


def test_sums_of_draws_have_the_variance_of_a_bootstrap(monkeypatch):
    rng = np.random.default_rng(2)
    columns = np.column_stack([rng.normal(size=50), rng.integers(0, 3, 50), np.ones(50)])
    sums = resampling.resampled_sums(columns, Draws(4000, 3), "test")
    assert (sums[:, 2] == 50).all()
    variance = 50 * columns[:, :2].var(axis=0)
    np.testing.assert_allclose(sums[:, :2].var(axis=0), variance, rtol=0.08)
    # small whole numbers are summed in half the width, exactly
    whole = resampling.resampled_sums(columns[:, 1:], Draws(4000, 3), "test")
    np.testing.assert_array_equal(whole, sums[:, 1:])
    # and in blocks as at once
    monkeypatch.setattr(resampling, "BLOCK_ELEMENTS", 500)
    in_blocks = resampling.resampled_sums(columns, Draws(4000, 3), "test")
    np.testing.assert_allclose(in_blocks, sums, rtol=1e-12, atol=1e-12)
    assert resampling.resampled_sums(columns[:0], Draws(2, 1), "test").tolist() == [[0] * 3] * 2


def test_products_of_a_shuffle_have_the_same_law_whether_shuffled_or_drawn(monkeypatch):
    rng = np.random.default_rng(3)
    columns = rng.integers(0, 4, (60, 2)).astype(float), rng.exponential(size=(60, 2))
    draws = Draws(4000, 1)
    shuffled = resampling.shuffled_products(*columns, draws, "test")
    monkeypatch.setattr(resampling, "MANY", 60)
    drawn = resampling.shuffled_products(*columns, draws, "test")
    for found in (shuffled, drawn):
        centred = [each - each.mean(axis=0) for each in columns]
        sd = np.sqrt((centred[0] ** 2).sum(axis=0) * (centred[1] ** 2).sum(axis=0) / 59)
        expected = 60 * columns[0].mean(axis=0) * columns[1].mean(axis=0)
        np.testing.assert_allclose(found.mean(axis=0), expected, atol=4 * sd.max() / 4000**0.5)
        np.testing.assert_allclose(found.std(axis=0), sd, rtol=0.05)


def test_an_interval_is_moved_to_its_estimate_and_kept_in_bounds():
    replicates = np.linspace(0.1, 0.3, 1001)[:, None] + np.array([0, 0, np.nan])
    low, high = resampling.interval(np.array([0.15, 0.05, 0.1]), replicates, (0, 1))
    # percentiles 0.105 and 0.295 about the mean 0.2, moved by -0.05
    assert low.tolist() == pytest.approx([0.055, 0, np.nan], nan_ok=True)
    assert high.tolist() == pytest.approx([0.245, 0.145, np.nan], nan_ok=True)


def test_draws_over_clusters_vary_as_a_mean_of_clusters():
    centres = np.array([0.0, 1.0, 4.0])
    drawn = resampling.over_clusters(
        [np.full(6000, centre) for centre in centres], Draws(6000, 1), "test"
    )
    assert drawn.mean() == pytest.approx(centres.mean(), abs=0.05)
    assert drawn.var() == pytest.approx(centres.var(ddof=1) / 3, rel=0.06)
    alone = np.arange(4.0)
    np.testing.assert_array_equal(resampling.over_clusters([alone], Draws(4, 1), "test"), alone)


def test_one_shuffle_in_twenty_exceeds_the_null():
    null_95 = resampling.null_95(np.arange(101.0)[:, None] + np.array([0, np.nan]))
    assert null_95.tolist() == pytest.approx([95, np.nan], nan_ok=True)


def test_the_interval_of_a_share_is_that_of_scipy():
    counts = np.array([0, 3, 10])
    low, high = resampling.wilson(counts, 10)
    for count, *ends in zip(counts.tolist(), low, high, strict=True):
        known = binomtest(count, 10).proportion_ci(method="wilson")
        assert ends == pytest.approx([known.low, known.high], abs=1e-12)
    assert np.isnan(resampling.wilson(counts, 0)).all()


def test_correlation_agrees_with_scipy_and_never_leaves_its_range():
    for seed in range(40):
        values = np.random.default_rng(seed).normal(size=(2, 9))
        assert correlation(*values) == pytest.approx(pearsonr(*values).statistic)
        # of some of these, rounding alone would make more than 1
        assert -1 <= correlation(values[0], -3 * values[0]) <= correlation(*values) <= 1
        assert correlation(values[0], 3 * values[0]) <= 1


def test_the_interval_of_a_correlation_is_that_of_scipy():
    for n in (4, 30):
        found = pearsonr(*np.random.default_rng(n).normal(size=(2, n)))
        ends = resampling.correlation_interval(found.statistic, n)
        assert ends == pytest.approx(tuple(found.confidence_interval()))
    assert resampling.correlation_interval(-1.0, 9) == (-1.0, -1.0)


def test_what_differs_by_rounding_alone_does_not_vary():
    values = np.array([[0.3, 0.1 + 0.2, 0.3], [0.3, 0.3, 0.4]])
    found = correlation(values, np.array([1.0, 2.0, 3.0]))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(np.sqrt(0.75))
