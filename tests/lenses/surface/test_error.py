"""The error of a surface by the number of personas: it falls, and is that of others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from made_up_answers import instrument, question, responses
from planted_cube import together
from valuescape.core import tables
from valuescape.lenses.surface import tables as surface_tables
from valuescape.lenses.surface.error import error_rows
from valuescape.lenses.surface.predict import Asked
from valuescape.stats.resampling import Draws
from valuescape.study.designs import persona_ids, persona_table
from valuescape.study.space import read_space

SPACE = read_space(Path(__file__).parents[3] / "config/persona_space.yaml")


def test_the_error_falls_with_the_number_of_personas():
    effect = together(SPACE, (4,), np.random.default_rng(3))
    noise = np.random.default_rng(4).normal(0, 0.05, len(effect))
    p = np.clip(0.5 + 0.15 * effect + noise, 0, 1)
    ids = persona_ids(SPACE, "random288", 7)
    one = instrument(question("Q", (0, 1)))
    frame = responses(one, {"Q": np.column_stack([1 - p, p])[ids]}, persona_ids=ids)
    asked = Asked(SPACE, persona_table(SPACE, ids), (one,), (frame,), "probabilities")
    schema = dict(surface_tables.SURFACE_ERROR.columns)
    rows = pl.DataFrame(list(error_rows(asked, Draws(1, 1))), schema=schema, orient="row")
    assert tables.check(rows, surface_tables.SURFACE_ERROR, "test").height == 8
    surface = rows.filter(predictor="surface").sort("n_personas")
    assert surface["n_personas"].to_list() == [36, 72, 144, 288]
    assert surface["emd"][3] < 0.9 * surface["emd"][0]
    assert surface["answers"].to_list() == surface["n_personas"].to_list()
    alone = rows.filter(predictor="mean_alone", n_personas=288)["emd"].item()
    assert surface["emd"][3] < 0.5 * alone
