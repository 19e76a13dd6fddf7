"""Items: shifts of questions and foundations, and a raw correlation that is inflated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from made_up_answers import instrument, question, responses
from made_up_languages import BASE, Study
from valuescape.core import tables
from valuescape.lenses.languages import items
from valuescape.lenses.languages import tables as language_tables
from valuescape.lenses.languages.contrasts import find_contrasts
from valuescape.lenses.languages.floors import Floors
from valuescape.lenses.languages.inputs import Answers
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import FOUNDATIONS, read_instrument

CONFIG = Path(__file__).parents[3] / "config"
MFQ2 = read_instrument(CONFIG / "instruments/mfq2.yaml")
TURKISH = replace(BASE, name="tr", language="tr")
AGAIN = replace(BASE, name="again", replicate=1)
REVERSED = replace(BASE, name="reversed", option_order="reversed")
DRAWS = Draws(200, 1)


def made(shifts, asked=MFQ2, **keys):
    table = items.items_table(Study(asked, shifts, **keys).gathered(), None, DRAWS)
    return tables.check(table, language_tables.LANGUAGE_ITEMS, "the test")


def row_of(table, condition, item):
    (row,) = table.filter(condition=condition, item=item).iter_rows(named=True)
    return row


def test_a_question_by_hand():
    asked = instrument(question("Q1", [1, 2, 3]))
    english = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]])
    turkish = np.array([[0, 1.0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]])
    statuses = {"Q1": ["valid", "valid", "refused", "valid"]}
    twin = Answers(BASE, asked, responses(asked, {"Q1": english}))
    condition = Answers(TURKISH, asked, responses(asked, {"Q1": turkish}, statuses))
    contrasts = find_contrasts([BASE, TURKISH])
    rows = items.item_rows(contrasts[0], condition, twin, Floors(contrasts), DRAWS)
    own = rows[0]
    # three answered both: means 0, 1/2, 1/2 and 1/2, 1/2, 1
    assert own["shift"] == pytest.approx(1 / 3)
    assert own["z_shift"] == pytest.approx((1 / 3) / np.sqrt((1 / 18) * 2 / 2))
    places = [[0, 0.5, 0.5], [0.5, 0.5, 1]]
    assert own["emd"] == pytest.approx(wasserstein_distance(*places))
    assert own["n_personas"] == 3
    assert (own["valid_share"], own["valid_share_twin"]) == (0.75, 1.0)
    assert own["refused_share"] == 0.25
    assert own["correlation"] == pytest.approx(0.5)
    assert own["beyond_floors"] is None


def test_foundations_and_questions_of_a_planted_shift_are_found_alone():
    of_care = MFQ2.scales["care"].items
    table = made({BASE: {}, TURKISH: dict.fromkeys(of_care, 0.15), AGAIN: {}, REVERSED: {}}, n=150)
    care = row_of(table, "tr", "care")
    assert care["ci_low"] < 0.15 < care["ci_high"]
    assert care["beyond_floors"]
    others = [row_of(table, "tr", name) for name in FOUNDATIONS if name != "care"]
    assert sum(row["beyond_floors"] for row in others) <= 1
    assert all(abs(row["shift"]) < 0.04 for row in others)
    beyond = table.filter(condition="tr", unit="question").filter("beyond_floors")["item"]
    assert set(of_care) <= set(beyond)
    assert len(set(beyond) - set(of_care)) <= 2
    for name in ("again", "reversed"):
        floor = row_of(table, name, "care")
        assert floor["ci_low"] < 0 < floor["ci_high"]
        assert floor["floor_replicate"] is None


def test_the_raw_correlation_is_inflated_by_what_questions_differ_in():
    asked = instrument(*(question(f"Q{k}", range(1, 11)) for k in range(12)))
    # every persona answers by chance, around a mean that the question has by itself
    own = {q.id: 0.8 * (k / 11) - 0.4 for k, q in enumerate(asked.questions)}

    class Luck(Study):
        def means(self):
            return np.full((self.n, len(asked.questions)), 0.5)

    study = Luck(asked, {BASE: own, TURKISH: own})
    table = items.items_table(study.gathered(), None, DRAWS)
    whole = row_of(table, "tr", "all")
    assert whole["correlation_raw"] > 0.7
    assert abs(whole["correlation"]) < 0.06


def test_what_is_not_asked_is_said_and_not_measured():
    lacking = {"MFQ1", "MFQ7"}
    table = made({BASE: {}, TURKISH: {}}, missing={"tr": lacking}, n=20)
    row = row_of(table, "tr", "MFQ1")
    assert row["remark"] == "not_asked in tr"
    assert row["shift"] is None
    assert row["valid_share"] is None
    assert row_of(table, "tr", "care")["shift"] is not None
    assert row_of(table, "tr", "all")["valid_share"] == 1
    table = made({BASE: {}, TURKISH: {}}, missing={"tr": {q.id for q in MFQ2.questions}}, n=20)
    assert table.filter(unit="foundation").is_empty()
    assert row_of(table, "tr", "all")["emd"] is None


def test_the_report_prints_foundations_and_totals_of_no_floor():
    table = made({BASE: {}, TURKISH: {}, AGAIN: {}}, n=20)
    printed = language_tables.foundations_and_totals(table)
    assert set(printed["condition"]) == {"tr"}
    assert set(printed["item"]) == {*FOUNDATIONS, "all"}
