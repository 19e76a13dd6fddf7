"""Edges: whoever refuses, babbles or answers alike, every command ends and its tables say why."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from conftest import ROOT
from made_up_answers import probabilities_about, responses
from made_up_effects import oracle_table
from valuescape.core import tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.morality import (
    acquiescence,
    anova,
    core_variables,
    invariance,
    measure,
    reliability,
    slopes,
)
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.robustness import extremes, gstudy
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.designs import persona_ids
from valuescape.study.instruments import FOUNDATIONS, read_instrument
from valuescape.study.space import read_space

CONFIG = ROOT / "config"
SPACE = CONFIG / "persona_space.yaml"
MFQ2 = CONFIG / "instruments/mfq2.yaml"
INVERTED = CONFIG / "instruments/mfq2_inverted.yaml"
NORMS = CONFIG / "reference/mfq2_country_norms.csv"
CENTROIDS = CONFIG / "reference/iw_country_centroids.csv"
WRITTEN = {
    "drawn_scores": moral_tables.DRAWN_SCORES, "effects": moral_tables.LEVEL_EFFECTS,
    "profiles": moral_tables.FOUNDATION_PROFILES, "agreement": moral_tables.ORACLE_AGREEMENT,
    "stability": moral_tables.ORACLE_STABILITY, "shares": moral_tables.ANOVA_SHARES,
    "orders": moral_tables.ANOVA_ORDERS, "pairs": moral_tables.ANOVA_PAIRS,
    "trends": moral_tables.TRENDS, "invariance": moral_tables.INVARIANCE,
    "variation": moral_tables.FOUNDATION_VARIATION, "fit": moral_tables.CULTURE_FIT,
    "slopes": moral_tables.MORAL_SLOPES, "countries": moral_tables.COUNTRY_MORALITY,
    "country_fit": moral_tables.COUNTRY_FIT, "reliability": moral_tables.RELIABILITY,
    "constraint": moral_tables.CONSTRAINT, "gstudy": robustness_tables.GSTUDY,
    "core": moral_tables.CORE_VARIABLES, "yes": moral_tables.ACQUIESCENCE,
    "extremes": robustness_tables.EXTREMES,
}  # fmt: skip
# What is a test, a rank, an interval or a label.
CLAIMS = ("p_holm", "ipsatised_p_holm", "partial_p_holm", "ci_low", "ci_high", "rank", "rank_low",
          "shape", "verdict_within", "slope_ci_low", "ci90_low", "null_percentile")  # fmt: skip


def run_all(folder, *, ids, mean, valid, readout="probabilities"):
    """Run every command of the lens on these answers; return its tables, read and so checked.

    `mean` and `valid` are arrays of shape (n_personas, 36): answers and whether they are valid.
    """
    space, instrument = read_space(SPACE), read_instrument(MFQ2)
    grid = space.levels_of(ids)
    names = [variable.name for variable in space.variables]
    answers = {q.id: probabilities_about(q, mean[:, k]) for k, q in enumerate(instrument.questions)}
    statuses = {
        q.id: np.where(valid[:, k], "valid", "refused").tolist()
        for k, q in enumerate(instrument.questions)
    }
    rng = np.random.default_rng(1)
    places = rng.normal(0, 1, (2, len(ids)))
    positions = {"design_self_expression": places[0], "design_secular": places[1],
                 "self_expression": places[0] / 2, "secular": places[1] / 2,
                 "country": ["Japan"] * len(ids)}  # fmt: skip
    given = {
        "personas": ({"persona_id": ids, **dict(zip(names, grid.T, strict=True))},
                     study_tables.PERSONAS),
        "positions": ({"persona_id": ids, **positions}, map_tables.POSITIONS),
    }  # fmt: skip
    for name, (columns, table) in given.items():
        tables.write(pl.DataFrame(columns), folder / name, table, {"engine": "synthetic"})
    answered = responses(instrument, answers, statuses, persona_ids=ids)
    tables.write(answered, folder / "responses", study_tables.RESPONSES, {"engine": "synthetic"})
    ratings = rng.uniform(1, 5, (6, 32))
    oracle = oracle_table(space, ratings)
    tables.write(oracle, folder / "oracle", study_tables.ORACLE, {"engine": "synthetic"})

    def path(*names):
        return {name: folder / name for name in names}

    design = {"space": SPACE, "personas": folder / "personas"}
    seeded = {"seed": 1, "replicates": 5}
    mfq2 = {"responses": folder / "responses", "instrument": MFQ2, "readout": readout}
    measure.main(
        **design, **mfq2, **seeded, **path("scores", "drawn_scores", "effects", "profiles"),
        replicate_responses=[], oracle=folder / "oracle", norms=NORMS,
        oracle_agreement=folder / "agreement", oracle_stability=folder / "stability",
    )  # fmt: skip
    anova.main(**design, **path("scores", "shares", "orders", "pairs", "trends"),
               replicate_scores=[], readout=readout)  # fmt: skip
    scores = {"scores": [folder / "scores"]}
    invariance.main(**design, **scores, **seeded, **path("profiles", "invariance", "variation"),
                    drawn_scores=[folder / "drawn_scores"], norms=NORMS,
                    readout=readout)  # fmt: skip
    slopes.main(
        **design, **seeded, **path("scores", "drawn_scores", "positions", "fit", "slopes",
                                   "countries", "country_fit"),
        norms=NORMS, centroids=CENTROIDS, readout=readout,
    )  # fmt: skip
    reliability.main(**mfq2, **seeded, **path("reliability", "constraint"), norms=NORMS)
    gstudy.main(
        space=SPACE, **mfq2, **scores, **seeded, **path("gstudy"), conditions=[Condition("base")]
    )
    core_variables.main(**design, **scores, **seeded, anova_shares=[folder / "shares"],
                        readouts=[readout], core_variables=folder / "core")  # fmt: skip
    acquiescence.main(**mfq2, **seeded, inverted_instrument=INVERTED, acquiescence=folder / "yes")
    extremes.main(**design, **seeded, **path("positions", "scores", "extremes"))
    return {name: tables.read(folder / name, table) for name, table in WRITTEN.items()}


def claims(found, foundation, readout=None):
    """Return how many tests, ranks, intervals and labels of personas each table holds."""
    counts = {}
    for name, frame in found.items():
        if "foundation" not in frame.columns:
            continue
        rows = frame.filter(foundation=foundation)
        # People vary, whatever personas do.
        for column, human in (("population", "country"), ("readout", "country means")):
            if column in rows.columns:
                rows = rows.filter(pl.col(column) != human)
        if readout and "readout" in rows.columns:
            rows = rows.filter(readout=readout)
        counts[name] = sum(
            rows.height - rows[column].null_count() for column in CLAIMS if column in rows.columns
        )
    return counts


@pytest.fixture
def lively():
    """Return answers that vary, of the smallest balanced fraction."""
    ids = persona_ids(read_space(SPACE), "oa144")
    mean = np.random.default_rng(3).uniform(2, 4, (len(ids), 36))
    return {"ids": ids, "mean": mean, "valid": np.ones(mean.shape, dtype=bool)}


def test_a_question_that_everybody_refuses_takes_its_foundation_alone(lively, tmp_path):
    """Referee A4: constraint, slopes and scale quality divided by zero."""
    lively["valid"][:, 0] = False
    found = run_all(tmp_path, **lively)
    assert not any(claims(found, FOUNDATIONS[0]).values())
    others = claims(found, FOUNDATIONS[1])
    for name in ("effects", "trends", "invariance", "slopes", "core", "agreement"):
        assert others[name] > 0, name
    why = found["effects"].filter(foundation=FOUNDATIONS[0])["interval_from"].unique().to_list()
    assert why == ["not defined: no persona has the score"]


def test_everybody_refuses_everything(lively, tmp_path):
    lively["valid"][:] = False
    found = run_all(tmp_path, **lively)
    for foundation in FOUNDATIONS:
        assert not any(claims(found, foundation).values())


def test_everybody_answers_alike(lively, tmp_path):
    """Referee A5 and A6: no p, rank, interval or label for what does not vary."""
    lively["mean"][:] = 3.0
    found = run_all(tmp_path, **lively)
    del found["country_fit"]  # of an error over countries, which vary
    for foundation in FOUNDATIONS:
        assert not any(claims(found, foundation, readout="probabilities").values())
    assert set(found["core"]["share"]) == {0.0}


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_personas(lively, tmp_path, n):
    """Referee A4 and A6: two personas made a share of more than 1; one was ranked second."""
    found = run_all(tmp_path, ids=lively["ids"][:n], mean=lively["mean"][:n],
                    valid=lively["valid"][:n])  # fmt: skip
    assert found["core"]["rank"].null_count() == found["core"].height
    assert found["effects"]["p_holm"].null_count() == found["effects"].height
    assert found["reliability"]["alpha"].null_count() == found["reliability"].height
    assert found["invariance"]["verdict_within"].null_count() == found["invariance"].height


@pytest.mark.parametrize("babble", [0.15, 0.9])
def test_a_babbling_respondent(lively, tmp_path, babble):
    lively["valid"] = np.random.default_rng(5).random(lively["mean"].shape) > babble
    found = run_all(tmp_path, **lively)
    known = found["effects"]["effect"].null_count() < found["effects"].height
    # .85^6 of 144 personas have a score, and .1^6 of them nobody
    assert known == (babble < 0.9)
    assert set(found["effects"]["interval_from"]) != {""}


def test_options_that_were_drawn_are_one_reading(lively, tmp_path):
    found = run_all(tmp_path, **lively, readout="drawn")
    assert found["drawn_scores"]["reading"].unique().to_list() == [0]
    for name in ("invariance", "reliability", "constraint"):
        assert set(found[name]["readout"]) == {"drawn"}
    assert set(found["fit"]["readout"]) == {"drawn", "country means"}
