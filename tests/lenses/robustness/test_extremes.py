"""Extremes: extreme configurations beside all personas, on the map and in the moral lens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import made_up_results as made_up
from valuescape.core import tables
from valuescape.lenses.cultural_map.positions import design_positions, read_projection
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.lenses.robustness.extremes import extremes_table, sets
from valuescape.stats.resampling import Draws
from valuescape.study.designs import persona_ids
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
SPACE = read_space(CONFIG / "persona_space.yaml")
PROJECTION = read_projection(CONFIG / "reference/iw_projection.csv")
DRAWS = Draws(50, 1)


def answered(ids, slope, shift):
    """Return positions of personas that go only part of the way, and to the side."""
    places = design_positions(SPACE, SPACE.levels_of(ids), PROJECTION)
    found = slope * places + shift
    return pl.DataFrame(
        {
            "persona_id": pl.Series(ids, dtype=pl.UInt32),
            **{f"design_{axis}": places[:, k] for k, axis in enumerate(AXES)},
            **{axis: found[:, k] for k, axis in enumerate(AXES)},
            "country": pl.Series([None] * len(ids), dtype=pl.String),
        }
    )


def test_the_corners_are_the_two_to_the_ten_ends():
    ids = persona_ids(SPACE, "corners")
    levels = SPACE.levels_of(ids)
    assert len(ids) == 1024
    assert ((levels == 0) | (levels == SPACE.radices - 1)).all()
    configured = design_positions(SPACE, levels, PROJECTION)
    members = sets(SPACE, levels, configured)
    assert members["corner"].all()
    quarters = [among for name, among in members.items() if name.startswith("corner_")]
    assert np.sum(quarters, axis=0).tolist() == [1] * 1024
    whole = SPACE.levels_of(np.arange(SPACE.n_personas))
    design = design_positions(SPACE, whole, PROJECTION)
    assert sets(SPACE, whole, design)["corner"].sum() == 1024
    # Equally spaced values have the same middle at their ends as in all, and farther ends.
    assert configured.mean(axis=0) == pytest.approx(design.mean(axis=0))
    assert (configured.std(axis=0) > design.std(axis=0)).all()


def test_extremes_that_go_half_the_way_are_found():
    ids = np.arange(0, SPACE.n_personas, 97)
    corners = persona_ids(SPACE, "corners").astype(np.int64)
    ids = np.union1d(ids, corners)
    positions = answered(ids, 0.5, np.array([0.3, -0.2]))
    members = sets(SPACE, SPACE.levels_of(ids), positions.select(r"^design_.*$").to_numpy())
    # Care rises by one point at the corners and by nothing elsewhere.
    scores = made_up.scores(len(ids)).with_columns(
        persona_id=pl.Series(ids, dtype=pl.UInt32),
        care=pl.Series(np.where(members["corner"], 4.0, 3.0)),
    )
    found = extremes_table(positions, scores, members, DRAWS)
    tables.check(found, robustness_tables.EXTREMES, "the test")
    of = {row[:3]: row for row in found.iter_rows()}
    corner = of["corner", "morality", "care"]
    assert corner[4:7] == (4.0, 4.0, 4.0)
    assert 3.0 < corner[7] < 4.0
    assert of["corner", "map", "distance_from_mean"][4] == pytest.approx(
        0.5 * of["corner", "map", "configured_distance_from_mean"][4], rel=1e-6
    )
    place = of["corner", "map", "secular"]
    assert place[5] <= 0.5 * place[8] - 0.2 <= place[6]
    unknown = pl.lit(None, pl.Float64)
    silent = extremes_table(
        positions.with_columns(self_expression=unknown, secular=unknown), scores, members, DRAWS
    )
    assert silent.filter(measure="secular", set="corner").row(0)[3:5] == (0, None)
