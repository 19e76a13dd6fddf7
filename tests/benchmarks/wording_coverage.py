"""Print how often intervals of a headline hold its mean over all wordings; nominal 0.95.

Studies are made up: each wording moves the headline by a draw from a normal distribution, and the
personas move it too, in part alike in all wordings. Nothing here is an answer of a model.

    python tests/benchmarks/wording_coverage.py --studies 4000
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
from scipy.stats import norm

from valuescape.lenses.robustness.wordings import TAIL, over_wordings

WORDINGS = (3, 4, 6, 10)
SPREADS = (0.0, 0.5, 1.0, 3.0)
"""Standard deviations between wordings, in standard errors by the personas."""
SHARED = (1.0, 0.5)
"""How much of the personas' variance all wordings share."""


def coverage(n: int, sd: float, shared: float, studies: int, seed: int) -> dict[str, float]:
    """Return how often each interval holds the truth, which is 0.

    Parameters
    ----------
    n : int
        Wordings of a study.
    sd : float
        Standard deviation between wordings; that of the personas is 1.
    shared : float
        Share of the personas' variance that is the same in all wordings, in [0, 1].
    studies : int
        How many are made up.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    dict of str to float
        By the name of an interval.
    """
    rng = np.random.default_rng(seed)
    z = float(norm.ppf(TAIL))
    alike = shared**0.5 * rng.normal(0, 1, (studies, 1))
    own = (1 - shared) ** 0.5 * rng.normal(0, 1, (studies, n))
    estimates = alike + own + sd * rng.normal(0, 1, (studies, n))
    names = [str(k) for k in range(n)]
    ends = [[(value - z, value + z) for value in row] for row in estimates.tolist()]
    found = [
        over_wordings(names, row, own) for row, own in zip(estimates.tolist(), ends, strict=True)
    ]
    students = [each.low <= 0 <= each.high for each in found]
    variance = 1 + estimates.var(axis=1, ddof=1) / n
    return {
        "own": float((np.abs(estimates[:, 0]) <= z).mean()),
        "normal": float((np.abs(estimates.mean(axis=1)) <= z * variance**0.5).mean()),
        "over wordings": float(np.mean(students)),
    }


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--studies", type=int, default=4000)
    args = parser.parse_args()
    lines = [
        "| wordings | sd | shared | own | normal | over wordings |",
        "|---|---|---|---|---|---|",
    ]
    for shared in SHARED:
        for sd in SPREADS:
            for n in WORDINGS:
                row = coverage(n, sd, shared, args.studies, seed=n)
                numbers = " | ".join(f"{value:.3f}" for value in row.values())
                lines.append(f"| {n} | {sd:g} | {shared:g} | {numbers} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
