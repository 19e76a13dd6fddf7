"""Rotations: the published weights come back, and a known rotation is undone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from valuescape.lenses.cultural_map.positions import read_projection
from valuescape.lenses.cultural_map.rotation import (
    axis_target,
    component_loadings,
    pinned,
    procrustes,
    rotated_loadings,
    varimax,
)

CONFIG = Path(__file__).parents[3] / "config"
PROJECTION = read_projection(CONFIG / "reference/iw_projection.csv")


def test_the_published_weights_are_those_of_two_components():
    loadings, eigenvalues = component_loadings(PROJECTION.weights)
    # Inglehart and Welzel's two dimensions explain 39 % of the variance.
    assert eigenvalues.sum() / 10 == pytest.approx(0.387, abs=0.001)
    assert (loadings**2).sum(axis=0) == pytest.approx(eigenvalues)


def test_weights_of_loadings_give_the_loadings_back():
    loadings = rotated_loadings(PROJECTION.weights)
    assert PROJECTION.weights.T @ loadings == pytest.approx(np.eye(2))


def test_a_target_has_one_axis_for_each_indicator():
    secular = np.isin(PROJECTION.codes, ("F063", "F120", "G006", "E018", "Y003"))
    target = axis_target(PROJECTION.weights, secular)
    assert np.abs(target).sum(axis=1).tolist() == [1] * 10
    assert target[PROJECTION.codes.index("F063")].tolist() == [0, -1]


def test_a_known_rotation_is_undone():
    known = np.array([[0.8, 0.0], [0.7, 0.0], [0.6, 0.0], [0.0, 0.8], [0.0, 0.7], [0.0, -0.6]])
    turn = np.array([[np.cos(0.6), -np.sin(0.6)], [np.sin(0.6), np.cos(0.6)]])
    for found in (
        known @ turn @ varimax(known @ turn),
        known @ turn @ varimax(known @ turn, kaiser=True),
        known @ turn @ procrustes(known @ turn, np.sign(known)),
    ):
        assert found @ pinned(found, 0, 5) == pytest.approx(known, abs=1e-5)
