"""What the lenses read alike: configurations, and what personas answered to an instrument."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from valuescape.answers.expected import require_same_personas
from valuescape.core import tables
from valuescape.study import tables as study_tables
from valuescape.study.instruments import Instrument, read_instrument
from valuescape.study.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl
    from numpy.typing import NDArray

    from valuescape.answers.expected import Readout


@dataclass(frozen=True)
class Configurations:
    """Personas and their levels.

    Attributes
    ----------
    space : PersonaSpace
        The cultural variables.
    personas : DataFrame
        Table PERSONAS.
    """

    space: PersonaSpace
    personas: pl.DataFrame

    @property
    def known(self) -> bool:
        """Whether configurations are known; those of respondents from elsewhere may not be."""
        return all(variable.name in self.personas.columns for variable in self.space.variables)

    @cached_property
    def levels(self) -> NDArray[np.int8]:
        """Levels, shape (n_personas, n_variables).

        Where they are not known all personas are given the same, so that no effect of a level can
        be told from another.
        """
        if not self.known:
            return np.zeros((self.personas.height, len(self.space.variables)), dtype=np.int8)
        return self.personas.select(variable.name for variable in self.space.variables).to_numpy()


@dataclass(frozen=True)
class PersonaResponses(Configurations):
    """Personas and what they answered.

    Attributes
    ----------
    instrument : Instrument
        What was asked.
    responses : DataFrame
        Table RESPONSES, of the same personas in the same order.
    readout : {"probabilities", "modal", "drawn"}
        What is read of a response.
    """

    instrument: Instrument
    responses: pl.DataFrame
    readout: Readout


def read_configurations(space: Path, personas: Path) -> Configurations:
    """Read the personas of a design.

    Parameters
    ----------
    space, personas : Path
        The persona space, and table PERSONAS.

    Returns
    -------
    Configurations
        In the order of their ids.
    """
    return Configurations(read_space(space), tables.read(personas, study_tables.PERSONAS))


def read_persona_responses(
    space: Path, personas: Path, instrument: Path, responses: Path, readout: Readout
) -> PersonaResponses:
    """Read the personas of a design and their responses to an instrument.

    A `UserError` tells if the two are not of the same personas.

    Parameters
    ----------
    space, personas : Path
        As in `read_configurations`.
    instrument, responses : Path
        What was asked, and table RESPONSES.
    readout : {"probabilities", "modal", "drawn"}
        What is read of a response.

    Returns
    -------
    PersonaResponses
        In the order of their ids.
    """
    configurations = read_configurations(space, personas)
    found = tables.read(responses, study_tables.RESPONSES)
    require_same_personas(configurations.personas, found, f"{personas} and {responses}")
    return PersonaResponses(
        configurations.space, configurations.personas, read_instrument(instrument), found, readout
    )
