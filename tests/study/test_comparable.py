"""Comparable conditions: found by what they differ in, none counted twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from valuescape.study import comparable
from valuescape.study.conditions import Condition

BASE = Condition("base", context=("demographics", "configuration"), options="label_token")
STUDY = (
    BASE,
    replace(BASE, name="again", replicate=1),
    replace(BASE, name="reversed", option_order="reversed"),
    replace(BASE, name="both", option_order="both"),
    replace(BASE, name="kept", only_consistent=True),
    replace(BASE, name="written", mode="sampled", readout="drawn"),
    replace(BASE, name="written_formal", mode="sampled", readout="drawn", wording="formal"),
    replace(BASE, name="told_less", context=("configuration",)),
    replace(BASE, name="told_more", context=("demographics", "configuration", "biography")),
    replace(BASE, name="told_other", context=("configuration",), option_order="reversed"),
    replace(BASE, name="german", language="de"),
)
OF = {each.name: each for each in STUDY}


@pytest.mark.parametrize(
    ("find", "name", "expected"),
    [
        ("other_replicates", "base", ["again"]),
        ("other_replicates", "again", ["base"]),
        ("baseline_conditions", "base", ["told_less"]),
        ("baseline_conditions", "told_more", ["told_less"]),
        ("baseline_conditions", "told_less", []),
        ("pooled_conditions", "base", ["again", "reversed"]),
        ("with_pooled_conditions", "reversed", ["reversed", "base", "again"]),
        ("same_context", "base", ["base", "again", "reversed", "written", "written_formal"]),
        ("generalised_conditions", "base", ["base", "again", "reversed", "written",
                                           "written_formal"]),
        ("generalised_conditions", "written", ["written", "base", "again", "reversed",
                                              "written_formal"]),
        ("compared_modes", "base", ["base", "written"]),
        ("specified_conditions", "told_less", ["told_less", "told_other"]),
        ("in_forward_order", "both", ["base"]),
        ("in_reversed_order", "base", ["reversed"]),
        ("in_forward_order", "german", []),
        ("answered_in", "kept", ["base"]),
        ("answered_in", "german", ["german"]),
        ("asked_for", "both", ["base", "reversed"]),
        ("asked_for", "kept", ["base"]),
        ("asked_for", "again", ["again"]),
    ],
)  # fmt: skip
def test_conditions_stand_beside_one(find, name, expected):
    assert getattr(comparable, find)(OF[name], STUDY) == expected


def test_a_mean_of_orders_keeps_consistent_personas_of_both():
    kept = replace(OF["both"], name="both_kept", only_consistent=True)
    assert comparable.asked_for(kept, [*STUDY, kept]) == ["base", "reversed"]
