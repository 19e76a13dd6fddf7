"""Floors: the worst of each kind stands beside a contrast, and what is not known is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from made_up_languages import BASE
from valuescape.lenses.languages.contrasts import find_contrasts
from valuescape.lenses.languages.floors import NO_LUCK, Floors, from_zero, turned

TURKISH = replace(BASE, name="tr", language="tr")
AGAIN = replace(BASE, name="again", replicate=1)
THIRD = replace(BASE, name="third", replicate=2)
REVERSED = replace(BASE, name="reversed", option_order="reversed")


def exactly(size):
    return size, np.nan, np.nan


def floors_of(*conditions):
    floors = Floors(find_contrasts(conditions))
    return floors, {each.condition.name: each for each in floors.contrasts}


def test_the_worst_floor_of_a_kind_counts_and_what_is_not_a_number_does_not():
    floors, named = floors_of(BASE, TURKISH, AGAIN, THIRD, REVERSED)
    floors.note(named["again"], {"length": exactly(0.1), "correlation": exactly(-0.9)})
    floors.note(named["third"], {"length": exactly(0.3), "correlation": exactly(-0.7)})
    floors.note(named["reversed"], {"length": exactly(np.nan)})
    # what a language moves is no floor
    floors.note(named["tr"], {"length": exactly(9.0)})
    beside = floors.beside(named["tr"], "length")
    assert beside == {"floor_replicate": 0.3, "floor_option_order": None, "floor_wording": None}
    assert floors.beside(named["tr"], "correlation")["floor_replicate"] == -0.7


def test_very_same_answers_are_no_floor_and_that_is_said():
    floors, named = floors_of(BASE, TURKISH, AGAIN)
    floors.note(named["again"], {"length": exactly(0.0)})
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


def test_a_size_is_beyond_only_if_it_passes_all_known_floors():
    floors, named = floors_of(BASE, TURKISH, AGAIN, REVERSED)
    assert floors.are_passed(named["tr"], "length", (0.3, 0.21, 0.4)) is None
    floors.note(named["again"], {"length": exactly(0.1)})
    floors.note(named["reversed"], {"length": exactly(0.2)})
    assert floors.are_passed(named["tr"], "length", (0.3, 0.21, 0.4)) is True
    assert floors.are_passed(named["tr"], "length", (0.3, 0.15, 0.4)) is False
    assert floors.are_passed(named["tr"], "length", exactly(0.3)) is None


def test_a_floor_is_uncertain_too():
    # by hand: .3 - .1 = .2 against the root of .1^2 + .15^2 = .18, and of .1^2 + .2^2 = .22
    floors, named = floors_of(BASE, TURKISH, AGAIN)
    found = (0.3, 0.2, 0.4)
    floors.note(named["again"], {"length": (0.1, 0.0, 0.25)})
    assert floors.are_passed(named["tr"], "length", found) is True
    floors.note(named["again"], {"length": (0.1, 0.0, 0.3)})
    assert floors.are_passed(named["tr"], "length", found) is False


def test_sizes_count_whichever_way_and_correlations_the_other_way_round():
    assert from_zero((-0.3, -0.5, 0.1)) == (0.3, -0.1, 0.5)
    assert from_zero((0.3, -0.1, 0.5)) == (0.3, -0.1, 0.5)
    # referee: two readings that contradict each other, r = -.8, are a low floor and no high one
    assert turned((-0.8, -1.0, 0.2)) == (0.8, -0.2, 1.0)
