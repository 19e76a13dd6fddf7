"""Alignment: the distance, its floor, cells, baselines and summary."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import wasserstein_distance

from made_up_answers import instrument, question, responses
from valuescape.answers.distributions import (
    HumanAnswers,
    PersonaAnswers,
    chosen_counts,
    group_labels,
    human_arrays,
    members_of,
    option_columns,
    persona_answers,
    shares_of,
)
from valuescape.core import tables
from valuescape.humans import distributions as humans
from valuescape.humans import tables as human_tables
from valuescape.humans.clusters import (
    by_stratum,
    country_halves_floor,
    country_heads,
    resampled_humans,
    respondent_heads,
    split_half_floor,
    undivided_heads,
)
from valuescape.humans.distributions import respondents_answers
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.aggregates import (
    cell_weights,
    normalised,
    skill,
    versions,
    weighted_mean,
)
from valuescape.lenses.alignment.bias import corrected_distances, folded_mean
from valuescape.lenses.alignment.cells import cell_table, cells_averaged, count_table, floor_of
from valuescape.lenses.alignment.curves import quantile_curve, tail_means, threshold_rows
from valuescape.lenses.alignment.dispersion import spread
from valuescape.lenses.alignment.distances import distances, replicated_distances
from valuescape.lenses.alignment.inputs import resampled_counts
from valuescape.lenses.alignment.measure import main
from valuescape.lenses.alignment.summary import score_table, summary_table
from valuescape.stats.emd import emd, expected_floor, pairwise, scales_of
from valuescape.stats.resampling import Draws, interval
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument

CONFIG = Path(__file__).parents[3] / "config"
PROBE_FILE = CONFIG / "instruments/wvb_probe.yaml"
ASKED = instrument(
    question("Q1", (1, 2, 3), conditioning=True),
    question("Q2", (0, 1)),
    question("Q3", (1, 2, 3, 4)),
)


@pytest.fixture(scope="module")
def emd2_1d():
    with warnings.catch_warnings():
        # POT 0.9.7 has invalid escape sequences in its docstrings
        warnings.simplefilter("ignore")
        import ot  # noqa: PLC0415
    return ot.emd2_1d


@pytest.fixture(scope="module")
def probe():
    return read_instrument(PROBE_FILE)


@pytest.fixture(scope="module")
def human_table(tmp_path_factory):
    output = tmp_path_factory.mktemp("humans") / "humans.parquet"
    folder = CONFIG / "reference"
    humans.main(
        ["--distributions", str(folder / "wvs7_country_distributions.csv"),
         "--respondents", str(folder / "wvs7_respondents.csv"),
         "--countries", str(folder / "countries.csv"),
         "--instrument", str(PROBE_FILE), "--output", str(output)]
    )  # fmt: skip
    return tables.read(output, human_tables.HUMANS)


def test_distance_by_hand():
    steps = np.array([0.5, 0.5])
    # all at option 1, against half at 2 and half at 3: 1 and 2 steps of 2, so 1.5 / 2; squared
    # costs would give 1.25
    found = emd(np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.5, 0.5]), steps)
    assert found == pytest.approx(0.75)


@settings(max_examples=50, deadline=None)
@given(
    pair=arrays(float, (2, 5), elements=st.floats(0, 1)).filter(
        lambda pair: pair.sum(axis=1).min() > 1e-3
    ),
    values=st.sampled_from([(1, 2, 3, 4, 5), (1, 2, 4, 7, 10)]),
)
def test_distance_agrees_with_scipy_and_pot(emd2_1d, pair, values):
    first, second = pair / pair.sum(axis=1, keepdims=True)
    scaled = question("Q", values).scaled
    found = emd(first, second, np.diff(scaled))
    assert found == pytest.approx(wasserstein_distance(scaled, scaled, first, second), abs=1e-9)
    # POT's default metric is the squared one
    expected = emd2_1d(scaled, scaled, first, second, metric="cityblock")
    assert found == pytest.approx(expected, abs=1e-9)
    assert found == pytest.approx(emd(second, first, np.diff(scaled)))
    assert 0 <= found <= 1


@pytest.mark.parametrize(
    ("n1", "n2", "tolerance"), [(5, 5, 0.07), (50, 500, 0.02), (900, 900, 0.02)]
)
def test_floor_agrees_with_simulation(n1, n2, tolerance):
    shares = np.array([0.1, 0.25, 0.3, 0.2, 0.15])
    gaps = np.full(4, 0.25)
    rng = np.random.default_rng(3)
    first, second = (rng.multinomial(n, shares, 20_000) / n for n in (n1, n2))
    found = expected_floor(shares, np.array(1 / (1 / n1 + 1 / n2)), gaps)
    assert found == pytest.approx(emd(first, second, gaps).mean(), rel=tolerance)


def test_published_baselines_over_countries(probe, human_table):
    scales = scales_of(probe)
    countries = human_arrays(human_table, "country", scales)
    found = distances(countries.shares, countries.shares, countries, scales)
    cells = countries.n_respondents > 0
    assert cells.sum() == 1536
    alignment = {answerer: 1 - values[cells].mean() for answerer, values in found.items()}
    assert alignment["persona"] == 1  # here: the humans themselves
    assert alignment["uniform"] == pytest.approx(0.786, abs=5e-4)
    assert alignment["human_pooled"] == pytest.approx(0.9035, abs=5e-4)
    assert alignment["human_other_mean"] == pytest.approx(0.871, abs=2e-3)
    # even the country farthest from it tells more of a country than uniform answers do
    assert alignment["human_other_worst"] > alignment["uniform"] + 0.02
    # by respondents the world's answer to Q48 is 8 and not 10, of which each has a fifth
    assert alignment["majority"] == pytest.approx(0.7515, abs=5e-4)
    # what was published weights countries alike
    equal = distances(
        countries.shares,
        countries.shares,
        HumanAnswers(countries.groups, countries.shares, *[cells.astype(float)] * 3),
        scales,
    )
    assert 1 - equal["majority"][cells].mean() == pytest.approx(0.748, abs=5e-4)
    assert 1 - equal["human_pooled"][cells].mean() == pytest.approx(0.904, abs=5e-4)
    # one draw against the truth is 0.993; two draws are sqrt(2) as far apart
    assert 1 - (1 - alignment["human_floor"]) / np.sqrt(2) == pytest.approx(0.993, abs=5e-4)


def made_up_humans() -> pl.DataFrame:
    cells = [
        ("North", "Q1", (0.5, 0.5, 0.0), 300.0),
        ("South", "Q1", (0.0, 0.0, 1.0), 100.0),
        ("East", "Q1", (0.0, 1.0, 0.0), 100.0),
        ("North", "Q2", (0.25, 0.75), 100.0),
        ("South", "Q2", (0.75, 0.25), 100.0),
        ("North", "Q3", (0.25, 0.25, 0.25, 0.25), 50.0),
        ("all", "Q1", (0.3, 0.5, 0.2), 500.0),
        ("all", "Q2", (0.5, 0.5), 200.0),
        ("all", "Q3", (0.25, 0.25, 0.25, 0.25), 50.0),
    ]
    return pl.DataFrame(
        [
            ("all" if group == "all" else "continent", group, asked, option.value, share, n, n, 2)
            for group, asked, shares, n in cells
            for option, share in zip(ASKED.question(asked).options, shares, strict=True)
        ],
        schema=human_tables.HUMANS.columns,
        orient="row",
    )


def made_up_personas() -> tuple[pl.DataFrame, pl.Series]:
    answers = {
        "Q1": np.array([[1, 0, 0], [1, 0, 0], [0, 0, 1.0], [0, 1, 0]]),
        "Q2": np.array([[0.5, 0.5], [0, 1], [0, 1], [1, 0]]),
        "Q3": np.full((4, 4), 0.25),
    }
    statuses = {"Q2": ["valid", "valid", "valid", "refused"]}
    return responses(ASKED, answers, statuses), pl.Series(["North", "North", "South", None])


def counted():
    answered, continents = made_up_personas()
    scales = scales_of(ASKED)
    groups = human_arrays(made_up_humans(), "continent", scales)
    columns = option_columns(answered, ASKED, "probabilities")
    members = members_of(continents, groups.groups)
    return scales, groups, columns, members, persona_answers(columns, members, scales)


def test_counts_are_sums_of_probabilities_of_valid_answers():
    scales, groups, _, members, counted_answers = counted()
    assert groups.groups == ("East", "North", "South")
    assert [rows.tolist() for rows in members] == [[], [0, 1], [2], [3]]
    found = count_table(counted_answers, (*groups.groups, "none"), scales)
    tables.check(found, alignment_tables.COUNTS, "the test")
    cell = found.filter((pl.col("group") == "North") & (pl.col("question") == "Q2"))
    # squares of 0.5 and of 0; then of 1 and of 1
    assert cell.select("option", "count", "cumulative_square", "n_personas").rows() == [
        (0, 0.5, 0.25, 2), (1, 1.5, 2.0, 2)
    ]  # fmt: skip
    # the persona without a continent counts in no group, its refused answer nowhere
    stray = found.filter((pl.col("group") == "none") & (pl.col("option") == 1))
    assert dict(stray.select("question", "n_personas").rows()) == {"Q1": 1, "Q2": 0, "Q3": 1}


def cells_of(groups, personas, scales):
    return cell_table(personas, groups, undivided_heads(groups), scales, Draws(50, 7))


def test_chosen_options_are_counted_as_their_columns_are():
    rng = np.random.default_rng(8)
    answers = {q.id: np.eye(q.n_options)[rng.integers(0, q.n_options, 50)] for q in ASKED.questions}
    refused = {"Q2": ["refused", *["valid"] * 49]}
    answered = responses(ASKED, answers, refused)
    group = rng.integers(0, 3, 50)
    scales = scales_of(ASKED)
    members = [np.flatnonzero(group == g) for g in range(3)]
    by_columns = persona_answers(option_columns(answered, ASKED, "chosen"), members, scales)
    counts = chosen_counts(answered, group, 3, scales)
    assert (counts == by_columns.counts).all()
    assert (np.cumsum(counts, axis=-1) * scales.present == by_columns.squares).all()


def test_cells_by_hand():
    scales, groups, _, _, personas = counted()
    of_groups = PersonaAnswers(personas.counts[:-1], personas.squares[:-1])
    found = cells_of(groups, of_groups, scales)
    tables.check(found, alignment_tables.ALIGNMENT_CELLS, "the test")
    of = {(row["group"], row["question"]): row for row in found.iter_rows(named=True)}
    assert len(of) == 6  # only where humans were asked
    north = of["North", "Q1"]
    assert north["emd"] == pytest.approx(0.25)  # all at 1; half the humans one of two steps on
    # thirds: 1/6 above the humans after one option, 1/3 below after two, each half the scale
    assert north["emd_uniform"] == pytest.approx((1 / 6 + 1 / 3) / 2)
    # world: 150 at 1, 250 at 2, 100 at 3, so the majority says 2
    assert north["emd_majority"] == pytest.approx(0.25)
    # the others: 100 at 2, 100 at 3, against half at 1 and half at 2: everyone moves one step
    assert north["emd_pooled"] == pytest.approx(0.5)
    # South, all at 3, is 1.5 steps away, East, all at 2, half a step
    assert north["emd_other_mean"] == pytest.approx((0.75 + 0.25) / 2)
    assert north["emd_other_worst"] == pytest.approx(0.75)
    # all personas with a continent: two at 1, one at 3
    assert north["emd_shuffled"] == pytest.approx((abs(2 / 3 - 0.5) + abs(2 / 3 - 1)) / 2)
    # F = 0.5, 1: sqrt(2 * 0.25 / (pi * 150)) / 2
    assert north["emd_floor"] == pytest.approx(np.sqrt(0.5 / (np.pi * 150)) / 2)
    assert north["emd_floor_split_half"] == pytest.approx(north["emd_floor"], rel=0.4)
    # both personas answer alike, so the noise is the humans' alone
    assert north["emd_floor_at_n_personas"] == pytest.approx(np.sqrt(0.5 / (np.pi * 300)) / 2)
    # one persona in the South: its noise cannot be measured and is that of one human
    variance = 0.75 * 0.25 / 100 + 0.75 * 0.25
    south = of["South", "Q2"]
    assert south["emd_floor_at_n_personas"] == pytest.approx(np.sqrt(2 * variance / np.pi))
    east = of["East", "Q1"]
    assert (east["n_personas"], east["emd"], east["emd_floor_at_n_personas"]) == (0, None, None)
    assert of["North", "Q3"]["emd_pooled"] is None  # asked nowhere else
    # complete: North and South on Q1 and Q2
    assert cells_averaged(found) == {
        "alignment_cells": "4 of 6 averaged", "alignment_groups_without_personas": "East"
    }  # fmt: skip


def summarised(personas, columns, members, groups, asked, replicates=200):
    """Return summary and scores of answers, as the lens makes them."""
    scales, draws = scales_of(asked), Draws(replicates, 7)
    estimates = distances(personas.counts, groups.shares, groups, scales)
    counts = resampled_counts(columns, members, scales, draws)
    shares = resampled_humans(groups, undivided_heads(groups), draws)
    drawn = replicated_distances(counts, shares, groups, scales)
    corrected = corrected_distances((personas.counts, counts), (groups.shares, shares), scales.gaps)
    complete = np.isfinite(np.stack(list(estimates.values()))).all(axis=0)
    weights = cell_weights(complete, personas.n, groups, asked)
    floor = floor_of(personas, groups, scales)
    return (
        summary_table(estimates, drawn, {"persona": corrected}, weights, ["no_persona"]),
        score_table(estimates, drawn, weights, floor),
    )


def test_summary_averages_the_same_cells_for_every_answerer():
    _, groups, columns, members, personas = counted()
    of_groups = PersonaAnswers(personas.counts[:-1], personas.squares[:-1])
    found, scores = summarised(of_groups, columns, members[:-1], groups, ASKED)
    tables.check(found, alignment_tables.ALIGNMENT_SUMMARY, "the test")
    tables.check(scores, alignment_tables.ALIGNMENT_SCORES, "the test")
    assert found.height == 9 * 4 * 2  # answerers, aggregates, with and without Q1
    of = {row[:3]: row[3] for row in found.iter_rows()}
    # North Q1 0.25, North Q2: 3/4 at 1 as the humans, 0; South Q1 0, South Q2 0.75
    assert of["persona", "cell_mean", 3] == pytest.approx(1 - (0.25 + 0 + 0 + 0.75) / 4)
    assert of["persona", "respondent_weighted", 3] == pytest.approx(
        1 - (300 * 0.25 + 100 * 0.75) / 600
    )
    assert of["persona", "persona_weighted", 3] == pytest.approx(1 - (2 * 0.25 + 1 * 0.75) / 6)
    assert of["persona", "country_weighted", 3] == pytest.approx(1 - 1 / 4)
    assert of["persona", "cell_mean", 2] == pytest.approx(1 - 0.75 / 2)
    absent = found.filter(pl.col("answerer") == "no_persona")
    assert set(absent["basis"]) == {"not asked"}
    assert absent["alignment"].null_count() == absent.height
    asked = found.drop_nulls("alignment")
    assert (asked["ci_low"] <= asked["alignment"]).all()
    assert (asked["alignment"] <= asked["ci_high"]).all()


def test_undefined_draws_do_not_count():
    emds = np.array([[[0.2, np.nan]], [[0.4, 0.6]]])
    assert weighted_mean(emds, np.array([[1.0, 3.0]])) == pytest.approx([0.2, 0.55])


def test_resampled_personas_spread_as_multinomial():
    scales = scales_of(ASKED)
    rng = np.random.default_rng(1)
    chosen = {q.id: np.eye(q.n_options)[rng.integers(0, q.n_options, 60)] for q in ASKED.questions}
    columns = option_columns(responses(ASKED, chosen), ASKED, "chosen")
    drawn = resampled_counts(columns, [np.arange(60), np.arange(0)], scales, Draws(4000, 1))
    assert drawn.shape == (4000, 2, 3, 4)
    shares = shares_of(drawn)
    assert np.isnan(shares[:, 1]).all()
    observed = columns[:, :3].mean(axis=0)
    assert drawn[:, 0, 0, :3].mean(axis=0) == pytest.approx(60 * observed, rel=0.03)
    spread = np.sqrt(observed * (1 - observed) / 60)
    assert shares[:, 0, 0, :3].std(axis=0) == pytest.approx(spread, rel=0.06)


def test_distances_between_all_groups_agree_with_scipy():
    rng = np.random.default_rng(4)
    scales = scales_of(ASKED)
    first, second = (shares_of(rng.random((n, 3, 4)) * scales.present) for n in (2, 3))
    found = pairwise(first, second, scales.gaps)
    for q, asked in enumerate(ASKED.questions):
        for g in range(2):
            for h in range(3):
                n = asked.n_options
                expected = wasserstein_distance(
                    asked.scaled, asked.scaled, first[g, q, :n], second[h, q, :n]
                )
                assert found[q, g, h] == pytest.approx(expected)


def test_the_scores_by_hand():
    assert normalised(*(np.array(x) for x in (0.3, 0.3, 0.1))) == 0
    assert normalised(*(np.array(x) for x in (0.1, 0.3, 0.1))) == pytest.approx(1)
    assert normalised(*(np.array(x) for x in (0.25, 0.3, 0.1))) == pytest.approx(0.25)
    assert np.isnan(normalised(*(np.array(x) for x in (0.2, 0.1, 0.1))))
    assert skill(np.array(0.15), np.array(0.1)) == pytest.approx(-0.5)


def test_groups_are_named_as_the_humans_are():
    lives = pl.DataFrame({"continent": ["Asia", "Asia", None], "settlement": ["urban", None, "x"]})
    assert (
        group_labels(lives, ["continent", "settlement"]).to_list() == ["Asia / urban"] + [None] * 2
    )


def test_the_mean_of_a_folded_normal_is_that_of_its_draws():
    rng = np.random.default_rng(6)
    for difference in (-0.3, 0.0, 0.1):
        drawn = np.abs(rng.normal(difference, 0.2, 400_000)).mean()
        found = folded_mean(np.array(difference), np.array(0.04))
        assert found == pytest.approx(drawn, rel=5e-3)
    assert folded_mean(np.array([-0.3, 0.0]), np.zeros(2)).tolist() == [0.3, 0.0]


def test_halves_of_the_respondents_agree_with_the_closed_form(probe, human_table):
    scales = scales_of(probe)
    continents = human_arrays(human_table, "continent", scales)
    halves = split_half_floor(continents, scales.gaps, Draws(100, 1))
    closed = expected_floor(continents.shares, continents.n_effective / 2, scales.gaps)
    asked = continents.n_respondents > 0
    assert halves[asked].mean() == pytest.approx(closed[asked].mean(), rel=0.02)
    countries = pl.read_csv(CONFIG / "reference/countries.csv", comment_prefix="#")
    clusters = country_heads(human_table, countries, continents.groups, scales)
    # a continent's countries differ far more than its respondents' number lets expect
    among = country_halves_floor(clusters, scales.gaps, Draws(100, 1))
    assert np.nanmean(among) > 5 * closed[asked].mean()


def test_drawing_countries_has_the_variance_of_a_mean_of_clusters():
    scales = scales_of(instrument(question("Q", (0, 1))))
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
    assert scales.present.all()


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
    asked = instrument(question("Q", (0, 1)))
    fields, scales = ["continent", "settlement"], scales_of(asked)
    _, frame = of_ten_countries(np.random.default_rng(6))
    frame[3, "Q"] = None
    frame[5, "settlement"] = None
    answered = respondents_answers(frame, asked, fields)
    known = human_arrays(answered, "continent+settlement", scales)
    heads = respondent_heads(frame, fields, known.groups, scales)
    assert heads.shape == (4, 10, 1, 2)
    np.testing.assert_allclose(shares_of(heads.sum(axis=1)), known.shares)
    one = frame.filter(country="c7", settlement="urban", Q=1)["weight"].sum()
    assert heads[known.groups.index("Europe / urban"), 7, 0, 1] == pytest.approx(one)
    clusters, strata = by_stratum(heads)
    assert [len(each) for each in clusters] == [6, 6, 4, 4]
    assert strata[0] == strata[1] != strata[2] == strata[3]


def test_groups_of_the_same_countries_are_drawn_with_them():
    asked = instrument(question("Q", (0, 1)))
    fields, scales = ["continent", "settlement"], scales_of(asked)
    share, frame = of_ten_countries(np.random.default_rng(7), 400)
    known = human_arrays(respondents_answers(frame, asked, fields), "continent+settlement", scales)
    heads = respondent_heads(frame, fields, known.groups, scales)
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


def test_intervals_over_groups_of_the_same_countries_cover_what_is_true_of_all_countries():
    asked = instrument(question("Q", (0, 1)))
    fields, scales = ["continent", "settlement"], scales_of(asked)
    rounds, covered = 60, {"shared": 0, "undivided": 0}
    for seed in range(rounds):
        _, frame = of_ten_countries(np.random.default_rng([9, seed]))
        frame = frame.with_columns(continent=pl.lit("Asia"))
        known = human_arrays(
            respondents_answers(frame, asked, fields), "continent+settlement", scales
        )
        estimate, draws = known.shares[:, 0, 1].mean(), Draws(200, seed)
        clusters, strata = by_stratum(respondent_heads(frame, fields, known.groups, scales))
        drawn = {
            "shared": resampled_humans(known, clusters, draws, strata),
            "undivided": resampled_humans(known, undivided_heads(known), draws),
        }
        for name, shares in drawn.items():
            low, high = interval(estimate, shares[:, :, 0, 1].mean(axis=1))
            covered[name] += low <= 0.5 <= high  # the mean of all countries that may be drawn
    assert covered["shared"] / rounds > 0.87
    assert covered["undivided"] / rounds < 0.7


def test_shares_up_to_a_threshold_and_tails_by_hand():
    emds = np.array([0.1, 0.2, 0.3, np.nan, 0.4])
    rows = threshold_rows("cell", "persona", emds, np.tile(emds, (3, 1)))
    share = dict(rows.select("threshold", "share").rows())
    assert [share[t] for t in (0.05, 0.1, 0.25, 0.4)] == [0, 0.25, 0.5, 1]
    assert set(rows["n"]) == {4}
    four = np.array([0.4, 0.1, 0.2, 0.3])
    assert quantile_curve(four, np.array([0.0, 0.5, 1.0])) == pytest.approx([0.1, 0.25, 0.4])
    # the worst half; of the worst 0.6 of four, 2.4 cells: 0.4, 0.3 and 0.4 of the 0.2
    tails = tail_means(four, np.array([0.5, 0.4]))
    assert tails == pytest.approx([0.35, (0.4 + 0.3 + 0.4 * 0.2) / 2.4])


def test_spread_by_hand():
    scales = scales_of(instrument(question("Q", (1, 2, 3))))
    mean, sd, entropy = spread(np.array([[0.5, 0.0, 0.5]]), scales)
    assert (mean[0], sd[0]) == (0.5, 0.5)
    assert entropy[0] == pytest.approx(np.log(2) / np.log(3))
    alike = spread(np.array([[0.0, 1.0, 0.0]]), scales)
    assert [side[0] for side in alike] == [0.5, 0, 0]


G, Q, K = 4, 10, 4
"""Groups, questions and options of the simulations."""
SIMULATED = instrument(*(question(f"Q{q}", (1, 2, 3, 4)) for q in range(Q)))
MEMBERS = 150


def simulated(rng, truth, told):
    """Return humans drawn from `truth` and personas from `told`, each choosing one option."""
    n = np.full((G, Q), 400.0)
    people = rng.multinomial(400, truth) / 400
    groups = HumanAnswers(tuple("abcd"), people, n, n, np.ones((G, Q)))
    option = (rng.random((G, MEMBERS, Q, 1)) > np.cumsum(told, axis=-1)[:, None]).sum(axis=-1)
    columns = np.eye(K)[np.minimum(option, K - 1)].reshape(G * MEMBERS, Q * K)
    members = np.split(np.arange(G * MEMBERS), G)
    return groups, columns, members, persona_answers(columns, members, scales_of(SIMULATED))


def one_summary(rng, truth, told, replicates=120):
    groups, columns, members, personas = simulated(rng, truth, told)
    return summarised(personas, columns, members, groups, SIMULATED, replicates=replicates)


def mean_score(scores):
    row = scores.filter(score="normalised", answerer="persona", aggregate="cell_mean")
    return row.select("estimate", "ci_low", "ci_high").row(0)


def test_a_perfect_answerer_scores_one_and_a_uniform_one_nothing():
    rng = np.random.default_rng(11)
    truth = rng.dirichlet(np.ones(K), (G, Q))
    perfect = [mean_score(one_summary(rng, truth, truth)[1]) for _ in range(20)]
    uniform = [mean_score(one_summary(rng, truth, np.full((G, Q, K), 1 / K))[1]) for _ in range(20)]
    for found, expected in ((perfect, 1), (uniform, 0)):
        estimates = np.array(found)[:, 0]
        assert estimates.mean() == pytest.approx(expected, abs=0.02)
        covered = [low <= expected <= high for _, low, high in found]
        assert np.mean(covered) >= 0.85  # nominal 0.95; 17 of 20 or fewer: once in 13 at 0.95


def test_corrected_intervals_cover_the_planted_alignment_at_their_nominal_rate():
    rng = np.random.default_rng(12)
    truth = rng.dirichlet(np.ones(K), (G, Q))
    told = 0.6 * truth + 0.4 * rng.dirichlet(np.ones(K), (G, Q))
    planted = 1 - emd(told, truth, scales_of(SIMULATED).gaps).mean()
    hits, errors, naive = [], [], []
    for _ in range(100):
        summary, _ = one_summary(rng, truth, told)
        row = summary.filter(answerer="persona", aggregate="cell_mean").row(0, named=True)
        hits.append(row["corrected_low"] <= planted <= row["corrected_high"])
        errors.append(row["corrected"] - planted)
        naive.append(row["alignment"] - planted)
    # 95 of 100 with a standard error of 2.2: outside 89 to 99 about once in 200 seeds
    assert 0.89 <= np.mean(hits) <= 0.99
    # noise only adds to a distance; most of that is taken off
    assert np.mean(naive) < 0
    assert abs(np.mean(errors)) < abs(np.mean(naive)) / 2


def test_three_sets_of_questions(probe):
    assert list(versions(probe)) == [36, 33, 31]


def test_whole_lens_from_files(probe, human_table, tmp_path):
    rng = np.random.default_rng(2)
    n = 60
    answers = {q.id: rng.dirichlet(np.ones(q.n_options), n) for q in probe.questions}
    lives = pl.DataFrame(
        {"persona_id": pl.Series(range(n), dtype=pl.UInt32),
         "continent": rng.choice(["Asia", "Europe", "Africa"], n)}
    ).with_columns(
        pl.lit(None, dtype).alias(name)
        for name, dtype in study_tables.BIOGRAPHIES.columns.items()
        if name not in {"persona_id", "continent"}
    )  # fmt: skip
    paths = {name: tmp_path / name for name in ("responses", "biographies", "humans")}
    tables.write(
        responses(probe, answers), paths["responses"], study_tables.RESPONSES, {"engine": "vllm"}
    )
    tables.write(lives, paths["biographies"], study_tables.BIOGRAPHIES, {"engine": "vllm"})
    tables.write(human_table, paths["humans"], human_tables.HUMANS, {})
    made = ("counts", "cells", "summary", "scores", "dispersion", "thresholds", "quantiles")
    paths |= {name: tmp_path / name for name in made}
    arguments = [x for name, path in paths.items() for x in (f"--{name}", str(path))]
    main(
        [*arguments, "--instrument", str(PROBE_FILE), "--answers", "probabilities",
         "--countries", str(CONFIG / "reference/countries.csv"), "--grouping", "continent",
         "--told", "both", "--other-told", "nothing", "--others", str(paths["responses"]),
         "--alike", str(paths["responses"]), "--seed", "1", "--replicates", "50"]
    )  # fmt: skip
    summary = tables.read(paths["summary"], alignment_tables.ALIGNMENT_SUMMARY)
    # eight answerers, all conditions together, one baseline asked and two that were not
    assert summary.height == (8 + 1 + 3) * 4 * 3
    assert set(summary.filter(pl.col("basis") == "not asked")["answerer"]) == {
        "demographics_only", "configuration_only"
    }  # fmt: skip
    for name in ("persona_conditions", "no_persona"):  # the same responses, given once more
        same = summary.filter(pl.col("answerer") == name)["alignment"]
        own = summary.filter(pl.col("answerer") == "persona")["alignment"]
        assert same.to_list() == pytest.approx(own.to_list())
    kept = tables.provenance(paths["summary"])
    assert kept["engine"] == "vllm"
    assert kept["alignment_groups_without_personas"] == "North America, Oceania, South America"
    of = {row[:3]: row[3] for row in summary.iter_rows()}
    assert of["human_floor", "cell_mean", 36] > of["human_pooled", "cell_mean", 36] > 0.85
    # random answers, averaged over 20 personas, are nearly uniform
    assert of["persona", "cell_mean", 36] == pytest.approx(of["uniform", "cell_mean", 36], abs=0.03)
