"""Cells: counts, distances and floors of each group and question, by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import made_up_groups as groups
from valuescape.answers.distributions import persona_answers
from valuescape.core import tables
from valuescape.humans.clusters import undivided_heads
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.cells import (
    cell_table,
    cells_averaged,
    count_table,
    distance_columns,
    floor_of,
)
from valuescape.lenses.alignment.distances import distances
from valuescape.lenses.alignment.groups import Least, reasons
from valuescape.stats.resampling import Draws


def test_counts_are_sums_of_probabilities_of_valid_answers():
    columns, members = groups.persona_columns()
    counted = persona_answers(columns, members, groups.GRID)
    found = count_table(counted, (*groups.GROUPS, "none"), groups.GRID)
    tables.check(found, alignment_tables.COUNTS, "the test")
    cell = found.filter((pl.col("group") == "North") & (pl.col("question") == "Q2"))
    # squares of 0.5 and of 0; then of 1 and of 1
    assert cell.select("option", "count", "cumulative_square", "n_personas").rows() == [
        (0, 0.5, 0.25, 2), (1, 1.5, 2.0, 2)
    ]  # fmt: skip
    # the persona without a continent counts in no group, its refused answer nowhere
    stray = found.filter((pl.col("group") == "none") & (pl.col("option") == 1))
    assert dict(stray.select("question", "n_personas").rows()) == {"Q1": 1, "Q2": 0, "Q3": 1}


@pytest.fixture
def cells():
    personas, humans = groups.personas(), groups.humans()
    emds = distances(personas.counts, humans.shares, humans, groups.GRID)
    floor = floor_of(personas, humans, groups.GRID)
    emds["personas_weighted"] = np.full(floor.shape, np.nan)
    columns = distance_columns(
        emds, emds["persona"], floor, humans, undivided_heads(humans),
        grid=groups.GRID, draws=Draws(50, 7),
    )  # fmt: skip
    further = set(alignment_tables.ALIGNMENT_CELLS.columns) - {
        "group", "question", "countries", "n_countries", "n_respondents", "n_personas", "left_out"
    }  # fmt: skip
    columns = {name: columns.get(name, np.full(floor.shape, np.nan)) for name in further}
    why = reasons(personas.n, humans, Least(60, 2, 1), ["continent"])
    why = np.where((why == "") & ~np.isfinite(emds["human_pooled"]), "asked nowhere else", why)
    countries = {("North", "Q1"): ("Canada", "Mexico")}
    return cell_table(columns, personas.n, humans, (countries, why), grid=groups.GRID, fewest=60)


def test_cells_by_hand(cells):
    tables.check(cells, alignment_tables.ALIGNMENT_CELLS, "the test")
    of = {(row["group"], row["question"]): row for row in cells.iter_rows(named=True)}
    assert len(of) == 6  # only where humans were asked
    north = of["North", "Q1"]
    assert north["emd"] == pytest.approx(0.25)  # all at 1; half the humans one of two steps on
    # thirds: 1/6 above the humans after one option, 1/3 below after two, each half the scale
    assert north["emd_uniform"] == pytest.approx((1 / 6 + 1 / 3) / 2)
    # world: 150 at 1, 250 at 2, 100 at 3, so the majority says 2
    assert north["emd_majority"] == pytest.approx(0.25)
    # the others: 100 at 2, 100 at 3, against half at 1 and half at 2: everyone moves one step
    assert north["emd_pooled"] == pytest.approx(0.5)
    # South, all at 3, is 1.5 steps away, East, all at 2, half a step
    assert north["emd_other_mean"] == pytest.approx((0.75 + 0.25) / 2)
    assert north["emd_other_worst"] == pytest.approx(0.75)
    # all personas with a continent: two at 1, one at 3
    assert north["emd_shuffled"] == pytest.approx((abs(2 / 3 - 0.5) + abs(2 / 3 - 1)) / 2)
    assert of["North", "Q3"]["emd_pooled"] is None  # asked nowhere else
    assert (north["countries"], north["left_out"]) == ("Canada, Mexico", None)
    assert of["East", "Q1"]["left_out"] == "personas: 0 of at least 1"
    assert of["North", "Q3"]["left_out"] == "respondents: 50 of at least 60"


def test_floors_by_hand(cells):
    of = {(row["group"], row["question"]): row for row in cells.iter_rows(named=True)}
    north = of["North", "Q1"]
    # F = 0.5, 1: sqrt(2 * 0.25 / (pi * 150)) / 2
    assert north["emd_floor"] == pytest.approx(np.sqrt(0.5 / (np.pi * 150)) / 2)
    assert north["emd_floor_split_half"] == pytest.approx(north["emd_floor"], rel=0.4)
    # both personas answer alike, so the noise is the humans' alone
    assert north["emd_floor_at_n_personas"] == pytest.approx(np.sqrt(0.5 / (np.pi * 300)) / 2)
    # one persona in the South: its noise cannot be measured and is that of one human
    variance = 0.75 * 0.25 / 100 + 0.75 * 0.25
    south = of["South", "Q2"]
    assert south["emd_floor_at_n_personas"] == pytest.approx(np.sqrt(2 * variance / np.pi))
    east = of["East", "Q1"]
    assert (east["n_personas"], east["emd"], east["emd_floor_at_n_personas"]) == (0, None, None)


def test_too_few_humans_have_no_floor(cells):
    """Referee A19: a group of one respondent got a floor of 0."""
    of = {(row["group"], row["question"]): row for row in cells.iter_rows(named=True)}
    few = of["North", "Q3"]
    floors = [few[name] for name in cells.columns if name.startswith("emd_floor")]
    assert floors == [None] * 4
    assert few["emd"] is not None


def test_the_log_names_groups_without_personas(cells):
    # complete: North and South on Q1 and Q2
    assert cells_averaged(cells) == {
        "alignment_cells": "4 of 6 averaged", "alignment_groups_without_personas": "East"
    }  # fmt: skip
