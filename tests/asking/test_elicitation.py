"""Elicitation: every mode, asked of the synthetic respondent, babbling or not."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml

from valuescape.answers.expected import STATUSES, outcome_counts
from valuescape.asking import biographies, gather, responses
from valuescape.asking.elicitation import Round, battery, labels_of, single, written
from valuescape.asking.phrasing import Phrasing, answer_sections, statements
from valuescape.core import tables
from valuescape.engine import prepare
from valuescape.engine.synthetic import SyntheticEngine, log_shares
from valuescape.lenses.quality import measure as quality
from valuescape.study import designs
from valuescape.study import tables as study_tables
from valuescape.study.conditions import OF_MODE, Condition
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space
from valuescape.study.templates import Template

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
SPACE = read_space(CONFIG / "persona_space.yaml")
PLANTED = yaml.safe_load((ROOT / "tests/data/planted_effects.yaml").read_text(encoding="utf-8"))
IW = read_instrument(CONFIG / "instruments/iw.yaml")
ASK = {"single": single, "sampled": written, "battery": battery, "reasoned": written}
IDS = range(0, 93_312, 622)  # 151 personas
MODES_THAT_WRITE = ("sampled", "battery", "reasoned")


def ask(mode, **keys):
    """Return the answers to the ten questions of the map, by persona and question."""
    asked, engine = asked_of(mode, **keys)
    answers = list(ASK[mode].ask(engine, asked))
    found = {(a.persona_id, a.question): a for a in answers}
    assert len(found) == len(answers) == len(asked.told) * len(IW.questions)
    return found, engine


def asked_of(mode, *, babble=0.0, form="label_token", layout="interview", ids=IDS, **keys):
    """Return what is asked of personas, and who answers."""
    condition = Condition("test", mode=mode, **keys)
    answer = {"layout": layout, "form": form}
    engine = SyntheticEngine(SPACE, PLANTED, answer, babble)
    template = Template(CONFIG / "prompts/answer.md", answer_sections(answer, mode))
    told = {number: " ".join(statements(SPACE, number)) for number in ids}
    missing = dict.fromkeys(ids, (IW,))
    phrasing = Phrasing(template, answer, condition.option_order)
    return Round(condition, phrasing, 1, told, missing, labels_of(engine, [IW], form)), engine


@pytest.mark.parametrize("mode", OF_MODE)
def test_when_it_is_over_what_was_begun_is_finished(mode):
    asked, engine = asked_of(mode, ids=range(100))
    over = iter([False, False, True])  # asked before each questionnaire
    asked = dataclasses.replace(asked, is_over=lambda: next(over))
    counts = Counter(answer.persona_id for answer in ASK[mode].ask(engine, asked))
    assert counts == {0: len(IW.questions), 1: len(IW.questions)}


@pytest.mark.parametrize("layout", ["interview", "chat"])
@pytest.mark.parametrize("form", ["option_text", "label_token"])
@pytest.mark.parametrize("order", ["forward", "reversed"])
@pytest.mark.parametrize("mode", OF_MODE)
def test_every_mode_answers_in_every_form_and_order(mode, order, form, layout):
    answers, engine = ask(mode, form=form, layout=layout, option_order=order, ids=range(3))
    assert {answer.status for answer in answers.values()} == {"valid"}
    assert all((a.shares is not None) == (mode == "single") for a in answers.values())
    n_requests = {"battery": 3, "reasoned": 60}.get(mode, 30)  # with reasoning, two an answer
    assert engine.usage.n_requests == n_requests


@pytest.mark.parametrize("order", ["forward", "reversed"])
@pytest.mark.parametrize("mode", MODES_THAT_WRITE)
def test_sampled_answers_follow_the_planted_distributions(mode, order):
    answers, engine = ask(mode, option_order=order)
    for question in IW.questions:
        expected = np.mean(
            [
                np.exp(log_shares(engine.mean(number, question.id), question.n_options))
                for number in IDS
            ],
            axis=0,
        )
        drawn = np.bincount(
            [answers[number, question.id].option for number in IDS], minlength=question.n_options
        )
        # four standard deviations of a share of one half
        assert drawn / len(IDS) == pytest.approx(expected, abs=4 * 0.5 / len(IDS) ** 0.5)


def test_calibration_asks_each_question_once_more_whoever_is_asked():
    raw, engine = ask("single")
    assert engine.usage.n_requests == 10 * len(IDS)
    calibrated, engine = ask("single", scoring="calibrated")
    assert engine.usage.n_requests == 10 * len(IDS) + 10
    for key, answer in calibrated.items():
        n_options = len(answer.shares)
        nobody = np.exp(log_shares(PLANTED["base"], n_options))
        expected = raw[key].shares / nobody
        assert answer.shares == pytest.approx(expected / expected.sum())
        assert answer.mass == raw[key].mass


@pytest.mark.parametrize("mode", MODES_THAT_WRITE)
def test_who_babbles_is_asked_again_as_often_as_allowed(mode):
    once, _ = ask(mode, babble=0.2)
    statuses = Counter(answer.status for answer in once.values())
    assert set(statuses) == set(STATUSES)
    assert 0.1 < 1 - statuses["valid"] / len(once) < 0.3
    thrice, _ = ask(mode, babble=0.2, attempts=3)
    left = sum(answer.status != "valid" for answer in thrice.values()) / len(thrice)
    assert left < 0.05  # 0.2 x 0.2 x 0.2 = 0.008; a battery's answers fail together
    attempts = Counter(answer.attempts for answer in thrice.values())
    assert set(attempts) == {1, 2, 3}
    for key, answer in thrice.items():
        # what was valid at the first attempt is the same answer
        if answer.attempts == 1:
            assert answer == once[key]
        else:
            assert once[key].status != "valid"
        if answer.status != "valid":
            assert answer.attempts == 3


def test_a_mode_that_reads_probabilities_counts_babble_as_malformed_and_asks_once():
    answers, engine = ask("single", babble=0.2, attempts=3)
    statuses = Counter(answer.status for answer in answers.values())
    assert set(statuses) == {"valid", "malformed"}
    assert engine.usage.n_requests == len(answers)


def test_only_what_determines_an_answer_is_in_the_fingerprint():
    read = Condition.read({"name": "a", "answers": "chosen", "attempts": 3, "temperature": 0.5})
    assert not read.determining().keys() & {"answers", "attempts", "temperature"}
    reasoned = dataclasses.replace(read, mode="reasoned").determining()
    assert (reasoned["attempts"], reasoned["reasoning_tokens"]) == (3, 128)
    assert "scoring" not in reasoned
    for mode in OF_MODE:
        again = Condition.read(dataclasses.replace(read, mode=mode).determining())
        assert again.determining() == dataclasses.replace(read, mode=mode).determining()


def test_the_schema_has_the_same_defaults():
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text("utf-8"))
    entries = dict(schema["properties"]["conditions"]["items"]["properties"])
    # which biographies are told, and what lenses read: neither says how a question is asked
    del entries["biographies"], entries["answers"]
    known = {field.name: field.default for field in dataclasses.fields(Condition)}
    given = {key: entry["default"] for key, entry in entries.items() if "default" in entry}
    assert given.items() <= known.items()
    assert set(entries) == set(known) - {"attempts"}
    assert entries["mode"]["enum"] == list(OF_MODE)


@pytest.fixture(scope="module")
def babbling(tmp_path_factory):
    """Return a folder with a model that babbles a fifth of the time, and its biographies."""
    folder = tmp_path_factory.mktemp("babbling")
    entry = yaml.safe_load((CONFIG / "models/synthetic.yaml").read_text(encoding="utf-8"))
    entry |= {"name": "babbling", "settings": {"babble": 0.2}}
    entry["source"]["planted"] = str(ROOT / entry["source"]["planted"])
    (folder / "babbling.yaml").write_text(yaml.safe_dump(entry), encoding="utf-8")
    model, personas = str(folder / "model.json"), str(folder / "personas.parquet")
    prepare.main(["--model", str(folder / "babbling.yaml"), "--output", model])
    space = ["--space", str(CONFIG / "persona_space.yaml")]
    designs.main([*space, "--design", "oa144", "--output", personas])
    common = [*space, "--model", model, "--seed", "1", "--personas", personas]
    common += ["--shard", "0001-of-0001", "--flush-rows", "50", "--flush-seconds", "9"]
    common += ["--stats", str(folder / "stats.json")]
    fields = ["--fields", str(CONFIG / "biography.yaml"), "--attempts", "2"]
    fields += ["--countries", str(CONFIG / "reference/countries.csv")]
    prompt = ["--prompt", str(CONFIG / "prompts/biography.md")]
    places = ["--parts", str(folder / "lives"), "--output", str(folder / "lives.parquet")]
    biographies.main([*common, *fields, *prompt, *places])
    return folder, common


@pytest.mark.parametrize("mode", OF_MODE)
def test_a_babbling_respondent_completes_and_reconciles(babbling, mode):
    folder, common = babbling
    condition = Condition(mode, told="both", mode=mode, attempts=2).determining()
    shard, gathered = folder / f"{mode}-shard.parquet", folder / f"{mode}.parquet"
    instrument = str(CONFIG / "instruments/iw.yaml")
    arguments = [
        *(*common, "--condition", json.dumps(condition), "--instruments", instrument),
        *("--biographies", str(folder / "lives.parquet"), "--parts", str(folder / mode)),
        *("--prompt", str(CONFIG / "prompts/answer.md"), "--outputs", str(shard)),
    ]
    responses.main(arguments)
    personas = ["--personas", str(folder / "personas.parquet"), "--shards", str(shard)]
    output = ["--instrument", instrument, "--output", str(gathered)]
    gather.main(["--kind", "responses", *personas, *output])
    answered = tables.read(gathered, study_tables.RESPONSES)
    assert answered.height == 144
    counts = Counter()
    for question in IW.questions:
        own = outcome_counts(answered, question.id)
        assert sum(own.values()) == 144
        counts.update(own)
        attempts = answered[f"{question.id}_attempts"]
        assert attempts.is_between(1, 1 if mode == "single" else 2).all()
        chosen = answered[question.id].is_not_null()
        assert chosen.equals(answered[f"{question.id}_status"] == "valid")
    assert counts["valid"] < 1440
    lives = tables.read(folder / "lives.parquet", study_tables.BIOGRAPHIES)
    found = quality.validity(lives, [(IW, answered)])
    assert (found["asked"] == 144).all()
    assert found.filter(stage="iw").select(STATUSES).sum().row(0) == tuple(
        counts[status] for status in STATUSES
    )
    assert (found.filter(stage="iw")["option_mass"].null_count() == 0) == (mode == "single")
    assert lives["attempts"].max() == 2
    assert 0 < lives.filter(status="valid").height < 144
