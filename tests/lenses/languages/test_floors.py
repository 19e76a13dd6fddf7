"""Floors: the worst of each kind stands beside a contrast, and what is not known is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from made_up_languages import BASE
from valuescape.lenses.languages.contrasts import find_contrasts
from valuescape.lenses.languages.floors import NO_LUCK, Floors, is_beyond

TURKISH = replace(BASE, name="tr", language="tr")
AGAIN = replace(BASE, name="again", replicate=1)
THIRD = replace(BASE, name="third", replicate=2)
REVERSED = replace(BASE, name="reversed", option_order="reversed")


def floors_of(*conditions):
    floors = Floors(find_contrasts(conditions))
    return floors, {each.condition.name: each for each in floors.contrasts}


def test_the_worst_floor_of_a_kind_counts_and_what_is_not_a_number_does_not():
    floors, named = floors_of(BASE, TURKISH, AGAIN, THIRD, REVERSED)
    floors.note(named["again"], [("length", 0.1), ("correlation", 0.9)])
    floors.note(named["third"], [("length", 0.3), ("correlation", 0.7)])
    floors.note(named["reversed"], [("length", np.nan)])
    # what a language moves is no floor
    floors.note(named["tr"], [("length", 9.0)])
    beside = floors.beside(named["tr"], "length")
    assert beside == {"floor_replicate": 0.3, "floor_option_order": None, "floor_wording": None}
    assert floors.beside(named["tr"], "correlation", min)["floor_replicate"] == 0.7


def test_very_same_answers_are_no_floor_and_that_is_said():
    floors, named = floors_of(BASE, TURKISH, AGAIN)
    floors.note(named["again"], [("length", 0.0)])
    assert floors.beside(named["tr"], "length")["floor_replicate"] == 0.0
    floors.idle.add(named["again"])
    assert floors.beside(named["tr"], "length")["floor_replicate"] is None
    missing = floors.missing(named["tr"]).split("; ")
    assert missing[0].startswith("no floor_replicate: the very same answers")
    assert missing[1:] == [
        "no floor_option_order: needs conditions that differ in `option_order` alone",
        "no floor_wording: needs conditions that differ in `wording` alone",
    ]
    assert floors.missing(named["again"]).startswith("the very same answers")


def test_a_readout_without_luck_needs_no_replicate():
    exact, turkish = (replace(each, readout="probabilities") for each in (BASE, TURKISH))
    floors, named = floors_of(exact, turkish)
    assert f"no floor_replicate: {NO_LUCK}" in floors.missing(named["tr"])


def test_a_lower_end_is_beyond_only_if_it_passes_all_known_floors():
    floors = {"floor_replicate": 0.1, "floor_option_order": 0.2, "floor_wording": None}
    assert is_beyond(0.21, floors) is True
    assert is_beyond(0.15, floors) is False
    assert is_beyond(np.nan, floors) is None
    assert is_beyond(0.21, dict.fromkeys(floors)) is None
