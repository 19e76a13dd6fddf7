"""Responses: what personas are told, and the same tables from shards of any number."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from made_up_answers import instrument, question
from small_study import SmallStudy
from valuescape.answers.expected import probabilities as probabilities_of
from valuescape.asking.checkpoint import of_shard
from valuescape.asking.phrasing import Phrasing, answer_sections, question_values
from valuescape.asking.responses import (
    persona_contexts,
)
from valuescape.asking.telling import Telling
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.instruments import read_instrument
from valuescape.study.shards import shard_names
from valuescape.study.space import read_space
from valuescape.study.templates import Template

CONFIG = Path(__file__).parents[2] / "config"
SPACE = CONFIG / "persona_space.yaml"
ASKED = question("Q1", [1, 2, 4])


def telling(*context):
    """Return in which words personas are told these parts of a context, in English."""
    condition = Condition("base", context)
    return Telling.read(condition, read_space(SPACE), CONFIG / "prompts/answer.md", CONFIG.parent)


def test_a_persona_without_biography_row_is_named():
    personas = pl.DataFrame({"persona_id": [1, 2]}, schema={"persona_id": pl.UInt32})
    known = pl.DataFrame({"persona_id": [1], "biography": [None]})
    with pytest.raises(UserError, match="persona 2 has no row among the biographies"):
        persona_contexts(personas, known, telling("biography"))


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[SmallStudy, pl.DataFrame]:
    """Eight personas, and the biographies that the synthetic respondent wrote for them."""
    study = SmallStudy(tmp_path_factory.mktemp("written"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(CONFIG.parent)  # the model file names the planted effects from here
        study.begin(CONFIG / "models/synthetic.yaml", "handful")
        study.write()
    return study, tables.read(study.written(), of_shard(study_tables.BIOGRAPHIES))


@pytest.mark.parametrize("told", [True, False])
def test_a_prompt_names_the_country_of_a_persona_that_is_told_its_demographics(written, told):
    study, known = written
    context = ("demographics", "configuration") if told else ("configuration",)
    form = {"form": "option_text", "layout": "interview"}
    template = Template(CONFIG / "prompts/answer.md", answer_sections(form))
    personas = tables.read(study.personas, study_tables.PERSONAS)
    contexts = persona_contexts(personas, known, telling(*context))
    countries = pl.read_csv(CONFIG / "reference/countries.csv", comment_prefix="#")["country"]
    for persona_id, country in known.select("persona_id", "country").iter_rows():
        values = question_values(contexts[persona_id], instrument(ASKED), ASKED)
        prompt, _ = Phrasing(template, form).question(ASKED, values, ())
        assert [name for name in countries if name in prompt.text] == [country] * told


@pytest.mark.parametrize("told", [True, False])
def test_who_answers_by_country_shows_it_only_when_told_it(written, tmp_path, monkeypatch, told):
    study, known = written
    monkeypatch.chdir(CONFIG.parent)
    parts = ["demographics"] * told + ["configuration"]
    condition = Condition.read({"name": "base", "context": parts})
    study.ask(condition, ["wvb_probe"], [tmp_path / "answers"], tmp_path / "parts")
    answers = tables.read(tmp_path / "answers", study_tables.RESPONSES)
    planted = yaml.safe_load(Path("tests/data/planted_effects.yaml").read_text(encoding="utf-8"))
    shifts = [planted["continents"][name] * told for name in known["continent"]]
    asked = read_instrument(CONFIG / "instruments/wvb_probe.yaml").question("Q58")
    found = probabilities_of(answers, asked, "probabilities") @ asked.scaled
    assert found == pytest.approx(planted["base"] + np.array(shifts), abs=3e-4)


def test_an_assigned_persona_is_told_who_it_is_whatever_was_written(tmp_path, monkeypatch):
    monkeypatch.chdir(CONFIG.parent)
    study = SmallStudy(tmp_path)
    study.begin(CONFIG / "models/synthetic.yaml", "handful")
    study.assign()
    study.write()
    known = tables.read(study.written(), of_shard(study_tables.BIOGRAPHIES))
    assigned = tables.read(study.demographics, study_tables.DEMOGRAPHICS)
    assert known.select(assigned.columns).equals(assigned)
    assert not known["stated_country"].equals(known["country"])  # the stand-in does not listen
    # a text that was not finished takes nothing away of who the persona is
    cut = known.with_columns(
        pl.lit(None, known.schema[name]).alias(name)
        for name in ("biography", "occupation", "household", "religion")
    )
    personas = tables.read(study.personas, study_tables.PERSONAS)
    told = [
        persona_contexts(personas, each, telling("demographics"), demographics="assigned")
        for each in (known, cut)
    ]
    assert told[0] == told[1]
    for persona_id, country in assigned.select("persona_id", "country").iter_rows():
        assert country in told[0][persona_id]


def ask(study: SmallStudy, n_shards: int) -> list[bytes]:
    """Let the synthetic respondent write and answer; return the gathered files."""
    own = study.folder / str(n_shards)
    condition = Condition.read({"name": "base", "replicate": 0, "readout": "drawn"})
    shards = shard_names(n_shards)
    for shard in shards:
        study.write(shard)
        outputs = [own / f"{shard}.mfq2", own / f"{shard}.iw"]
        study.ask(condition, ["mfq2", "iw"], outputs, own / "parts", shard)
    study.gather([study.written(shard) for shard in shards], own / "written")
    for name in ("mfq2", "iw"):
        study.gather([own / f"{shard}.{name}" for shard in shards], own / name, name)
    return [(own / name).read_bytes() for name in ("written", "mfq2", "iw")]


def test_shards_of_any_number_give_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.chdir(CONFIG.parent)  # the model file names the planted effects from here
    study = SmallStudy(tmp_path)
    study.begin(CONFIG / "models/synthetic.yaml", "handful")
    in_two = ask(study, 2)
    assert in_two == ask(study, 3)
    frame = tables.read(tmp_path / "2/mfq2", study_tables.RESPONSES)
    assert frame.height == 8
    assert (frame.select("^.*_status$") == "valid").to_numpy().all()
    known = json.loads((study.stats).read_text(encoding="utf-8"))
    # options of 8 questions are read after an unrelated prompt, too
    assert (known["engine"], known["n_requests"]) == ("synthetic", known["n_personas"] * 53 + 8)
