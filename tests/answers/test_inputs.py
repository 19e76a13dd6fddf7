"""Inputs: personas and their responses are read together, and are of the same personas."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from conftest import ROOT
from made_up_answers import instrument, question, responses
from valuescape.answers.inputs import read_configurations, read_persona_responses
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.study import designs
from valuescape.study import tables as study_tables
from valuescape.study.space import read_space

SPACE = ROOT / "config/persona_space.yaml"
ASKED = instrument(question("Q1", [1, 2]))
FILE = {
    "name": "made_up", "title": "Made up", "source": "made up", "licence": "none",
    "instruction": "",
    "questions": [{"id": "Q1", "text": "What?", "options": [
        {"value": 1, "label": "one"}, {"value": 2, "label": "two"}]}],
}  # fmt: skip


@pytest.fixture
def study(tmp_path):
    space = read_space(SPACE)
    ids = designs.persona_ids(space, "handful")
    tables.write(
        designs.persona_table(space, ids), tmp_path / "personas", study_tables.PERSONAS, {}
    )
    (tmp_path / "made_up.yaml").write_text(yaml.safe_dump(FILE), encoding="utf-8")
    return tmp_path, ids


def written(folder, ids):
    shares = {"Q1": np.tile([0.25, 0.75], (len(ids), 1))}
    frame = responses(ASKED, shares, persona_ids=[int(each) for each in ids])
    tables.write(frame, folder / "responses", study_tables.RESPONSES, {})
    return folder / "responses"


def test_levels_are_those_of_the_ids(study):
    folder, ids = study
    read = read_configurations(SPACE, folder / "personas")
    assert (read.levels == read.space.levels_of(np.sort(ids))).all()


def test_responses_come_with_their_personas(study):
    folder, ids = study
    file = folder / "made_up.yaml"
    read = read_persona_responses(SPACE, folder / "personas", file, written(folder, ids), "modal")
    assert read.responses["persona_id"].equals(read.personas["persona_id"])
    assert (read.instrument.name, read.readout) == ("made_up", "modal")


def test_responses_of_other_personas_are_refused(study):
    folder, ids = study
    file = folder / "made_up.yaml"
    with pytest.raises(UserError, match=r"hold different personas \(8 and 7 rows\)"):
        read_persona_responses(SPACE, folder / "personas", file, written(folder, ids[1:]), "modal")
