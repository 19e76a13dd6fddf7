"""Post-stratification: a country's own weights win where configurations tell the answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

import made_up_survey as survey
from valuescape.core import tables
from valuescape.humans import tables as human_tables
from valuescape.lenses.weights import country_ranks
from valuescape.lenses.weights import poststratify as poststratification
from valuescape.lenses.weights import response_surface as human_surface
from valuescape.lenses.weights import tables as weight_tables
from valuescape.lenses.weights.country_weights import margins_by_country, populations
from valuescape.stats import raking
from valuescape.stats.emd import scales_of
from valuescape.stats.resampling import Draws
from valuescape.study import designs
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument

CONFIG = Path(__file__).parents[3] / "config"
PROBE = read_instrument(CONFIG / "instruments/wvb_probe.yaml")
SPACE = survey.SPACE
COUNTRIES = ("Chile", "China", "Egypt", "Germany", "Japan", "Peru")


@pytest.fixture(scope="module")
def people():
    """Return six countries of 1,000 respondents who answer as their configuration tells."""
    rng = np.random.default_rng(11)
    frames = [
        survey.draw(SPACE, country, rng.normal(0, 1.2, 10), 1000, rng) for country in COUNTRIES
    ]
    return survey.with_answers(survey.respondents(frames), PROBE, rng)


def compare(folder, people, *, heed=True, surveyed=True):
    """Run the command on personas that heed their configuration or not."""
    files = {name: folder / f"{name}.parquet" for name in ("personas", "responses", "humans")}
    ids = designs.persona_ids(SPACE, "oa1728")
    tables.write(
        designs.personas(SPACE, ids),
        files["personas"],
        study_tables.PERSONAS,
        {},
    )
    answers = survey.responses(ids, PROBE, heed=heed)
    tables.write(answers, files["responses"], study_tables.RESPONSES, {"engine": "synthetic"})
    humans = survey.human_answers(people, PROBE)
    tables.write(humans, files["humans"], human_tables.HUMANS, {})
    arguments = {f"--{name}": path for name, path in files.items()} | {
        "--space": CONFIG / "persona_space.yaml",
        "--instrument": CONFIG / "instruments/wvb_probe.yaml",
        "--distributions": CONFIG / "reference/wvs7_country_distributions.csv",
        "--answers": "probabilities",
        "--seed": 3,
        "--replicates": 200,
        "--summary": folder / "summary.parquet",
        "--ranks": folder / "ranks.parquet",
    }
    if surveyed:
        arguments["--respondents"] = folder / "respondents.parquet"
        tables.write(people, arguments["--respondents"], human_tables.RESPONDENTS, {})
    poststratification.main([str(word) for pair in arguments.items() for word in pair])
    summary = tables.read(folder / "summary.parquet", weight_tables.POSTSTRATIFICATION)
    ranks = tables.read(folder / "ranks.parquet", weight_tables.COUNTRY_RANKS)
    found = {
        (country, size, measure): (estimate, low, high)
        for country, size, measure, estimate, low, high in summary.iter_rows()
    }
    return found, ranks


@pytest.fixture(scope="module")
def heeding(tmp_path_factory, people):
    return compare(tmp_path_factory.mktemp("heeding"), people)


def test_own_weights_beat_wrong_ones_in_every_simulated_country(heeding):
    found, ranks = heeding
    for country in (*COUNTRIES, "all"):
        for size in (33, 31):
            own, wrong, uniform, floor, other = (
                found[country, size, f"emd_{name}"][0]
                for name in ("own", "wrong", "uniform", "floor", "other_humans")
            )
            assert own < wrong / 2
            assert own < uniform / 2
            assert own < other / 2
            # two levels tell all: what is left is about the noise of these humans
            assert own < 2 * floor
            assert found[country, size, "gain_over_wrong"][1] > 0
    # these personas know the formula, the surface is fitted to 5,000 people and additive in levels
    assert found["all", 33, "share_of_attainable"][0] == pytest.approx(1, abs=0.15)
    assert found["all", 33, "n_questions"][0] == 33
    assert found["Chile", 33, "n_variables"][0] == 10
    outside = [q.id for q in PROBE.questions if not q.conditioning]
    better = ranks.filter(pl.col("question").is_in(outside))
    assert better["rank_correlation"].median() > 0.9
    assert better["surface"].median() > 0.9


def test_personas_that_do_not_heed_their_configuration_gain_nothing(tmp_path, people):
    found, ranks = compare(tmp_path, people, heed=False)
    for measure in ("gain_over_uniform", "gain_over_wrong", "share_of_attainable"):
        assert found["all", 33, measure][0] == pytest.approx(0, abs=1e-3)
    assert ranks["rank_correlation"].is_null().all()


def test_without_a_survey_file_nothing_is_said_of_what_is_attainable(tmp_path, people):
    found, _ = compare(tmp_path, people, surveyed=False)
    # they are weighted to their public margins, which these people do not have
    assert found["all", 33, "emd_surface"][0] is None
    assert found["all", 33, "share_of_attainable"][0] is None
    assert found["Chile", 33, "n_variables"][0] < 10
    made_from = tables.provenance(tmp_path / "summary.parquet")["country weights"]
    assert made_from.startswith("public margins")


def test_pairs_of_levels_are_met_by_the_whole_space(people):
    everyone = SPACE.levels_of(np.arange(SPACE.n_personas))
    one = people.filter(pl.col("country") == "Egypt")
    margins, pairs = (margins_by_country(one, SPACE, pairs=kind) for kind in (False, True))
    found = populations(everyone, margins, pairs, "test")
    assert raking.residual(everyone, found.weights[0], pairs["Egypt"]) < 1e-6
    unasked = one.with_columns(pride=pl.lit(None, pl.Int8))
    assert len(margins_by_country(unasked, SPACE, pairs=True)["Egypt"]) == 36


def test_the_surface_of_a_country_is_fitted_to_others(people):
    scales = scales_of(PROBE)
    answers = people.with_columns(
        Q1=pl.when(pl.col("country") == "Egypt").then(4).otherwise(1).cast(pl.Int8)
    )
    means = np.full((len(COUNTRIES), int(SPACE.radices.sum())), 0.0)
    means[:] = human_surface.indicators(
        people.select(v.name for v in SPACE.variables).to_numpy(), SPACE.radices
    ).mean(axis=0)
    found = human_surface.predicted(answers, SPACE, scales, (COUNTRIES, means), Draws(1, 1))
    egypt = COUNTRIES.index("Egypt")
    question = scales.questions.index("Q1")
    # nobody else gives Egypt's answer, so its surface cannot know it
    assert found[egypt, question, 0] == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(found.sum(axis=-1), 1)


def test_rank_correlation_is_that_of_scipy():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 5, (2, 30)).astype(float)
    assert country_ranks.spearman(first, second) == pytest.approx(spearmanr(first, second)[0])
