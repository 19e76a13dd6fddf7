"""Post-stratification: a country's own weights win where configurations tell the answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import made_up_survey as survey
from valuescape.answers.distributions import HumanAnswers
from valuescape.core import tables
from valuescape.humans import tables as human_tables
from valuescape.lenses.weights import poststratify
from valuescape.lenses.weights import tables as weight_tables
from valuescape.lenses.weights.country_weights import Populations
from valuescape.stats.emd import OptionGrid
from valuescape.stats.resampling import Draws
from valuescape.study import designs
from valuescape.study import tables as study_tables

CONFIG = Path(__file__).parents[3] / "config"
PROBE = survey.PROBE
SPACE = survey.SPACE
COUNTRIES = survey.COUNTRIES
ONE_QUESTION = OptionGrid(
    ("Q1",), np.array([[1, 2]], dtype=np.int8), np.ones((1, 2), bool), np.ones((1, 1))
)


@pytest.fixture(scope="module")
def people():
    return survey.six_countries()


def compare(folder, people, *, heed=True, surveyed=True):
    """Run the command on personas that heed their configuration or not."""
    files = {name: folder / f"{name}.parquet" for name in ("personas", "responses", "humans")}
    ids = designs.persona_ids(SPACE, "oa1728")
    tables.write(
        designs.persona_table(SPACE, ids),
        files["personas"],
        study_tables.PERSONAS,
        {},
    )
    answers = survey.responses(ids, PROBE, heed=heed)
    tables.write(answers, files["responses"], study_tables.RESPONSES, {"engine": "synthetic"})
    humans = survey.human_answers(people, PROBE)
    tables.write(humans, files["humans"], human_tables.HUMANS, {})
    respondents = None
    if surveyed:
        respondents = folder / "respondents.parquet"
        tables.write(people, respondents, human_tables.RESPONDENTS, {})
    poststratify.main(
        **files,
        space=CONFIG / "persona_space.yaml",
        instrument=CONFIG / "instruments/wvb_probe.yaml",
        distributions=CONFIG / "reference/wvs7_country_distributions.csv",
        joint=CONFIG / "reference/wvs7_indicator_joint.parquet",
        waves=CONFIG / "reference/iw_waves.csv",
        countries=CONFIG / "reference/countries.csv",
        respondents=respondents,
        readout="probabilities",
        seed=3,
        replicates=200,
        summary=folder / "summary.parquet",
        ranks=folder / "ranks.parquet",
    )
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
            # two levels say all: what is left is about the noise of these humans
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
    assert found["Chile", 33, "n_variables"][0] == 10
    assert found["Japan", 33, "n_variables"][0] < 10
    made_from = tables.provenance(tmp_path / "summary.parquet")["country weights"]
    assert made_from.startswith("public aggregates")


def test_gains_by_hand():
    means = {"emd_uniform": 0.5, "emd_own": 0.2, "emd_wrong": 0.4, "emd_surface": 0.1}
    found = poststratify.measures_of({name: np.array(value) for name, value in means.items()})
    assert found["gain_over_uniform"] == pytest.approx(0.3)
    assert found["gain_over_wrong"] == pytest.approx(0.2)
    assert found["share_of_attainable"] == pytest.approx(0.75)


def test_only_questions_outside_the_configuration_count():
    assert set(poststratify.questions_outside_configuration(PROBE)) == {33, 31}


def test_the_mean_is_of_countries_that_are_met():
    """Referee A11: what the personas cannot be weighted to is named, and not averaged."""
    rng = np.random.default_rng(2)
    found = {
        name: rng.uniform(0.1, 0.3, (3, 4))
        for name in ("emd_uniform", "emd_own", "emd_wrong", "emd_other_humans", "emd_surface")
    }
    residual = np.array([0.0, 0.5, 0.004])
    weighted = Populations(
        ("A", "B", "C"), np.ones((3, 2)) / 2, residual, np.full(3, 8), np.zeros(3, bool), "hand"
    )
    draws = Draws(50, 1)
    rows = poststratify.summarise_distances(found, weighted, np.ones(4, dtype=bool), draws)
    of = {(country, measure): estimate for country, _, measure, estimate, _, _ in rows}
    assert of["all", "emd_own"] == pytest.approx(found["emd_own"][[0, 2]].mean())
    assert (of["all", "n_countries"], of["all", "n_countries_missed"]) == (2, 1)
    assert of["B", "emd_own"] == pytest.approx(found["emd_own"][1].mean())
    nobody = replace(weighted, residual=np.ones(3))
    rows = poststratify.summarise_distances(found, nobody, np.ones(4, dtype=bool), draws)
    assert not [row for row in rows if row[0] == "all" and row[2].startswith("emd")]


def test_weights_that_miss_their_country_are_no_other_countrys():
    shares = np.array([[[1.0, 0.0]], [[0.0, 1.0]], [[0.5, 0.5]]])
    answers = poststratify.CountryAnswers(
        shares, shares[0], shares[0], np.full_like(shares, np.nan), np.array([True, False, True])
    )
    humans = HumanAnswers(("A", "B", "C"), shares, *[np.full((3, 1), 9.0)] * 3)
    found = poststratify.distances(answers, humans, ONE_QUESTION)
    # A against C's weights alone, B against A's and C's
    assert found["emd_wrong"][:, 0] == pytest.approx([0.5, 0.75, 0.5])
