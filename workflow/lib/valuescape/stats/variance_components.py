"""Variance components of a balanced study: configuration, and facets of how it was asked.

By the expected mean squares of the random model (Cronbach, Gleser, Nanda & Rajaratnam 1972; Brennan
2001, Generalizability Theory, ch. 3 and 4): biographies are nested in configurations; option
orders, wordings and modes are crossed with both and with each other; answers are nested in all.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, combinations, permutations, product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from valuescape.study.conditions import FACETS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    # How many levels each facet of FACETS has.
    Sizes = Mapping[str, int]
    Effect = frozenset[str]

ROUNDING = 1e-14
"""A variance up to this is none."""
CONFIGURATION = "configuration"
NESTED = "biography"
REPEATED = "answer"
CROSSED_FACETS = tuple(name for name in FACETS if name not in {NESTED, REPEATED})
COMPONENTS = (
    CONFIGURATION, NESTED, *CROSSED_FACETS,
    *(f"{CONFIGURATION} x {name}" for name in CROSSED_FACETS), REPEATED,
)  # fmt: skip
"""The components that a reader looks for; a design may separate further interactions."""


@dataclass(frozen=True)
class Crossed:
    """Scores of the same personas in a balanced set of conditions.

    Attributes
    ----------
    scores : ndarray of float64, shape (n_personas, *sizes, n_scores)
        An axis a facet, in the order of `FACETS`. None missing.
    """

    scores: Array

    @property
    def sizes(self) -> dict[str, int]:
        """How many levels each facet has."""
        return dict(zip(FACETS, self.scores.shape[1:-1], strict=True))


def crossed(
    scores: Sequence[Array],
    conditions: Sequence[Mapping[str, Any]],
    facets: Sequence[str] = tuple(FACETS),
) -> Crossed:
    """Arrange scores by facet; personas without a score somewhere are left out.

    Parameters
    ----------
    scores : sequence of ndarray of float64, each of shape (n_personas, n_scores)
        One a condition; nan where not known.
    conditions : sequence of mapping
        Their level of each facet of `FACETS`. Of several with the same levels the first counts.
    facets : sequence of str
        Those that may have several levels; of the others, that of the first condition.

    Returns
    -------
    Crossed
        The largest complete crossing that holds the first condition.
    """
    by_key: dict[tuple[Any, ...], Array] = {}
    for condition, each in zip(conditions, scores, strict=True):
        by_key.setdefault(tuple(condition[facet] for facet in FACETS), each)
    first = tuple(conditions[0][facet] for facet in FACETS)
    found = [_widest(by_key, first, order) for order in permutations(facets)]
    levels = max(found, key=lambda each: prod(map(len, each)))
    cells = [by_key[key] for key in product(*levels)]
    stacked = np.stack(cells, axis=1)
    known = np.isfinite(stacked).all(axis=(1, 2))
    shape = tuple(len(values) for values in levels)
    return Crossed(stacked[known].reshape(int(known.sum()), *shape, stacked.shape[-1]))


def _widest(
    keys: Mapping[tuple[Any, ...], Array], first: tuple[Any, ...], order: Sequence[str]
) -> list[list[Any]]:
    """Return the levels of each facet of a complete crossing, widened facet by facet."""
    levels: list[list[Any]] = [[value] for value in first]
    for place in map(list(FACETS).index, order):
        for value in dict.fromkeys(key[place] for key in keys if key[place] != first[place]):
            wider = [*levels]
            wider[place] = [*levels[place], value]
            if all(key in keys for key in product(*wider)):
                levels = wider
    return levels


def effects(sizes: Sizes) -> dict[str, Effect]:
    """Return the effects that a design has, by name: what each one's mean square is taken over.

    Parameters
    ----------
    sizes : mapping of str to int
        Levels of each facet.

    Returns
    -------
    dict of str to frozenset of str
        Smaller ones first; what is nested holds what it is nested in. What has no repetition of its
        own is called ``answer``.
    """
    varying = [name for name in CROSSED_FACETS if sizes[name] > 1]
    subsets = [
        frozenset(some)
        for some in chain.from_iterable(combinations(varying, k) for k in range(len(varying) + 1))
    ]
    whole = frozenset({CONFIGURATION, *FACETS})
    persona = [{CONFIGURATION, *some} for some in subsets]
    nested = [{CONFIGURATION, NESTED, *some} for some in subsets] if sizes[NESTED] > 1 else []
    found = [frozenset(each) for each in (*filter(None, subsets), *persona, *nested)]
    if sizes[REPEATED] == 1:
        found.remove(frozenset((nested or persona)[-1]))
    named = {_name(each): each for each in sorted(found, key=len)}
    return named | {REPEATED: whole}


def highest_without_answers(sizes: Sizes) -> str:
    """Return the name of the effect that answers asked once cannot be told from."""
    names = [name for name in (NESTED, *CROSSED_FACETS) if sizes[name] > 1]
    return _name(frozenset({CONFIGURATION, *names}))


def _name(effect: Effect) -> str:
    """Return the parts of an effect, in the order of facets, and without what is nested in."""
    parts = [CONFIGURATION, *FACETS]
    if NESTED in effect:
        parts.remove(CONFIGURATION)
    return " x ".join(part for part in parts if part in effect)


def square_columns(found: Crossed) -> Array:
    """Return what each persona adds to the sums of squares, for bootstraps by weights.

    Parameters
    ----------
    found : Crossed
        The scores, none missing.

    Returns
    -------
    ndarray of float64, shape (n_personas, n_columns * n_scores)
        By effect of `effects`, without those of facets alone: its squares; of those that hold no
        biography and no answer, the effect itself in each cell before.
    """
    y = found.scores - found.scores.mean(axis=tuple(range(found.scores.ndim - 1)))
    columns = []
    for effect in _of_personas(found.sizes):
        own = _within(y, effect)
        cells = own.reshape(len(y), -1, y.shape[-1])
        if _has_cells(effect):
            columns.append(cells)
        columns.append((cells**2).sum(axis=1, keepdims=True))
    return np.concatenate(columns, axis=1).reshape(len(y), -1)


def _of_personas(sizes: Sizes) -> list[Effect]:
    """Return the effects that hold the configuration, and whatever answers asked once hold."""
    found = [effect for effect in effects(sizes).values() if CONFIGURATION in effect]
    if sizes[REPEATED] == 1:
        varying = [name for name in (NESTED, *CROSSED_FACETS) if sizes[name] > 1]
        found[-1] = frozenset({CONFIGURATION, *varying})
    return found


def _has_cells(effect: Effect) -> bool:
    return not {NESTED, REPEATED} & effect


def _within(y: Array, effect: Effect) -> Array:
    """Return an effect in each persona: centred on its facets, averaged over the others."""
    for axis, name in enumerate(FACETS, start=1):
        mean = y.mean(axis=axis, keepdims=True)
        if REPEATED in effect:  # about the mean of the answers alone
            y = y - mean if name == REPEATED else y
        else:
            y = y - mean if name in effect else mean
    return y


def components(sums: Array, n: int, sizes: Sizes) -> dict[str, Array]:
    """Return variance components from sums of squares.

    Parameters
    ----------
    sums : ndarray of float64, shape (..., n_columns * n_scores)
        Column sums of `square_columns`.
    n : int
        Number of personas.
    sizes : mapping of str to int
        Levels of each facet.

    Returns
    -------
    dict of str to ndarray of float64, shape (..., n_scores)
        By name of `effects`: what the design does not separate is part of the next (with one
        biography, ``configuration`` holds it). Not negative.
    """
    named = effects(sizes)
    squares = _mean_squares(sums, n, sizes)
    levels = {CONFIGURATION: n, **sizes}
    found: dict[str, Array] = {}
    for name, effect in reversed(named.items()):
        above = [other for other in found if named[other] > effect]
        rest = sum((_copies(named[other], levels) * found[other] for other in above), 0.0)
        found[name] = (squares[name] - rest) / _copies(effect, levels)
    return {name: np.where(found[name] > ROUNDING, found[name], 0.0) for name in named}


def _copies(effect: Effect, levels: Mapping[str, int]) -> int:
    """Return how many scores share one level of an effect."""
    return prod(size for name, size in levels.items() if name not in effect)


def _mean_squares(sums: Array, n: int, sizes: Sizes) -> dict[str, Array]:
    """Return the mean square of each effect of `effects`, each of shape (..., n_scores)."""
    personas = _of_personas(sizes)
    names = [name for name, effect in effects(sizes).items() if CONFIGURATION in effect]
    widths = [
        prod(sizes[name] for name in effect if name in sizes) if _has_cells(effect) else 0
        for effect in personas
    ]
    table = sums.reshape(*sums.shape[:-1], sum(widths) + len(personas), -1)
    levels = {CONFIGURATION: n, **sizes}
    found, start = {}, 0
    for name, effect, width in zip(names, personas, widths, strict=True):
        own = table[..., start + width, :]
        if width:
            of_facets = ((table[..., start : start + width, :] / n) ** 2).sum(axis=-2)
            own = own - n * of_facets
            facets = effect - {CONFIGURATION}
            if facets:
                found[_name(frozenset(facets))] = (
                    n * of_facets * _copies(effect, levels) / _freedom(facets, levels)
                )
        found[name] = own * _copies(effect, levels) / _freedom(effect, levels)
        start += width + 1
    return found


def _freedom(effect: Effect, levels: Mapping[str, int]) -> int:
    """Return the degrees of freedom of an effect."""
    if REPEATED in effect:
        return prod(levels.values()) // levels[REPEATED] * (levels[REPEATED] - 1)
    nested = NESTED in effect
    own = prod(levels[name] - 1 for name in effect if name != CONFIGURATION or not nested)
    return own * levels[CONFIGURATION] if nested else own


def coefficients(parts: Mapping[str, Array], sizes: Sizes) -> dict[str, Array]:
    """Return how well scores tell configurations apart.

    Parameters
    ----------
    parts : mapping of str to ndarray of float64
        From `components`.
    sizes : mapping of str to int
        Levels of each facet over which a mean is taken.

    Returns
    -------
    dict of str to ndarray of float64
        ``explainable_share``: of the variance of one score, asked once: no model of the
        configuration can explain more. ``g_coefficient``: the same of the mean over all
        conditions asked. In [0, 1]; nan where nothing varies.
    """
    signal = parts[CONFIGURATION]
    once = relative_error(parts, dict.fromkeys(FACETS, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "explainable_share": signal / (signal + once),
            "g_coefficient": signal / (signal + relative_error(parts, sizes)),
        }


def relative_error(parts: Mapping[str, Array], sizes: Sizes) -> Array:
    """Return the error variance of a comparison of configurations.

    What is equal for all of them, such as the order itself, is none.

    Parameters
    ----------
    parts : mapping of str to ndarray of float64
        From `components`.
    sizes : mapping of str to int
        Levels of each facet over which a mean is taken.

    Returns
    -------
    ndarray of float64
        Of the shape of a part.
    """
    own = [
        parts[name] / _averaged(name, sizes)
        for name in parts
        if name != CONFIGURATION and _is_of_personas(name)
    ]
    return np.asarray(sum(own, np.zeros_like(parts[CONFIGURATION])))


def mean_error(parts: Mapping[str, Array], n: float, sizes: Sizes, of: float = np.inf) -> Array:
    """Return the error variance of the mean over personas and conditions.

    Parameters
    ----------
    parts : mapping of str to ndarray of float64
        From `components`.
    n : float
        Number of personas.
    sizes : mapping of str to int
        Levels of each facet over which the mean is taken.
    of : float
        How many configurations there are; those that are all asked are no draw.

    Returns
    -------
    ndarray of float64
        Of the shape of a part.
    """
    draw = parts[CONFIGURATION] / n * max(1 - n / of, 0.0)
    alone = [parts[name] / _averaged(name, sizes) for name in parts if not _is_of_personas(name)]
    return np.asarray(draw + relative_error(parts, sizes) / n + sum(alone, np.zeros_like(draw)))


def _is_of_personas(name: str) -> bool:
    return bool({CONFIGURATION, NESTED, REPEATED} & {*name.split(" x ")})


def _averaged(name: str, sizes: Sizes) -> int:
    """Return over how many draws of a component a mean is taken, in each persona."""
    if name == REPEATED:
        return prod(sizes.values())
    return prod(sizes[part] for part in name.split(" x ") if part in sizes)
