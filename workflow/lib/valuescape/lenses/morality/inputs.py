"""What the commands of the lens morality read in common: foundation scores, and human norms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from valuescape.answers.expected import require_same_personas
from valuescape.answers.inputs import Configurations, read_configurations
from valuescape.answers.scales import scale_scores
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.core.reference import read_reference
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats import level_effects
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from valuescape.answers.expected import Readout
    from valuescape.stats.level_effects import Membership
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

    Raises
    ------
    UserError
        If a foundation is not among the scales.
    """
    missing = [name for name in FOUNDATIONS if name not in instrument.scales]
    if missing:
        msg = f"the instrument {instrument.name!r} has no scale of the foundation {missing[0]!r}"
        raise UserError(msg, hint="declare it under the instrument's key `scales`")
    scores = scale_scores(responses, instrument, readout)
    return scores.select(FOUNDATIONS).to_numpy(order="c")


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
