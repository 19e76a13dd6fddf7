"""Made-up biographies: who personas say they are, and texts that show levels, at planted rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.study import tables as study_tables

if TYPE_CHECKING:
    from valuescape.study.space import PersonaSpace

COUNTRIES = {
    "Japan": "Asia",
    "Kenya": "Africa",
    "Brazil": "South America",
    "Canada": "North America",
}
OCCUPATIONS = ("Professionals", "Managers", "Service and sales workers", "Not in paid work")
EDUCATIONS = ("Primary or No Education", "Lower Secondary", "Upper to Post Secondary", "Tertiary")
PLACES = ("teacher at the school", "nurse in the clinic", "farmer", "person of few words")
TALE = [
    f"{a}{b}"
    for a in ("mor", "ri", "let", "gar", "win")
    for b in ("ning", "ver", "ter", "den", "lam")
]


def drawn(space: PersonaSpace, n: int, seed: int = 1) -> tuple[np.ndarray, pl.DataFrame]:
    """Return the levels of n personas drawn from the space, and the table PERSONAS."""
    rng = np.random.default_rng(seed)
    ids = np.sort(rng.choice(space.n_personas, n, replace=False)).astype(np.uint32)
    levels = space.levels_of(ids).astype(np.int8)
    names = [variable.name for variable in space.variables]
    columns = {name: levels[:, column] for column, name in enumerate(names)}
    return levels, pl.DataFrame({"persona_id": ids, **columns})


def biographies(
    space: PersonaSpace,
    levels: np.ndarray,
    ids: np.ndarray,
    *,
    contradicting: dict[str, float] | None = None,
    silent: float = 0.0,
    duplicates: float = 0.0,
    educated: dict[int, float] | None = None,
    quoting: float = 0.0,
    seed: int = 2,
) -> pl.DataFrame:
    """Return valid biographies.

    Of each variable a text says a word of the level, such as ``godtwo``; of a share of
    `contradicting` another level's, of the share `silent` nothing, and of the share `quoting` the
    statement itself. A share of `duplicates` repeats the text of the first persona. `educated`
    gives, by level of the first variable, the share of personas with tertiary education.
    """
    rng = np.random.default_rng(seed)
    n = len(ids)
    said: list[list[str]] = [[] for _ in range(n)]
    for column, variable in enumerate(space.variables):
        n_levels = len(variable.levels)
        shift = rng.integers(1, n_levels, n) * (
            rng.random(n) < (contradicting or {}).get(variable.name, 0.0)
        )
        shown = (levels[:, column] + shift) % n_levels
        speaks, quotes = rng.random(n) >= silent, rng.random(n) < quoting
        for row in np.flatnonzero(speaks):
            level = int(shown[row])
            word = f"{variable.name}{('one', 'two', 'three', 'four')[level]}"
            statement = variable.levels[level].wording
            said[row].append(statement if quotes[row] else f"You are {word} in life.")
    texts = []
    for words in said:
        tale = " ".join(rng.choice(TALE, 12))
        texts.append(f"You are a {rng.choice(PLACES)} of {tale}. {' '.join(words)}")
    for row in np.flatnonzero(rng.random(n) < duplicates):
        texts[row] = texts[0]
    share = np.array([(educated or {}).get(int(level), 0.25) for level in levels[:, 0]])
    tertiary = rng.random(n) < share
    country = rng.choice(list(COUNTRIES), n)
    rows = {
        "persona_id": ids,
        "status": ["valid"] * n,
        "name": rng.choice(["Amina Said", "Akira Sato", "Ana Silva", "Ben Smith"], n),
        "age": np.where(rng.random(n) < 0.8, rng.integers(30, 50, n), rng.integers(50, 80, n)),
        "sex": rng.choice(["female", "male"], n),
        "country": country,
        "continent": [COUNTRIES[each] for each in country],
        "settlement": rng.choice(["urban", "rural"], n, p=[0.8, 0.2]),
        "education": np.where(tertiary, "Tertiary", rng.choice(EDUCATIONS[:3], n)),
        "occupation": rng.choice(OCCUPATIONS, n),
        "household": rng.choice(["alone", "with a partner"], n),
        "religion": rng.choice(["none", "Muslim"], n),
        "biography": texts,
        "n_tokens": [80] * n,
        "attempts": [1] * n,
    }
    schema = dict(study_tables.BIOGRAPHIES.columns)
    frame = pl.DataFrame(rows).cast({name: schema[name] for name in rows})
    return frame.match_to_schema(schema, missing_columns="insert")


def shown_level(text: str, variable) -> int:
    """Return the level that a text of `biographies` shows of a variable, -1 if none."""
    words = [f"{variable.name}{word} " for word in ("one", "two", "three", "four")]
    return next((level for level, word in enumerate(words) if word in text), -1)
