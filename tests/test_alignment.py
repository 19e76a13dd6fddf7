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
from valuescape import humans, lens_tables, tables
from valuescape.alignment import (
    cell_table,
    cells_averaged,
    count_table,
    distances,
    main,
    resampled_counts,
    resampled_humans,
    summarise,
    versions,
    weighted_alignment,
)
from valuescape.answer_distributions import (
    human_arrays,
    members_of,
    option_columns,
    padded,
    shares_of,
)
from valuescape.emd import emd, expected_floor, scales_of
from valuescape.instruments import read_instrument
from valuescape.resampling import Draws

CONFIG = Path(__file__).parents[1] / "config"
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
    return tables.read(output, lens_tables.HUMANS)


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
    found = distances(countries.shares, countries.shares, countries.n_respondents, scales)
    cells = countries.n_respondents > 0
    assert cells.sum() == 1536
    alignment = {answerer: 1 - values[cells].mean() for answerer, values in found.items()}
    assert alignment["persona"] == 1  # here: the humans themselves
    assert alignment["uniform"] == pytest.approx(0.786, abs=5e-4)
    assert alignment["human_pooled"] == pytest.approx(0.9035, abs=5e-4)
    # by respondents the world's answer to Q48 is 8 and not 10, of which each has a fifth
    assert alignment["majority"] == pytest.approx(0.7515, abs=5e-4)
    # what was published weights countries alike
    equal = distances(countries.shares, countries.shares, cells.astype(float), scales)
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
        schema=lens_tables.HUMANS.columns,
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
    everyone = [*members, np.arange(4)]
    counts = padded(np.stack([columns[rows].sum(axis=0) for rows in everyone]), scales)
    return scales, groups, columns, members, counts


def test_counts_are_sums_of_probabilities_of_valid_answers():
    scales, groups, _, _, counts = counted()
    assert groups.groups == ("East", "North", "South")
    found = count_table(counts, (*groups.groups, "all"), scales)
    tables.check(found, lens_tables.COUNTS, "the test")
    cell = found.filter((pl.col("group") == "North") & (pl.col("question") == "Q2"))
    assert cell.select("option", "count", "n_personas").rows() == [(0, 0.5, 2), (1, 1.5, 2)]
    # the persona without a continent counts in `all`, its refused answer nowhere
    whole = found.filter((pl.col("group") == "all") & (pl.col("option") == 1))
    assert dict(whole.select("question", "n_personas").rows()) == {"Q1": 4, "Q2": 3, "Q3": 4}


def test_cells_by_hand():
    scales, groups, _, _, counts = counted()
    whole = human_arrays(made_up_humans(), "all", scales)
    found = cell_table(counts, groups, whole, scales)
    tables.check(found, lens_tables.ALIGNMENT_CELLS, "the test")
    of = {(row["group"], row["question"]): row for row in found.iter_rows(named=True)}
    assert len(of) == 6 + 3  # only where humans were asked
    north = of["North", "Q1"]
    assert north["emd"] == pytest.approx(0.25)  # all at 1; half the humans one of two steps on
    # thirds: 1/6 above the humans after one option, 1/3 below after two, each half the scale
    assert north["emd_uniform"] == pytest.approx((1 / 6 + 1 / 3) / 2)
    # world: 150 at 1, 250 at 2, 100 at 3, so the majority says 2
    assert north["emd_majority"] == pytest.approx(0.25)
    # the others: 100 at 2, 100 at 3, against half at 1 and half at 2: everyone moves one step
    assert north["emd_pooled"] == pytest.approx(0.5)
    # F = 0.5, 1: sqrt(2 * 0.25 / (pi * 150)) / 2
    assert north["emd_floor"] == pytest.approx(np.sqrt(0.5 / (np.pi * 150)) / 2)
    n_effective = 1 / (1 / 300 + 1 / 2)
    assert north["emd_floor_at_n_personas"] == pytest.approx(
        np.sqrt(0.5 / (np.pi * n_effective)) / 2
    )
    east = of["East", "Q1"]
    assert (east["n_personas"], east["emd"], east["emd_floor_at_n_personas"]) == (0, None, None)
    assert of["all", "Q1"]["emd_pooled"] is None
    assert of["North", "Q3"]["emd_pooled"] is None  # asked nowhere else
    # complete: North and South on Q1 and Q2
    assert cells_averaged(found) == {
        "alignment_cells": "4 of 6 averaged", "alignment_groups_without_personas": "East"
    }  # fmt: skip


def test_summary_averages_the_same_cells_for_every_answerer():
    scales, groups, columns, members, counts = counted()
    draws = Draws(200, 7)
    found = summarise(
        counts[:-1], groups, ASKED,
        resampled_counts(columns, members, scales, draws), resampled_humans(groups, draws),
    )  # fmt: skip
    tables.check(found, lens_tables.ALIGNMENT_SUMMARY, "the test")
    assert found.height == 5 * 4 * 2  # answerers, aggregates, with and without Q1
    of = {row[:3]: row[3] for row in found.iter_rows()}
    # North Q1 0.25, North Q2: 3/4 at 1 as the humans, 0; South Q1 0, South Q2 0.75
    assert of["persona", "cell_mean", 3] == pytest.approx(1 - (0.25 + 0 + 0 + 0.75) / 4)
    assert of["persona", "respondent_weighted", 3] == pytest.approx(
        1 - (300 * 0.25 + 100 * 0.75) / 600
    )
    assert of["persona", "persona_weighted", 3] == pytest.approx(1 - (2 * 0.25 + 1 * 0.75) / 6)
    assert of["persona", "country_weighted", 3] == pytest.approx(1 - 1 / 4)
    assert of["persona", "cell_mean", 2] == pytest.approx(1 - 0.75 / 2)
    assert (found["ci_low"] <= found["alignment"]).all()
    assert (found["alignment"] <= found["ci_high"]).all()


def test_undefined_draws_do_not_count():
    emds = np.array([[[0.2, np.nan]], [[0.4, 0.6]]])
    assert weighted_alignment(emds, np.array([[1.0, 3.0]])) == pytest.approx([0.8, 0.45])


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
        for name, dtype in tables.BIOGRAPHIES.columns.items()
        if name not in {"persona_id", "continent"}
    )  # fmt: skip
    paths = {name: tmp_path / name for name in ("responses", "biographies", "humans")}
    tables.write(
        responses(probe, answers), paths["responses"], tables.RESPONSES, {"engine": "vllm"}
    )
    tables.write(lives, paths["biographies"], tables.BIOGRAPHIES, {"engine": "vllm"})
    tables.write(human_table, paths["humans"], lens_tables.HUMANS, {})
    paths |= {name: tmp_path / name for name in ("counts", "cells", "summary")}
    arguments = [x for name, path in paths.items() for x in (f"--{name}", str(path))]
    main(
        [*arguments, "--instrument", str(PROBE_FILE), "--answers", "probabilities",
         "--seed", "1", "--replicates", "50"]
    )  # fmt: skip
    summary = tables.read(paths["summary"], lens_tables.ALIGNMENT_SUMMARY)
    assert summary.height == 5 * 4 * 3
    kept = tables.provenance(paths["summary"])
    assert kept["engine"] == "vllm"
    assert kept["alignment_groups_without_personas"] == "North America, Oceania, South America"
    of = {row[:3]: row[3] for row in summary.iter_rows()}
    assert of["human_floor", "cell_mean", 36] > of["human_pooled", "cell_mean", 36] > 0.85
    # random answers, averaged over 20 personas, are nearly uniform
    assert of["persona", "cell_mean", 36] == pytest.approx(of["uniform", "cell_mean", 36], abs=0.03)
