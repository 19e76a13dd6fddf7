"""Summary and scores: means over cells by hand, and planted alignments that come back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import made_up_groups as groups
from made_up_answers import instrument, question
from valuescape.answers.distributions import HumanAnswers, persona_answers
from valuescape.core import tables
from valuescape.humans.clusters import resampled_humans, undivided_heads
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.cells import floor_of
from valuescape.lenses.alignment.distances import (
    corrected_distances,
    distances,
    replicated_distances,
)
from valuescape.lenses.alignment.inputs import resampled_counts
from valuescape.lenses.alignment.summary import (
    cell_weights,
    mean_distances,
    normalised,
    question_sets,
    score_table,
    skill,
    summary_table,
    weighted_mean,
)
from valuescape.stats.emd import grid_of
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import read_instrument

PROBE = Path(__file__).parents[3] / "config/instruments/wvb_probe.yaml"


def summarised(personas, columns, members, humans, asked, replicates=200):
    """Return summary and scores of answers, as the lens makes them."""
    grid, draws = grid_of(asked), Draws(replicates, 7)
    estimates = distances(personas.counts, humans.shares, humans, grid)
    counts = resampled_counts(columns, members, grid, draws)
    shares = resampled_humans(humans, undivided_heads(humans), draws)
    drawn = replicated_distances(counts, shares, humans, grid)
    corrected = corrected_distances((personas.counts, counts), (humans.shares, shares), grid.gaps)
    counted = np.isfinite(np.stack(list(estimates.values()))).all(axis=0)
    weights = cell_weights(counted, personas.n, humans, asked)
    means = mean_distances(estimates, drawn, weights)
    names, biased = humans.groups, {"persona": corrected}
    return (
        summary_table(means, biased, weights, ["null_prompt"], {}, names=names),
        score_table(means, weights, {"persona": floor_of(personas, humans, grid)}),
    )


def test_summary_averages_the_same_cells_for_every_comparator():
    columns, members = groups.persona_columns()
    found, scores = summarised(
        groups.personas(), columns, members[:-1], groups.humans(), groups.INSTRUMENT
    )
    tables.check(found, alignment_tables.ALIGNMENT_SUMMARY, "the test")
    tables.check(scores, alignment_tables.ALIGNMENT_SCORES, "the test")
    assert found.height == 9 * 4 * 3  # comparators, aggregates, with, without and only Q1
    of = {row[:3]: row[3] for row in found.iter_rows()}
    # North Q1 0.25, North Q2: 3/4 at 1 as the humans, 0; South Q1 0, South Q2 0.75
    assert of["persona", "cell_mean", 3] == pytest.approx(1 - (0.25 + 0 + 0 + 0.75) / 4)
    assert of["persona", "respondent_weighted", 3] == pytest.approx(
        1 - (300 * 0.25 + 100 * 0.75) / 600
    )
    assert of["persona", "persona_weighted", 3] == pytest.approx(1 - (2 * 0.25 + 1 * 0.75) / 6)
    assert of["persona", "country_weighted", 3] == pytest.approx(1 - 1 / 4)
    assert of["persona", "cell_mean", 2] == pytest.approx(1 - 0.75 / 2)
    absent = found.filter(pl.col("comparator") == "null_prompt")
    assert set(absent["basis"]) == {"not asked"}
    assert absent["alignment"].null_count() == absent.height
    # one persona of two in the North, and one in the South: noise adds much to these distances
    own = found.filter(pl.col("comparator") == "persona", pl.col("question_set") > 1)
    assert (own["corrected"] > own["alignment"]).all()
    known = found.drop_nulls("alignment")
    assert (known["ci_low"] <= known["alignment"]).all()
    assert (known["alignment"] <= known["ci_high"]).all()


def test_undefined_draws_do_not_count():
    emds = np.array([[[0.2, np.nan]], [[0.4, 0.6]]])
    assert weighted_mean(emds, np.array([[1.0, 3.0]])) == pytest.approx([0.2, 0.55])


def test_the_scores_by_hand():
    assert normalised(*(np.array(x) for x in (0.3, 0.3, 0.1))) == 0
    assert normalised(*(np.array(x) for x in (0.1, 0.3, 0.1))) == pytest.approx(1)
    assert normalised(*(np.array(x) for x in (0.25, 0.3, 0.1))) == pytest.approx(0.25)
    assert np.isnan(normalised(*(np.array(x) for x in (0.2, 0.1, 0.1))))
    assert skill(np.array(0.15), np.array(0.1)) == pytest.approx(-0.5)


def test_three_sets_of_questions():
    assert list(question_sets(read_instrument(PROBE))) == [36, 33, 31]


G, Q, K = 4, 10, 4
"""Groups, questions and options of the simulations."""
SIMULATED = instrument(*(question(f"Q{q}", (1, 2, 3, 4)) for q in range(Q)))
MEMBERS = 150


def simulated(rng, human_truth, persona_truth, replicates=60):
    """Return summary and scores of humans and personas drawn from their truths."""
    n = np.full((G, Q), 400.0)
    shares = rng.multinomial(400, human_truth) / 400
    humans = HumanAnswers(tuple("abcd"), shares, n, n, np.ones((G, Q)))
    below = np.cumsum(persona_truth, axis=-1)[:, None]
    option = (rng.random((G, MEMBERS, Q, 1)) > below).sum(axis=-1)
    columns = np.eye(K)[np.minimum(option, K - 1)].reshape(G * MEMBERS, Q * K)
    members = np.split(np.arange(G * MEMBERS), G)
    personas = persona_answers(columns, members, grid_of(SIMULATED))
    return summarised(personas, columns, members, humans, SIMULATED, replicates)


def mean_score(scores):
    row = scores.filter(score="normalised", comparator="persona", aggregate="cell_mean")
    return row.select("estimate", "ci_low", "ci_high").row(0)


def test_perfect_answers_score_one_and_uniform_answers_zero():
    rng = np.random.default_rng(11)
    truth = rng.dirichlet(np.ones(K), (G, Q))
    uniform = np.full((G, Q, K), 1 / K)
    perfect = [mean_score(simulated(rng, truth, truth)[1]) for _ in range(20)]
    even = [mean_score(simulated(rng, truth, uniform)[1]) for _ in range(20)]
    for found, expected in ((perfect, 1), (even, 0)):
        estimates = np.array(found)[:, 0]
        assert estimates.mean() == pytest.approx(expected, abs=0.02)
        covered = [low <= expected <= high for _, low, high in found]
        assert np.mean(covered) >= 0.85  # nominal 0.95; 17 of 20 or fewer: once in 13 at 0.95
