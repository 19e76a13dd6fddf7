"""What the commands of the lens morality read in common: configurations and foundation scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from valuescape.answers.expected import require_same_personas
from valuescape.answers.inputs import CONFIGURED, Configured, parser_of_files, read_configured
from valuescape.core import tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.stats import level_effects
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from valuescape.stats.level_effects import Membership


@dataclass(frozen=True)
class Scored(Configured):
    """Personas and their foundation scores under one or several conditions.

    Attributes
    ----------
    scores : tuple of ndarray of float64, each of shape (n_personas, 6)
        One a file, in their order; nan where not known.
    provenance : dict of str to str
        Of all that was read.
    """

    scores: tuple[NDArray[np.float64], ...]
    provenance: dict[str, str]

    @property
    def membership(self) -> Membership:
        """Which persona has which level."""
        return level_effects.membership(self.space, self.levels)


def parser_of_scores(doc: str | None, files: Sequence[str]) -> argparse.ArgumentParser:
    """Return the command line of a module that reads foundation scores.

    Parameters
    ----------
    doc : str, optional
        The module's docstring; its first line is shown by ``--help``.
    files : sequence of str
        Names of further files, without dashes in front.

    Returns
    -------
    ArgumentParser
        With ``--space``, ``--personas``, ``--scores`` (one or several) and the further files.
    """
    parser = parser_of_files(doc, (*CONFIGURED, *files))
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help="one a condition")
    return parser


def read_scored(arguments: argparse.Namespace, also: Sequence[Path] = ()) -> Scored:
    """Read personas and scores; a `UserError` tells if they are not of the same personas.

    Parameters
    ----------
    arguments : Namespace
        Of a `parser_of_scores`.
    also : sequence of Path
        Further tables of scores, read after the others.

    Returns
    -------
    Scored
        In the order of the files.
    """
    told = read_configured(arguments)
    files = (*arguments.scores, *also)
    scores = []
    for path in files:
        frame = tables.read(path, moral_tables.FOUNDATION_SCORES)
        require_same_personas(told.personas, frame, f"{arguments.personas} and {path}")
        scores.append(frame.select(FOUNDATIONS).to_numpy())
    provenance = tables.joined_provenance([arguments.personas, *files])
    return Scored(told.space, told.personas, tuple(scores), provenance)
