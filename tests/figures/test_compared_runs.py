"""How compared runs are drawn and named: told apart, by what they differ in."""

from __future__ import annotations

from itertools import product

import pytest

from valuescape.figures import compared_runs


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["s/m/base"], ["m, base"]),
        (["s/m/base", "s/m/reversed"], ["base", "reversed"]),
        (["s/m/base", "s/n/base"], ["m", "n"]),
        (["s/m/base", "s/n/reversed"], ["m, base", "n, reversed"]),
        (["s/m/base", "t/m/base"], ["s", "t"]),
        (["s/m/base", "t/n/reversed"], ["s, m, base", "t, n, reversed"]),
    ],
)
def test_a_name_is_what_runs_do_not_have_in_common(names, short):
    assert compared_runs.short_names(names) == short


def test_a_long_name_is_cut_in_its_middle():
    start, end = "a" * 30, "z" * 30
    (first, second) = compared_runs.short_names([f"s/{start}{end}/base", f"s/n{end}/base"])
    assert first == "a" * 20 + "\N{HORIZONTAL ELLIPSIS}" + "z" * 20
    assert second == f"n{end}"


def test_42_runs_are_told_apart_and_a_run_named_twice_is_one():
    names = [f"s/{model}/{condition}" for model, condition in product(range(6), range(7))]
    looks = compared_runs.looks_of([*names, *names[:3]])
    assert list(looks) == names
    assert len({(look.colour, look.marker) for look in looks.values()}) == 42


def test_a_run_without_a_point_says_so_and_others_keep_their_colours():
    names = ["s/m/base", "s/n/base", "s/o/base"]
    looks = compared_runs.looks_of(names, {"s/m/base", "s/o/base"})
    assert [look.label for look in looks.values()] == ["m", "n (none)", "o"]
    everyone = compared_runs.looks_of(names)
    assert [look.colour for look in looks.values()] == [look.colour for look in everyone.values()]


def test_a_legend_has_room_for_every_run():
    looks = list(compared_runs.looks_of([f"s/m/condition{k}" for k in range(7)]).values())
    assert compared_runs.legend_columns(looks) == 3
    # 7 names in 3 columns are 3 lines
    assert compared_runs.legend_height(7, 3) == pytest.approx(3 * 0.14 + 0.04)
    long = compared_runs.looks_of([f"s/{'m' * 20}{k}/{'c' * 15}{k}" for k in range(2)])
    assert compared_runs.legend_columns(long.values()) == 2
    with_lines = compared_runs.handles(looks, lines=True)
    assert [each.get_label() for each in with_lines] == [look.label for look in looks]
    assert [each.get_linestyle() for each in compared_runs.handles(looks)] == ["None"] * 7
    assert with_lines[0].get_linestyle() == "-"
