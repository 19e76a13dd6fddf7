"""How often the intervals of the response surface hold the truth of all configurations.

    PYTHONPATH=workflow/lib:tests python tests/benchmarks/surface_coverage.py --simulations 100

Each simulation plants six scores in every configuration (main effects, five pairs, one triple,
noise), asks those of a design, and compares what the surface says of all configurations with the
truth. Prints, by design and number: how often the interval holds the truth, with the standard error
over simulations; its mean half width beside that of as many personas drawn at random, without a
surface; and, for means weighted to countries, the error beside that of the asked personas weighted
alone. `--rows FILE` keeps what each simulation found, and adds it to what earlier runs found with
other numbers (`--first`). A design such as random1228+500 has a second stage. Some five seconds a
simulation and design; a Shapley share is tried in one of five simulations.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from planted_cube import planted
from valuescape.humans.published import (
    read_country_distributions,
    read_indicator_joint,
    read_waves,
)
from valuescape.lenses.cultural_map.clouds import inside_hull
from valuescape.lenses.cultural_map.positions import read_centroids
from valuescape.lenses.surface.cells import cube_columns, drawn_cells, ends, fit_scores, pairs_of
from valuescape.lenses.surface.quantities import moral_measures
from valuescape.lenses.surface.second_stage import country_errors, worth_asking
from valuescape.lenses.weights.country_weights import Populations, weight_by_aggregates
from valuescape.stats.resampling import Draws
from valuescape.stats.ridge_surface import PAIRS, Candidate
from valuescape.study.designs import persona_ids
from valuescape.study.instruments import FOUNDATIONS
from valuescape.study.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = Path(__file__).parents[2] / "config"
REFERENCE = CONFIG / "reference"
N_SCORES, N_DRAWS, N_COUNTRIES = 6, 39, 8
Z = 1.959964
SHAPLEY = "shapley trust"
# what a pilot tells of mixed effects: how strong they are beside what is left
PILOT = Candidate(PAIRS, 6.6, 0.03)
# variances of main effects, pairs, one triple, noise
PLANTED = {"mixed": (1.0, 0.3, 0.1, 0.2), "additive": (1.0, 0.0, 0.0, 0.2)}


def asked_alone(scores: np.ndarray, at_level: np.ndarray, corners: np.ndarray, weights: np.ndarray):
    """Return half widths of intervals of the asked personas alone, as of a random sample."""
    n, centred = len(scores), scores - scores.mean(axis=0)
    share = inside_hull(scores[:, :2], corners).mean()
    variance = scores.var(axis=0)
    fourth = np.maximum((centred**4).mean(axis=0) - variance**2, 0.0)
    apart = scores[None] - (weights @ scores)[:, None]
    return {
        "mean": Z * np.sqrt(variance / n),
        "sd": Z * np.sqrt(fourth / n / 4 / variance),
        "mean at a level": Z * scores[at_level].std(axis=0) / np.sqrt(at_level.sum()),
        "country mean": Z * np.sqrt(np.einsum("cn,cnk->ck", weights**2, apart**2)).ravel(),
        "share in hull": Z * np.sqrt(np.atleast_1d(share * (1 - share) / n)),
    }


@dataclass(frozen=True, eq=False)
class Cube:
    """What does not change between simulations."""

    space: PersonaSpace
    levels: np.ndarray
    every_country: Populations
    populations: Populations
    published: tuple[object, ...]
    corners: np.ndarray

    @property
    def at_level(self) -> np.ndarray:
        """Which configurations have one level of one variable."""
        return self.levels[:, 2] == 1

    def numbers(self, scores: np.ndarray) -> dict[str, np.ndarray]:
        """Return the numbers of scores of all configurations; arrays over scores or countries."""
        matrix = cube_columns(self.space)
        coefficients = matrix.T @ scores.astype(np.float32) / len(scores)
        pair, variance = pairs_of(self.space), scores.var(axis=0)
        first, second = (
            (coefficients[which] ** 2).sum(axis=0) / variance for which in (~pair, pair)
        )
        trust = [variable.name for variable in self.space.variables].index("trust")
        means = [scores[self.levels[:, trust] == level].mean(axis=0) for level in (0, 1)]
        alone = np.var(means, axis=0) / variance
        return {
            "share of trust alone": alone,
            "the same, mean over scores": np.atleast_1d(alone.mean()),
            "mean": scores.mean(axis=0),
            "sd": scores.std(axis=0),
            "mean at a level": scores[self.at_level].mean(axis=0),
            "country mean": (self.populations.weights @ scores).ravel(),
            "share in hull": np.atleast_1d(inside_hull(scores[:, :2], self.corners).mean()),
            "share order 1": first,
            "share order 2": second,
            "share order 3 and more": 1 - first - second,
        }

    def shapley(self, scores: np.ndarray) -> np.ndarray:
        """Return the Shapley shares of one variable, of all scores; not quick."""
        moral = moral_measures(scores, self.space)
        return np.array([moral[name, "shapley trust"] for name in FOUNDATIONS])


@cache
def asked_of(cube: Cube, design: str, seed: int) -> tuple[np.ndarray, Populations]:
    """Return the personas of a design and of a second stage, and their weights for countries."""
    first, _, more = design.partition("+")
    ids = persona_ids(cube.space, first, seed)
    if more:
        rows, weights = ids.astype(np.int64), cube.every_country.weights
        prior = PILOT.prior(pairs_of(cube.space))
        errors = country_errors(weights, cube_columns(cube.space), prior, rows)
        found = worth_asking(weights, errors, rows, int(more))
        ids = np.union1d(rows, found).astype(np.uint32)
    return ids, weight_by_aggregates(cube.space, cube.levels[ids], *cube.published)


def simulate(cube: Cube, design: str, kind: str, number: int) -> Iterator[tuple[object, ...]]:
    """Yield, by number of the cube, how many intervals hold, widths and squared errors."""
    rng = np.random.default_rng(number)
    scores = np.column_stack([planted(cube.space, rng, *PLANTED[kind]) for _ in range(N_SCORES)])
    # a random design serves twenty simulations
    ids, own = asked_of(cube, design, number // 20 if design.startswith("random") else 0)
    fitted = fit_scores(cube.space, ids, scores[ids])
    draws = Draws(N_DRAWS, number)
    slow = number % 5 == 0

    def measured(cells: np.ndarray) -> dict[str, np.ndarray]:
        return cube.numbers(cells) | ({SHAPLEY: cube.shapley(cells)} if slow else {})

    drawn = [measured(cells) for cells in drawn_cells(fitted, draws, "coverage")]
    truth = measured(scores)
    rows = [own.countries.index(country) for country in cube.populations.countries]
    fraction, met = own.weights[rows], np.repeat(own.met[rows], N_SCORES)
    alone = asked_alone(scores[ids], cube.at_level[ids], cube.corners, fraction)
    direct = (fraction @ scores[ids]).ravel()
    for name, true in truth.items():
        found = np.array([each[name] for each in drawn])
        low, high = ends(found)
        held, half = (low <= true) & (true <= high), (high - low) / 2
        error = found.mean(axis=0) - true
        width = alone.get(name, np.full(len(true), np.nan))
        other = direct - true if name == "country mean" else np.full(len(true), np.nan)
        parts = {name: np.ones(len(true), dtype=bool)}
        if name == "country mean":
            parts = {f"{name}, met": met, f"{name}, not met": ~met}
        for part, which in parts.items():
            if which.any():
                yield (
                    design, kind, part, number, int(which.sum()), int(held[which].sum()),
                    half[which].mean(), width[which].mean(), (error[which] ** 2).mean(),
                    error[which].mean(), (other[which] ** 2).mean(),
                )  # fmt: skip


COLUMNS = {
    "design": pl.String,
    "planted": pl.String,
    "number": pl.String,
    "simulation": pl.Int64,
    "n": pl.Int64,
    "held": pl.Int64,
    "half_width": pl.Float64,
    "alone": pl.Float64,
    "square": pl.Float64,
    "error": pl.Float64,
    "square_alone": pl.Float64,
}


def summary(rows: pl.DataFrame) -> pl.DataFrame:
    """Return coverage with its standard error over simulations, widths and errors."""
    share = pl.col("held") / pl.col("n")
    return rows.group_by("planted", "design", "number", maintain_order=True).agg(
        simulations=pl.len(),
        n=pl.col("n").sum(),
        holds=(pl.col("held").sum() / pl.col("n").sum()).round(3),
        se=(share.std() / pl.len().sqrt()).round(3),
        half_width=pl.col("half_width").mean().round(4),
        random_alone=pl.col("alone").mean().round(4),
        bias=pl.col("error").mean().round(4),
        rms=pl.col("square").mean().sqrt().round(4),
        rms_alone=pl.col("square_alone").mean().sqrt().round(4),
    )


def main() -> None:
    """Simulate every design, print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=34)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--designs", nargs="*", default=["oa1728", "random1728"])
    parser.add_argument("--planted", choices=PLANTED, default="mixed")
    parser.add_argument("--rows", type=Path)
    args = parser.parse_args()
    space = read_space(CONFIG / "persona_space.yaml")
    corners = read_centroids(REFERENCE / "iw_country_centroids.csv")
    published = (
        read_country_distributions(REFERENCE / "wvs7_country_distributions.csv"),
        read_indicator_joint(REFERENCE / "wvs7_indicator_joint.parquet"),
        read_waves(REFERENCE / "iw_waves.csv"),
    )
    every = space.levels_of(np.arange(space.n_personas))
    whole = weight_by_aggregates(space, every, *published)
    some = np.linspace(0, len(whole.countries) - 1, N_COUNTRIES).astype(int)
    cube = Cube(
        space, every, whole, whole.taken(some), published,
        corners.select("self_expression", "secular").to_numpy(),
    )  # fmt: skip
    rows = pl.DataFrame(schema=COLUMNS)
    if args.rows and args.rows.exists():
        rows = pl.read_csv(args.rows, schema=COLUMNS)
    for number in range(args.first, args.first + args.simulations):
        for design in args.designs:
            found = simulate(cube, design, args.planted, number)
            rows = pl.concat([rows, pl.DataFrame(list(found), schema=COLUMNS, orient="row")])
        if args.rows:
            rows.write_csv(args.rows)
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=160, tbl_hide_dataframe_shape=True):
        sys.stdout.write(f"{summary(rows)}\n")


if __name__ == "__main__":
    main()
