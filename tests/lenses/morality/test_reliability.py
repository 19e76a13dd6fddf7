"""Reliability: alpha, omega and congruence of answers whose structure is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.decomposition import FactorAnalysis

from made_up_answers import probabilities_about, responses
from valuescape.core import tables
from valuescape.lenses.morality import reliability as scale_quality
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats.reliability import cronbach_alpha
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, read_instrument

CONFIG = Path(__file__).parents[3] / "config"
INSTRUMENT_FILE = CONFIG / "instruments/mfq2.yaml"
NORMS = CONFIG / "reference/mfq2_country_norms.csv"
KEY = (np.arange(36)[:, None] % 6 == np.arange(6)).astype(float)
HUMAN = np.random.default_rng(0).normal(3, 0.4, (19, 6))


def analysed(items, human, draws, **readings):
    given = {"probabilities": items[None], **readings}
    reliable, bound = scale_quality.analyse(given, KEY, human, draws)
    tables.check(reliable, moral_tables.RELIABILITY, "the test")
    tables.check(bound, moral_tables.CONSTRAINT, "the test")
    return reliable, bound


def test_omega_of_parallel_items_follow_from_their_correlation():
    covariance = np.full((6, 6), 0.4) + 0.6 * np.eye(6)
    spearman_brown = 6 * 0.4 / (1 + 5 * 0.4)
    assert scale_quality.omega(covariance) == pytest.approx(spearman_brown, abs=1e-3)
    assert scale_quality.first_share(covariance) == pytest.approx((1 + 5 * 0.4) / 6)
    determinant = (1 + 5 * 0.4) * 0.6**5
    assert scale_quality.dependence(covariance) == pytest.approx(1 - determinant ** (1 / 5))


def test_omega_finds_unequal_loadings_where_alpha_is_too_low():
    loadings = np.array([0.9, 0.8, 0.7, 0.5, 0.4, 0.3])
    covariance = np.outer(loadings, loadings)
    np.fill_diagonal(covariance, 1.0)
    common = loadings.sum() ** 2
    expected = common / (common + (1 - loadings**2).sum())
    assert scale_quality.omega(covariance) == pytest.approx(expected, abs=1e-3)
    assert cronbach_alpha(covariance) < expected


def test_six_factors_are_congruent_with_their_key_and_one_is_not():
    rng = np.random.default_rng(2)
    factors = rng.normal(size=(2000, 6))
    six = factors @ KEY.T + rng.normal(0, 0.7, (2000, 36))
    one = factors[:, :1] + rng.normal(0, 0.7, (2000, 36))
    reliable, bound = analysed(six, HUMAN, Draws(10, 1))
    raw = reliable.filter(pl.col("scoring") == "raw")
    assert (raw["congruence"] > 0.95).all()
    assert (raw["congruence"] > raw["null_95_congruence"]).all()
    assert (raw["omega_ci_low"] < raw["omega"]).all()
    assert raw["alpha"].to_numpy() == pytest.approx(raw["omega"].to_numpy(), abs=0.01)
    reliable, bound_of_one = analysed(one, HUMAN, Draws(10, 1))
    raw = reliable.filter(pl.col("scoring") == "raw")
    assert (raw["alpha"] > 0.9).all()  # consistent, but not as the key says
    assert (raw["congruence"] < raw["null_95_congruence"] + 0.05).all()
    flat = reliable.filter(pl.col("scoring") == "ipsatised")
    assert (flat["alpha"] < 0.3).all()
    for table, least, most in ((bound, 0.1, 0.2), (bound_of_one, 0.6, 0.75)):
        share = table.filter(pl.col("of") == "items", pl.col("scoring") == "raw")
        assert least < share["first_component_share"].item() < most


def test_answers_that_do_not_vary_have_no_reliability():
    reliable, bound = analysed(np.full((50, 36), 3.0), HUMAN, Draws(5, 1))
    assert reliable["alpha"].null_count() == reliable["omega"].null_count() == 12
    assert bound["first_component_share"].null_count() == 4
    assert bound["null_95_share"].null_count() == 4
    for table in (reliable, bound):
        assert table["remark"].str.contains("is the same for all personas").all()


@pytest.mark.long
def test_people_of_nineteen_countries_share_one_dimension(tmp_path):
    mfq2 = read_instrument(INSTRUMENT_FILE)
    rng = np.random.default_rng(4)
    ids = np.arange(60, dtype=np.uint32)
    answered = responses(
        mfq2,
        {q.id: probabilities_about(q, rng.uniform(2, 4, 60)) for q in mfq2.questions},
        persona_ids=ids,
    )
    tables.write(answered, tmp_path / "responses", study_tables.RESPONSES, {"engine": "synthetic"})
    files = {name: tmp_path / name for name in ("responses", "reliability", "constraint")}
    scale_quality.main(
        instrument=INSTRUMENT_FILE,
        norms=NORMS,
        readout="probabilities",
        seed=1,
        replicates=10,
        **files,
    )
    constraint = tables.read(tmp_path / "constraint", moral_tables.CONSTRAINT)
    raw = constraint.filter(of="foundations", scoring="raw", readout="probabilities")
    # six means of a country rise together: correlations of .61 to .93
    assert raw["human_countries_share"].item() == pytest.approx(0.827, abs=0.01)
    assert raw["human_countries_dependence"].item() == pytest.approx(0.863, abs=0.01)
    flat = constraint.filter(pl.col("scoring") == "ipsatised")
    assert flat["human_countries_dependence"].null_count() == flat.height == 4
    reliability = tables.read(tmp_path / "reliability", moral_tables.RELIABILITY)
    assert set(reliability["foundation"]) == set(FOUNDATIONS)
    assert tables.provenance(tmp_path / "reliability")["engine"] == "synthetic"


def test_omega_is_that_of_a_fit_that_converged():
    """Referee A9: at a tolerance of .01 ipsatised authority was .3675 instead of .2835."""
    rng = np.random.default_rng(7)
    for _ in range(3):
        loadings = rng.uniform(0.3, 0.7, 6)
        items = rng.normal(size=(144, 1)) * loadings + rng.normal(0, 1, (144, 6))
        covariance = np.cov(items, rowvar=False, bias=True)
        slow = FactorAnalysis(1, tol=1e-10, max_iter=5000, svd_method="lapack").fit(items)
        common = slow.components_[0].sum() ** 2
        expected = common / (common + slow.noise_variance_.sum())
        assert scale_quality.omega(covariance) == pytest.approx(expected, abs=1e-3)


def test_expected_answers_look_consistent_and_individuals_do_not():
    """Referee B2: alpha of .83 to .92 by probabilities, .03 to .05 of one option drawn of each."""
    rng = np.random.default_rng(3)
    mean = 3 + rng.normal(0, 0.08, (144, 6))[:, np.arange(36) % 6] + rng.normal(0, 0.05, (144, 36))
    drawn = np.clip(np.rint(mean + rng.normal(0, 0.9, (5, 144, 36))), 1, 5)
    reliable, bound = analysed(mean, HUMAN, Draws(5, 1), drawn=drawn)
    alpha = dict(
        reliable.filter(scoring="raw").group_by("readout").agg(pl.col("alpha").mean()).iter_rows()
    )
    assert alpha["probabilities"] > 0.9
    assert 0 < alpha["drawn"] < 0.15
    alone = [cronbach_alpha(np.cov(each[:, KEY[:, 0] > 0], rowvar=False)) for each in drawn]
    care = reliable.filter(scoring="raw", readout="drawn", foundation="care")
    assert care["alpha"].item() == pytest.approx(np.mean(alone))
    shares = dict(bound.filter(of="items", scoring="raw").select("readout", "first_component_share")
                  .iter_rows())  # fmt: skip
    assert shares["probabilities"] > 2 * shares["drawn"]


def test_a_question_that_everybody_refuses_takes_its_foundation_alone():
    """Referee A4: one question refused by everybody divided by zero."""
    items = np.random.default_rng(3).normal(3, 0.5, (60, 36))
    items[:, 6] = np.nan  # the second item of care
    reliable, bound = analysed(items, HUMAN, Draws(10, 1))
    raw, is_care = reliable.filter(scoring="raw"), pl.col("foundation") == "care"
    care, others = raw.filter(is_care), raw.filter(~is_care)
    assert care["remark"].item() == "not defined: 0 personas answered all items"
    assert others["omega"].null_count() == others["alpha"].null_count() == 0
    assert others["congruence"].null_count() == 5
    assert bound["first_component_share"].null_count() == 4


@pytest.mark.parametrize("n", [0, 1, 2])
def test_so_few_personas_have_no_reliability(n):
    """Referee A4: with two personas a share came out as 1.000000000000001."""
    items = np.random.default_rng(3).normal(3, 0.5, (n, 36))
    reliable, bound = analysed(items, HUMAN, Draws(10, 1))
    assert reliable["alpha"].null_count() == 12
    assert bound["first_component_share"].null_count() == 4
    assert set(bound["remark"]) == {f"not defined: {n} personas answered all items"}


def test_a_share_is_at_most_one():
    items = np.outer(np.array([1.0, 2.0, 4.0]), np.ones(36))
    bound = analysed(items, HUMAN, Draws(10, 1))[1].filter(scoring="raw")
    assert bound["first_component_share"].to_list() == pytest.approx([1.0, 1.0])
    assert bound["first_component_share"].max() <= 1
