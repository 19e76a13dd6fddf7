"""Headline numbers: by made-up tables, and where nothing is defined."""

from __future__ import annotations

import polars as pl
import pytest

import made_up_results as made_up
from conftest import ROOT
from valuescape.core import wording
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.summary import undefined_summary
from valuescape.lenses.comparison import headlines
from valuescape.lenses.cultural_map.tables import MAP_SUMMARY
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.surface.tables import SURFACE_QUANTITIES
from valuescape.study.instruments import read_instrument

PROBE = ROOT / "config/instruments/wvb_probe.yaml"

READ = (
    MAP_SUMMARY,
    alignment_tables.ALIGNMENT_SUMMARY,
    alignment_tables.ALIGNMENT_SCORES,
    alignment_tables.DISCRIMINATION,
    moral_tables.ORACLE_AGREEMENT,
    moral_tables.CORE_VARIABLES,
)


RANKED = pl.DataFrame(
    {
        "foundation": ["all", "all", "care"],
        "variable": ["trust", "god", "god"],
        "rank": [2, 1, 1],
        "rank_low": [1, 1, 1],
        "rank_high": [3, 2, 1],
        "share": [0.1, 0.3, 0.9],
        "ci_low": [0.0, 0.2, 0.8],
        "ci_high": [0.2, 0.4, 1.0],
        "null_95_share": [0.05, 0.05, 0.05],
    }
)


@pytest.fixture
def frames():
    return {table.name: made_up.make(table) for table in READ}


def test_results_without_any_valid_answer_are_reported_as_unknown():
    empty = {table.name: pl.DataFrame(schema=dict(table.columns)) for table in READ}
    found = headlines.report_headlines(empty)
    assert len(found) == 5
    for headline in found:
        assert headline.estimate is None
        assert wording.number(headline.estimate) == "\N{EN DASH}"


def test_the_summary_leaves_out_what_configured_the_personas_and_the_report_shows_both(frames):
    short = headlines.summary_headlines(frames)
    assert "33 questions" in short[1].measure
    whole = headlines.report_headlines(frames)
    assert [part.measure.partition("groups; ")[2] for part in whole[1:5]] == [
        "all 36 questions (0 to 1)",
        "33 questions, without those of the configuration (0 to 1)",
        "31 questions, without near copies too (0 to 1)",
        "3 questions, those of the configuration (0 to 1)",
    ]
    assert short[0] == whole[0]


def test_each_number_stands_beside_its_baseline_and_ceiling(frames):
    on_map, alignment, rescaled, apart, oracle = headlines.summary_headlines(frames)
    # referee B3: personas as individuals beside people, of whom a third lie between the countries
    assert (on_map.estimate, on_map.baseline, on_map.ceiling) == (0.4, 0.262, 0.345)
    assert on_map.beside.startswith("0.610 by expected answers")
    # noise taken off, of personas weighted to humans, over what is named
    assert alignment.estimate == pytest.approx(0.81 - 0.002 + 0.002)
    assert (alignment.baseline, alignment.ceiling) == (pytest.approx(0.786), 1.0)
    assert "198 cells of 6 groups" in alignment.measure
    assert alignment.beside.startswith(made_up.GROUPS_NAMED)
    assert "not weighted 0.800" in alignment.beside
    assert (rescaled.baseline, rescaled.ceiling) == (0.0, 1.0)
    assert (apart.estimate, apart.baseline, apart.ceiling) == (0.012, 0.02, 0.91)
    assert (oracle.estimate, oracle.ceiling) == (0.54, 1.0)


def test_headlines_of_a_predicted_cube_hold_the_error_of_the_surface(frames):
    frames |= {"core_variables": RANKED}
    asked = {each.name: each for each in headlines.report_headlines(frames)}
    rows = [
        ("cultural map", "persona_drawn", "hull_share", 0.42, 0.30, 0.50),
        ("cultural map", "persona", "hull_share", 0.6, 0.5, 0.7),
        ("morality", "all", "oracle agreement", 0.5, 0.1, 0.8),
        ("morality", "all", "first_order god", 0.2, 0.05, 0.3),
    ]
    schema = dict(SURFACE_QUANTITIES.columns)
    quantities = pl.DataFrame(
        [(*row, None, None, None, "") for row in rows], schema=schema, orient="row"
    )
    found = {
        each.name: each
        for each in headlines.report_headlines(frames | {"surface_quantities": quantities})
    }
    known = {"hull_share": rows[0], "oracle_agreement": rows[2], "first_order god": rows[3]}
    for name, row in known.items():
        headline = found[name]
        assert (headline.estimate, headline.ci_low, headline.ci_high) == row[3:]
        assert f"as given, {asked[name].estimate:.3f}" in headline.beside
    # what chance gives was reckoned as if all of the cube had been asked
    assert found["first_order god"].baseline is None
    # groups are made of asked personas: nothing of theirs is predicted
    assert found["alignment_33"].estimate == asked["alignment_33"].estimate
    assert "asked personas alone" in found["alignment_33"].beside
    assert "asked personas alone" not in asked["alignment_33"].beside


def test_a_headline_without_a_number_says_why():
    summary = undefined_summary("persona is not told its country", read_instrument(PROBE))
    [found, *_] = headlines.alignment_headlines(summary)
    assert found.estimate is None
    assert found.undefined_because == "persona is not told its country"


def test_the_first_core_variable_is_that_of_rank_one():
    [found] = headlines.core_headlines(RANKED)
    assert "the first core variable, god," in found.measure
    assert (found.estimate, found.baseline) == (0.3, 0.05)
    assert found.beside.endswith("interval 1 to 2, next trust with 0.100")
