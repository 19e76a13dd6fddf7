"""Scores planted in every configuration: main effects, pairs, a triple and noise. Not measured."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from valuescape.stats.interactions import contrasts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.study.space import PersonaSpace

PAIRS = 5


@cache
def every_level(space: PersonaSpace) -> NDArray[np.int8]:
    """Return the levels of every configuration."""
    return space.levels_of(np.arange(space.n_personas))


def together(
    space: PersonaSpace, variables: tuple[int, ...], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return a random effect of variables on every configuration, of variance 1, none lower."""
    letters = "abc"[: len(variables)]
    tables = [contrasts(int(space.radices[k])) for k in variables]
    weights = rng.standard_normal([table.shape[1] for table in tables])
    terms = ",".join(f"{'xyz'[i]}{letter}" for i, letter in enumerate(letters))
    table = np.einsum(f"{letters},{terms}->{'xyz'[: len(letters)]}", weights, *tables)
    found = table[tuple(every_level(space)[:, list(variables)].T)]
    return found / found.std()


def planted(
    space: PersonaSpace,
    rng: np.random.Generator,
    main: float = 1.0,
    pairs: float = 0.3,
    triple: float = 0.1,
    noise: float = 0.2,
) -> NDArray[np.float64]:
    """Return a score of every configuration; parameters are variances.

    Main effects of all variables, interactions of `PAIRS` pairs and of one triple of variables that
    are drawn, and noise that does not hang on the configuration.
    """
    numbers = range(len(space.variables))
    found = np.zeros(space.n_personas)
    df = space.radices - 1
    for k in numbers:
        found += together(space, (k,), rng) * np.sqrt(main * df[k] / df.sum())
    all_pairs, all_triples = list(combinations(numbers, 2)), list(combinations(numbers, 3))
    for number in rng.choice(len(all_pairs), PAIRS, replace=False):
        found += together(space, all_pairs[number], rng) * np.sqrt(pairs / PAIRS)
    found += together(space, all_triples[rng.integers(len(all_triples))], rng) * np.sqrt(triple)
    return found + rng.standard_normal(len(found)) * np.sqrt(noise)
