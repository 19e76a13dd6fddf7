"""Weights of the world: written with what they meet and what is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import made_up_survey as survey
from valuescape.core import tables
from valuescape.core.errors import UserError
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
    margins = [Margin((column,), np.array([1.0, 0.0, 0.0])[: 2 + column]) for column in (0, 1)]
    given = {"uniform": np.full(18, 1 / 18), "raking": np.full(18, 1 / 18)}
    said = fit.left_out(survey.SMALL, np.arange(18, dtype=np.uint32), given, margins)
    schemes, variables, missed = said.split("; ")
    assert schemes == "schemes not possible here: ipf_pairs, joint, semi_relaxed_ot"
    assert variables.endswith(f": {survey.SMALL.variables[2].name}")
    assert missed.endswith(": trust, authority")


def test_the_world_counts_people_and_not_interviews():
    """Referee B10: each country by its population; mean and SD where no more is known."""
    space = survey.SMALL
    single = {
        f"C{k}": [Margin((0,), np.array([share, 1 - share])), *other]
        for k, (share, other) in enumerate(
            [(0.9, [Margin((1,), np.array([0.2, 0.3, 0.5]))]), *[(0.1, [])] * 19]
        )
    }
    population = dict.fromkeys(single, 1) | {"C0": 19}
    moments = pl.DataFrame(
        {"ivs": [v.ivs for v in space.variables], "mean": [9.0, 1.6, 1.7], "sd": [9.0, 0.7, 0.6]}
    )
    world = fit.public_world(single, {}, population, moments, space)
    assert world.margins[0].shares == pytest.approx([0.5, 0.5])
    # of one country alone: the moments of the map count
    assert (world.margins[1].mean, world.margins[1].sd) == (1.6, 0.7)
    fitted = fit.fit_to_world(space, np.arange(18, dtype=np.uint32), world)
    assert fitted.diagnostics["raking", "residual_levels"][0] < 1e-6
    values = world.margins[1].values[space.levels_of(np.arange(18))[:, 1]]
    assert fitted.weights["raking"] @ values == pytest.approx(1.6)
    with pytest.raises(UserError, match="population of 'C3' is not known"):
        fit.public_world(single, {}, {"C0": 1, "C1": 1, "C2": 1}, moments, space)


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
        distributions=CONFIG / "reference/wvs7_country_distributions.csv",
        joint=CONFIG / "reference/wvs7_indicator_joint.parquet",
        countries=CONFIG / "reference/countries.csv",
        projection=CONFIG / "reference/iw_projection.csv",
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
    assert "variables without a human margin: none" in provenance["weights left out"]
    assert (provenance.get("survey") == "SYNTHETIC") == surveyed
    checks = tables.read(tmp_path / "d.parquet", weight_tables.WEIGHTS_DIAGNOSTICS)
    values = {(s, m): (v, f) for s, m, v, f in checks.iter_rows()}
    assert values["uniform", "kish_effective_n"][0] == pytest.approx(144)
    # 144 personas meet the margins of the simulated people, and not those of the world
    assert (values["raking", "residual_levels"][0] < TOLERATED) == surveyed
    missed = provenance["weights left out"].rsplit(": ", 1)[1]
    assert (missed == "none") == surveyed
    assert values["ipf_pairs", "kish_effective_n"][0] is None
    if surveyed:
        # 144 of 93,312 configurations: next to no human has one of them, and the table says so
        assert values["humans", "covered_share"][0] < 0.1
        off, floor = values["raking", "held_out_pairs"]
        assert floor < off < values["uniform", "held_out_pairs"][0]
