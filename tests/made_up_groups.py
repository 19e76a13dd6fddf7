"""Made-up answers of groups of humans and personas. Nothing here was measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

import public_tables
from made_up_answers import instrument, question, responses
from valuescape.answers.distributions import (
    PersonaAnswers,
    human_arrays,
    members_of,
    option_columns,
    persona_answers,
)
from valuescape.core import tables
from valuescape.humans import distributions
from valuescape.humans import tables as human_tables
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.discrimination import GroupDraws
from valuescape.stats.emd import grid_of
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from valuescape.answers.distributions import HumanAnswers

CONFIG = Path(__file__).parents[1] / "config"
PROBE = CONFIG / "instruments/wvb_probe.yaml"
INSTRUMENT = instrument(
    question("Q1", (1, 2, 3), conditioning=True),
    question("Q2", (0, 1)),
    question("Q3", (1, 2, 3, 4)),
)
GRID = grid_of(INSTRUMENT)
MEASURED = {
    "counts": alignment_tables.COUNTS,
    "cells": alignment_tables.ALIGNMENT_CELLS,
    "groups": alignment_tables.ALIGNMENT_GROUPS,
    "summary": alignment_tables.ALIGNMENT_SUMMARY,
    "scores": alignment_tables.ALIGNMENT_SCORES,
    "measures": alignment_tables.ALIGNMENT_MEASURES,
    "dispersion": alignment_tables.DISPERSION,
    "thresholds": alignment_tables.THRESHOLDS,
    "quantiles": alignment_tables.QUANTILES,
}
"""What `lenses.alignment.measure` writes."""
COMPARED = {
    "discrimination": alignment_tables.DISCRIMINATION,
    "order": alignment_tables.QUESTION_ORDER,
    "equivalent_n": alignment_tables.EQUIVALENT_N,
    "geometry": alignment_tables.GROUP_GEOMETRY,
    "positions": alignment_tables.GROUP_POSITIONS,
}
"""What `lenses.alignment.compare_groups` writes."""
GROUPS = ("East", "North", "South")


def humans() -> HumanAnswers:
    """Return the humans of three groups; few questions were asked in all."""
    cells = [
        ("North", "Q1", (0.5, 0.5, 0.0), 300.0),
        ("South", "Q1", (0.0, 0.0, 1.0), 100.0),
        ("East", "Q1", (0.0, 1.0, 0.0), 100.0),
        ("North", "Q2", (0.25, 0.75), 100.0),
        ("South", "Q2", (0.75, 0.25), 100.0),
        ("North", "Q3", (0.25, 0.25, 0.25, 0.25), 50.0),
    ]
    rows = [
        ("continent", group, asked, option.value, share, n, n, 2)
        for group, asked, shares, n in cells
        for option, share in zip(INSTRUMENT.question(asked).options, shares, strict=True)
    ]
    frame = pl.DataFrame(rows, schema=human_tables.HUMANS.columns, orient="row")
    return human_arrays(frame, "continent", GRID)


def persona_responses() -> tuple[pl.DataFrame, pl.Series]:
    """Return the responses of four personas, one answer refused, and their groups, one unknown."""
    answers = {
        "Q1": np.array([[1, 0, 0], [1, 0, 0], [0, 0, 1.0], [0, 1, 0]]),
        "Q2": np.array([[0.5, 0.5], [0, 1], [0, 1], [1, 0]]),
        "Q3": np.full((4, 4), 0.25),
    }
    statuses = {"Q2": ["valid", "valid", "valid", "refused"]}
    return responses(INSTRUMENT, answers, statuses), pl.Series(["North", "North", "South", None])


def persona_columns() -> tuple[NDArray[np.float64], list[NDArray[np.int64]]]:
    """Return their answers as columns of options, and the rows of each group; the last of none."""
    answered, continents = persona_responses()
    return option_columns(answered, INSTRUMENT, "probabilities"), members_of(continents, GROUPS)


def personas() -> PersonaAnswers:
    """Return what the personas of the three groups answered."""
    counted = persona_answers(*persona_columns(), GRID)
    return PersonaAnswers(counted.counts[:-1], counted.squares[:-1])


G, Q, K = 7, 12, 4
"""Groups, questions and options of answers that are drawn."""
DRAWN_GRID = grid_of(instrument(*(question(f"Q{q}", (1, 2, 3, 4)) for q in range(Q))))


def drawn_shares(
    rng: np.random.Generator, truth: NDArray[np.float64], n: int, size: tuple[int, ...] = ()
) -> NDArray[np.float64]:
    """Return shares among n people of each group and question."""
    return rng.multinomial(n, truth, size=(*size, G, Q)) / n


def group_draws(
    persona_truth: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    seed: int = 1,
    n: int = 300,
    draws: int = 150,
) -> GroupDraws:
    """Return humans of groups that differ, and personas drawn from `persona_truth(truth)`."""
    rng = np.random.default_rng(seed)
    truth = rng.dirichlet(np.full(K, 3.0), (G, Q))
    persona_shares = drawn_shares(rng, persona_truth(truth), n)
    human_shares = drawn_shares(rng, truth, 1000)
    return GroupDraws(
        DRAWN_GRID,
        persona_shares,
        human_shares,
        drawn_shares(rng, persona_shares, n, (draws,)),
        drawn_shares(rng, human_shares, 1000, (draws,)),
        drawn_shares(rng, human_shares, 1000, (30,)),
    )


def by_measure(frame: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Return the rows of a table by their measure."""
    return {row["measure"]: row for row in frame.iter_rows(named=True)}


def write_inputs(folder: Path) -> dict[str, Path]:
    """Write random answers of 60 random personas of three continents; humans are the public ones.

    They are named as the inputs of the lens's commands.
    """
    probe, rng, n = read_instrument(PROBE), np.random.default_rng(2), 60
    answers = {q.id: rng.dirichlet(np.ones(q.n_options), n) for q in probe.questions}
    ids = np.sort(rng.choice(93_312, n, replace=False)).astype(np.uint32)
    biographies = pl.DataFrame(
        {"persona_id": ids,
         "continent": rng.choice(["Asia", "Europe", "Africa"], n)}
    ).with_columns(
        pl.lit(None, dtype).alias(name)
        for name, dtype in study_tables.BIOGRAPHIES.columns.items()
        if name not in {"persona_id", "continent"}
    )  # fmt: skip
    paths = {name: folder / f"{name}.parquet" for name in ("responses", "biographies", "humans")}
    engine = {"engine": "vllm"}
    tables.write(
        responses(probe, answers, persona_ids=ids),
        paths["responses"],
        study_tables.RESPONSES,
        engine,
    )
    tables.write(biographies, paths["biographies"], study_tables.BIOGRAPHIES, engine)
    distributions.main(
        **public_tables.HUMANS,
        instrument=PROBE,
        grouping=["continent"],
        humans=paths["humans"],
    )
    return paths | {"instrument": PROBE, "countries": public_tables.HUMANS["countries"]}
