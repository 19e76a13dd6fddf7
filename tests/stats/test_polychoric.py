"""Polychoric correlations: a closed form, a simulated truth, and case weights."""

from __future__ import annotations

import numpy as np
import pytest

from valuescape.stats.polychoric import polychoric, polychoric_matrix, weighted_table


def test_two_halves_have_a_closed_form():
    # Cut at the medians, P(both above) is 1/4 + arcsin(r) / (2 pi) (Sheppard 1899).
    for truth in (-0.7, 0.0, 0.3, 0.9):
        both = 0.25 + np.arcsin(truth) / (2 * np.pi)
        table = np.array([[both, 0.5 - both], [0.5 - both, both]])
        assert polychoric(table) == pytest.approx(truth, abs=1e-3)
    assert np.isnan(polychoric(np.array([[3.0, 4.0]])))


def test_a_simulated_truth_comes_back_where_pearson_falls_short():
    rng = np.random.default_rng(1)
    truth = np.array([[1.0, 0.6, -0.4], [0.6, 1.0, 0.2], [-0.4, 0.2, 1.0]])
    latent = rng.multivariate_normal(np.zeros(3), truth, 20_000)
    cuts = ([0.3], [-1.0, 0.0, 0.5], np.linspace(-1.5, 1.5, 9))
    values = np.column_stack([np.digitize(x, cut) for x, cut in zip(latent.T, cuts, strict=True)])
    values = np.where(rng.random(values.shape) < 0.1, np.nan, values.astype(float))
    found = polychoric_matrix(values, np.ones(len(values)))
    # A polychoric correlation of 16,000 pairs has a standard error of about 0.01.
    assert found == pytest.approx(truth, abs=0.03)
    known = ~np.isnan(values).any(axis=1)
    assert np.corrcoef(values[known].T)[0, 1] < 0.5


def test_a_case_weight_counts_a_case_as_often():
    rng = np.random.default_rng(2)
    first, second = rng.integers(1, 4, (2, 200)).astype(float)
    weights = rng.integers(1, 4, 200)
    repeated = [np.repeat(x, weights) for x in (first, second)]
    assert weighted_table(first, second, weights.astype(float)) == pytest.approx(
        weighted_table(*repeated, np.ones(weights.sum()))
    )
