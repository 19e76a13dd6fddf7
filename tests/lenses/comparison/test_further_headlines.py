"""Headline numbers that only some studies have: by small tables, and where nothing is defined."""

from __future__ import annotations

import polars as pl
import pytest

from valuescape.lenses.comparison import further_headlines as headlines
from valuescape.lenses.morality.tables import INVARIANCE
from valuescape.lenses.robustness.tables import EXTREMES
from valuescape.lenses.weights.tables import RESPONDENT_PERSONAS


def table(entry, *rows):
    """Return rows of a table, null where nothing is given."""
    return pl.DataFrame(list(rows), schema=dict(entry.columns))


@pytest.mark.parametrize(
    ("made", "entry"),
    [
        (headlines.extremes_headline, EXTREMES),
        (headlines.invariance_headline, INVARIANCE),
        (headlines.respondents_headline, RESPONDENT_PERSONAS),
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
    found = headlines.extremes_headline(table(EXTREMES, answered, configured, others))
    assert (found.estimate, found.ci_low, found.ci_high) == (0.5, 0.4, 0.6)
    assert headlines.extremes_headline(table(EXTREMES, answered)).estimate is None


def test_the_share_is_of_verdicts_on_drawn_answers():
    verdicts = ["invariant", "invariant", "different", "open", None]
    rows = [{"readout": "drawn", "verdict_within": verdict} for verdict in verdicts]
    expected = {"readout": "expected", "verdict_within": "different"}
    assert headlines.invariance_headline(table(INVARIANCE, *rows, expected)).estimate == 0.5


def test_respondents_count_without_the_questions_that_configured_them():
    row = {"comparator": "persona", "measure": "share_of_ceiling"}
    rows = [
        row | {"question": "36", "estimate": 0.9},
        row | {"question": "33", "estimate": 0.4},
        row | {"question": "Q164", "estimate": 0.1},
    ]
    found = headlines.respondents_headline(table(RESPONDENT_PERSONAS, *rows))
    assert found.estimate == 0.4
    assert "33 questions" in found.measure
    assert headlines.respondents_headline(table(RESPONDENT_PERSONAS, rows[0])).estimate == 0.9
