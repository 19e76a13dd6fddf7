"""What the lenses read alike: configurations, and what personas answered to an instrument."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from valuescape.answers import expected as answers
from valuescape.core import tables
from valuescape.stats import resampling
from valuescape.study import tables as study_tables
from valuescape.study.instruments import Instrument, read_instrument
from valuescape.study.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from valuescape.answers.expected import AnswerKind
    from valuescape.stats.resampling import Draws

CONFIGURED = ("space", "personas")
ASKED = (*CONFIGURED, "responses", "instrument")


@dataclass(frozen=True)
class Configured:
    """Personas, and what they were told to be.

    Attributes
    ----------
    space : PersonaSpace
        The cultural variables.
    personas : DataFrame
        Table PERSONAS.
    """

    space: PersonaSpace
    personas: pl.DataFrame

    @cached_property
    def levels(self) -> NDArray[np.int8]:
        """Configurations, shape (n, n_variables)."""
        return self.personas.select(variable.name for variable in self.space.variables).to_numpy()


@dataclass(frozen=True)
class Asked(Configured):
    """Personas, and what they answered.

    Attributes
    ----------
    instrument : Instrument
        What was asked.
    responses : DataFrame
        Table RESPONSES, of the same personas in the same order.
    kind : {"probabilities", "chosen"}
        Which kind of answer to read.
    draws : Draws
        For intervals and nulls.
    """

    instrument: Instrument
    responses: pl.DataFrame
    kind: AnswerKind
    draws: Draws


def parser_of_files(doc: str | None, files: Iterable[str]) -> argparse.ArgumentParser:
    """Return a command line on which every file must be named.

    Parameters
    ----------
    doc : str, optional
        The module's docstring; its first line is shown by ``--help``.
    files : iterable of str
        Names of the files, read or written, without dashes in front.

    Returns
    -------
    ArgumentParser
        With an option for each file.
    """
    parser = argparse.ArgumentParser(description=doc.splitlines()[0] if doc else None)
    for name in files:
        parser.add_argument(f"--{name}", type=Path, required=True)
    return parser


def parser_of_answers(doc: str | None, files: Iterable[str]) -> argparse.ArgumentParser:
    """Return the command line of a module that reads answers and resamples them.

    Parameters
    ----------
    doc, files
        As in `parser_of_files`.

    Returns
    -------
    ArgumentParser
        With an option for each file, ``--answers``, ``--seed`` and ``--replicates``.
    """
    parser = parser_of_files(doc, files)
    answers.add_argument(parser)
    resampling.add_arguments(parser)
    return parser


def read_configured(args: argparse.Namespace) -> Configured:
    """Read the files of `CONFIGURED`.

    Parameters
    ----------
    args : Namespace
        Of a command line that names them.

    Returns
    -------
    Configured
        Personas of the design.
    """
    return Configured(read_space(args.space), tables.read(args.personas, study_tables.PERSONAS))


def read_asked(args: argparse.Namespace) -> Asked:
    """Read the files of `ASKED`; a `UserError` tells if they are not of the same personas.

    Parameters
    ----------
    args : Namespace
        Of a `parser_of_answers` that names them.

    Returns
    -------
    Asked
        Personas and their responses.
    """
    space, instrument = read_space(args.space), read_instrument(args.instrument)
    personas = tables.read(args.personas, study_tables.PERSONAS)
    responses = tables.read(args.responses, study_tables.RESPONSES)
    answers.require_same_personas(personas, responses, f"{args.personas} and {args.responses}")
    draws = resampling.Draws(args.replicates, args.seed)
    return Asked(space, personas, instrument, responses, args.answers, draws)
