"""Waves: a planted shift comes back, noise is not taken for one, and what is left out stays out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import made_up_survey as survey
from valuescape.core import tables
from valuescape.figures import wave_drift
from valuescape.humans import tables as human_tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map import waves
from valuescape.lenses.cultural_map.positions import read_projection
from valuescape.stats.resampling import Draws, correlation
from valuescape.study import designs
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument

CONFIG = Path(__file__).parents[3] / "config"
SPACE = survey.SPACE
PROJECTION = read_projection(CONFIG / "reference/iw_projection.csv")
IW = read_instrument(CONFIG / "instruments/iw.yaml")


@pytest.fixture(scope="module")
def people():
    """Return ten countries in waves 5 to 7 that move, each in its own direction."""
    rng = np.random.default_rng(21)
    frames: dict[int, list[pl.DataFrame]] = {5: [], 6: [], 7: []}
    for number in range(10):
        tilt = rng.normal(0, 0.5, len(SPACE.variables))
        for many in frames.values():
            many.append(survey.draw(SPACE, f"C{number}", tilt, 600, rng))
            tilt = tilt + rng.normal(0, 0.5, len(tilt))
    return survey.indicators(frames)


def personas_that_follow(slope: float) -> waves.PersonaIndicators:
    """Return personas that answer as configured (1), half of it (0.5), or all alike (0)."""
    levels = SPACE.levels_of(designs.persona_ids(SPACE, "oa1728"))
    configured = SPACE.values_of(levels)
    middle = configured.mean(axis=0)
    return waves.PersonaIndicators(levels, middle + slope * (configured - middle), configured)


@pytest.mark.parametrize("slope", [1.0, 0.5])
def test_a_planted_shift_comes_back(people, slope):
    moved = waves.compute_shifts(people, personas_that_follow(slope), SPACE, PROJECTION)
    assert moved.height == 10 * 2 * 12
    found = _values(waves.summarise_drift(moved, Draws(100, 1)))
    for quantity in ("self_expression", "secular", "F118"):
        estimate, low, high, _ = found[quantity, "persona", "slope"]
        assert estimate == pytest.approx(slope, abs=0.03)
        assert low <= estimate <= high
        r, *_, null = found[quantity, "persona", "correlation"]
        assert r > 0.95
        assert null < 0.6
        error, still = (found[quantity, "persona", f"rms_{n}"][0] for n in ("error", "no_change"))
        assert error == pytest.approx((1 - slope) * still, abs=0.1 * still)
        assert found[quantity, "design", "slope"][0] == pytest.approx(1, abs=0.03)
        assert 0 < found[quantity, "persona", "rms_noise"][0] < still / 2
        # these personas answer a question by its own level: the other nine tell nothing of it
        assert quantity != "F118" or abs(found[quantity, "persona_left_out", "slope"][0]) < 0.1


def test_personas_all_alike_do_not_move(people):
    moved = waves.compute_shifts(people, personas_that_follow(0.0), SPACE, PROJECTION)
    assert moved["persona"].abs().max() < 1e-9
    found = _values(waves.summarise_drift(moved, Draws(50, 1)))
    assert found["secular", "persona", "skill"][0] == pytest.approx(0, abs=1e-6)
    assert found["secular", "persona", "correlation"][0] is None


def _values(frame):
    return {(q, p, m): tuple(rest) for q, p, m, *rest in frame.iter_rows()}


def test_measures_are_those_of_least_squares():
    rng = np.random.default_rng(4)
    human, predicted = rng.normal(size=(2, 12))
    found = waves.measure_drift(human, predicted, np.ones(12))
    slope, _ = np.polyfit(human, predicted, 1)
    assert found["slope"] == pytest.approx(slope)
    assert found["correlation"] == pytest.approx(correlation(human, predicted))
    assert found["rms_error"] == pytest.approx(np.sqrt(((human - predicted) ** 2).mean()))


def test_standard_errors_are_those_of_simulation():
    rng = np.random.default_rng(6)
    weights = rng.uniform(0.2, 2, 400)
    draws = rng.normal(3, 2, (400, 2000))
    means = weights @ draws / weights.sum()
    found = waves.standard_errors(draws[:, :5], weights)
    assert found.mean() == pytest.approx(means.std(), rel=0.08)


def test_a_question_of_one_wave_alone_moves_no_weights(people):
    known = {"F118": pl.col("F118"), "homosexuality": pl.col("homosexuality")}
    lost = people.with_columns(
        pl.when(pl.col("wave") != 5).then(column).alias(name) for name, column in known.items()
    )
    moved = waves.compute_shifts(lost, personas_that_follow(1.0), SPACE, PROJECTION)
    first = moved.filter(pl.col("from_wave") == 5)
    assert "F118" not in first["quantity"]
    assert "self_expression" not in first["quantity"]
    god = pl.col("quantity") == "F063"
    pair = [frame.filter(god)["design"].to_numpy() for frame in (first, moved)]
    assert np.abs(pair[0]).max() < 0.5
    assert len(pair[1]) == 20


def test_of_one_wave_shifts_are_not_defined(people):
    moved = waves.compute_shifts(
        people.filter(pl.col("wave") == 6), personas_that_follow(1.0), SPACE, PROJECTION
    )
    drift = waves.summarise_drift(moved, Draws(20, 1))
    assert moved.is_empty()
    assert drift.is_empty()
    assert wave_drift.footer(moved).startswith("0 steps")
    assert wave_drift.draw(moved, drift).axes


def test_the_command_writes_both_tables(tmp_path, people):
    ids = designs.persona_ids(SPACE, "oa144")
    tables.write(
        designs.persona_table(SPACE, ids),
        tmp_path / "p.parquet",
        study_tables.PERSONAS,
        {},
    )
    answered = survey.responses(ids, IW)
    tables.write(answered, tmp_path / "r.parquet", study_tables.RESPONSES, {"engine": "synthetic"})
    source = {"survey": "SYNTHETIC"}
    tables.write(people, tmp_path / "i.parquet", human_tables.INDICATORS, source)
    waves.main(
        space=CONFIG / "persona_space.yaml",
        personas=tmp_path / "p.parquet",
        responses=tmp_path / "r.parquet",
        instrument=CONFIG / "instruments/iw.yaml",
        indicators=tmp_path / "i.parquet",
        projection=CONFIG / "reference/iw_projection.csv",
        readout="probabilities",
        seed=1,
        replicates=50,
        shifts=tmp_path / "s.parquet",
        drift=tmp_path / "d.parquet",
    )
    shifts = tables.read(tmp_path / "s.parquet", map_tables.WAVE_SHIFTS)
    drift = tables.read(tmp_path / "d.parquet", map_tables.WAVE_DRIFT)
    assert shifts["country"].n_unique() == 10
    assert set(drift["predictor"]) == set(waves.PREDICTORS)
    assert tables.provenance(tmp_path / "d.parquet")["survey"] == "SYNTHETIC"
