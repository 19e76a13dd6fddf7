"""What the commands of the lens morality read in common: configurations and foundation scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from valuescape import lens_tables, level_effects, tables
from valuescape.answers import require_same_personas
from valuescape.instruments import FOUNDATIONS
from valuescape.space import PersonaSpace, read_space

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from valuescape.level_effects import Membership


@dataclass(frozen=True)
class Scored:
    """Personas and their foundation scores under one or several conditions.

    Attributes
    ----------
    space : PersonaSpace
        The cultural variables.
    levels : ndarray of int8, shape (n_personas, n_variables)
        Configurations.
    scores : tuple of ndarray of float64, each of shape (n_personas, 6)
        One a file, in their order; nan where not known.
    provenance : dict of str to str
        Of all that was read.
    """

    space: PersonaSpace
    levels: NDArray[np.int8]
    scores: tuple[NDArray[np.float64], ...]
    provenance: dict[str, str]

    @property
    def membership(self) -> Membership:
        """Which persona has which level."""
        return level_effects.membership(self.space, self.levels)


def add_arguments(parser: argparse.ArgumentParser, *further: str) -> None:
    """Add the paths that every command on scores takes.

    Parameters
    ----------
    parser : ArgumentParser
        Gains ``--space``, ``--personas``, ``--scores`` (one or several) and the further ones.
    *further : str
        Names of further paths, without dashes in front.
    """
    for name in ("space", "personas", *further):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help="one a condition")


def read_scored(arguments: argparse.Namespace, also: Sequence[Path] = ()) -> Scored:
    """Read personas and scores; a `UserError` tells if they are not of the same personas.

    Parameters
    ----------
    arguments : Namespace
        With what `add_arguments` added.
    also : sequence of Path
        Further tables of scores, read after the others.

    Returns
    -------
    Scored
        In the order of the files.
    """
    space = read_space(arguments.space)
    personas = tables.read(arguments.personas, tables.PERSONAS)
    files = (*arguments.scores, *also)
    scores = []
    for path in files:
        frame = tables.read(path, lens_tables.FOUNDATION_SCORES)
        require_same_personas(personas, frame, f"{arguments.personas} and {path}")
        scores.append(frame.select(FOUNDATIONS).to_numpy())
    levels = personas.select(variable.name for variable in space.variables).to_numpy()
    provenance = tables.joined_provenance([arguments.personas, *files])
    return Scored(space, levels, tuple(scores), provenance)
