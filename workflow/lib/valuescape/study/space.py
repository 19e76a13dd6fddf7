"""Persona space: the cultural variables, their levels, and the numbering of the personas."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from valuescape.core.documents import Document, read_document
from valuescape.core.errors import UserError, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from valuescape.core.schemas import Place

Axis = Literal["self_expression", "secular"]
# Persona ids are kept as 32-bit, levels as 8-bit integers.
MOST_PERSONAS = 2**32
MOST_LEVELS = 2**7


@dataclass(frozen=True)
class Level:
    """One level of a cultural variable.

    Attributes
    ----------
    value : float
        Place on the survey's numeric scale.
    wording : str
        What the LLM is told, in the second person.
    codes : tuple of int
        Survey codes of the variable that fall in this level.
    """

    value: float
    wording: str
    codes: tuple[int, ...]


@dataclass(frozen=True)
class Variable:
    """One cultural variable.

    Attributes
    ----------
    name : str
        Name in snake_case, used as a column.
    title : str
        Title that a reader sees.
    ivs : str
        Code in the Integrated Values Surveys.
    wvs7 : tuple of str
        Questions of WVS wave 7 that it is, or is computed from.
    axis : {"self_expression", "secular"}
        Axis of the Inglehart-Welzel map that it loads on.
    levels : tuple of Level
        Levels, graded by value.
    source : str
        The survey question, and how its answers become the levels.
    """

    name: str
    title: str
    ivs: str
    wvs7: tuple[str, ...]
    axis: Axis
    levels: tuple[Level, ...]
    source: str = ""


@dataclass(frozen=True)
class PersonaSpace:
    """Every combination of one level of each variable, numbered in mixed radix.

    The first variable varies slowest: persona 0 has level 0 of every variable, persona 1
    differs from it in the last variable.

    Attributes
    ----------
    name : str
        Name of the space.
    source : str
        Where its variables and levels come from.
    variables : tuple of Variable
        The cultural variables, in order.
    """

    name: str
    source: str
    variables: tuple[Variable, ...]

    @cached_property
    def radices(self) -> NDArray[np.int64]:
        """Number of levels of each variable, shape (n_variables,)."""
        return np.array([len(variable.levels) for variable in self.variables], dtype=np.int64)

    @cached_property
    def n_personas(self) -> int:
        """Number of configurations."""
        return int(self.radices.prod())

    @cached_property
    def _weights(self) -> NDArray[np.int64]:
        """What one level more of each variable adds to the id, shape (n_variables,)."""
        return self.n_personas // np.cumprod(self.radices)

    def levels_of(self, persona_ids: ArrayLike) -> NDArray[np.int8]:
        """Return the configuration of each persona.

        Parameters
        ----------
        persona_ids : array_like of int, shape (n,)
            Ids in [0, n_personas).

        Returns
        -------
        ndarray of int8, shape (n, n_variables)
            Levels, from 0, in the order of the variables.

        Raises
        ------
        UserError
            If an id is out of range.
        """
        ids = np.asarray(persona_ids, dtype=np.int64)
        outside = ids[(ids < 0) | (ids >= self.n_personas)]
        if outside.size:
            msg = f"persona_id {outside[0]} is not in 0..{self.n_personas - 1} of {self.name!r}"
            raise UserError(msg, hint="use the persona space that the personas were made from")
        return (ids[:, None] // self._weights % self.radices).astype(np.int8)

    def ids_of(self, levels: ArrayLike) -> NDArray[np.uint32]:
        """Return the id of each configuration; the inverse of `levels_of`.

        A level out of range is refused with a `UserError`.

        Parameters
        ----------
        levels : array_like of int, shape (n, n_variables)
            Levels, from 0, in the order of the variables.

        Returns
        -------
        ndarray of uint32, shape (n,)
            Ids in [0, n_personas).
        """
        return (self._checked(levels) @ self._weights).astype(np.uint32)

    def values_of(self, levels: ArrayLike) -> NDArray[np.float64]:
        """Return configurations on the survey's numeric scales.

        A level out of range is refused with a `UserError`.

        Parameters
        ----------
        levels : array_like of int, shape (n, n_variables)
            Levels, from 0, in the order of the variables.

        Returns
        -------
        ndarray of float64, shape (n, n_variables)
            The value of each level; its range is that of the survey question.
        """
        checked = self._checked(levels)
        values = np.empty(checked.shape)
        for column, variable in enumerate(self.variables):
            scale = np.array([level.value for level in variable.levels])
            values[:, column] = scale[checked[:, column]]
        return values

    def _checked(self, levels: ArrayLike) -> NDArray[np.int64]:
        array = np.asarray(levels, dtype=np.int64)
        if array.shape[1:] != (len(self.variables),):
            msg = f"levels have the shape {array.shape}, not (n, {len(self.variables)})"
            raise ValueError(msg)
        rows, columns = np.nonzero((array < 0) | (array >= self.radices))
        if rows.size:
            variable = self.variables[columns[0]]
            msg = (
                f"level {array[rows[0], columns[0]]} of {variable.name!r} is not in "
                f"0..{len(variable.levels) - 1} of {self.name!r}"
            )
            raise UserError(msg, hint="use the persona space that the personas were made from")
        return array


def read_space(path: Path) -> PersonaSpace:
    """Read a persona space and check it.

    A `UserError` names file, line and reason of each mistake: a key is unknown or missing, a
    variable, wording or survey code is double, a variable's values are not graded or lie outside
    its survey codes, or there are too many personas to number.

    Parameters
    ----------
    path : Path
        A YAML file that follows `schemas/persona_space.schema.yaml`.

    Returns
    -------
    PersonaSpace
        Variables in the order of the file.
    """
    document = read_document(path, "persona_space")
    content = document.content
    refuse([*_double_variables(document), *_faulty_levels(document), *_too_many(document)])
    return PersonaSpace(
        content["name"], content["source"], tuple(map(_variable, content["variables"]))
    )


def _double_variables(document: Document) -> Iterator[UserError]:
    for key in ("name", "ivs"):
        seen = Counter[str]()
        for position, entry in enumerate(document.content["variables"]):
            seen[entry[key]] += 1
            if seen[entry[key]] > 1:
                reason = f"a second variable with {key} {entry[key]!r}"
                yield document.error(reason, "variables", position, key)


def _faulty_levels(document: Document) -> Iterator[UserError]:
    for position, entry in enumerate(document.content["variables"]):
        place: Place = ("variables", position, "levels")
        name, levels = entry["name"], entry["levels"]
        if len(levels) > MOST_LEVELS:
            reason = f"{name!r} has {len(levels)} levels, more than {MOST_LEVELS}"
            yield document.error(reason, *place)
        yield from _double_levels(document, place, name, levels)
        values = [float(level["value"]) for level in levels]
        steps = [later - earlier for earlier, later in pairwise(values)]
        for number, step in enumerate(steps, start=1):
            if step * steps[0] <= 0:
                reason = f"the values of {name!r} neither rise nor fall throughout: {values}"
                yield document.error(reason, *place, number, "value")
                break
        # a level's value stands for its codes, so that it lies on the scale that they make
        codes = [code for level in levels for code in level["codes"]]
        left_out = sorted(set(range(min(codes), max(codes) + 1)) - set(codes))
        if left_out:
            reason = f"the survey code {left_out[0]} of {name!r} falls in no level"
            yield document.error(reason, *place, hint=f"add {left_out[0]} to the codes of a level")
        for number, value in enumerate(values):
            if not min(codes) <= value <= max(codes):
                reason = f"the value {value:g} of {name!r} lies outside its survey codes, "
                reason += f"{min(codes)} to {max(codes)}"
                yield document.error(reason, *place, number, "value")


def _too_many(document: Document) -> Iterator[UserError]:
    # Python's integers do not overflow, the product of the radices could
    n_personas = math.prod(len(entry["levels"]) for entry in document.content["variables"])
    if n_personas > MOST_PERSONAS:
        reason = f"{n_personas:,} personas are more than the {MOST_PERSONAS:,} that have a number"
        yield document.error(reason, "variables", hint="take fewer variables or levels")


def _double_levels(
    document: Document, place: Place, name: str, levels: Sequence[Mapping[str, Any]]
) -> Iterator[UserError]:
    wordings: set[str] = set()
    codes: set[int] = set()
    for number, level in enumerate(levels):
        wording = level["wording"].strip().casefold()
        if not wording:
            reason = f"a level of {name!r} is worded with nothing but blanks"
            yield document.error(reason, *place, number, "wording")
        if wording in wordings:
            reason = f"a second level of {name!r} is worded {level['wording']!r}"
            yield document.error(reason, *place, number, "wording")
        wordings.add(wording)
        for code in level["codes"]:
            if code in codes:
                reason = f"the survey code {code} of {name!r} falls in a level twice"
                yield document.error(reason, *place, number, "codes")
            codes.add(code)


def _variable(entry: Mapping[str, Any]) -> Variable:
    return Variable(
        name=entry["name"],
        title=entry["title"],
        ivs=entry["ivs"],
        wvs7=tuple(entry["wvs7"]),
        axis=entry["axis"],
        levels=tuple(
            Level(float(level["value"]), level["wording"], tuple(level["codes"]))
            for level in entry["levels"]
        ),
        source=entry["source"],
    )
