"""Print how often the intervals of the headline alignment hold the planted truth; nominal 0.95.

Studies are made up: personas of a balanced fraction, dealt to groups, whose answers follow their
levels, their group and themselves; humans of countries that differ within a group. What is true of
the whole populations is known, so each study's interval either holds it or does not.

    python tests/benchmarks/coverage.py --studies 200

Nothing here is an answer of a human or of a model.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from valuescape.answers.distributions import HumanAnswers, persona_answers, shares_of
from valuescape.humans.clusters import resampled_humans, undivided_heads
from valuescape.lenses.alignment.comparators import further_distances
from valuescape.lenses.alignment.distances import PERSONA, corrected_distances
from valuescape.lenses.alignment.groups import Least, reasons
from valuescape.lenses.alignment.inputs import resampled_counts
from valuescape.lenses.alignment.summary import (
    CELL_MEAN,
    cell_weights,
    mean_distances,
    summary_table,
)
from valuescape.lenses.alignment.weighting import WEIGHTED, configured_questions, weigh_answers
from valuescape.stats.emd import OptionGrid, emd, grid_of
from valuescape.stats.resampling import Draws
from valuescape.study.designs import persona_ids
from valuescape.study.instruments import Instrument, read_instrument
from valuescape.study.space import PersonaSpace, read_space

if TYPE_CHECKING:
    import polars as pl

    from valuescape.lenses.alignment.weighting import Configured

CONFIG = Path(__file__).parents[2] / "config"
ASKED = ("Q46", "Q57", "Q164", "Q1", "Q47", "Q48", "Q106", "Q113", "Q131", "Q158", "Q199", "Q235")
"""Questions that configure, and some of each number of options that do not."""
LEAST = Least(humans=30, countries=2, personas=20)


@dataclass(frozen=True)
class Scenario:
    """What a made-up study is like.

    Attributes
    ----------
    countries : tuple of int
        Countries behind each group; one of none is compared as a country of its own.
    sizes : tuple of int
        Personas of each group, as parts of the whole.
    design : str
        Which personas.
    drawn : bool
        Whether an answer is one option, or the probabilities of all.
    refused : float
        Share of answers that personas of the last level of importance of God refuse on every other
        question; those of the first, a third of it.
    follows : float
        How strongly answers follow the levels.
    """

    countries: tuple[int, ...] = (4, 12, 8, 4, 1, 6)
    sizes: tuple[int, ...] = (24, 24, 24, 24, 24, 24)
    design: str = "oa144"
    drawn: bool = True
    refused: float = 0.0
    follows: float = 0.5


SCENARIOS = {
    "one option drawn": Scenario(),
    "probabilities": Scenario(drawn=False),
    "planted refusals": Scenario(refused=0.4),
    "levels followed closely": Scenario(follows=1.2),
    "small groups of two countries": Scenario((2,) * 6, (8, 20, 25, 31, 35, 25)),
    "288 personas": Scenario(design="oa288"),
    "countries as groups": Scenario((0,) * 6),
}


def softmax(scores: np.ndarray, grid: OptionGrid) -> np.ndarray:
    """Return shares of options; those that a question has not are 0."""
    likely = np.exp(scores) * grid.present
    return np.asarray(likely / likely.sum(axis=-1, keepdims=True))


class Truth:
    """The populations that studies of a scenario are drawn from."""

    def __init__(
        self, scenario: Scenario, instrument: Instrument, space: PersonaSpace, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        self.scenario, self.grid, self.space = scenario, grid_of(instrument), space
        shape = self.grid.present.shape
        groups = len(scenario.countries)
        world = rng.normal(0, 0.8, shape)
        self.humans = softmax(world + rng.normal(0, 0.35, (groups, *shape)), self.grid)
        self.base = world + rng.normal(0, 0.5, shape) + rng.normal(0, 0.25, (groups, *shape))
        self.effects = [
            rng.normal(0, scenario.follows / 2, (len(variable.levels), *shape))
            for variable in space.variables
        ]
        # A persona follows the level of the very question.
        for variable, effect in zip(space.variables, self.effects, strict=True):
            if len(variable.wvs7) == 1 and variable.wvs7[0] in self.grid.questions:
                row = self.grid.questions.index(variable.wvs7[0])
                for level, of_level in enumerate(variable.levels):
                    inside = np.isin(self.grid.values[row], of_level.codes) & self.grid.present[row]
                    effect[level, row] += scenario.follows * inside

    def likely(self, levels: np.ndarray, groups: np.ndarray, own: np.ndarray | float) -> np.ndarray:
        """Return what personas answer, shape (n, n_questions, most_options)."""
        scores = self.base[groups] + own
        for column, effect in enumerate(self.effects):
            scores = scores + effect[levels[:, column]]
        return softmax(scores, self.grid)

    def refusing(self, levels: np.ndarray) -> np.ndarray:
        """Return the probability of a refusal, shape (n, n_questions)."""
        god = next(c for c, v in enumerate(self.space.variables) if v.name == "god")
        last = len(self.space.variables[god].levels) - 1
        rate = np.where(levels[:, god] == last, self.scenario.refused, 0.0)
        rate = np.where(levels[:, god] == 0, self.scenario.refused / 3, rate)
        return np.where(np.arange(len(self.grid.questions)) % 2, rate[:, None], 0.0)

    def alignment(
        self, configured: list[Configured], seed: int = 5, n: int = 4000
    ) -> dict[str, np.ndarray]:
        """Return the true alignment of each cell, unweighted and weighted."""
        rng = np.random.default_rng(seed)
        levels = self.space.levels_of(rng.integers(0, self.space.n_personas, n))
        found = {PERSONA: [], WEIGHTED: []}
        own = OWN * rng.normal(0, 1, (n, *self.grid.present.shape))
        for group, humans in enumerate(self.humans):
            answers = self.likely(levels, np.full(n, group), own)
            answered = 1 - self.refusing(levels)
            # A full cube raked to single margins weighs each level by its share among humans.
            weight = np.ones(n)
            for each, column in zip(configured, self.columns, strict=True):
                n_options = len(each.binned)
                share = humans[each.question, :n_options] @ each.binned
                weight *= share[levels[:, column]] * len(share)
            for name, weights in ((PERSONA, answered), (WEIGHTED, weight[:, None])):
                shares = shares_of((weights[..., None] * answers).sum(axis=0))
                found[name].append(1 - emd(shares, humans, self.grid.gaps))
        return {name: np.stack(cells) for name, cells in found.items()}

    @property
    def columns(self) -> list[int]:
        """The variables of the questions that configure, in the order of the instrument."""
        of = {v.wvs7[0]: c for c, v in enumerate(self.space.variables) if len(v.wvs7) == 1}
        return [of[question] for question in self.grid.questions if question in of]


OWN = 0.5
"""How much personas of one configuration differ in the scores of options."""
SPREAD = 40.0
"""Countries of a group differ as a Dirichlet variable of this concentration about its shares."""
RESPONDENTS = 1000


def study(
    truth: Truth, instrument: Instrument, rng: np.random.Generator, draws: Draws
) -> tuple[pl.DataFrame, np.ndarray, list[Configured]]:
    """Return the summary of one made-up study, which cells count, and what configured."""
    scenario, grid, space = truth.scenario, truth.grid, truth.space
    ids = persona_ids(space, scenario.design)
    levels = space.levels_of(ids)
    n, n_groups = len(ids), len(scenario.sizes)
    sizes = np.array(scenario.sizes) * n // sum(scenario.sizes)
    group = rng.permutation(np.resize(np.repeat(np.arange(n_groups), sizes), n))
    own = OWN * rng.normal(0, 1, (n, *grid.present.shape))
    answers = truth.likely(levels, group, own)
    if scenario.drawn:
        place = (rng.random((*answers.shape[:2], 1)) > np.cumsum(answers, axis=-1)).sum(axis=-1)
        answers = np.eye(grid.present.shape[1])[np.minimum(place, grid.present.sum(axis=1) - 1)]
    answers = answers * (rng.random(answers.shape[:2]) >= truth.refusing(levels))[..., None]
    columns = answers[:, grid.present]
    members = [*(np.flatnonzero(group == each) for each in range(n_groups)), np.arange(0)]
    heads = []
    for number, shares in zip(scenario.countries, truth.humans, strict=True):
        places = np.repeat(shares[None], max(number, 1), axis=0)
        if number:
            alpha = np.where(grid.present, SPREAD * shares, 1e-9)
            gamma = rng.gamma(np.broadcast_to(alpha, places.shape))
            places = gamma / gamma.sum(axis=-1, keepdims=True)
        heads.append(rng.multinomial(RESPONDENTS, places).astype(np.float64))
    people = np.stack([each.sum(axis=0) for each in heads])
    respondents = people.sum(axis=-1)
    n_countries = np.broadcast_to(np.maximum(scenario.countries, 1)[:, None], respondents.shape)
    humans = HumanAnswers(
        tuple(f"group {k}" for k in range(n_groups)), shares_of(people), respondents, respondents,
        n_countries.astype(np.float64),
    )  # fmt: skip
    clusters = heads if any(scenario.countries) else undivided_heads(humans)
    grouping = ("continent",) if any(scenario.countries) else ("country",)
    drawn = resampled_counts(columns, members, grid, draws)[:, :-1]
    known = humans.shares, resampled_humans(humans, clusters, draws)
    configured = configured_questions(levels, space, instrument)
    weighted = weigh_answers(
        columns, members, configured, (humans, known[1]), grid=grid, draws=draws
    )
    counts = persona_answers(columns, members, grid)
    answers_of = {
        PERSONA: (counts.counts[:-1], drawn),
        WEIGHTED: weighted.by_comparator[WEIGHTED],
    }
    estimates, replicates, corrected = {}, {}, {}
    for name, answered in answers_of.items():
        estimates[name], replicates[name] = further_distances(answered, known, grid.gaps)
        corrected[name] = corrected_distances(answered, known, grid.gaps)
    counted = reasons(counts.n[:-1], humans, LEAST, grouping) == ""
    weights = cell_weights(counted, counts.n[:-1], humans, instrument)
    means = mean_distances(estimates, replicates, weights)
    summary = summary_table(means, corrected, weights, [], {}, names=humans.groups)
    return summary.filter(aggregate=CELL_MEAN), counted, configured


def coverage(scenario: Scenario, n_studies: int, n_draws: int, seed: int) -> dict[str, float]:
    """Return how often each interval holds the truth, its mean error and its mean width."""
    probe = read_instrument(CONFIG / "instruments/wvb_probe.yaml")
    space = read_space(CONFIG / "persona_space.yaml")
    instrument = replace(probe, questions=tuple(probe.question(name) for name in ASKED))
    rng = np.random.default_rng(seed)
    size = sum(not question.conditioning for question in instrument.questions)
    found: dict[str, list[tuple[bool, float, float]]] = {}
    for number in range(n_studies):
        # Each study has populations of its own, so that no lucky truth decides.
        truth = Truth(scenario, instrument, space, seed * 100_003 + number)
        summary, counted, configured = study(truth, instrument, rng, Draws(n_draws, number))
        true = truth.alignment(configured)
        rows = {
            row["comparator"]: row
            for row in summary.filter(question_set=size).iter_rows(named=True)
        }
        kept = counted & ~np.array([q.conditioning for q in instrument.questions])
        for comparator in (PERSONA, WEIGHTED):
            planted = float(true[comparator][kept].mean())
            row = rows[comparator]
            for name, columns in (
                ("plain", ("alignment", "ci_low", "ci_high")),
                ("corrected", ("corrected", "corrected_low", "corrected_high")),
            ):
                estimate, low, high = (row[column] for column in columns)
                found.setdefault(f"{comparator} {name}", []).append(
                    (low <= planted <= high, estimate - planted, high - low)
                )
    return {
        name: np.array(rows, dtype=float).mean(axis=0).round(4).tolist()
        for name, rows in found.items()
    }


def main() -> None:
    """Make up studies of every scenario, print coverage, mean error and mean width."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*")
    args = parser.parse_args()
    for name, scenario in SCENARIOS.items():
        if args.only and name not in args.only:
            continue
        found = coverage(scenario, args.studies, args.draws, args.seed)
        sys.stdout.write(json.dumps({"scenario": name, **found}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
