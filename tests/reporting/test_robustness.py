"""Headlines under every condition, and over wordings, as the report then shows them."""

from __future__ import annotations

from dataclasses import replace

import pytest

import made_up_results as made_up
from valuescape.core import tables
from valuescape.lenses.comparison import headlines
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.lenses.robustness.tables import ALL_WORDINGS
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
    few = robustness.robustness_table(CONDITIONS[:2], found[:2], "base")
    assert headlines.over_wordings(own, few) == own


def test_every_headline_of_a_condition_has_a_name_of_its_own(found):
    names = [each.name for each in found[0]]
    assert all(names)
    assert len(set(names)) == len(names)
