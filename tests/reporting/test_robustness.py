"""Headlines under every condition, and over wordings, as the report then shows them."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

import made_up_results as made_up
from valuescape.core import tables
from valuescape.lenses.comparison import headlines
from valuescape.lenses.morality.tables import INVARIANCE
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.lenses.robustness.tables import ALL_WORDINGS, EXTREMES
from valuescape.lenses.weights.tables import RESPONDENT_PERSONAS
from valuescape.reporting import robustness
from valuescape.study.conditions import Condition

CONDITIONS = [
    Condition("base"),
    Condition("again", replicate=1),
    Condition("plain", wording="plain"),
    Condition("warm", wording="warm"),
    Condition("reversed", option_order="reversed"),
]


@pytest.fixture
def found():
    frames = {name: made_up.make(table) for name, table in robustness.READ.items()}
    first = robustness.headlines_of(frames)
    values = [0.30, 0.34, 0.42, 0.44, 0.9]
    return [[replace(each, estimate=value) for each in first] for value in values]


def test_a_mean_is_over_wordings_in_one_order(found):
    table = robustness.robustness_table(CONDITIONS, found, "base")
    tables.check(table, robustness_tables.ROBUSTNESS, "the test")
    names = {each.name for each in found[0]}
    assert set(table["headline"]) == names
    assert table.height == len(names) * 6
    pooled = table.filter(condition=ALL_WORDINGS, headline="hull_share").row(0, named=True)
    assert pooled["n_wordings"] == 3
    assert pooled["estimate"] == pytest.approx((0.32 + 0.42 + 0.44) / 3)  # reversed is not in it
    assert pooled["ci_low"] < 0.30
    assert pooled["ci_high"] > 0.44
    alone = table.filter(condition="reversed", headline="hull_share").row(0, named=True)
    assert (alone["option_order"], alone["sd_wordings"]) == ("reversed", None)
    other = robustness.robustness_table(CONDITIONS, found, "reversed")
    pooled = other.filter(condition=ALL_WORDINGS, headline="hull_share").row(0, named=True)
    assert (pooled["n_wordings"], pooled["ci_low"]) == (1, None)
    assert pooled["remark"] == robustness.TOO_FEW


def test_a_number_that_no_wording_has_keeps_its_reason(found):
    lost = [[replace(each, estimate=None, ci_low=None, ci_high=None) for each in of_one]
            for of_one in found]  # fmt: skip
    table = robustness.robustness_table(CONDITIONS, lost, "base")
    pooled = table.filter(condition=ALL_WORDINGS)
    assert (pooled["n_wordings"] == 0).all()
    reasons = [f"not defined: {each.undefined_because}" for each in lost[0]]
    assert pooled["remark"].to_list() == reasons


def test_a_headline_shows_the_interval_over_wordings_and_its_own(found):
    table = robustness.robustness_table(CONDITIONS, found, "base")
    own = found[0][0]
    shown = headlines.over_wordings(own, table)
    assert shown.estimate == pytest.approx((0.32 + 0.42 + 0.44) / 3)
    assert shown.ci_high - shown.ci_low > own.ci_high - own.ci_low
    assert "over 3 wordings" in shown.beside
    assert "in this wording alone 0.300" in shown.beside
    assert own.beside in shown.beside
    assert headlines.over_wordings(own, None) == own
    lost = headlines.over_wordings(replace(own, estimate=None, ci_low=None, ci_high=None), table)
    assert lost.estimate == shown.estimate
    assert "over 3 wordings; not defined in this wording alone" in lost.beside
    few = robustness.robustness_table(CONDITIONS[:2], found[:2], "base")
    assert headlines.over_wordings(own, few) == own


def test_every_headline_of_a_condition_has_a_name_of_its_own(found):
    names = [each.name for each in found[0]]
    assert all(names)
    assert len(set(names)) == len(names)


def test_the_command_reads_the_tables_of_every_condition(tmp_path):
    paths = {}
    for name, table in robustness.READ.items():
        paths[name] = [tmp_path / f"{name}{place}" for place in range(3)]
        for path in paths[name]:
            tables.write(made_up.make(table), path, table, {"engine": "synthetic"})
    robustness.main(
        **paths, conditions=CONDITIONS[:3], condition="base", robustness=tmp_path / "found"
    )
    found = tables.read(tmp_path / "found", robustness_tables.ROBUSTNESS)
    assert set(found["condition"]) == {"base", "again", "plain", ALL_WORDINGS}
    assert "respondents" in set(found["headline"])
    assert tables.provenance(tmp_path / "found") == {"engine": "synthetic"}


def table(entry, *rows):
    """Return rows of a table, null where nothing is given."""
    return pl.DataFrame(list(rows), schema=dict(entry.columns))


@pytest.mark.parametrize(
    ("made", "entry"),
    [
        (robustness.extremes_headline, EXTREMES),
        (robustness.invariance_headline, INVARIANCE),
        (robustness.respondents_headline, RESPONDENT_PERSONAS),
    ],
)
def test_a_table_without_rows_has_no_number_and_a_reason(made, entry):
    found = made(table(entry))
    assert (found.estimate, found.ci_low, found.ci_high) == (None, None, None)
    assert found.undefined_because


def test_corners_answer_half_as_far_out_as_they_are_configured():
    corner = {"set": "corner", "lens": "map"}
    answered = corner | {"measure": "distance_from_mean", "estimate": 1.0, "ci_low": 0.8,
                         "ci_high": 1.2}  # fmt: skip
    configured = corner | {"measure": "configured_distance_from_mean", "estimate": 2.0}
    # another set of personas is farther out
    others = answered | {"set": "all", "estimate": 9.0}
    found = robustness.extremes_headline(table(EXTREMES, answered, configured, others))
    assert (found.estimate, found.ci_low, found.ci_high) == (0.5, 0.4, 0.6)
    assert robustness.extremes_headline(table(EXTREMES, answered)).estimate is None


def test_the_share_is_of_verdicts_on_drawn_answers():
    verdicts = ["invariant", "invariant", "different", "open", None]
    rows = [{"readout": "drawn", "verdict_within": verdict} for verdict in verdicts]
    expected = {"readout": "expected", "verdict_within": "different"}
    assert robustness.invariance_headline(table(INVARIANCE, *rows, expected)).estimate == 0.5


def test_respondents_count_without_the_questions_that_configured_them():
    row = {"comparator": "persona", "measure": "share_of_ceiling"}
    rows = [
        row | {"question": "36", "estimate": 0.9},
        row | {"question": "33", "estimate": 0.4},
        row | {"question": "Q164", "estimate": 0.1},
    ]
    found = robustness.respondents_headline(table(RESPONDENT_PERSONAS, *rows))
    assert found.estimate == 0.4
    assert "33 questions" in found.measure
    assert robustness.respondents_headline(table(RESPONDENT_PERSONAS, rows[0])).estimate == 0.9
