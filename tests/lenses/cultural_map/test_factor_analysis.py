"""The refit: known axes are recovered, signs pinned, case weights counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from valuescape.lenses.cultural_map.factor_analysis import (
    Humans,
    country_means,
    equal_countries,
    fit_map,
    pairwise_correlation,
    resampled_within,
)
from valuescape.lenses.cultural_map.positions import read_projection
from valuescape.stats.resampling import Draws

REFERENCE = Path(__file__).parents[3] / "config/reference"
PUBLISHED = read_projection(REFERENCE / "iw_projection.csv")
LOADINGS = PUBLISHED.weights @ np.linalg.inv(PUBLISHED.weights.T @ PUBLISHED.weights)


AXIS = np.isin(PUBLISHED.codes, ("F063", "F120", "G006", "E018", "Y003")).astype(int)
SIGN = np.sign(LOADINGS[np.arange(10), AXIS])


def microdata(n=40_000, missing=0.1, seed=1):
    """Return answers of which five follow one axis, five the other, equally well."""
    rng = np.random.default_rng(seed)
    axes = rng.normal(size=(n, 2))
    standard = SIGN * (0.7 * axes[:, AXIS] + np.sqrt(0.51) * rng.normal(size=(n, 10)))
    values = PUBLISHED.means + PUBLISHED.sds * standard
    return np.where(rng.random(values.shape) < missing, np.nan, values)


def test_a_refit_recovers_known_axes():
    values = microdata()
    found = fit_map(Humans(PUBLISHED.codes, values, np.ones(len(values))), np.sign(LOADINGS))
    # Five indicators that correlate by 0.49: an eigenvalue 1 + 4 * 0.49, equal weights of
    # 1 / sqrt(5 * 2.96), none from the other five.
    expected = np.zeros((10, 2))
    expected[np.arange(10), AXIS] = SIGN / np.sqrt(5 * 2.96)
    assert found.weights == pytest.approx(expected, abs=0.02)
    assert found.means == pytest.approx(PUBLISHED.means, abs=0.06)
    assert found.sds == pytest.approx(PUBLISHED.sds, rel=0.02)
    scores = (microdata(missing=0.0) - found.means) / found.sds @ found.weights
    assert scores.std(axis=0) == pytest.approx(np.ones(2), abs=0.02)


@pytest.mark.parametrize(
    "rotation", ["varimax_kaiser", "varimax", "scores_varimax", "procrustes_target"]
)
def test_the_signs_are_pinned_under_every_rotation(rotation):
    values = microdata(4000)
    found = fit_map(Humans(PUBLISHED.codes, values, np.ones(4000)), np.sign(LOADINGS), rotation)
    loadings = found.weights @ np.linalg.inv(found.weights.T @ found.weights)
    assert loadings[found.codes.index("F118"), 0] > 0
    assert loadings[found.codes.index("F063"), 1] < 0


def test_a_case_weight_counts_a_case_as_often():
    values = microdata(500)
    doubled, _, _ = pairwise_correlation(np.vstack([values, values[:100]]), np.ones(600))
    weights = np.where(np.arange(500) < 100, 2.0, 1.0)
    assert pairwise_correlation(values, weights)[0] == pytest.approx(doubled)


def test_respondents_are_drawn_anew_within_their_country():
    countries = np.array([2, 0, 0, 1, 2, 2, 0])
    for times in resampled_within(countries, Draws(20, 1), "test"):
        assert np.bincount(countries, times).tolist() == [3, 1, 3]


def test_countries_count_the_same_whatever_their_size():
    weights = equal_countries(np.array([1.0, 3.0, 2.0]), np.array([0, 0, 1]))
    assert weights.tolist() == [250, 750, 1000]


def test_a_country_lies_at_the_mean_of_its_complete_respondents():
    values = np.vstack([PUBLISHED.means] * 3)
    values[2, 0] = np.nan
    humans = Humans(PUBLISHED.codes, values, np.array([1.0, 3.0, 1.0]))
    found = country_means(PUBLISHED, humans, np.array([0, 0, 1]))
    assert found[0] == pytest.approx([0.038, -0.1])
    assert np.isnan(found[1]).all()
