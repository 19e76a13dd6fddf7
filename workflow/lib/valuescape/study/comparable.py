"""Comparable conditions: which conditions of a study stand beside one, and for what.

Each function takes a condition and those among which to look, in the study's order, and returns
names in that order. A mean of two conditions stands beside no condition that is asked: it would
count them twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from valuescape.study.conditions import BASELINE_CONTEXTS, FACETS, KEYS_OF_MODES, Condition

if TYPE_CHECKING:
    from collections.abc import Sequence

TOLD = ("context", "language", "context_language")
"""What a persona is told of itself, and in which languages it is told and asked."""


def differ_in(this: Condition, conditions: Sequence[Condition], *keys: str) -> list[str]:
    """Return the other conditions that differ from this one in these keys alone."""
    return [
        other.name
        for other in conditions
        if other != this
        and other.is_asked == this.is_asked
        and replace(this, **{key: getattr(other, key) for key in ("name", *keys)}) == other
    ]


def same_in(this: Condition, conditions: Sequence[Condition], *keys: str) -> list[str]:
    """Return the conditions, this one among them, that have the same under these keys."""
    return [
        other.name
        for other in conditions
        if other.is_asked == this.is_asked
        and all(getattr(other, key) == getattr(this, key) for key in ("only_consistent", *keys))
    ]


def same_context(this: Condition, conditions: Sequence[Condition]) -> list[str]:
    """Return the conditions, this one among them, that tell personas the same."""
    return same_in(this, conditions, *TOLD)


def baseline_conditions(this: Condition, conditions: Sequence[Condition]) -> list[str]:
    """Return the baselines of a condition: they tell a persona less, and differ in nothing else."""
    fewer = {each.name for each in conditions if each.context in BASELINE_CONTEXTS}
    return [name for name in differ_in(this, conditions, "context") if name in fewer]


def with_pooled_conditions(this: Condition, conditions: Sequence[Condition]) -> list[str]:
    """Return this condition and those that tell personas the same and are read in the same way."""
    others = pooled_conditions(this, conditions)
    return [this.name, *others]


def pooled_conditions(this: Condition, conditions: Sequence[Condition]) -> list[str]:
    """Return the other conditions that tell personas the same and are read in the same way."""
    same = same_in(this, conditions, *TOLD, "mode", "readout")
    return [name for name in same if name != this.name]


def other_replicates(this: Condition, conditions: Sequence[Condition]) -> list[str]:
    """Return the other conditions that differ from this one in their replicate alone."""
    return differ_in(this, conditions, "replicate")


def generalised_conditions(this: Condition, conditions: Sequence[Condition]) -> list[str]:
    """Return this condition and those that differ from it in facets of a study of generalisability.

    What goes with another mode differs as well; in the same mode, nothing else may.
    """
    in_mode = {*differ_in(this, conditions, *FACETS.values())}
    same_mode = {each.name for each in conditions if each.mode == this.mode}
    found = differ_in(this, conditions, *FACETS.values(), *KEYS_OF_MODES)
    return [this.name, *(name for name in found if name in in_mode or name not in same_mode)]


def compared_modes(this: Condition, conditions: Sequence[Condition]) -> list[str]:
    """Return this condition and those in another mode that differ in what goes with it at most."""
    same_mode = {each.name for each in conditions if each.mode == this.mode}
    found = differ_in(this, conditions, *KEYS_OF_MODES)
    return [this.name, *(name for name in found if name not in same_mode)]


def specified_conditions(this: Condition, conditions: Sequence[Condition]) -> list[str]:
    """Return the conditions that tell personas the same: this one, and means of orders, too."""
    return [
        each.name
        for each in conditions
        if all(getattr(each, key) == getattr(this, key) for key in TOLD)
    ]


def in_forward_order(this: Condition, conditions: Sequence[Condition]) -> list[str]:
    """Return the condition that lists options forward and else is as this one.

    None if it is not asked in both orders.
    """
    return _in_both_orders(this, conditions)[:1]


def in_reversed_order(this: Condition, conditions: Sequence[Condition]) -> list[str]:
    """Return the condition that lists options reversed and else is as this one; as above."""
    return _in_both_orders(this, conditions)[1:]


def _in_both_orders(this: Condition, conditions: Sequence[Condition]) -> list[str]:
    pair = [this.in_order(order, conditions) for order in ("forward", "reversed")]
    return pair if all(pair) else []


def answered_in(this: Condition, conditions: Sequence[Condition]) -> list[str]:
    """Return the condition whose answers this one reads: itself, unless it keeps only some."""
    found = this.answered_in(conditions)
    return [found.name] if found else []


def asked_for(this: Condition, conditions: Sequence[Condition]) -> list[str]:
    """Return the conditions that are asked for one: itself, or those that it is read from."""
    if this.is_asked:
        return [this.name]
    whole = this.answered_in(conditions) if this.only_consistent else this
    if whole is None:
        return []
    return [whole.name] if whole.is_asked else _in_both_orders(whole, conditions)
