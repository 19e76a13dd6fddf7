"""The synthetic respondent: a stand-in with planted effects, for tests. It is not a language model.

Its answers to a question with K options follow the binomial distribution of K - 1 steps whose
mean on the scale from 0 to 1 is a base plus the planted effects, so that every mean, level effect
and group distribution that the lenses should find is known exactly.
"""

from __future__ import annotations

import json
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml
from scipy.stats import binom

from valuescape.engine import Choice, Chosen, Usage, Writing, Written
from valuescape.errors import UserError
from valuescape.seeds import seed_of
from valuescape.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from valuescape.models import Model

# A binomial of probability 0 or 1 has no logarithm; this keeps means within 1e-6.
EDGE = 1e-6


class SyntheticEngine:
    """A respondent whose answers follow a formula.

    Parameters
    ----------
    space : PersonaSpace
        Where a persona's levels come from.
    planted : mapping
        ``slope``: how far an answer to a map indicator follows the configured level (1 exactly,
        0 not at all). ``base``: mean answer to every other question, on [0, 1].
        ``foundations``: foundation -> variable -> effects of its levels on [0, 1], summing to 0.
        ``continents``: continent -> shift of the mean answer to the probe's questions.
        ``countries``: countries of the biographies, taken in turn. ``seconds_per_answer``: how
        long it thinks, if at all.
    """

    def __init__(self, space: PersonaSpace, planted: Mapping[str, Any]) -> None:
        self._space = space
        self._planted = planted
        self._countries: list[tuple[str, str]] = [
            (country, continent) for country, continent in planted["countries"].items()
        ]
        self._variables = {variable.ivs: column for column, variable in enumerate(space.variables)}
        self.usage = Usage(device="none")
        self._pause = float(planted.get("seconds_per_answer", 0.0))

    @classmethod
    def read(cls, model: Model, space_file: str) -> SyntheticEngine:
        """Read the planted effects that the model file names.

        Parameters
        ----------
        model : Model
            Its source names the file of the planted effects.
        space_file : str
            The persona space.

        Returns
        -------
        SyntheticEngine
            Ready to be asked.
        """
        planted = yaml.safe_load(Path(model.weights).read_text(encoding="utf-8"))
        return cls(read_space(Path(space_file)), planted)

    def write(self, requests: Iterable[Writing]) -> Iterator[Written]:
        """Yield a biography of made-up facts; the country follows from the persona's id."""
        for request in requests:
            self.usage.n_requests += 1
            text = json.dumps(self.biography(request.persona_id))
            yield Written(request.key, text, finished=True, n_tokens=0)

    def biography(self, persona_id: int) -> dict[str, str | int]:
        """Return the made-up facts of a persona."""

        def one_of(what: str, among: list[Any]) -> Any:
            return among[seed_of(persona_id, what) % len(among)]

        return {
            "name": f"Synthetic {persona_id}",
            "age": one_of("age", list(range(18, 90))),
            "sex": one_of("sex", ["female", "male"]),
            "country": self._country(persona_id)[0],
            "settlement": one_of("settlement", ["urban", "rural"]),
            "education": one_of("education", ["Lower Secondary", "Tertiary"]),
            "occupation": one_of("occupation", ["Managers", "Professionals"]),
            "household": one_of("household", ["alone", "with a partner"]),
            "religion": one_of("religion", ["none", "Muslim", "Hindu"]),
            "biography": (
                f"You are SYNTHETIC respondent {persona_id}. This text was written by no language "
                "model; it stands in for one in a test of the pipeline."
            ),
        }

    def choose(self, requests: Iterable[Choice]) -> Iterator[Chosen]:
        """Yield the planted distribution of each request's options."""
        for request in requests:
            self.usage.n_requests += 1
            time.sleep(self._pause)
            mean = self.mean(request.persona_id, request.question)
            yield Chosen(request.key, log_shares(round(mean, 9), len(request.options)))

    def mean(self, persona_id: int, question: str) -> float:
        """Return the planted mean answer on [0, 1].

        Parameters
        ----------
        persona_id : int
            Who is asked; any number for the oracle, whose questions name a level.
        question : str
            Code of the question; the oracle's is ``oracle:variable:level:foundation``.

        Returns
        -------
        float
            Between 0 (the lowest option) and 1 (the highest).
        """
        kind, *parts = question.split(":")
        if kind == "oracle":
            variable, level, foundation = parts
            return self._base() + self._effect(foundation, variable, int(level))
        levels = self._space.levels_of([persona_id])[0]
        if question in self._variables:
            return self._indicator(question, levels)
        if question.startswith("MFQ"):
            names = list(self._planted["foundations"])
            foundation = names[(int(question[3:]) - 1) % len(names)]
            effects = [
                self._effect(foundation, variable.name, int(level))
                for variable, level in zip(self._space.variables, levels, strict=True)
            ]
            return self._base() + sum(effects)
        continent = self._country(persona_id)[1]
        return self._base() + float(self._planted["continents"][continent])

    def _base(self) -> float:
        return float(self._planted["base"])

    def _indicator(self, question: str, levels: Any) -> float:
        column = self._variables[question]
        values = [level.value for level in self._space.variables[column].levels]
        place = (values[levels[column]] - min(values)) / (max(values) - min(values))
        return 0.5 + float(self._planted["slope"]) * (float(place) - 0.5)

    def _effect(self, foundation: str, variable: str, level: int) -> float:
        effects = self._planted["foundations"][foundation].get(variable)
        return float(effects[level]) if effects else 0.0

    def _country(self, persona_id: int) -> tuple[str, str]:
        return self._countries[seed_of(persona_id, "country") % len(self._countries)]


@cache
def log_shares(mean: float, n_options: int) -> NDArray[np.float64]:
    """Return the binomial log-probabilities of the options, shape (n_options,).

    Parameters
    ----------
    mean : float
        Mean answer on [0, 1].
    n_options : int
        Options of the question.

    Returns
    -------
    ndarray of float64, shape (n_options,)
        Natural logarithms; their exponentials sum to 1.
    """
    chance = min(max(mean, EDGE), 1 - EDGE)
    return np.asarray(binom.logpmf(np.arange(n_options), n_options - 1, chance))


def check_planted(path: Path) -> None:
    """Refuse a file of planted effects that a test could not rely on.

    Parameters
    ----------
    path : Path
        The file that a synthetic model names.

    Raises
    ------
    UserError
        If it cannot be read or a key is missing.
    """
    try:
        planted = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        msg = f"{path}: cannot be read ({error})"
        raise UserError(
            msg, hint="name the file of the planted effects in the model file"
        ) from error
    for key in ("slope", "base", "foundations", "continents", "countries"):
        if key not in planted:
            msg = f"{path}: the key {key!r} is missing"
            raise UserError(msg, hint=f"add {key!r}; see tests/test_synthetic.py")
