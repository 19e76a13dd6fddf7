"""Designs: which personas of the space a study asks; all of them, a balanced fraction, a handful.

A fraction is an orthogonal array: in one of strength 2, every pair of levels of two variables
stands equally often, so that all 32 level effects can be told apart. Nothing in it is drawn at
random.

    full      every persona
    oa144     strength 2; developed from a (12, 6; 1) difference matrix over Z2 x Z6
    oa288     strength 2; OA(16, 4^5) x OA(18, 3^6)
    oa1728    strength 2; OA(64, 4^6) of strength 3 x OA(27, 3^6) of strength 2
    oa5184    strength 3; OA(64, 4^6) x OA(81, 3^6), both of strength 3
    corners   every variable at its first or its last level: 2 ** 10 personas of ten variables
    handful   8 personas, spread evenly over the space
    random<N> N personas, drawn at random; and so are those of a `holdout`, beside any design

Each array holds columns of 4 and of 3 levels; a variable of 2 levels takes half a column of 4.
The corners are the extreme configurations, a set of their own: what lies between the ends is not
asked. The handful is for a first try of a model in minutes: it is not balanced, so that its level
effects are not to be read. `respondents<N>` draws N personas from a survey instead
(`valuescape.humans.respondent_design`).
"""

from __future__ import annotations

import logging
import re
import zlib
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.study import tables as study_tables
from valuescape.study.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.int64]

log = logging.getLogger(__name__)

# Five mutually orthogonal Latin squares of order 12 were found by Dulmage, Johnson & Mendelsohn
# (1961, Canadian Journal of Mathematics 13, 356-372) as a (12, 6; 1) difference matrix. This one
# was searched for anew: a zero row, the identity and four pairwise orthogonal orthomorphisms, out
# of all 16,512 normalised ones of Z2 x Z6. The element (a, b) is written 6 a + b.
DIFFERENCES_12 = (
    (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    (0, 2, 1, 6, 8, 7, 10, 9, 11, 4, 3, 5),
    (0, 3, 8, 10, 1, 9, 2, 6, 5, 7, 11, 4),
    (0, 4, 10, 9, 7, 1, 11, 5, 3, 2, 8, 6),
    (0, 8, 6, 4, 3, 10, 9, 11, 2, 5, 1, 7),
)
# A (6, 6; 2) difference matrix over Z3, found by search: every difference of two rows holds each
# element twice (Hedayat, Sloane & Stufken 1999, Orthogonal Arrays, chapter 6).
DIFFERENCES_3 = (
    (0, 0, 0, 0, 0, 0),
    (0, 0, 1, 1, 2, 2),
    (0, 1, 0, 2, 1, 2),
    (0, 1, 2, 0, 2, 1),
    (0, 2, 1, 2, 0, 1),
    (0, 2, 2, 1, 1, 0),
)
# Multiplication in the field of four elements 0, 1, x, x + 1 (2 and 3); addition is bitwise.
TIMES_4 = np.array([[0, 0, 0, 0], [0, 1, 2, 3], [0, 2, 3, 1], [0, 3, 1, 2]])
# Points of a projective space as columns of a linear array: its strength is one less than the least
# number of points that are linearly dependent (Bose 1947, Sankhya 8, 107-166).
LINE_4 = ((1, 0), (0, 1), (1, 1), (1, 2), (1, 3))  # any two independent
HYPEROVAL_4 = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (1, 2, 3), (1, 3, 2))  # any three
PLANE_3 = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (1, 1, 2), (1, 2, 1))  # any two
CAP_3 = (  # any three
    (1, 0, 0, 0),
    (0, 1, 0, 0),
    (0, 0, 1, 0),
    (0, 0, 0, 1),
    (1, 1, 1, 1),
    (1, 1, 2, 0),
)


def persona_ids(space: PersonaSpace, design: str, seed: int = 0) -> NDArray[np.uint32]:
    """Return the personas of a design.

    Parameters
    ----------
    space : PersonaSpace
        The space they are taken from.
    design : str
        One of `DESIGNS`, or ``random<N>``.
    seed : int
        The study's; only a random design depends on it.

    Returns
    -------
    ndarray of uint32, shape (n,)
        Ids, rising, each once.

    Raises
    ------
    UserError
        If there is no such design, its array has not the columns that the space needs, or the
        space is too small for it.
    """
    if design == "full":
        return np.arange(space.n_personas, dtype=np.uint32)
    n = _number_in(design, "random")
    if n is not None:
        return drawn_ids(space, n, seed, "design")
    if design not in DESIGNS:
        msg = f"design: {design!r} is not one of {', '.join(DESIGNS)}, random<N>, respondents<N>"
        raise UserError(msg, hint="set `design` in the study's config")
    if design == "handful":
        runs = _spread(space.radices, HANDFUL)
    elif design == "corners":
        runs = _vectors(2, len(space.radices)) * (space.radices - 1)
    else:
        runs = _fraction(space, design)
    ids = np.unique(space.ids_of(runs))
    if len(ids) < len(runs):
        msg = (
            f"design: {design!r} has {len(runs)} runs, of which only {len(ids)} differ "
            f"in the space {space.name!r} of {space.n_personas:,} personas"
        )
        raise UserError(msg, hint="take a smaller fraction, or `full`")
    return ids


def n_drawn(design: str) -> int | None:
    """Return how many personas a design draws from respondents of a survey.

    Parameters
    ----------
    design : str
        Such as ``respondents500``.

    Returns
    -------
    int or None
        None if the design draws none.
    """
    return _number_in(design, "respondents")


def _number_in(design: str, kind: str) -> int | None:
    found = re.fullmatch(rf"{kind}([1-9][0-9]*)", design)
    return int(found[1]) if found else None


def drawn_ids(
    space: PersonaSpace, n: int, seed: int, purpose: str, without: ArrayLike = ()
) -> NDArray[np.uint32]:
    """Return personas drawn at random, every one as probable as any other.

    Parameters
    ----------
    space : PersonaSpace
        The space they are drawn from.
    n : int
        How many.
    seed : int
        The study's.
    purpose : str
        What they are drawn for; a larger draw of the same purpose holds the smaller ones.
    without : array_like of int
        Personas that are not drawn.

    Returns
    -------
    ndarray of uint32, shape (n,)
        Ids, rising, each once.

    Raises
    ------
    UserError
        If there are not so many.
    """
    waits = np.random.default_rng([seed, zlib.crc32(purpose.encode())]).random(space.n_personas)
    waits[np.asarray(without, dtype=np.int64)] = np.inf
    left = int(np.isfinite(waits).sum())
    if n > left:
        msg = f"{n:,} personas to draw at random, but only {left:,} are left to draw from"
        raise UserError(msg, hint="draw fewer")
    return np.sort(np.argsort(waits, kind="stable")[:n]).astype(np.uint32)


def study_ids(
    space: PersonaSpace, design: str, holdout: int, seed: int
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the personas of a study: those of its design, and those asked beside as a check.

    Parameters
    ----------
    space : PersonaSpace
        The space they are taken from.
    design : str
        One of `DESIGNS`, or ``random<N>``.
    holdout : int
        How many personas are drawn at random from all others; 0 for none.
    seed : int
        The study's.

    Returns
    -------
    (ndarray of uint32, ndarray of uint32)
        Both rising.
    """
    ids = persona_ids(space, design, seed)
    return ids, drawn_ids(space, holdout, seed, "holdout", without=ids)


def size(space: PersonaSpace, design: str) -> int:
    """Return how many personas a design has.

    Parameters
    ----------
    space : PersonaSpace
        The space they are taken from.
    design : str
        One of `DESIGNS`, ``random<N>``, or ``respondents<N>``.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    UserError
        As `persona_ids`; or if more are to be drawn than the space holds.
    """
    drawn = n_drawn(design)
    if drawn is None:
        return len(persona_ids(space, design))
    if drawn > space.n_personas:
        msg = f"design: {design!r}, but the space {space.name!r} has {space.n_personas:,} personas"
        raise UserError(msg, hint="draw fewer, or take `full`")
    return drawn


def _spread(radices: Array, n: int) -> Array:
    """Return `n` runs spread evenly: for each variable the multiples of the root of a prime.

    The fractional parts of the multiples of an irrational number fill [0, 1) evenly, and with
    roots of different primes the whole cube (Richtmyer 1951, Los Alamos report LA-1342).
    """
    multiples = np.arange(1, n + 1)[:, None] * np.sqrt(_primes(len(radices)))
    return (multiples % 1 * radices).astype(np.int64)


def _primes(n: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < n:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def _fraction(space: PersonaSpace, design: str) -> Array:
    """Return the personas of a balanced fraction.

    Raises
    ------
    UserError
        If its array does not fit the space, or the space is too small for it.
    """
    fours, threes = FRACTIONS[design]()
    runs = _runs(space.radices, fours, threes)
    if runs is None:
        msg = (
            f"design: {design!r} has {threes.shape[1]} columns of 3 levels and {fours.shape[1]} of "
            f"4 (or 2), but the space {space.name!r} has variables of "
            f"{', '.join(map(str, space.radices))} levels"
        )
        raise UserError(msg, hint="take the design `full`, or another persona space")
    return runs


def _runs(radices: Array, fours: Array, threes: Array) -> Array | None:
    """Return the runs, a column a variable by its level count; None if columns are wanting."""
    n_twos, n_threes, n_fours = (int((radices == count).sum()) for count in (2, 3, 4))
    if n_twos + n_threes + n_fours < len(radices):
        return None
    if n_threes > threes.shape[1] or n_twos + n_fours > fours.shape[1]:
        return None
    of_level_count = {
        2: iter(fours.T[n_fours:] // 2),
        3: iter(threes.T),
        4: iter(fours.T),
    }
    return np.stack([next(of_level_count[count]) for count in radices.tolist()], axis=1)


def strength(levels: ArrayLike, radices: ArrayLike, at_most: int = 3) -> int:
    """Return the strength of an array: for how many columns at once it is exactly balanced.

    Parameters
    ----------
    levels : array_like of int, shape (n, n_variables)
        Levels, from 0.
    radices : array_like of int, shape (n_variables,)
        Number of levels of each variable.
    at_most : int
        Greatest strength that is looked for.

    Returns
    -------
    int
        Greatest t such that in any t columns every combination of levels stands equally often;
        0 if not even the levels of single variables do.
    """
    array, counts = np.asarray(levels, dtype=np.int64), np.asarray(radices, dtype=np.int64)
    reached = 0
    for size in range(1, min(at_most, len(counts)) + 1):
        for columns in combinations(range(len(counts)), size):
            shape = tuple(counts[list(columns)])
            cells = np.ravel_multi_index(tuple(array[:, list(columns)].T), shape)
            if len(set(np.bincount(cells, minlength=int(np.prod(shape))))) > 1:
                return reached
        reached = size
    return reached


def _developed(differences: Array, plus: Callable[[Array, Array], Array], order: int) -> Array:
    """Return the orthogonal array of a difference matrix: each column plus each group element."""
    elements = np.arange(order)
    return plus(differences.T[:, None, :], elements[None, :, None]).reshape(-1, len(differences))


def _crossed(fours: Array, threes: Array) -> tuple[Array, Array]:
    """Return every run of the one array with every run of the other."""
    return np.repeat(fours, len(threes), axis=0), np.tile(threes, (len(fours), 1))


def _vectors(base: int, length: int) -> Array:
    return np.indices((base,) * length).reshape(length, -1).T


def _linear_4(points: Sequence[Sequence[int]]) -> Array:
    """Return the linear array over the field of four, shape (4 ** dimension, n_points)."""
    columns = np.array(points)
    terms = TIMES_4[_vectors(4, columns.shape[1])[:, None, :], columns]
    return np.asarray(np.bitwise_xor.reduce(terms, axis=2))


def _linear_3(points: Sequence[Sequence[int]]) -> Array:
    """Return the linear array over the integers mod 3, shape (3 ** dimension, n_points)."""
    columns = np.array(points)
    return np.asarray(_vectors(3, columns.shape[1]) @ columns.T % 3)


def _oa144() -> tuple[Array, Array]:
    def plus(first: Array, second: Array) -> Array:
        return (first // 6 + second // 6) % 2 * 6 + (first + second) % 6

    # Z2 x Z6 is Z2 x Z2 x Z3: a column of 12 levels is one of 4 crossed with one of 3. Of the ways
    # to take the columns this order has the least aliasing of main effects with two-variable
    # interactions (generalised word count A3 = 4.67 for 2^1 3^6 4^3, over all choices).
    twelves = _developed(np.array(DIFFERENCES_12), plus, 12)
    return twelves // 6 * 2 + twelves % 2, twelves % 3


def _oa288() -> tuple[Array, Array]:
    threes = _developed(np.array(DIFFERENCES_3), lambda first, second: (first + second) % 3, 3)
    return _crossed(_linear_4(LINE_4), threes)


def _oa1728() -> tuple[Array, Array]:
    return _crossed(_linear_4(HYPEROVAL_4), _linear_3(PLANE_3))


def _oa5184() -> tuple[Array, Array]:
    return _crossed(_linear_4(HYPEROVAL_4), _linear_3(CAP_3))


FRACTIONS: dict[str, Callable[[], tuple[Array, Array]]] = {
    "oa144": _oa144,
    "oa288": _oa288,
    "oa1728": _oa1728,
    "oa5184": _oa5184,
}
"""For each balanced fraction, its columns of 4 and its columns of 3 levels, run by run."""

HANDFUL = 8
"""Personas of the design `handful`: with 8 every one of the 32 levels is there at least once."""

DESIGNS = ("full", *FRACTIONS, "corners", "handful")
"""Every design that has a name of its own."""

FOR_A_SURFACE = ("oa", "random")
"""How designs begin that a response surface can be fitted to: every level is among their personas,
and none of their personas was chosen for what people are like it."""


def beside_ids(space: PersonaSpace, config: Mapping[str, Any]) -> NDArray[np.uint32]:
    """Return the personas that a study asks beside its design: a check, and a second stage."""
    if not config["holdout"] and not config["second_stage"]:
        return np.zeros(0, dtype=np.uint32)
    ids, drawn = study_ids(space, config["design"], config["holdout"], config["seed"])
    if not config["second_stage"]:
        return drawn
    more = read_second_stage(space, Path(config["second_stage"]))
    return np.setdiff1d(np.union1d(drawn, more), ids)


def read_second_stage(space: PersonaSpace, path: Path) -> NDArray[np.uint32]:
    """Return the personas that a file names.

    Parameters
    ----------
    space : PersonaSpace
        The space that they are of.
    path : Path
        CSV file with a column ``persona_id``.

    Returns
    -------
    ndarray of uint32, shape (n,)
        Ids, rising, each once.

    Raises
    ------
    UserError
        If it cannot be read, has no such column, or names a persona that is not in the space.
    """
    hint = "python -m valuescape.reporting.propose_personas writes such a file"
    try:
        ids = pl.read_csv(path, columns=["persona_id"])["persona_id"].cast(pl.Int64)
    except (OSError, pl.exceptions.PolarsError) as error:
        msg = f"second_stage: {path} is no CSV file with whole numbers as persona_id ({error})"
        raise UserError(msg, hint=hint) from error
    unknown = ids.filter(~ids.is_between(0, space.n_personas - 1).fill_null(value=False))
    if len(unknown):
        msg = f"second_stage: {path} names persona {unknown[0]}, of 0 to {space.n_personas - 1}"
        raise UserError(msg, hint=hint)
    return np.unique(ids.to_numpy()).astype(np.uint32)


def persona_table(space: PersonaSpace, ids: NDArray[np.uint32]) -> pl.DataFrame:
    """Return the table of the personas of a design.

    Parameters
    ----------
    space : PersonaSpace
        The space they are taken from.
    ids : ndarray of uint32, shape (n,)
        Rising, each once.

    Returns
    -------
    DataFrame
        `persona_id`, and for each cultural variable its level, from 0; sorted by id.
    """
    levels = space.levels_of(ids)
    names = [variable.name for variable in space.variables]
    return pl.DataFrame(
        {"persona_id": ids, **{name: levels[:, column] for column, name in enumerate(names)}}
    )


@command
def main(
    *,
    space: Path,
    design: str,
    personas: Path,
    holdout: int = 0,
    seed: int = 0,
    second_stage: list[Path] | None = None,
) -> None:
    """Read the persona space, take the personas of a design, write their table."""
    cultural_space = read_space(space)
    ids = np.sort(np.concatenate(study_ids(cultural_space, design, holdout, seed)))
    said = f"{design} and {holdout} drawn at random" if holdout else design
    for path in second_stage or ():
        ids = np.union1d(ids, read_second_stage(cultural_space, path))
        said += " and a second stage"
    frame = persona_table(cultural_space, ids)
    provenance = {"study design": said, "space": cultural_space.name}
    tables.write(frame, personas, study_tables.PERSONAS, provenance)
    log.info("%d of %d personas (%s)", frame.height, cultural_space.n_personas, design)


if __name__ == "__main__":
    run(main)
