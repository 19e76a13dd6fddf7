"""Personas drawn from respondents: by weight, different, the same for a seed, refused without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import made_up_survey as survey
from conftest import ROOT
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.humans import respondent_design
from valuescape.humans import tables as human_tables
from valuescape.stats.resampling import Draws
from valuescape.study import designs
from valuescape.study import tables as study_tables

if TYPE_CHECKING:
    from pathlib import Path

SPACE = survey.SPACE


def test_a_configuration_is_drawn_as_often_as_its_weight_says():
    # by hand: of shares 0.5, 0.3, 0.2, two are drawn one after the other; the first is among them
    # with 0.5 + 0.3 * 0.5 / 0.7 + 0.2 * 0.5 / 0.8 = 0.8393
    shares = np.array([0.5, 0.0, 0.3, 0.2])
    found = [respondent_design.draw_configurations(shares, Draws(2, seed)) for seed in range(4000)]
    assert all(len(set(ids.tolist())) == 2 and 1 not in ids for ids in found)
    # 4 standard errors of a share of 4,000 draws
    assert np.mean([0 in ids for ids in found]) == pytest.approx(0.8393, abs=0.023)


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> Path:
    rng = np.random.default_rng(3)
    frames = [survey.draw(SPACE, country, rng.normal(0, 3, 10), 200, rng) for country in "AB"]
    path = tmp_path_factory.mktemp("people") / "respondents.parquet"
    version = {"wvs7 version": "SYNTHETIC"}
    tables.write(survey.respondents(frames), path, human_tables.RESPONDENTS, version)
    return path


def draw(people: Path, output: Path, design: str, seed: int = 1) -> np.ndarray:
    respondent_design.main(
        space=ROOT / "config/persona_space.yaml",
        respondents=people,
        design=design,
        seed=seed,
        personas=output,
    )
    return tables.read(output, study_tables.PERSONAS)["persona_id"].to_numpy()


def test_every_persona_is_another_configuration_of_a_respondent(people, tmp_path):
    ids = draw(people, tmp_path / "50.parquet", "respondents50")
    names = [variable.name for variable in SPACE.variables]
    theirs = SPACE.ids_of(tables.read(people, human_tables.RESPONDENTS).select(names).to_numpy())
    assert len(np.unique(ids)) == 50
    assert set(ids.tolist()) <= set(theirs.tolist())
    source = tables.provenance(tmp_path / "50.parquet")
    # what is made from a SYNTHETIC file says so on
    assert source["wvs7 version"] == "SYNTHETIC"
    assert source["study design"] == "respondents50"


def test_the_draw_is_the_seeds_and_a_larger_one_holds_it(people, tmp_path):
    few = draw(people, tmp_path / "few.parquet", "respondents50")
    turned = tmp_path / "turned.parquet"
    frame = tables.read(people, human_tables.RESPONDENTS)
    ids = frame["respondent_id"]
    frame = frame.reverse().with_columns(respondent_id=ids)
    tables.write(frame, turned, human_tables.RESPONDENTS, {})
    again = draw(turned, tmp_path / "again.parquet", "respondents50")
    np.testing.assert_array_equal(few, again)
    many = draw(people, tmp_path / "many.parquet", "respondents80")
    assert set(few.tolist()) < set(many.tolist())
    assert set(draw(people, tmp_path / "o.parquet", "respondents50", 2)) != set(few)


def test_too_many_are_refused_with_the_number_there_is(people, tmp_path):
    output = tmp_path / "personas.parquet"
    with pytest.raises(
        UserError, match=r"5,000 respondents to draw, but they have \d+ conf"
    ) as caught:
        draw(people, output, "respondents5000")
    assert "design: respondents" in caught.value.hint
    assert not output.exists()
    with pytest.raises(UserError, match="has 93,312 personas"):
        designs.size(SPACE, "respondents93313")
