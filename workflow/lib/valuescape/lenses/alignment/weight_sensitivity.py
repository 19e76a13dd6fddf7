"""Weight sensitivity: how far alignment depends on how the survey's respondents are counted.

Most public tables count every respondent once; the survey's weights mend each country's sample.
Where both are known, alignment with the same people is measured in either way.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from valuescape.answers.distributions import human_arrays, option_columns, padded, shares_of
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.reference import carried_provenance, read_reference
from valuescape.humans import published
from valuescape.humans import tables as human_tables
from valuescape.humans.distributions import human_answers, respondents_answers
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.stats import resampling
from valuescape.stats.emd import emd, grid_of
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.instruments import read_instrument

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuescape.answers.distributions import HumanAnswers
    from valuescape.answers.expected import Readout
    from valuescape.stats.emd import OptionGrid

    Array = NDArray[np.float64]

logger = logging.getLogger(__name__)

# Shares are printed with two decimals of a per cent: an EMD below this can be rounding alone.
MOVED = 1e-3
NOBODY = "no country is known in both ways, with weights that differ between respondents"
ONE_COUNTRY = "one country alone: no interval"


def weight_sensitivity(
    personas: Array, humans: tuple[HumanAnswers, HumanAnswers], grid: OptionGrid, draws: Draws
) -> pl.DataFrame:
    """Compare alignment with unweighted and with weighted humans of the same countries.

    Parameters
    ----------
    personas : ndarray of float64, shape (n_questions, most_options)
        Shares among all personas; nan where none answered.
    humans : (HumanAnswers, HumanAnswers)
        By country: every respondent counted once, and by weight.
    grid : OptionGrid
        Questions and options.
    draws : Draws
        Bootstrap draws of the countries.

    Returns
    -------
    DataFrame
        Table WEIGHT_SENSITIVITY. Countries whose weights move no answer are left out, for they
        would only dilute the difference.
    """
    common = sorted({*humans[0].groups} & {*humans[1].groups})
    alike, weighted = (each.taken([each.groups.index(c) for c in common]) for each in humans)
    moved = emd(alike.shares, weighted.shares, grid.gaps)
    kept = np.flatnonzero((np.nan_to_num(moved) > MOVED).any(axis=1)).tolist()
    alike, weighted, moved = alike.taken(kept), weighted.taken(kept), moved[kept]
    known = np.isfinite(moved)
    ways = [
        _distances(personas, np.where(known[..., None], each.shares, np.nan), alike, grid)
        for each in (alike, weighted)
    ]
    ways[0]["human_unweighted"], ways[1]["human_unweighted"] = np.where(known, 0.0, np.nan), moved
    rows = [
        {"comparator": name, **_difference(ways[0][name], ways[1][name], draws)} for name in ways[0]
    ]
    return pl.DataFrame(rows, schema=alignment_tables.WEIGHT_SENSITIVITY.columns)


def _distances(
    personas: Array, shares: Array, humans: HumanAnswers, grid: OptionGrid
) -> dict[str, Array]:
    heads = np.nan_to_num(shares) * humans.n_respondents[..., None]
    others = shares_of(heads.sum(axis=0) - heads)
    return {
        "persona": emd(personas, shares, grid.gaps),
        "uniform": emd(grid.uniform, shares, grid.gaps),
        "human_pooled": emd(others, shares, grid.gaps),
    }


def _difference(alike: Array, weighted: Array, draws: Draws) -> dict[str, float | int | str | None]:
    """Summarise the cells of one comparator, shape (n_countries, n_questions), countries drawn."""
    cells = np.isfinite(alike) & np.isfinite(weighted)
    counts = cells.sum(axis=1)
    found: dict[str, float | int | str | None] = {
        "n_countries": int((counts > 0).sum()),
        "n_questions": int(cells.any(axis=0).sum()),
        "n_cells": int(counts.sum()),
        "reason": "",
    }
    if not counts.any():
        return found | {"reason": NOBODY}
    asked = counts > 0
    sums = np.column_stack([np.where(cells, each, 0.0).sum(axis=1) for each in (alike, weighted)])[
        asked
    ]
    counts = counts[asked]
    means = 1 - sums.sum(axis=0) / counts.sum()
    change = sums[:, 0] - sums[:, 1]
    found |= {
        "alignment_unweighted": float(means[0]),
        "alignment_weighted": float(means[1]),
        "difference": float(means[1] - means[0]),
        "largest": float(np.abs(change / counts).max()),
    }
    if len(counts) == 1:
        return found | {"reason": ONE_COUNTRY}
    drawn = resampling.resampled_sums(
        np.column_stack([change, counts.astype(np.float64)]), draws, "alignment/weights"
    )
    low, high = resampling.interval(means[1] - means[0], drawn[:, 0] / drawn[:, 1])
    return found | {"ci_low": float(low), "ci_high": float(high)}


@command
def main(
    *,
    responses: Path,
    instrument: Path,
    distributions: Path,
    distributions_weighted: Path,
    answered: Path,
    interviewed: Path,
    countries: Path,
    respondents: Path | None = None,
    condition: Condition,
    seed: int,
    replicates: int,
    table: Path,
) -> None:
    """Read responses and humans counted in both ways, write table WEIGHT_SENSITIVITY."""
    questions = read_instrument(instrument)
    grid = grid_of(questions)
    provenance = tables.provenance(responses)
    if respondents is not None:
        people = tables.read(respondents, human_tables.RESPONDENTS)
        alike = people.with_columns(weight=pl.lit(1.0))
        both = [respondents_answers(each, questions, ["country"]) for each in (alike, people)]
        provenance |= tables.provenance(respondents)
    else:
        known = (
            published.read_answered(answered),
            read_reference(interviewed, {"country": pl.String, "n": pl.Int64}),
            published.read_countries(countries),
            questions,
        )
        files = (distributions, distributions_weighted)
        both = [human_answers(published.read_country_distributions(f), *known) for f in files]
        provenance |= carried_provenance(distributions)
    columns = option_columns(
        tables.read(responses, study_tables.RESPONSES),
        questions,
        cast("Readout", condition.readout),
    )
    personas = shares_of(padded(columns.sum(axis=0), grid))
    humans = (human_arrays(both[0], "country", grid), human_arrays(both[1], "country", grid))
    found = weight_sensitivity(personas, humans, grid, Draws(replicates, seed))
    logger.info("%s", found.select("comparator", "difference", "n_countries"))
    tables.write(found, table, alignment_tables.WEIGHT_SENSITIVITY, provenance)


if __name__ == "__main__":
    run(main)
