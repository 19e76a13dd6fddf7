"""Weights of the world: written with what they meet and what is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import made_up_survey as survey
from valuescape.core import tables
from valuescape.humans import tables as human_tables
from valuescape.lenses.weights import fit
from valuescape.lenses.weights import tables as weight_tables
from valuescape.lenses.weights.schemes import TOLERATED
from valuescape.stats.raking import Margin
from valuescape.study import designs
from valuescape.study import tables as study_tables

CONFIG = Path(__file__).parents[3] / "config"
SPACE = survey.SPACE


def test_what_is_left_out_is_said_in_words():
    margins = [Margin((column,), np.ones(1)) for column in (0, 2)]
    said = fit.left_out(survey.SMALL, {"uniform": np.ones(18), "joint": np.ones(18)}, margins)
    schemes, variables = said.split("; ")
    assert schemes == "schemes not possible here: raking, ipf_pairs, semi_relaxed_ot"
    assert variables.endswith(f": {survey.SMALL.variables[1].name}")


@pytest.mark.parametrize("surveyed", [False, True], ids=["public", "respondents"])
def test_the_command_writes_weights_and_says_what_is_wanting(tmp_path, surveyed):
    personas = designs.persona_table(SPACE, designs.persona_ids(SPACE, "oa144"))
    tables.write(personas, tmp_path / "personas.parquet", study_tables.PERSONAS, {"space": "s"})
    survey_file = tmp_path / "respondents.parquet"
    source = {"survey": "SYNTHETIC"}
    tables.write(survey.world()[0].head(5000), survey_file, human_tables.RESPONDENTS, source)
    fit.main(
        space=CONFIG / "persona_space.yaml",
        personas=tmp_path / "personas.parquet",
        prevalence=CONFIG / "reference/iw_level_prevalence.csv",
        respondents=survey_file if surveyed else None,
        seed=1,
        weights=tmp_path / "w.parquet",
        diagnostics=tmp_path / "d.parquet",
    )
    found = tables.read(tmp_path / "w.parquet", weight_tables.WEIGHTS)
    sums = dict(found.group_by("scheme").agg(pl.col("weight").sum()).iter_rows())
    further = {"semi_relaxed_ot"} if surveyed else set()
    assert set(sums) == {"uniform", "raking"} | further
    assert all(total == pytest.approx(1) for total in sums.values())
    provenance = tables.provenance(tmp_path / "w.parquet")
    assert "ipf_pairs, joint" in provenance["weights left out"]
    assert ("pride, autonomy" in provenance["weights left out"]) == (not surveyed)
    assert (provenance.get("survey") == "SYNTHETIC") == surveyed
    checks = tables.read(tmp_path / "d.parquet", weight_tables.WEIGHTS_DIAGNOSTICS)
    values = {(s, m): (v, f) for s, m, v, f in checks.iter_rows()}
    assert values["uniform", "kish_effective_n"][0] == pytest.approx(144)
    assert values["raking", "residual_levels"][0] < TOLERATED
    assert values["ipf_pairs", "kish_effective_n"][0] is None
    if surveyed:
        # 144 of 93,312 configurations: next to no human has one of them, and the table says so
        assert values["humans", "covered_share"][0] < 0.1
        off, floor = values["raking", "held_out_pairs"]
        assert floor < off < values["uniform", "held_out_pairs"][0]
