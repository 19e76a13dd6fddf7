"""What the commands of the lens morality read in common: foundation scores, and human norms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import require_same_personas
from valuescape.answers.inputs import Configurations, read_configurations
from valuescape.answers.scales import drawn_items, scale_scores
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.core.reference import read_reference
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats import level_effects
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from valuescape.answers.expected import Readout
    from valuescape.stats.level_effects import Membership
    from valuescape.stats.resampling import Draws
    from valuescape.study.instruments import Instrument


@dataclass(frozen=True)
class Scored(Configurations):
    """Personas and their foundation scores under one or several conditions.

    Attributes
    ----------
    scores : tuple of ndarray of float64, each of shape (n_personas, 6)
        One a file, in their order; nan where not known.
    """

    scores: tuple[NDArray[np.float64], ...]

    @property
    def membership(self) -> Membership:
        """Which persona has which level."""
        return level_effects.membership(self.space, self.levels)

    @property
    def full(self) -> bool:
        """Whether every configuration of the space takes part."""
        return self.personas.height == self.space.n_personas


@dataclass(frozen=True)
class ReadCondition:
    """Foundation scores under one condition, in both readings.

    Attributes
    ----------
    scores : ndarray of float64, shape (n_personas, 6)
        By the readout of the condition; nan where not known.
    readings : ndarray of float64, shape (n_readings, n_personas, 6)
        Of the same personas read as individuals.
    readout : {"probabilities", "modal", "drawn"}
        What the scores are made of.
    """

    scores: NDArray[np.float64]
    readings: NDArray[np.float64]
    readout: Readout

    @property
    def drawn(self) -> bool:
        """Whether the scores themselves are of options that were drawn."""
        return self.readout == "drawn"


def read_scored(space: Path, personas: Path, scores: Sequence[Path]) -> Scored:
    """Read personas and scores; a `UserError` if they are not of the same personas.

    Parameters
    ----------
    space, personas : Path
        The persona space, and table PERSONAS.
    scores : sequence of Path
        Tables FOUNDATION_SCORES.

    Returns
    -------
    Scored
        In the order of the files.
    """
    design = read_configurations(space, personas)
    found = []
    for path in scores:
        frame = tables.read(path, moral_tables.FOUNDATION_SCORES)
        require_same_personas(design.personas, frame, f"{personas} and {path}")
        found.append(frame.select(FOUNDATIONS).to_numpy())
    return Scored(design.space, design.personas, tuple(found))


def foundation_scores(
    responses: pl.DataFrame, instrument: Instrument, readout: Readout
) -> NDArray[np.float64]:
    """Return the scores of the scales that are called like the foundations.

    Parameters
    ----------
    responses : DataFrame
        Table RESPONSES, n rows.
    instrument : Instrument
        The MFQ-2 or its negations: six items a foundation, none reversed (Atari et al. 2023).
    readout : {"probabilities", "modal", "drawn"}
        What is read of a response.

    Returns
    -------
    ndarray of float64, shape (n, 6)
        In scale points, in the order of `FOUNDATIONS`; nan where any item is not valid.
        A `UserError` tells of a foundation that is not among the scales.
    """
    _require_foundations(instrument)
    scores = scale_scores(responses, instrument, readout)
    return scores.select(FOUNDATIONS).to_numpy(order="c")


def drawn_foundation_scores(
    responses: pl.DataFrame, instrument: Instrument, readout: Readout, draws: Draws
) -> NDArray[np.float64]:
    """Return the scores of personas read as individuals, who choose one option an item.

    Parameters
    ----------
    responses, instrument, readout
        As in `foundation_scores`.
    draws : Draws
        How many readings, and the study's seed.

    Returns
    -------
    ndarray of float64, shape (n_readings, n, 6)
        In scale points; one reading alone where options were chosen already.
    """
    _require_foundations(instrument)
    return np.stack(
        [
            np.column_stack([items[name].mean(axis=1) for name in FOUNDATIONS])
            for items in drawn_items(responses, instrument, readout, draws)
        ]
    )


def _require_foundations(instrument: Instrument) -> None:
    missing = [name for name in FOUNDATIONS if name not in instrument.scales]
    if missing:
        msg = f"the instrument {instrument.name!r} has no scale of the foundation {missing[0]!r}"
        raise UserError(msg, hint="declare it under the instrument's key `scales`")


def read_drawn_scores(path: Path, personas: pl.DataFrame) -> NDArray[np.float64]:
    """Read the scores of personas read as individuals; a `UserError` if they are of others.

    Parameters
    ----------
    path : Path
        Table DRAWN_SCORES.
    personas : DataFrame
        Table PERSONAS.

    Returns
    -------
    ndarray of float64, shape (n_readings, n_personas, 6)
        nan where not known.
    """
    frame = tables.read(path, moral_tables.DRAWN_SCORES)
    found = []
    for (number,), reading in frame.group_by("reading", maintain_order=True):
        require_same_personas(personas, reading, f"the personas and reading {number} of {path}")
        found.append(reading.select(FOUNDATIONS).to_numpy())
    return np.stack(found)


def read_norms(path: Path) -> pl.DataFrame:
    """Return human foundation scores by country.

    Parameters
    ----------
    path : Path
        Reference table of norms.

    Returns
    -------
    DataFrame
        country, n, foundation, mean, sd.
    """
    numbers = {"n": pl.Int64, "mean": pl.Float64, "sd": pl.Float64}
    return read_reference(path, {"country": pl.String, "foundation": pl.String, **numbers})
