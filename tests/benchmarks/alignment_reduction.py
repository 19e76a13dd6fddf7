"""Time the reduction of all answers to distances, and the bootstrap, against the usual way.

    PYTHONPATH=workflow/lib python tests/benchmarks/alignment_reduction.py

Made-up answers of 93,312 personas and as many respondents to 36 questions, in 46 groups. The usual
way holds them in long tables, one row an answer, and loops over groups and questions with pandas
and scipy; ours reads two Parquet files of wide whole numbers and counts. Prints JSON lines with CPU
and wall seconds and their ratios, and checks that both find the same distances. The usual way runs
once, over everything; ours, and the bootstrap, are the best of several runs.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl
from scipy.stats import wasserstein_distance

from valuescape.answers.distributions import (
    HumanAnswers,
    chosen_counts,
    shares_of,
)
from valuescape.humans.clusters import resampled_humans, undivided_heads
from valuescape.lenses.alignment.distances import in_blocks
from valuescape.lenses.alignment.inputs import resampled_counts
from valuescape.stats.emd import emd, grid_of
from valuescape.stats.resampling import Draws
from valuescape.study.instruments import read_instrument

if TYPE_CHECKING:
    from collections.abc import Callable

N, GROUPS, REPLICATES = 93_312, 46, 1000
TRIES, TRIES_OF_BOOTSTRAP = 5, 3
INSTRUMENT = read_instrument(Path(__file__).parents[2] / "config/instruments/wvb_probe.yaml")
GRID = grid_of(INSTRUMENT)
OPTIONS = {q.id: np.array([option.value for option in q.options]) for q in INSTRUMENT.questions}


def timed(action: Callable[[], np.ndarray], tries: int) -> tuple[np.ndarray, dict[str, float]]:
    """Return what an action finds, and the least CPU and wall seconds that it took."""
    spent = []
    for _ in range(tries):
        cpu, wall = time.process_time(), time.perf_counter()
        found = action()
        spent.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpu, wall = np.min(spent, axis=0)
    return found, {"cpu_s": round(float(cpu), 4), "wall_s": round(float(wall), 4)}


def made_up(seed: int) -> pl.DataFrame:
    """Return a group and 36 answers of each row, 3 % of them null."""
    rng = np.random.default_rng(seed)
    columns = {"group": rng.integers(0, GROUPS, N)}
    for question in INSTRUMENT.questions:
        options = OPTIONS[question.id].astype(np.int8)
        chosen = pl.Series(options[rng.integers(0, len(options), N)])
        valid = pl.Series(rng.random(N) > 0.03)
        columns[question.id] = pl.select(pl.when(valid).then(chosen)).to_series()
    return pl.DataFrame(columns)


def usual(personas: pd.DataFrame, humans: pd.DataFrame) -> np.ndarray:
    """Return the distances, from long tables with columns group, question, answer."""
    found = np.empty((GROUPS, len(INSTRUMENT.questions)))
    for group in range(GROUPS):
        sides = [long[long["group"] == group] for long in (personas, humans)]
        for number, question in enumerate(INSTRUMENT.questions):
            low, *_, high = OPTIONS[question.id]
            lists = []
            for side in sides:
                answers = side.loc[side["question"] == question.id, "answer"]
                lists.append(((answers - low) / (high - low)).tolist())
            found[group, number] = wasserstein_distance(*lists)
    return found


def ours(paths: list[Path]) -> np.ndarray:
    """Return the distances, both reads included."""
    shares = []
    for path in paths:
        answered = pl.read_parquet(path)
        counts = chosen_counts(answered, answered["group"].to_numpy(), GROUPS, GRID)
        shares.append(shares_of(counts))
    return emd(shares[0], shares[1], GRID.gaps)


def bootstrap(frame: pl.DataFrame, humans: HumanAnswers) -> np.ndarray:
    """Return the distances of all replicates, personas and humans drawn anew."""
    draws = Draws(REPLICATES, 1)
    columns = np.column_stack(
        [frame[name].cast(pl.Float64).to_numpy()[:, None] == o for name, o in OPTIONS.items()]
    ).astype(np.float64)
    group = frame["group"].to_numpy()
    members = [np.flatnonzero(group == number) for number in range(GROUPS)]
    counts = resampled_counts(columns, members, GRID, draws)
    people = resampled_humans(humans, undivided_heads(humans), draws)
    found = [emd(shares_of(counts[b]), people[b], GRID.gaps) for b in in_blocks(REPLICATES)]
    return np.concatenate(found)


def main() -> None:
    """Time both ways and print JSON lines."""
    sides = [made_up(seed) for seed in (1, 2)]
    rows = [
        side.unpivot(index="group", variable_name="question", value_name="answer").drop_nulls()
        for side in sides
    ]
    long = [pd.DataFrame({name: each[name].to_numpy() for name in each.columns}) for each in rows]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.parquet" for number in range(2)]
        for side, path in zip(sides, paths, strict=True):
            side.write_parquet(path)
        fast, best = timed(lambda: ours(paths), TRIES)
    slow, seconds = timed(lambda: usual(*long), 1)
    np.testing.assert_allclose(fast, slow, atol=1e-12)
    line = {
        "what": f"{N:,} x 36 x {GROUPS}",
        "usual": seconds,
        "ours_with_both_reads": best,
        "ratio": {key: round(seconds[key] / best[key]) for key in best},
    }
    sys.stdout.write(json.dumps(line) + "\n")
    group = sides[1]["group"].to_numpy()
    counts = chosen_counts(sides[1], group, GROUPS, GRID)
    size = counts.sum(axis=-1)
    names = tuple(f"{number}" for number in range(GROUPS))
    humans = HumanAnswers(names, shares_of(counts), size, size, np.ones_like(size))
    _, spent = timed(lambda: bootstrap(sides[0], humans), TRIES_OF_BOOTSTRAP)
    sys.stdout.write(json.dumps({"what": f"{REPLICATES:,} bootstraps of all cells"} | spent) + "\n")


if __name__ == "__main__":
    main()
