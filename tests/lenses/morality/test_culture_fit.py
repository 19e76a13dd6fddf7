"""Culture fit: R squared is that of least squares, and its intervals cover."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm

from valuescape.lenses.cultural_map.positions import design_positions, read_projection
from valuescape.lenses.morality.culture_fit import fit_interval, fit_table, pair_columns, r_squared
from valuescape.stats.level_effects import membership
from valuescape.study.designs import persona_ids
from valuescape.study.space import PersonaSpace, read_space

CONFIG = Path(__file__).parents[3] / "config"
SPACE_FILE = CONFIG / "persona_space.yaml"


@pytest.fixture(scope="module")
def space() -> PersonaSpace:
    return read_space(SPACE_FILE)


def placed(space, design):
    levels = space.levels_of(persona_ids(space, design))
    projection = read_projection(CONFIG / "reference/iw_projection.csv")
    return levels, design_positions(space, levels, projection)


def test_r_squared_is_that_of_least_squares_and_pairs_need_personas(space):
    rng = np.random.default_rng(5)
    levels, places = placed(space, "oa144")
    scores = 3 + 0.1 * places[:, [0]] + rng.normal(0, 0.2, (144, 6))
    design = np.column_stack([np.ones(144), places])
    fit = sm.OLS(scores[:, 0], design).fit()
    assert r_squared(scores, design)[0][0] == pytest.approx(fit.rsquared)
    found = fit_table(scores, {"configured place": places}, membership(space, levels))
    pairs = found.filter(pl.col("predictor") == "all pairs of variables")
    assert pairs["r_squared"].null_count() == 6
    assert set(pairs["df"]) == {238}
    constant = fit_table(np.full((144, 6), 3.0), {}, membership(space, levels))
    assert constant["r_squared"].null_count() == 12


def test_a_pair_is_explained_by_pairs_alone(space):
    levels, _ = placed(space, "full")
    both = (levels[:, 0] == 0) & (levels[:, 4] == 0)
    scores = np.tile(both[:, None] * 1.0, (1, 6))
    columns = pair_columns(membership(space, levels))
    assert r_squared(scores, columns)[0] == pytest.approx(1)
    # the variance is 15/256, of which each of the two main effects takes 3/256
    assert r_squared(scores, columns[:, :23])[0] == pytest.approx(6 / 15)


def test_intervals_of_r_squared_cover():
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(300):
        x = rng.normal(size=(200, 2))
        y = x @ [0.5, 0.5] + rng.normal(0, 1, 200)
        share, df = r_squared(y[:, None], np.column_stack([np.ones(200), x]))
        low, high = fit_interval(share, df, 200)
        inside += bool(low[0] <= 1 / 3 <= high[0])
    assert inside / 300 > 0.9
