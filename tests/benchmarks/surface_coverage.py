"""How often the intervals of the response surface hold the truth of all configurations.

    PYTHONPATH=workflow/lib:tests python tests/benchmarks/surface_coverage.py --simulations 100

Each simulation plants six scores in every configuration (main effects, five pairs, one triple,
noise), asks those of a design, and compares what the surface says of all configurations with the
truth. Prints, by design and number: how often the interval holds the truth, its mean half width
beside that of a mean over as many personas drawn at random, and, for means weighted to countries,
the error beside that of the asked personas weighted alone. Seven seconds a simulation and design.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

from planted_cube import planted
from valuescape.humans.published import (
    read_country_distributions,
    read_indicator_joint,
    read_waves,
)
from valuescape.lenses.cultural_map.clouds import inside_hull
from valuescape.lenses.cultural_map.positions import read_centroids
from valuescape.lenses.surface.cells import drawn_cells, ends, fit_scores
from valuescape.lenses.weights.country_weights import weight_by_aggregates
from valuescape.stats.resampling import Draws
from valuescape.study.designs import persona_ids
from valuescape.study.space import PersonaSpace, read_space

CONFIG = Path(__file__).parents[2] / "config"
REFERENCE = CONFIG / "reference"
N_SCORES, N_DRAWS, N_COUNTRIES = 6, 40, 8
Z = 1.959964


def numbers(scores: np.ndarray, at_level: np.ndarray, weights: np.ndarray, corners: np.ndarray):
    """Return the numbers of a cube of scores, by name; arrays over scores or countries."""
    return {
        "mean": scores.mean(axis=0),
        "sd": scores.std(axis=0),
        "mean at a level": scores[at_level].mean(axis=0),
        "country mean": (weights @ scores).ravel(),
        "share in hull": np.atleast_1d(inside_hull(scores[:, :2], corners).mean()),
    }


def asked_alone(scores: np.ndarray, at_level: np.ndarray, corners: np.ndarray):
    """Return half widths of intervals of the asked personas alone, as of a random sample."""
    n, centred = len(scores), scores - scores.mean(axis=0)
    share = inside_hull(scores[:, :2], corners).mean()
    variance = scores.var(axis=0)
    fourth = np.maximum((centred**4).mean(axis=0) - variance**2, 0.0)
    return {
        "mean": Z * np.sqrt(variance / n),
        "sd": Z * np.sqrt(fourth / n / 4 / variance),
        "mean at a level": Z * scores[at_level].std(axis=0) / np.sqrt(at_level.sum()),
        "share in hull": Z * np.sqrt(np.atleast_1d(share * (1 - share) / n)),
    }


def simulate(space: PersonaSpace, design: str, n_simulations: int, weights, corners) -> None:
    """Print how often intervals hold, for one design."""
    levels = space.levels_of(np.arange(space.n_personas))
    at_level = levels[:, 2] == 1
    whole_weights, published = weights
    held, half, alone, errors = (defaultdict(list) for _ in range(4))
    start = time.process_time()
    raked = {}
    for number in range(n_simulations):
        rng = np.random.default_rng(number)
        scores = np.column_stack([planted(space, rng) for _ in range(N_SCORES)])
        seed = number // 10  # a random design serves ten simulations
        ids = persona_ids(space, design, seed)
        if ids.tobytes() not in raked:
            raked[ids.tobytes()] = weight_by_aggregates(space, levels[ids], *published)
        fitted = fit_scores(space, ids, scores[ids])
        drawn = [
            numbers(cells, at_level, whole_weights.weights, corners)
            for cells in drawn_cells(fitted, Draws(N_DRAWS, number), "coverage")
        ]
        truth = numbers(scores, at_level, whole_weights.weights, corners)
        for name, true in truth.items():
            found = np.array([each[name] for each in drawn])
            low, high = ends(found)
            held[name] += ((low <= true) & (true <= high)).tolist()
            half[name] += ((high - low) / 2).tolist()
        for name, width in asked_alone(scores[ids], at_level[ids], corners).items():
            alone[name] += width.tolist()
        own = raked[ids.tobytes()]
        rows = [own.countries.index(country) for country in whole_weights.countries]
        fraction = own.weights[rows] @ scores[ids]
        met = own.met[rows]
        true = truth["country mean"].reshape(fraction.shape)
        surface = np.mean([each["country mean"] for each in drawn], axis=0).reshape(fraction.shape)
        errors["surface, all"] += ((surface - true) ** 2).ravel().tolist()
        errors["asked alone, all"] += ((fraction - true) ** 2).ravel().tolist()
        errors["surface, met"] += ((surface - true)[met] ** 2).ravel().tolist()
        errors["asked alone, met"] += ((fraction - true)[met] ** 2).ravel().tolist()
    for name in held:
        beside = f"{np.mean(alone[name]):.4f}" if name in alone else "-"
        sys.stdout.write(
            f"{design:12} {name:16} holds {np.mean(held[name]):.3f} of {len(held[name])}, half "
            f"width {np.mean(half[name]):.4f}, of a random sample alone {beside}\n"
        )
    for name, squares in errors.items():
        if squares:
            sys.stdout.write(
                f"{design:12} country means, {name}: rms {np.mean(squares) ** 0.5:.4f}\n"
            )
    sys.stdout.write(f"{design:12} {time.process_time() - start:.0f} s of CPU\n")
    sys.stdout.flush()


def main() -> None:
    """Simulate every design."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=34)
    parser.add_argument("--designs", nargs="*", default=["oa1728", "random1728"])
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
    for design in args.designs:
        simulate(
            space, design, args.simulations, (whole.taken(some), published),
            corners.select("self_expression", "secular").to_numpy(),
        )  # fmt: skip


if __name__ == "__main__":
    main()
