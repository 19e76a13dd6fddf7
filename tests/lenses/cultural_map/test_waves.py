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
from valuescape.lenses.cultural_map.wave_people import (
    CountryWave,
    people_of_respondents,
    state_of,
)
from valuescape.stats.raking import Margin, Moments
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


def shifts_of(people, personas):
    """Return the shifts between waves of respondents and of these personas."""
    found = people_of_respondents(people, SPACE, PROJECTION)
    return waves.compute_shifts(found, personas, SPACE, PROJECTION)


def personas_that_follow(slope: float) -> waves.PersonaIndicators:
    """Return personas that answer as configured (1), half of it (0.5), or all alike (0)."""
    levels = SPACE.levels_of(designs.persona_ids(SPACE, "oa1728"))
    configured = SPACE.values_of(levels)
    middle = configured.mean(axis=0)
    return waves.PersonaIndicators(levels, middle + slope * (configured - middle), configured)


@pytest.mark.long
@pytest.mark.parametrize("slope", [1.0, 0.5])
def test_a_planted_shift_comes_back(people, slope):
    moved = shifts_of(people, personas_that_follow(slope))
    assert moved.height == 10 * 2 * 12
    found = _values(waves.summarise_drift(moved, Draws(100, 1)))
    for quantity in ("self_expression", "secular", "F118"):
        estimate, low, high, _ = found[quantity, "persona", "slope"]
        # a fraction meets margins softly: its own configurations keep nine tenths of the shift
        whole = found[quantity, "design", "slope"][0]
        assert whole == pytest.approx(0.95, abs=0.06)
        assert estimate == pytest.approx(slope * whole, abs=0.03)
        assert low <= estimate <= high
        r, *_, null = found[quantity, "persona", "correlation"]
        assert r > 0.95
        assert null < 0.6
        error, still = (found[quantity, "persona", f"rms_{n}"][0] for n in ("error", "no_change"))
        assert error == pytest.approx((1 - slope * whole) * still, abs=0.1 * still)
        assert 0 < found[quantity, "persona", "rms_noise"][0] < still / 2
        # these personas answer a question by its own level: the other nine tell nothing of it
        assert quantity != "F118" or abs(found[quantity, "persona_left_out", "slope"][0]) < 0.1


def test_personas_all_alike_do_not_move(people):
    moved = shifts_of(people, personas_that_follow(0.0))
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


def test_a_question_of_one_wave_alone_moves_no_weights(people):
    known = {"F118": pl.col("F118"), "homosexuality": pl.col("homosexuality")}
    lost = people.with_columns(
        pl.when(pl.col("wave") != 5).then(column).alias(name) for name, column in known.items()
    )
    moved = shifts_of(lost, personas_that_follow(1.0))
    first = moved.filter(pl.col("from_wave") == 5)
    assert "F118" not in first["quantity"]
    assert "self_expression" not in first["quantity"]
    god = pl.col("quantity") == "F063"
    pair = [frame.filter(god)["design"].to_numpy() for frame in (first, moved)]
    assert np.abs(pair[0]).max() < 0.5
    assert len(pair[1]) == 20


def test_of_one_wave_shifts_are_not_defined(people):
    moved = shifts_of(people.filter(pl.col("wave") == 6), personas_that_follow(1.0))
    drift = waves.summarise_drift(moved, Draws(20, 1))
    assert moved.is_empty()
    assert drift.is_empty()
    assert wave_drift.footer(moved).startswith("0 steps")
    assert wave_drift.draw(moved, drift).axes


def test_the_world_and_the_sign_by_hand():
    shifts = np.array([1.0, -1.0, 2.0])
    found = waves.measure_drift(shifts, np.array([0.5, 0.5, 0.0]), np.ones(3))
    # one right, one wrong, one not predicted
    assert found["sign_agreement"] == 0.5
    levels = SPACE.levels_of(np.arange(0, SPACE.n_personas, 997))
    configured = SPACE.values_of(levels)
    states = {name: configured[k] for k, name in enumerate("ABC")}
    people = {
        (name, wave): CountryWave(
            np.full(12, size * (wave == 6)), np.zeros(12), {}, means_of(states[name])
        )
        for name, size in zip("ABC", shifts, strict=True)
        for wave in (5, 6)
    }
    personas = waves.PersonaIndicators(levels, configured, configured)
    moved = waves.compute_shifts(people, personas, SPACE, PROJECTION).filter(quantity="secular")
    assert moved["human"].to_list() == shifts.tolist()
    assert moved["world_mean"].to_list() == [0.5, 1.5, 0.0]


def means_of(values):
    """Return mean answers as conditions on weights."""
    return {
        column: Moments((column,), np.array([level.value for level in v.levels]), float(mean))
        for column, (v, mean) in enumerate(zip(SPACE.variables, values, strict=True))
    }


def test_personas_of_all_configurations_follow_public_means_by_arithmetic():
    """Means alone are known: configurations reproduce them, and nothing of what is left out."""
    start = np.array([(v.levels[0].value + v.levels[-1].value) / 2 for v in SPACE.variables])
    step = 0.1 * np.array([v.levels[-1].value - v.levels[0].value for v in SPACE.variables])
    people = {}
    for name, size in (("A", 1.0), ("B", -0.5), ("C", 0.3)):
        for wave in (6, 7):
            means = start + size * step * (wave == 7)
            state = state_of(means, SPACE, PROJECTION)
            people[name, wave] = CountryWave(state, np.full(12, np.nan), {}, means_of(means))
    levels = SPACE.levels_of(np.arange(SPACE.n_personas))
    configured = SPACE.values_of(levels)
    middle = configured.mean(axis=0)
    personas = waves.PersonaIndicators(levels, middle + 0.4 * (configured - middle), configured)
    moved = waves.compute_shifts(people, personas, SPACE, PROJECTION)
    assert moved["design"].to_numpy() == pytest.approx(moved["human"].to_numpy(), abs=1e-7)
    assert moved["persona"].to_numpy() == pytest.approx(0.4 * moved["human"].to_numpy(), abs=1e-7)
    for name in ("persona_left_out", "design_left_out"):
        assert moved[name].abs().max() < 1e-7
    drift = waves.summarise_drift(moved, Draws(50, 1))
    assert _values(drift)["secular", "persona", "rms_noise"][0] is None
    of_world = drift.filter(predictor="world_mean")["measure"].to_list()
    assert "rms_error" in of_world
    assert "slope" not in of_world


def test_what_is_known_in_one_wave_alone_is_not_weighted_by():
    means, shares = means_of(np.ones(10)), {0: Margin((0,), np.full(4, 0.25))}
    nothing = np.zeros(12)
    first = CountryWave(nothing, nothing, shares, {k: means[k] for k in (0, 1, 2)})
    second = CountryWave(nothing, nothing, {}, {k: means[k] for k in (0, 2, 3)})
    one, other = waves.known_in_both(first, second)
    assert list(one) == list(other) == [0, 2]
    assert one[0] is means[0]
    third = CountryWave(nothing, nothing, shares, {})
    assert waves.known_in_both(first, third)[0] == {0: shares[0]}


@pytest.mark.parametrize("surveyed", [True, False])
def test_the_command_writes_both_tables(tmp_path, people, surveyed):
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
        indicators=tmp_path / "i.parquet" if surveyed else None,
        projection=CONFIG / "reference/iw_projection.csv",
        waves=CONFIG / "reference/iw_waves.csv",
        waves_distributions=CONFIG / "reference/iw_waves_distributions.csv",
        distributions=CONFIG / "reference/wvs7_country_distributions.csv",
        answered=CONFIG / "reference/wvs7_n.csv",
        individuals=CONFIG / "reference/iw_individual_moments.csv",
        readout="probabilities",
        seed=1,
        replicates=50,
        shifts=tmp_path / "s.parquet",
        drift=tmp_path / "d.parquet",
    )
    shifts = tables.read(tmp_path / "s.parquet", map_tables.WAVE_SHIFTS)
    drift = tables.read(tmp_path / "d.parquet", map_tables.WAVE_DRIFT)
    # 88 steps of 59 countries are public; on the axes 54, of 42
    assert shifts["country"].n_unique() == (10 if surveyed else 59)
    assert set(drift["predictor"]) == set(waves.PREDICTORS)
    provenance = tables.provenance(tmp_path / "d.parquet")
    assert provenance.get("survey") == ("SYNTHETIC" if surveyed else None)
    assert provenance["country weights"].startswith("single" if surveyed else "public aggregates")
