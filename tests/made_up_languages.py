"""Made-up answers under several conditions, with planted shifts. Nothing here was measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binom

from made_up_answers import responses
from valuescape.lenses.languages.inputs import Answers, Gathered
from valuescape.study.conditions import Condition

if TYPE_CHECKING:
    from valuescape.study.instruments import Instrument

TOLD = ("demographics", "configuration")
BASE = Condition("base", context=TOLD, readout="drawn")


@dataclass(frozen=True)
class Study:
    """Conditions of which each answers an instrument with its own shift and its own luck.

    Attributes
    ----------
    instrument : Instrument
        What is asked.
    shifts : dict of Condition to dict of str to float
        By condition and question, what is added to the mean answer on [0, 1]; ``*``: to all.
    n : int
        Personas.
    missing : dict of str to set of str
        By language, the questions that it lacks.
    seed : int
        Of all luck.
    """

    instrument: Instrument
    shifts: dict[Condition, dict[str, float]]
    n: int = 200
    missing: dict[str, set[str]] = field(default_factory=dict)
    seed: int = 1

    def means(self):
        """Return the mean answer of each persona to each question, on [0, 1], without shifts."""
        rng = np.random.default_rng(self.seed)
        return rng.uniform(0.25, 0.75, (self.n, len(self.instrument.questions)))

    def answers(self, condition: Condition) -> Answers:
        """Return the answers under a condition: probabilities, or one drawn option."""
        means, shift = self.means(), self.shifts[condition]
        order = list(self.shifts).index(condition)
        rng = np.random.default_rng([self.seed, 7, order])
        shares, statuses = {}, {}
        lacking = self.missing.get(condition.language, set())
        for number, question in enumerate(self.instrument.questions):
            added = shift.get(question.id, shift.get("*", 0.0))
            mean = np.clip(means[:, number] + added, 0.01, 0.99)
            steps = question.n_options - 1
            own = binom.pmf(np.arange(steps + 1), steps, mean[:, None])
            if condition.readout == "drawn":
                own = np.eye(steps + 1)[rng.binomial(steps, mean)]
            shares[question.id] = own
            if question.id in lacking:
                statuses[question.id] = ["not_asked"] * self.n
        return Answers(condition, self.instrument, responses(self.instrument, shares, statuses))

    def gathered(self) -> Gathered:
        """Return the answers of all conditions as if they were read from files."""
        return _InMemory(list(self.shifts), [self.instrument], {}, self)


@dataclass(frozen=True)
class _InMemory(Gathered):
    study: Study

    def read(self, condition: Condition, instrument: Instrument) -> Answers:
        return self.study.answers(condition)
