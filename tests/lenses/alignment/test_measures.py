"""Further measures by hand and by other code, and the bounds of refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.spatial.distance import jensenshannon

from made_up_answers import instrument, question
from valuescape.core import tables
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.measures import (
    bounds,
    jensen_shannon,
    measure_table,
    total_variation,
)
from valuescape.stats.emd import emd, grid_of

GRID = grid_of(instrument(question("Q1", (1, 2, 3, 4)), question("Q2", (0, 1))))


def test_distances_as_other_code_has_them():
    first, second = np.random.default_rng(1).dirichlet(np.ones(4), 2)
    assert total_variation(first, second) == pytest.approx(np.abs(first - second).sum() / 2)
    assert jensen_shannon(first, second) == pytest.approx(jensenshannon(first, second, base=2))
    assert jensen_shannon(np.eye(2)[0], np.eye(2)[1]) == 1
    assert jensen_shannon(first, first) == pytest.approx(0, abs=1e-7)


def least_by_programming(shares, humans, refused, gaps):
    """Return the least EMD over all answers of those who refused, by linear programming."""
    k = len(shares)
    below = np.tril(np.ones((k, k)))[:-1]
    missing = below @ (humans - (1 - refused) * shares)
    identity = np.eye(k - 1)
    found = linprog(
        [*np.zeros(k), *gaps],
        A_ub=np.block([[below, -identity], [-below, -identity]]),
        b_ub=[*missing, *-missing],
        A_eq=[[1] * k + [0] * (k - 1)],
        b_eq=[refused],
    )
    return found.fun


@given(st.integers(0, 10_000), st.integers(2, 6), st.floats(0, 1))
def test_the_bounds_are_those_of_linear_programming_and_of_the_ends(seed, k, refused):
    rng = np.random.default_rng(seed)
    shares, humans = rng.dirichlet(np.ones(k), 2)
    gaps = rng.dirichlet(np.ones(k - 1))
    low, high = bounds(shares, humans, np.array(refused), gaps)
    assert low == pytest.approx(least_by_programming(shares, humans, refused, gaps), abs=1e-7)
    ends = [emd((1 - refused) * shares + refused * end, humans, gaps) for end in np.eye(k)]
    assert high == pytest.approx(max(ends))


def test_nobody_refused_leaves_one_value_and_everybody_all():
    shares, humans = np.random.default_rng(2).dirichlet(np.ones(4), 2)
    gaps = np.full(3, 1 / 3)
    distance = float(emd(shares, humans, gaps))
    low, high = bounds(shares, humans, np.array(0.0), gaps)
    assert (float(low), float(high)) == pytest.approx((distance, distance))
    low, high = bounds(shares, humans, np.array(1.0), gaps)
    assert low == pytest.approx(0, abs=1e-12)
    assert high > distance


def table(counts, n_asked=30.0):
    """Return the measures of one group beside another's humans."""
    humans = np.array([[[0.1, 0.2, 0.3, 0.4], [0.25, 0.75, 0, 0]]])
    frame = measure_table(
        (counts, np.repeat(counts[None], 9, axis=0)), (humans, np.repeat(humans[None], 9, axis=0)),
        {2: np.ones((1, 2))}, pooled=humans[:, :, [0, 1, 3, 2]], n_asked=np.full((1, 2), n_asked),
        mass=np.array([[0.9, 0.7]]), grid=GRID,
    )  # fmt: skip
    tables.check(frame, alignment_tables.ALIGNMENT_MEASURES, "the test")
    return {row["measure"]: row for row in frame.iter_rows(named=True)}, humans


def test_uniform_answers_score_zero_and_humans_one():
    of, humans = table(30 * GRID.uniform[None])
    assert of["tv_score"]["estimate"] == pytest.approx(0)
    assert (of["tv_score"]["uniform"], of["tv_score"]["humans"]) == (0, 1)
    assert of["entropy"]["estimate"] == pytest.approx(1)
    assert of["js_similarity"]["estimate"] == pytest.approx(of["js_similarity"]["uniform"])
    assert of["option_mass"]["estimate"] == pytest.approx(0.8)
    of, _ = table(30 * humans)
    assert of["tv_score"]["estimate"] == pytest.approx(1)
    assert of["entropy"]["estimate"] == pytest.approx(of["entropy"]["humans"])
    assert of["alignment_if_refusals_oppose"]["estimate"] == pytest.approx(1)


def test_refusals_widen_what_the_alignment_may_be():
    of, _ = table(20 * humans_of(), n_asked=30.0)
    assert of["refused"]["estimate"] == pytest.approx(1 / 3)
    low, high = (of[f"alignment_if_refusals_{way}"]["estimate"] for way in ("oppose", "agree"))
    assert low < 1 == pytest.approx(high)


def humans_of():
    return np.array([[[0.1, 0.2, 0.3, 0.4], [0.25, 0.75, 0, 0]]])
