"""Made-up tables of a comparison: several models and conditions, drawn from a seed."""

from __future__ import annotations

import numpy as np
import polars as pl

from valuescape.lenses.comparison import tables as comparison_tables
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.study.instruments import FOUNDATIONS

FEW = ("demo/smollm2-135m/base", "demo/smollm2-135m/null", "demo/gpt-oss-20b/base",
       "demo/gpt-oss-20b/null", "demo/llama-3.3-70b/base")  # fmt: skip
MANY = tuple(
    f"{study}/{model}/{condition}"
    for study in ("paper", "paper_german")
    for model in ("gpt-oss-120b", "llama-3.3-70b", "meta-llama-3.1-8b-instruct-long-name")
    for condition in ("base", "reversed_options_second_wording")
)
MANY_PERSONAS = 1000
LENSES = ("Cultural map", "Alignment", "Alignment, rescaled", "Groups told apart", "Morality")


def runs(n: int) -> tuple[str, ...]:
    """Return the runs of a study of n personas."""
    return FEW if n < MANY_PERSONAS else MANY


def headlines(n: int) -> pl.DataFrame:
    """Return headline numbers; one is not known."""
    rng = np.random.default_rng(21)
    rows = []
    for number, run in enumerate(runs(n)):
        study, model, condition = run.split("/")
        for lens in LENSES:
            value, half = float(rng.uniform(-0.1, 0.9)), float(rng.uniform(0.01, 0.08))
            known = not (number == 1 and lens == "Groups told apart")
            numbers = (value, value - half, value + half) if known else (None,) * 3
            reason = None if known else "persona is not told its country"
            rows.append((run, lens, study, model, condition, f"{lens} (0 to 1)", *numbers, 0.1,
                         0.95, reason))  # fmt: skip
    return _table(rows, comparison_tables.COMPARISON_HEADLINES)


def differences(n: int) -> pl.DataFrame:
    """Return differences of the first two runs, one of them sure, one that does not vary."""
    first, second = runs(n)[:2]
    rows = [
        (first, second, "care", 0.2, 0.1, 0.3, 1e-4, 3e-4, "paired", n, None, None),
        (first, second, "secular", 0.02, -0.1, 0.14, 0.7, 1.0, "paired", n, None, None),
        (first, second, "Morality", -0.1, -0.4, 0.2, 0.5, 1.0, "independent intervals", None,
         None, None),
        (first, second, "purity", 0.0, 0.0, 0.0, None, None, "paired", n, None,
         "no persona answers differently"),
    ]  # fmt: skip
    return _table(rows, comparison_tables.COMPARISON_DIFFERENCES)


def positions(n: int) -> pl.DataFrame:
    """Return clouds of all runs around places of their own, and of their configurations."""
    rng = np.random.default_rng(22)
    rows = []
    for run in runs(n):
        for kind, spread in (("persona", 0.8), ("persona_drawn", 1.4), ("design", 1.75)):
            mean = rng.normal((0.5, 0.6), 0.4) if kind == "persona" else (0.19, 1.84)
            half = None if kind == "design" else 4 / np.sqrt(n) / 5
            numbers = {"n": float(n), "correlation": -0.4}
            numbers |= {f"mean_{axis}": float(x) for axis, x in zip(AXES, mean, strict=True)}
            numbers |= {f"sd_{axis}": spread for axis in AXES}
            rows += [
                (run, kind, measure, x, half and x - half, half and x + half)
                for measure, x in numbers.items()
            ]
    return _table(rows, comparison_tables.COMPARISON_POSITIONS)


def alignment(n: int) -> pl.DataFrame:
    """Return alignments by continent; one run has no groups."""
    rng = np.random.default_rng(23)
    groups = ("Africa", "Asia", "Europe", "North America", "Oceania", "South America", "all")
    rows = []
    for number, run in enumerate(runs(n)):
        for group in groups:
            told = number != 1 or group == "all"
            value = float(rng.uniform(0.72, 0.88)) if told else None
            beside = (0.99, 0.79, 33) if told else (None, None, 0)
            reason = None if told else "persona is not told its country"
            rows.append((run, group, value, *beside, n // 6, reason))
    return _table(rows, comparison_tables.COMPARISON_ALIGNMENT)


def foundations(n: int) -> pl.DataFrame:
    """Return foundation means of all runs."""
    rng = np.random.default_rng(24)
    rows = []
    for run in runs(n):
        for place, foundation in enumerate(FOUNDATIONS):
            mean, half = float(rng.normal(4.1 - 0.2 * place, 0.25)), 1.5 / np.sqrt(n)
            human = 3.9 - 0.15 * place
            rows.append((run, foundation, mean, mean - half, mean + half, 0.4, human, human - 0.4,
                         human + 0.4))  # fmt: skip
    return _table(rows, comparison_tables.COMPARISON_FOUNDATIONS)


def costs(n: int) -> pl.DataFrame:
    """Return costs of answers; one run has no skill that is defined, one no cost that is known."""
    rng = np.random.default_rng(25)
    rows = []
    for number, run in enumerate(runs(n)):
        answers, tokens = 92 * n, float(rng.uniform(15, 60) * (8 if "null" in run else 1))
        seconds, skill = float(rng.uniform(0.002, 0.05)), float(rng.uniform(-0.2, 0.5))
        known = (skill, skill - 0.06, skill + 0.06) if number != 1 else (None,) * 3
        cost = (answers, round(tokens * answers), tokens, seconds * answers, seconds, "NVIDIA H100")
        rows.append((run, *(cost if number != 2 else (None,) * 6), *known))
    return _table(rows, comparison_tables.COMPARISON_COSTS)


def _table(rows, table):
    return pl.DataFrame(rows, schema=dict(table.columns), orient="row")


MAKERS = {
    table.name: make
    for table, make in (
        (comparison_tables.COMPARISON_HEADLINES, headlines),
        (comparison_tables.COMPARISON_DIFFERENCES, differences),
        (comparison_tables.COMPARISON_POSITIONS, positions),
        (comparison_tables.COMPARISON_ALIGNMENT, alignment),
        (comparison_tables.COMPARISON_FOUNDATIONS, foundations),
        (comparison_tables.COMPARISON_COSTS, costs),
    )
}
