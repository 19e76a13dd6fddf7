"""What the modules of the cultural map read alike: configurations and answered indicators."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from valuescape import answers, resampling, tables
from valuescape.instruments import Instrument, read_instrument
from valuescape.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from valuescape.answers import AnswerKind
    from valuescape.resampling import Draws

ASKED = ("space", "personas", "responses", "instrument")


@dataclass(frozen=True)
class Asked:
    """Personas, what they were told to be, and what they answered.

    Attributes
    ----------
    space : PersonaSpace
        The cultural variables.
    instrument : Instrument
        The indicators.
    personas, responses : DataFrame
        Tables PERSONAS and RESPONSES, the same personas in the same order.
    levels : ndarray of int8, shape (n, n_variables)
        Configurations.
    kind : {"probabilities", "chosen"}
        Which kind of answer to read.
    draws : Draws
        For intervals and nulls.
    """

    space: PersonaSpace
    instrument: Instrument
    personas: pl.DataFrame
    responses: pl.DataFrame
    levels: NDArray[np.int8]
    kind: AnswerKind
    draws: Draws


def parser(doc: str, paths: Sequence[str]) -> argparse.ArgumentParser:
    """Return the command line of a module that reads `Asked` and further files.

    Parameters
    ----------
    doc : str
        The module's docstring; its first line is shown by ``--help``.
    paths : sequence of str
        Names of the further files, read or written.

    Returns
    -------
    ArgumentParser
        Every file must be named.
    """
    options = argparse.ArgumentParser(description=doc.splitlines()[0])
    for name in (*ASKED, *paths):
        options.add_argument(f"--{name}", type=Path, required=True)
    answers.add_argument(options)
    resampling.add_arguments(options)
    return options


def read(args: argparse.Namespace) -> Asked:
    """Read what a `parser` was given.

    Parameters
    ----------
    args : Namespace
        Of the command line.

    Returns
    -------
    Asked
        Checked to be of the same personas.
    """
    space = read_space(args.space)
    personas = tables.read(args.personas, tables.PERSONAS)
    responses = tables.read(args.responses, tables.RESPONSES)
    answers.require_same_personas(personas, responses, f"{args.personas} and {args.responses}")
    return Asked(
        space,
        read_instrument(args.instrument),
        personas,
        responses,
        personas.select(variable.name for variable in space.variables).to_numpy(),
        args.answers,
        resampling.Draws(args.replicates, args.seed),
    )
