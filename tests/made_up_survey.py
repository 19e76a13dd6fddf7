"""Made-up respondents of a survey: countries whose cultures and answers are known exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from valuescape import survey_tables, tables
from valuescape.space import PersonaSpace, read_space

SPACE = read_space(Path(__file__).parents[1] / "config/persona_space.yaml")
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
    told = frame.with_columns(
        wave=pl.lit(7, pl.Int8),
        year=pl.lit(2020, pl.Int16),
        continent=pl.lit("Europe"),
        settlement=pl.lit("urban"),
        education=pl.lit("Tertiary"),
        sex=pl.lit("female"),
        age=pl.lit(40, pl.Int16),
    )
    return tables.check(told, survey_tables.RESPONDENTS, "made-up respondents")
