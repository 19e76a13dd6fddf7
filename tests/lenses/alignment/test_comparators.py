"""Comparators: conditions pooled as clusters; everybody as one group."""

from __future__ import annotations

import numpy as np
import pytest

from valuescape.lenses.alignment.comparators import as_one, by_group, pool_conditions
from valuescape.stats.resampling import Draws


def test_pooled_conditions_are_drawn_as_clusters():
    counts = np.ones((1, 1, 2))
    drawn = np.tile(counts, (400, 1, 1, 1))
    pooled, drawn_pooled = pool_conditions(
        (counts, drawn), [(10 * counts, 10 * drawn)], Draws(400, 1)
    )
    assert pooled[0, 0].tolist() == [11, 11]
    # of two conditions one is drawn: this one or the other, each about half of the time
    found, times = np.unique(drawn_pooled[:, 0, 0, 0], return_counts=True)
    assert found.tolist() == [1, 10]
    assert times / 400 == pytest.approx([0.5, 0.5], abs=0.1)


def test_who_is_not_told_its_group_answers_alike_in_all():
    counts = np.arange(6.0).reshape(3, 1, 2)  # two groups, and personas of none
    drawn = np.stack([counts, 2 * counts])
    told, _ = by_group((counts, drawn), told=True)
    assert told.tolist() == counts[:2].tolist()
    untold, drawn_untold = by_group((counts, drawn), told=False)
    assert untold.tolist() == [[[6, 9]], [[6, 9]]]
    assert drawn_untold[1].tolist() == [[[12, 18]], [[12, 18]]]
    assert as_one((counts, drawn))[0].tolist() == [[[6, 9]]]
