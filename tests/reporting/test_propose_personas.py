"""The proposal of a second stage: who is added, and what is said of it."""

from __future__ import annotations

import numpy as np
import pytest

from made_up_effects import cube
from planted_cube import planted
from valuescape.core.errors import UserError
from valuescape.lenses.surface.cells import fit_scores
from valuescape.reporting import propose_personas
from valuescape.reporting.propose_design import Pilot

SPACE = cube(3, 3, 3, 4, 4)
PROJECTION = {"tokens_per_second": {}, "requests_per_second": 100.0}


@pytest.fixture(scope="module")
def pilot():
    rng = np.random.default_rng(1)
    ids = np.sort(rng.choice(SPACE.n_personas, 160, replace=False)).astype(np.uint32)
    points = np.column_stack([planted(SPACE, rng) for _ in range(2)])
    by_map = fit_scores(SPACE, ids, points[ids])
    return Pilot(by_map, by_map, np.zeros((3, 2)), 1, [])


def test_those_who_stand_for_a_country_are_proposed_first(pilot):
    weights = np.full((2, SPACE.n_personas), 1e-4)
    for row, own in enumerate(np.setdiff1d(np.arange(SPACE.n_personas), pilot.by_map.ids)[:2]):
        weights[row, own] = 1.0
    weights /= weights.sum(axis=1, keepdims=True)
    found, lines = propose_personas.proposal(pilot, weights, 2, PROJECTION)
    assert found.tolist() == sorted(weights.argmax(axis=1).tolist())
    mean = [float(line.split("mean ")[1].split(",")[0]) for line in lines[1:4]]
    assert mean[1] < mean[2] <= mean[0]
    assert lines[-1] == "GPU hours of the 2: not known"


def test_no_more_are_added_than_there_are(pilot, monkeypatch, tmp_path):
    monkeypatch.setattr(propose_personas, "pilot_of", lambda _: ({}, "m, c", pilot))
    for n in ("0", "273"):
        with pytest.raises(UserError, match="of 272 that are not asked yet"):
            propose_personas.main(["--add", n, "--file", str(tmp_path / "more.csv")])
