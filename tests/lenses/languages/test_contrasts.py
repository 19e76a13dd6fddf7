"""Contrasts: each condition in another language is set beside its English twin, and its floors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from valuescape.lenses.languages.contrasts import cell_of, find_contrasts
from valuescape.study.conditions import Condition

TOLD = ("demographics", "configuration")
UNTOLD = ("configuration",)
BASE = Condition("base", context=TOLD)


def names(conditions):
    return {(each.kind, each.condition.name, each.twin.name) for each in find_contrasts(conditions)}


@pytest.mark.parametrize(
    ("context", "asked", "told", "cell"),
    [
        ((), "tr", "en", "nobody"),
        ((), "en", "tr", ""),
        (TOLD, "en", "en", ""),
        (TOLD, "tr", "en", "question"),
        (TOLD, "en", "tr", "persona"),
        (TOLD, "tr", "auto", "both"),
    ],
)
def test_a_cell_says_what_is_in_another_language(context, asked, told, cell):
    condition = Condition("c", context=context, language=asked, context_language=told)
    assert cell_of(condition) == cell


def test_the_five_cells_and_their_floors():
    turkish = replace(BASE, name="tr", language="tr")
    conditions = [
        BASE,
        turkish,
        replace(BASE, name="persona_tr", context_language="tr"),
        replace(turkish, name="native", context_language="tr"),
        replace(BASE, name="untold", context=UNTOLD),
        replace(turkish, name="untold_tr", context=UNTOLD),
        Condition("nobody", context=()),
        Condition("nobody_tr", context=(), language="tr", context_language="tr"),
        replace(BASE, name="again", replicate=1),
        replace(turkish, name="tr_again", replicate=1),
        replace(BASE, name="reversed", option_order="reversed"),
        replace(BASE, name="evs", wording="evs"),
    ]
    assert names(conditions) == {
        ("language", "tr", "base"),
        ("language", "persona_tr", "base"),
        ("language", "native", "base"),
        ("language", "untold_tr", "untold"),
        ("language", "nobody_tr", "nobody"),
        ("language", "tr_again", "again"),
        ("demographics", "base", "untold"),
        ("demographics", "tr", "untold_tr"),
        ("replicate", "again", "base"),
        ("replicate", "tr_again", "tr"),
        ("option_order", "reversed", "base"),
        ("wording", "evs", "base"),
    }
    found = find_contrasts(conditions)
    by_name = {each.condition.name: each for each in found if each.kind == "language"}
    of_native = {
        kind: {each.condition.name for each in by_name["native"].floors_among(found, kind)}
        for kind in ("replicate", "option_order", "wording")
    }
    assert of_native == {
        "replicate": {"again", "tr_again"}, "option_order": {"reversed"}, "wording": {"evs"}
    }  # fmt: skip
    assert not by_name["nobody_tr"].floors_among(found, "replicate")
    assert [by_name[name].language for name in ("tr", "persona_tr", "nobody_tr")] == ["tr"] * 3


def test_two_varieties_are_two_wordings_and_each_another_language():
    german = replace(BASE, name="de", language="de")
    found = names([BASE, german, replace(german, name="at", language="de-AT")])
    assert found == {
        ("language", "de", "base"), ("language", "at", "base"), ("wording", "at", "de")
    }  # fmt: skip


def test_without_an_english_twin_there_is_nothing_to_compare():
    turkish = replace(BASE, name="tr", language="tr")
    assert names([turkish, replace(turkish, name="again", replicate=1)]) == set()
    assert names([BASE, replace(BASE, name="again", replicate=1)]) == set()
    assert names([BASE, replace(turkish, option_order="reversed")]) == set()
