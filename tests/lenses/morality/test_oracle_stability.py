"""Stability of the oracle: what of its ratings is opinion, and what the luck of a draw."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import anova_lm

from conftest import ROOT
from valuescape.lenses.morality.oracle_agreement import oracle_ratings
from valuescape.lenses.morality.oracle_stability import intraclass, stability_table
from valuescape.stats.level_effects import membership
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS
from valuescape.study.space import read_space

SPACE = read_space(ROOT / "config/persona_space.yaml")


def test_agreement_of_raters_is_that_of_shrout_and_fleiss():
    # Their Table 2: six targets by four judges; ICC(3,1) = .71, ICC(3,4) = .91
    ratings = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    )
    found = intraclass(ratings.T.astype(float))
    assert (found.single, found.mean) == pytest.approx((0.7148, 0.9093), abs=1e-4)
    # the interval as the psychometrics library pingouin 0.7 gives it
    assert (found.ci_low, found.ci_high) == pytest.approx((0.34, 0.95), abs=0.005)
    frame = pd.DataFrame(
        [(i, j, float(y)) for i, row in enumerate(ratings) for j, y in enumerate(row)],
        columns=["target", "judge", "y"],
    )
    mean_square = anova_lm(smf.ols("y ~ C(target) + C(judge)", frame).fit())["mean_sq"]
    between, error = mean_square["C(target)"], mean_square["Residual"]
    assert found.single == pytest.approx((between - error) / (between + 3 * error))


def test_stability_tells_opinion_from_luck():
    rng = np.random.default_rng(2)
    levels = membership(SPACE, SPACE.levels_of([0]))
    opinion = rng.normal(3, 1, (32, 6))
    rows = [
        (levels.variables[v], int(k), foundation, wording, draw, rating)
        for column, (v, k) in enumerate(zip(levels.variable, levels.level, strict=True))
        for f, foundation in enumerate(FOUNDATIONS)
        for wording, shift in (("one", 0.0), ("two", 0.5))
        for draw, noise in (("expected", 0.0), ("drawn_1", 1.0), ("drawn_2", 1.0))
        for rating in [opinion[column, f] + shift + rng.normal(0, noise)]
    ]
    table = pl.DataFrame(rows, schema=dict(study_tables.ORACLE.columns), orient="row")
    measured = oracle_ratings(table, levels)
    found = stability_table(table, levels, measured)
    by = {(row["over"], row["foundation"]): row for row in found.iter_rows(named=True)}
    assert by["wordings", "all"]["icc_single"] == pytest.approx(1)
    assert by["wordings", "care"]["least_pearson"] == pytest.approx(1)
    # opinion and luck have the same variance
    luck = by["draws", "all"]
    assert luck["ci_low"] < 0.5 < luck["ci_high"]
    assert luck["icc_single"] == pytest.approx(0.5, abs=0.1)
    assert luck["icc_mean"] == pytest.approx(2 / 3, abs=0.1)
    assert (luck["n_raters"], luck["n_targets"]) == (2, 2 * 192)
    alone = stability_table(table.filter(wording="one", draw="expected"), levels, measured)
    assert alone["over"].unique().to_list() == ["wordings"]
    assert alone["icc_single"].null_count() == 7
