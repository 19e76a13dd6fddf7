"""Columns of effects are orthonormal over all configurations; kernels are their products."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from made_up_effects import cube
from valuescape.stats.interactions import (
    contrasts,
    drawn_interaction,
    drawn_interactions,
    effect_columns,
    three_way_kernel,
)

SPACE = cube(3, 2, 4, 3)
LEVELS = SPACE.levels_of(np.arange(SPACE.n_personas))


def columns_of_three():
    tables = [contrasts(int(count))[LEVELS[:, k]] for k, count in enumerate(SPACE.radices)]
    return np.column_stack(
        [
            np.einsum("na,nb,nc->nabc", *(tables[k] for k in each)).reshape(len(LEVELS), -1)
            for each in combinations(range(4), 3)
        ]
    )


def test_contrasts_by_hand():
    assert contrasts(2).ravel().tolist() == [-1, 1]
    assert contrasts(3) == pytest.approx(
        np.array([[-1, -1], [1, -1], [0, 2]]) * np.sqrt([3 / 2, 1 / 2])
    )


def test_columns_are_orthonormal_over_all_configurations():
    columns = effect_columns(LEVELS, SPACE.radices)
    assert columns.matrix.shape == (72, (2 + 1 + 3 + 2) + (2 + 6 + 4 + 3 + 2 + 6))
    assert columns.pair.sum() == 23
    assert columns.matrix.mean(axis=0) == pytest.approx(0, abs=1e-12)
    assert columns.matrix.T @ columns.matrix / 72 == pytest.approx(np.eye(31), abs=1e-12)


def test_the_kernel_is_the_product_of_all_columns_of_three():
    three = columns_of_three()
    found = three_way_kernel(LEVELS, SPACE.radices)
    assert found == pytest.approx(three @ three.T / three.shape[1])
    assert np.diag(found) == pytest.approx(np.diag(found)[0])
    assert not three_way_kernel(LEVELS[:, :2], SPACE.radices[:2]).any()


def test_drawn_interactions_are_of_three_variables_and_no_others():
    drawn = drawn_interactions(SPACE.radices, 3, 2000, np.random.default_rng(1))
    assert effect_columns(LEVELS, SPACE.radices).matrix.T @ drawn == pytest.approx(0, abs=1e-9)
    assert drawn.sum(axis=0) == pytest.approx(0, abs=1e-9)
    kernel = three_way_kernel(LEVELS, SPACE.radices)
    assert np.abs(drawn @ drawn.T / 2000 - kernel).max() < 0.25 * kernel.max()


def test_a_drawn_interaction_is_of_three_variables_alone():
    seen = set()
    for seed in range(20):
        drawn = drawn_interaction(SPACE.radices, 3, 5, np.random.default_rng(seed))
        assert effect_columns(LEVELS, SPACE.radices).matrix.T @ drawn == pytest.approx(0, abs=1e-9)
        assert (drawn**2).mean(axis=0) == pytest.approx(1)
        moving = [
            k
            for k in range(4)
            if len(np.unique(np.c_[np.delete(LEVELS, k, 1), drawn.round(9)], axis=0))
            > len(np.unique(np.delete(LEVELS, k, 1), axis=0))
        ]
        assert len(moving) == 3
        seen.add(tuple(moving))
    assert len(seen) == 4
