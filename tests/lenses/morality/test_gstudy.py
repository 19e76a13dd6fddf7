"""Generalisability: planted variance components come back; what was not asked is not told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import anova_lm

from made_up_answers import probabilities_about, responses
from valuescape.core import tables
from valuescape.lenses.morality import gstudy
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats import variance_components
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, read_instrument

CONFIG = Path(__file__).parents[3] / "config"
MFQ2 = CONFIG / "instruments/mfq2.yaml"
PLANTED = {"configuration": 0.5, "biography": 0.2, "order": 0.0, "configuration x order": 0.1,
           "biography x order": 0.05, "answer": 0.3}  # fmt: skip


def planted(n: int, b: int, o: int, r: int, seed: int = 1) -> np.ndarray:
    """Return scores of six foundations with the planted components, orders 0.4 apart."""
    rng = np.random.default_rng(seed)

    def noise(name, *shape):
        return rng.normal(0, np.sqrt(PLANTED[name]), (*shape, 6))

    shift = np.linspace(-0.2, 0.2, o)[None, None, :, None, None] if o > 1 else 0.0
    return (
        3 + shift + noise("configuration", n, 1, 1, 1) + noise("biography", n, b, 1, 1)
        + noise("configuration x order", n, 1, o, 1) + noise("biography x order", n, b, o, 1)
        + noise("answer", n, b, o, r)
    )  # fmt: skip


def parts_of(scores: np.ndarray) -> dict[str, np.ndarray]:
    found = variance_components.Crossed(scores)
    sums = variance_components.square_columns(found).sum(axis=0)
    return variance_components.components(sums, len(scores), found.sizes)


def test_planted_components_come_back():
    found = parts_of(planted(6000, 3, 2, 2))
    assert set(found) == set(variance_components.COMPONENTS)
    for name, value in PLANTED.items():
        # the order is fixed at +-0.2: the unbiased variance of two is 0.08
        expected = 0.08 if name == "order" else value
        assert found[name] == pytest.approx(np.full(6, expected), abs=0.03), name


@pytest.mark.parametrize(
    "sizes", [(3, 2, 2), (1, 2, 3), (2, 1, 2), (1, 2, 1), (2, 2, 1), (1, 1, 3)]
)
def test_mean_squares_are_those_of_least_squares(sizes):
    scores = planted(8, *sizes)
    n, (b, o, r) = len(scores), sizes
    index = np.stack(np.meshgrid(range(n), range(b), range(o), range(r), indexing="ij"), axis=-1)
    frame = pd.DataFrame(index.reshape(-1, 4), columns=["p", "b", "o", "r"])
    frame["y"] = scores[..., 0].ravel()
    terms = ["C(p)"]
    terms += ["C(o)", "C(p):C(o)"] if o > 1 else []
    terms += ["C(p):C(b)"] if b > 1 else []
    terms += ["C(p):C(b):C(o)"] if o > 1 and b > 1 and r > 1 else []
    if r == 1:  # the last term is the residual
        terms = terms[:-1] if not (o > 1 and b > 1) else terms
    table = anova_lm(smf.ols("y ~ " + " + ".join(terms), frame).fit())
    ms = dict(zip(table.index, table["sum_sq"] / table["df"], strict=True))
    error = ms["Residual"]
    both = ms.get("C(p):C(b):C(o)", error)
    life, pair = ms.get("C(p):C(b)", both), ms.get("C(p):C(o)", both)
    found = parts_of(scores)
    assert found["answer"][0] == pytest.approx(error)
    expected = max((ms["C(p)"] - life - pair + both) / (b * o * r), 0.0)
    assert found["configuration"][0] == pytest.approx(expected)
    if "biography" in found:
        assert found["biography"][0] == pytest.approx(max((life - both) / (o * r), 0))
    if "configuration x order" in found:
        assert found["configuration x order"][0] == pytest.approx(max((pair - both) / (b * r), 0))


def test_intervals_hold_what_was_planted_and_coefficients_follow():
    scores = planted(400, 2, 2, 2)
    table = gstudy.gstudy_table(
        variance_components.Crossed(scores), np.zeros(6), "chosen", Draws(200, 1)
    )
    tables.check(table, moral_tables.GSTUDY, "the test")
    inside = [
        row["ci_low"] <= PLANTED[row["component"]] <= row["ci_high"]
        for row in table.iter_rows(named=True)
        if row["component"] in PLANTED and row["component"] != "order"
    ]
    assert np.mean(inside) >= 0.8  # 95 % of 30, give or take
    by = {row["component"]: row for row in table.filter(foundation="care").iter_rows(named=True)}
    assert by["explainable_share"]["estimate"] == pytest.approx(0.5 / 1.15, abs=0.08)
    expected = 0.5 / (0.5 + 0.2 / 2 + 0.1 / 2 + 0.05 / 4 + 0.3 / 8)
    assert by["g_coefficient"]["estimate"] == pytest.approx(expected, abs=0.08)
    shares = [by[name]["share"] for name in variance_components.COMPONENTS]
    assert sum(shares) == pytest.approx(1)


def test_a_study_that_asks_once_says_what_it_needs():
    table = gstudy.gstudy_table(
        variance_components.Crossed(planted(50, 1, 1, 1)), np.ones(6), "chosen", Draws(20, 1)
    )
    told = {row["component"]: row for row in table.filter(foundation="care").iter_rows(named=True)}
    assert told["configuration"]["told"].startswith("holds everything")
    assert told["g_coefficient"]["estimate"] is None
    for name in variance_components.COMPONENTS[1:]:
        assert told[name]["estimate"] is None
        assert told[name]["told"].startswith("needs conditions that differ in")


@pytest.mark.parametrize(("kind", "share"), [("probabilities", 0.2), ("chosen", 0.2)])
def test_one_asking_bounds_what_is_explainable(kind, share):
    # true scores vary by 0.25; one draw an item adds 1.0
    rng = np.random.default_rng(5)
    scores = rng.normal(3, 0.5 if kind == "probabilities" else np.sqrt(1.25), (4000, 6))
    (variance, *_), (bound, low, high) = gstudy.asked_once(scores, np.ones(6), kind, Draws(100, 1))
    assert variance == pytest.approx(scores.var(axis=0, ddof=1))
    assert bound == pytest.approx(np.full(6, share), abs=0.03)
    assert ((low < bound) & (bound < high)).all()


def test_conditions_are_arranged_by_facet():
    def condition(b, o, r):
        return {"biographies": b, "option_order": o, "replicate": r}

    keys = [(0, "forward", 0), (0, "reversed", 0), (0, "forward", 1), (0, "reversed", 1),
            (1, "forward", 0)]  # fmt: skip
    scores = [np.full((3, 6), float(k)) for k in range(5)]
    scores[2][1] = np.nan
    found = variance_components.crossed(scores, [condition(*key) for key in keys])
    # the second biography was not asked in the other order: it cannot be crossed with both
    assert found.sizes in {(1, 2, 2), (2, 1, 1)}
    alone = variance_components.crossed(scores[:4], [condition(*key) for key in keys[:4]])
    assert alone.sizes == (1, 2, 2)
    assert len(alone.scores) == 2  # who has no score somewhere is left out
    assert alone.scores[0, 0, :, :, 0].tolist() == [[0, 2], [1, 3]]


def test_drawing_an_option_adds_the_variance_of_its_distribution():
    asked = read_instrument(MFQ2)
    answered = responses(
        asked, {q.id: probabilities_about(q, np.full(4, 3.5)) for q in asked.questions}
    )
    found = gstudy.draw_variance(answered, asked, 6)
    written = answered.with_columns(pl.lit(None, pl.UInt16).alias(c) for c in answered.columns
                                    if "_p" in c)  # fmt: skip
    assert np.isnan(gstudy.draw_variance(written, asked, 6)).all()
    # 3 and 4 with probability one half: a variance of 1/4, the mean of six items 1/24
    assert found == pytest.approx(np.full(6, 0.25 / 6), abs=1e-3)


def test_the_command_reads_conditions(tmp_path):
    asked = read_instrument(MFQ2)
    ids = np.arange(40, dtype=np.uint32)
    answered = responses(
        asked, {q.id: probabilities_about(q, np.full(40, 3.0)) for q in asked.questions},
        persona_ids=ids,
    )  # fmt: skip
    tables.write(answered, tmp_path / "responses", study_tables.RESPONSES, {"engine": "synthetic"})
    scores = np.clip(planted(40, 1, 2, 1)[:, 0, :, 0], 1, 5)
    files = []
    for place in range(2):
        columns = dict(zip(FOUNDATIONS, scores[:, place].T, strict=True))
        files.append(tmp_path / f"scores{place}")
        frame = pl.DataFrame({"persona_id": ids, **columns})
        tables.write(frame, files[-1], moral_tables.FOUNDATION_SCORES, {"engine": "synthetic"})
    told = [{"biographies": 0, "option_order": o, "replicate": 0} for o in ("forward", "reversed")]
    gstudy.main(["--scores", *map(str, files), "--conditions", json.dumps(told), "--responses",
                 str(tmp_path / "responses"), "--instrument", str(MFQ2), "--seed", "1",
                 "--replicates", "20", "--answers", "probabilities",
                 "--output", str(tmp_path / "gstudy")])  # fmt: skip
    table = tables.read(tmp_path / "gstudy", moral_tables.GSTUDY)
    assert set(table["n_orders"]) == {2}
    assert table.filter(component="order")["estimate"].null_count() == 0
    assert table.filter(component="biography")["estimate"].null_count() == 6
    assert tables.provenance(tmp_path / "gstudy")["engine"] == "synthetic"
