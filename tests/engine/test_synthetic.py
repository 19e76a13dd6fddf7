"""The synthetic respondent: its answers are exactly what its formula says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from valuescape.answers.derived import derived_shares
from valuescape.asking.biographies import read_fields, status_of
from valuescape.core.errors import UserError
from valuescape.engine import Choice, Queue, Sampling, Writing
from valuescape.engine.synthetic import SyntheticEngine, check_planted, log_shares
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space
from valuescape.study.templates import Prompt

ROOT = Path(__file__).parents[2]
SPACE = read_space(ROOT / "config/persona_space.yaml")
PLANTED = ROOT / "tests/data/planted_effects.yaml"


@pytest.fixture(scope="module")
def engine() -> SyntheticEngine:
    return SyntheticEngine(SPACE, yaml.safe_load(PLANTED.read_text(encoding="utf-8")))


@given(st.floats(0, 1), st.integers(2, 10))
def test_the_mean_of_a_distribution_is_the_one_asked_for(mean, n_options):
    shares = np.exp(log_shares(mean, n_options))
    assert shares.sum() == pytest.approx(1)
    # at the very ends by 1e-6, so that no logarithm is infinite
    assert shares @ np.linspace(0, 1, n_options) == pytest.approx(mean, abs=1.1e-6)
    assert np.isfinite(log_shares(mean, n_options)).all()


def test_a_distribution_by_hand():
    assert np.exp(log_shares(0.5, 3)) == pytest.approx([0.25, 0.5, 0.25])


def persona(**levels: int) -> int:
    return int(SPACE.ids_of([[levels.get(v.name, 0) for v in SPACE.variables]])[0])


@pytest.mark.parametrize(
    ("question", "levels", "mean"),
    [
        ("MFQ4", {"pride": 0}, 0.5 + 0.12),  # loyalty is the fourth foundation
        ("MFQ10", {"pride": 3}, 0.5 - 0.12),
        ("MFQ6", {"god": 3, "abortion": 2}, 0.5 + 0.15 - 0.06),
        ("MFQ3", {"god": 3, "pride": 3}, 0.5),
        ("F063", {"god": 0}, 0.5 - 0.6 / 2 + 0.15),
        ("F063", {"god": 3}, 0.5 + 0.6 / 2 + 0.15),
        ("E018", {"authority": 1}, 0.5),
        ("oracle:god:3:purity", {}, 0.5 + 0.15),
        ("oracle:god:3:care", {}, 0.5),
    ],
)
def test_planted_means_by_hand(engine, question, levels, mean):
    assert engine.mean(persona(**levels), question) == pytest.approx(mean)


@pytest.mark.parametrize(
    ("told", "mean"),
    [("You live in Nigeria.", 0.5 - 0.2), ("You live in Nowhere.", 0.5), ("", 0.5)],
)
def test_it_answers_by_the_country_that_it_is_told(engine, told, mean):
    assert engine.mean(persona(), "Q58", Prompt(text=told)) == pytest.approx(mean)
    assert engine.mean(persona(), "Q58", Prompt(messages=(("user", told),))) == pytest.approx(mean)
    assert engine.mean(persona(), "MFQ3", Prompt(text=told)) == pytest.approx(0.5)


def test_the_planted_effects_of_a_variable_sum_to_zero_and_fit_its_levels():
    planted = yaml.safe_load(PLANTED.read_text(encoding="utf-8"))
    n_levels = {variable.name: len(variable.levels) for variable in SPACE.variables}
    for effects in planted["foundations"].values():
        for name, values in effects.items():
            assert len(values) == n_levels[name]
            assert sum(values) == pytest.approx(0)


def test_a_biography_holds_only_what_may_stand_in_one(engine):
    countries = ROOT / "config/reference/countries.csv"
    fields = read_fields(ROOT / "config/biography.yaml", countries)
    once = Sampling(1.0, 1.0, 400)
    asked = [Writing(number, number, Prompt(), "", 0, once) for number in range(40)]
    for written in engine.write(Queue(asked)):
        assert status_of(json.loads(written.text), fields) == "valid"
        assert "SYNTHETIC" in written.text


def test_it_answers(engine):
    (answer,) = engine.choose([Choice("key", persona(), "MFQ3", Prompt(), ("a", "b", "c"))])
    assert answer.key == "key"
    assert np.exp(answer.log_probabilities) == pytest.approx([0.25, 0.5, 0.25])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("slope: 1\n", "planted.yaml: the key 'base' is missing"),
        ("{", "planted.yaml: cannot be read"),
    ],
)
def test_a_broken_file_of_planted_effects_is_told(tmp_path, text, message):
    file = tmp_path / "planted.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        check_planted(file)


@pytest.mark.parametrize("index", ["Y002", "Y003"])
def test_an_index_that_is_derived_is_as_binomial_as_what_is_asked(engine, index):
    iw = read_instrument(ROOT / "config/instruments/iw.yaml")
    question = iw.question(index)
    parts = {part: iw.question(part) for part in question.rule.parts}
    who = persona(postmaterialism=2, autonomy=0)
    shares = {
        part: np.exp(engine.log_shares(who, part, each.n_options))[None]
        for part, each in parts.items()
    }
    expected = np.exp(log_shares(engine.mean(who, index), question.n_options))
    found = derived_shares(shares, parts, question, question.rule)[0]
    assert found == pytest.approx(expected)
