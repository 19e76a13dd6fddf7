"""Made-up respondents of a survey: countries whose cultures and answers are known exactly."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import binom

from valuescape.core import tables
from valuescape.humans import tables as human_tables
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument
from valuescape.study.space import PersonaSpace, read_space

CONFIG = Path(__file__).parents[1] / "config"
SPACE = read_space(CONFIG / "persona_space.yaml")
PROBE = read_instrument(CONFIG / "instruments/wvb_probe.yaml")
SMALL = PersonaSpace("small", "", SPACE.variables[1:4])  # 2 x 3 x 3
GOD, HOMOSEXUALITY = 4, 5


def scaled(space: PersonaSpace, levels: np.ndarray) -> np.ndarray:
    """Return levels on [0, 1], shape (n, n_variables)."""
    return levels / (space.radices - 1)


def configurations(space: PersonaSpace, tilt: np.ndarray) -> np.ndarray:
    """Return the probability of each configuration where levels pull one another.

    The more important God, the less justifiable homosexuality: a dependence of two variables that
    no one-way margin tells.
    """
    level = scaled(space, space.levels_of(np.arange(space.n_personas)))
    energy = level @ tilt - 3 * level[:, GOD] * level[:, HOMOSEXUALITY]
    shares = np.exp(energy - energy.max())
    return shares / shares.sum()


def draw(space: PersonaSpace, country: str, tilt: np.ndarray, n: int, rng) -> pl.DataFrame:
    """Return respondents of one country: their configurations and case weights."""
    ids = rng.choice(space.n_personas, n, p=configurations(space, tilt))
    levels = space.levels_of(ids)
    return pl.DataFrame(
        {
            "country": [country] * n,
            "weight": rng.uniform(0.5, 1.5, n),
            **{variable.name: levels[:, k] for k, variable in enumerate(space.variables)},
        }
    )


def respondents(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Return a table RESPONDENTS of all these."""
    frame = pl.concat(frames, how="diagonal").with_row_index("respondent_id")
    whole = frame.with_columns(
        wave=pl.lit(7, pl.Int8),
        year=pl.lit(2020, pl.Int16),
        continent=pl.lit("Europe"),
        settlement=pl.lit("urban"),
        education=pl.lit("Tertiary"),
        sex=pl.lit("female"),
        age=pl.lit(40, pl.Int16),
    )
    return tables.check(whole, human_tables.RESPONDENTS, "made-up respondents")


@cache
def world() -> tuple[pl.DataFrame, np.ndarray]:
    """Return 20,000 respondents of one known population, and its share of each configuration."""
    rng = np.random.default_rng(5)
    tilt = rng.normal(0, 1.0, len(SPACE.variables))
    frame = respondents([draw(SPACE, "A", tilt, 20_000, rng)])
    return frame.with_columns(weight=pl.lit(1.0)), configurations(SPACE, tilt)


COUNTRIES = ("Chile", "China", "Egypt", "Germany", "Japan", "Peru")


@cache
def six_countries() -> pl.DataFrame:
    """Return six countries of 1,000 respondents who answer WVB-PROBE as configured."""
    rng = np.random.default_rng(11)
    frames = [draw(SPACE, country, rng.normal(0, 1.2, 10), 1000, rng) for country in COUNTRIES]
    return with_answers(respondents(frames), PROBE, rng)


def planted_mean(space: PersonaSpace, levels: np.ndarray, number: int) -> np.ndarray:
    """Return the mean answer on [0, 1] to question `number`: two levels make it, in equal parts."""
    level = scaled(space, levels)
    first, second = number % level.shape[1], (3 * number + 1) % level.shape[1]
    return 0.1 + 0.4 * level[:, first] + 0.4 * level[:, second]


def with_answers(frame: pl.DataFrame, instrument, rng) -> pl.DataFrame:
    """Return respondents who answer an instrument as their configuration says."""
    levels = frame.select(variable.name for variable in SPACE.variables).to_numpy()
    answers = {
        question.id: question.values[
            rng.binomial(question.n_options - 1, planted_mean(SPACE, levels, number))
        ].astype(np.int8)
        for number, question in enumerate(instrument.questions)
    }
    return frame.with_columns(**answers)


def responses(ids: np.ndarray, instrument, *, heed: bool = True) -> pl.DataFrame:
    """Return a table RESPONSES of personas that answer as those respondents do, or all the same."""
    levels = SPACE.levels_of(ids)
    columns: dict[str, object] = {"persona_id": ids}
    for number, question in enumerate(instrument.questions):
        mean = planted_mean(SPACE, levels, number) if heed else np.full(len(ids), 0.5)
        steps = question.n_options - 1
        shares = binom.pmf(np.arange(steps + 1), steps, mean[:, None])
        columns[question.id] = question.values[shares.argmax(axis=1)].astype(np.int8)
        columns[f"{question.id}_status"] = ["valid"] * len(ids)
        for k, share in enumerate(shares.T, start=1):
            columns[f"{question.id}_p{k}"] = np.rint(share * tables.PROBABILITY_UNIT).astype(
                np.uint16
            )
    return tables.check(pl.DataFrame(columns), study_tables.RESPONSES, "made-up responses")


def human_answers(frame: pl.DataFrame, instrument) -> pl.DataFrame:
    """Return table HUMANS of respondents by country, unweighted by any but their case weight."""
    rows = []
    for question in instrument.questions:
        for (country,), people in frame.group_by("country"):
            total = people["weight"].sum()
            for option in question.values.astype(int).tolist():
                share = people.filter(pl.col(question.id) == option)["weight"].sum() / total
                n = float(people.height)
                rows.append(("country", country, question.id, option, min(share, 1.0), n, n, 1))
    schema = dict(human_tables.HUMANS.columns)
    return tables.check(pl.DataFrame(rows, schema=schema, orient="row"), human_tables.HUMANS, "")


def indicators(frames: dict[int, list[pl.DataFrame]]) -> pl.DataFrame:
    """Return a table INDICATORS of these respondents by wave, who answer as configured."""
    waves = [
        frame.with_columns(wave=pl.lit(w, pl.Int8)) for w, many in frames.items() for frame in many
    ]
    frame = pl.concat(waves).with_row_index("respondent_id")
    levels = frame.select(variable.name for variable in SPACE.variables).to_numpy()
    values = SPACE.values_of(levels)
    whole = frame.with_columns(
        year=pl.lit(2010, pl.Int16),
        **{variable.ivs: values[:, k] for k, variable in enumerate(SPACE.variables)},
    )
    return tables.check(whole, human_tables.INDICATORS, "made-up indicators")
