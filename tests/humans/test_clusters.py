"""Countries as clusters of humans: drawn anew, they say how sure a group's answers are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import public_tables
from made_up_answers import instrument, question
from valuescape.answers.distributions import HumanAnswers, human_arrays, shares_of
from valuescape.core import tables
from valuescape.humans import distributions
from valuescape.humans import tables as human_tables
from valuescape.humans.clusters import (
    by_stratum,
    country_halves_floor,
    country_heads,
    redrawn,
    resampled_humans,
    respondent_heads,
    split_half_floor,
    undivided_heads,
)
from valuescape.humans.distributions import respondents_answers
from valuescape.stats.emd import expected_floor, grid_of
from valuescape.stats.resampling import Draws, interval
from valuescape.study.instruments import read_instrument

CONFIG = Path(__file__).parents[2] / "config"
YES_OR_NO = instrument(question("Q", (0, 1)))


def read_humans(folder):
    """Return table HUMANS of the public aggregates."""
    distributions.main(
        **public_tables.HUMANS,
        instrument=CONFIG / "instruments/wvb_probe.yaml",
        grouping=["continent"],
        humans=folder / "humans.parquet",
    )
    return tables.read(folder / "humans.parquet", human_tables.HUMANS)


def test_people_drawn_choose_by_their_shares_and_nobody_where_nobody_was_asked():
    shares = np.array([[0.2, 0.8, 0.0], [np.nan, np.nan, np.nan]])
    rng = np.random.default_rng(1)
    drawn = np.stack([redrawn(shares, np.array([50.0, 0.0]), rng) for _ in range(2000)])
    np.testing.assert_allclose(drawn[:, 0].mean(axis=0), shares[0], atol=0.005)
    assert drawn[:, 0, 0].var() == pytest.approx(0.2 * 0.8 / 50, rel=0.1)
    assert np.isnan(drawn[:, 1]).all()


def test_halves_of_the_respondents_agree_with_the_closed_form(tmp_path):
    grid = grid_of(read_instrument(CONFIG / "instruments/wvb_probe.yaml"))
    human_table = read_humans(tmp_path)
    continents = human_arrays(human_table, "continent", grid)
    halves = split_half_floor(continents, grid.gaps, Draws(100, 1))
    closed = expected_floor(continents.shares, continents.n_effective / 2, grid.gaps)
    known = continents.n_respondents > 0
    assert halves[known].mean() == pytest.approx(closed[known].mean(), rel=0.02)
    countries = pl.read_csv(CONFIG / "reference/countries.csv", comment_prefix="#")
    clusters = country_heads(human_table, countries, continents.groups, grid)
    # a continent's countries differ far more than its respondents' number lets expect
    among = country_halves_floor(clusters, grid.gaps, Draws(100, 1))
    assert np.nanmean(among) > 5 * closed[known].mean()


def test_drawing_countries_has_the_variance_of_a_mean_of_clusters():
    grid = grid_of(YES_OR_NO)
    rng = np.random.default_rng(5)
    share = rng.random(8)
    heads = np.stack([1 - share, share], axis=-1)[:, None] * 1e6
    humans_of_one = HumanAnswers(
        ("g",), shares_of(heads.sum(axis=0))[None], *[np.full((1, 1), x) for x in (8e6, 8e6, 8)]
    )
    drawn = resampled_humans(humans_of_one, [heads], Draws(4000, 1))
    assert drawn.shape == (4000, 1, 1, 2)
    # the variance of a mean of eight: what a bootstrap of eight of eight would miss by an eighth
    assert drawn[:, 0, 0, 1].var() == pytest.approx(share.var(ddof=1) / 8, rel=0.06)
    within = resampled_humans(humans_of_one, undivided_heads(humans_of_one), Draws(4000, 1))[
        :, 0, 0, 1
    ]
    p = share.mean()
    assert within.var() == pytest.approx(p * (1 - p) / 8e6, rel=0.1)
    assert grid.present.all()


def of_ten_countries(rng, n=40):
    """Return respondents of ten countries on two continents, who answer as their country does."""
    share = rng.random(10)
    country = np.repeat(np.arange(10), 2 * n)
    return share, pl.DataFrame(
        {
            "country": [f"c{number}" for number in country],
            "continent": np.where(country < 6, "Asia", "Europe"),
            "settlement": np.tile(["rural", "urban"], 10 * n),
            "weight": rng.uniform(0.5, 1.5, len(country)),
            "Q": pl.Series(rng.random(len(country)) < share[country], dtype=pl.Int8),
        }
    )


def test_countries_within_groups_have_the_weighted_shares_of_the_groups():
    fields, grid = ["continent", "settlement"], grid_of(YES_OR_NO)
    _, frame = of_ten_countries(np.random.default_rng(6))
    frame[3, "Q"] = None
    frame[5, "settlement"] = None
    answered = respondents_answers(frame, YES_OR_NO, fields)
    known = human_arrays(answered, "continent+settlement", grid)
    heads = respondent_heads(frame, fields, known.groups, grid)
    assert heads.shape == (4, 10, 1, 2)
    np.testing.assert_allclose(shares_of(heads.sum(axis=1)), known.shares)
    one = frame.filter(country="c7", settlement="urban", Q=1)["weight"].sum()
    assert heads[known.groups.index("Europe / urban"), 7, 0, 1] == pytest.approx(one)
    clusters, strata = by_stratum(heads)
    assert [len(each) for each in clusters] == [6, 6, 4, 4]
    assert strata[0] == strata[1] != strata[2] == strata[3]


def test_groups_of_the_same_countries_are_drawn_with_them():
    fields, grid = ["continent", "settlement"], grid_of(YES_OR_NO)
    share, frame = of_ten_countries(np.random.default_rng(7), 400)
    known = human_arrays(
        respondents_answers(frame, YES_OR_NO, fields), "continent+settlement", grid
    )
    heads = respondent_heads(frame, fields, known.groups, grid)
    drawn = resampled_humans(known, by_stratum(heads)[0], Draws(2000, 1), by_stratum(heads)[1])
    agreed = drawn[:, :, 0, 1]
    # as wide as a mean of six countries is uncertain, far wider than its 2,400 respondents say
    assert agreed[:, 0].var() == pytest.approx(share[:6].var(ddof=1) / 6, rel=0.15)
    within = resampled_humans(known, undivided_heads(known), Draws(2000, 1))[:, :, 0, 1]
    assert agreed[:, 0].std() > 5 * within[:, 0].std()
    # a continent's rural and urban go together, so their mean is no less uncertain than either
    assert np.corrcoef(agreed[:, 0], agreed[:, 1])[0, 1] > 0.95
    assert abs(np.corrcoef(agreed[:, 0], agreed[:, 2])[0, 1]) < 0.1
    assert agreed[:, :2].mean(axis=1).std() == pytest.approx(agreed[:, 0].std(), rel=0.1)


@pytest.mark.long
def test_intervals_over_groups_of_the_same_countries_cover_what_is_true_of_all_countries():
    fields, grid = ["continent", "settlement"], grid_of(YES_OR_NO)
    rounds, covered = 60, {"shared": 0, "undivided": 0}
    for seed in range(rounds):
        _, frame = of_ten_countries(np.random.default_rng([9, seed]))
        frame = frame.with_columns(continent=pl.lit("Asia"))
        known = human_arrays(
            respondents_answers(frame, YES_OR_NO, fields), "continent+settlement", grid
        )
        estimate, draws = known.shares[:, 0, 1].mean(), Draws(200, seed)
        clusters, strata = by_stratum(respondent_heads(frame, fields, known.groups, grid))
        drawn = {
            "shared": resampled_humans(known, clusters, draws, strata),
            "undivided": resampled_humans(known, undivided_heads(known), draws),
        }
        for name, shares in drawn.items():
            low, high = interval(estimate, shares[:, :, 0, 1].mean(axis=1))
            covered[name] += low <= 0.5 <= high  # the mean of all countries that may be drawn
    assert covered["shared"] / rounds > 0.87
    assert covered["undivided"] / rounds < 0.7
