"""Responses: from option probabilities to tables, in any order and any shards."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_up_answers import instrument, question
from valuescape.answers.expected import outcome_counts
from valuescape.asking import biographies, gather, responses
from valuescape.asking.elicitation import Answer, Round
from valuescape.asking.elicitation.single import answer, chosen_option
from valuescape.asking.job import option_shares
from valuescape.asking.responses import (
    AnswerSheets,
    answer_columns,
    response_table,
    told_personas,
)
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.engine import Chosen, prepare
from valuescape.study import designs
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.shards import shard_names
from valuescape.study.templates import Template

CONFIG = Path(__file__).parents[2] / "config"
SPACE = CONFIG / "persona_space.yaml"
ASKED = question("Q1", [1, 2, 4])
SMALL = instrument(ASKED, question("Q2", [0, 1]))
DRAWN = {"name": "base", "replicate": 0, "choose": "drawn"}


def table_of(known, asked=SMALL, seed=1, **keys):
    """Return the table of these answers, which must complete a sheet of each persona."""
    sheets = AnswerSheets([asked])
    done = [sheet for sheet in map(sheets.enter, answered(known, seed, **keys)) if sheet]
    assert {name for name, _ in done} == {asked.name}
    columns = response_table(asked).columns
    return pl.DataFrame([row for _, row in done], schema=columns).sort("persona_id")


def answered(known, seed=1, **keys):
    """Return what these probabilities are as answers."""
    asked = Round(Condition.read(DRAWN | keys), None, seed, {}, {})
    return [answer(chosen, asked, {}) for chosen in known]


def logarithms(*probabilities: float) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(np.array(probabilities))


def test_shares_and_mass_by_hand():
    shares, mass = option_shares(logarithms(0.1, 0.3, 0.0))
    assert shares == pytest.approx([0.25, 0.75, 0.0])
    assert mass == pytest.approx(0.4)


def test_shares_of_very_improbable_options_are_exact():
    # e to the -1000 is 0 as a float
    shares, mass = option_shares(np.array([-1000.0, -1000.0 + math.log(3)]))
    assert shares == pytest.approx([0.25, 0.75])
    assert mass == 0.0


def test_the_most_probable_option_is_the_first_of_equals():
    assert chosen_option(np.array([0.2, 0.4, 0.4]), "most_probable", seed=1) == 1


def test_a_drawn_option_follows_the_shares_and_its_seed_alone():
    shares = np.array([0.2, 0.5, 0.3])
    drawn = [chosen_option(shares, "drawn", seed) for seed in range(2000)]
    # three standard deviations of a share of 0.5 among 2,000 are 0.034
    assert np.bincount(drawn) / 2000 == pytest.approx(shares, abs=0.034)
    assert drawn[:50] == [chosen_option(shares, "drawn", seed) for seed in range(50)]


def test_an_answer_by_hand():
    chosen = Chosen((7, "made_up", "Q1"), logarithms(0.1, 0.3, 0.0))
    (found,) = answered([chosen], choose="most_probable")
    assert answer_columns(ASKED, found) == {
        "Q1": 2,
        "Q1_status": "valid",
        "Q1_attempts": 1,
        "Q1_mass": pytest.approx(0.4),
        "Q1_p1": 2500,
        "Q1_p2": 7500,
        "Q1_p3": 0,
    }


def test_a_written_answer_has_no_probabilities():
    columns = answer_columns(ASKED, Answer(7, "made_up", "Q1", "valid", 2, attempts=3))
    assert columns["Q1"] == 4
    assert columns["Q1_attempts"] == 3
    assert [columns[f"Q1_{name}"] for name in ("mass", "p1", "p2", "p3")] == [None] * 4


@pytest.mark.parametrize("values", [[-math.inf] * 3, [-1.0, math.nan, -2.0]], ids=str)
def test_an_answer_without_probabilities_is_malformed_and_counted(values):
    known = [
        Chosen((7, "made_up", "Q1"), np.array(values)),
        Chosen((7, "made_up", "Q2"), logarithms(0.5, 0.5)),
    ]
    table = table_of(known)
    assert table["Q1_status"].to_list() == ["malformed"]
    assert table.select("Q1", "Q1_mass", "^Q1_p.*$").row(0) == (None,) * 5
    assert outcome_counts(table, "Q1") == {
        "valid": 0, "refused": 0, "malformed": 1, "truncated": 0, "out_of_range": 0,
    }  # fmt: skip
    assert outcome_counts(table, "Q2")["valid"] == 1


def probabilities() -> list[Chosen]:
    rng = np.random.default_rng(1)
    return [
        Chosen((persona, "made_up", asked.id), np.log(rng.dirichlet(np.ones(asked.n_options)) / 2))
        for persona in range(5)
        for asked in SMALL.questions
    ]


@settings(max_examples=20)
@given(st.permutations(range(10)))
def test_answers_in_any_order_give_the_same_table(order):
    known = probabilities()
    table = table_of(known)
    assert table.height == 5
    assert table_of([known[position] for position in order]).equals(table)


def test_a_sheet_is_done_with_its_last_answer():
    sheets = AnswerSheets([SMALL])
    first, second, other = answered(probabilities()[:3])
    assert sheets.enter(first) is None
    assert sheets.enter(other) is None
    name, row = sheets.enter(second)
    assert (name, row["persona_id"]) == ("made_up", 0)
    assert list(row) == list(response_table(SMALL).columns)


def test_a_draw_is_anew_for_another_replicate_condition_or_seed():
    one = instrument(ASKED)
    known = [Chosen((k, "made_up", "Q1"), logarithms(0.3, 0.4, 0.3)) for k in range(40)]

    def drawn(**keys: object) -> tuple[int, ...]:
        return tuple(table_of(known, one, **keys)["Q1"])

    assert len({drawn(), drawn(replicate=1), drawn(name="reversed"), drawn(seed=2)}) == 4
    assert drawn() == drawn()


def test_a_persona_without_biography_row_is_named():
    personas = pl.DataFrame({"persona_id": [1, 2]}, schema={"persona_id": pl.UInt32})
    template = Template(CONFIG / "prompts/answer.md", ["persona"])
    known = pl.DataFrame({"persona_id": [1], "biography": [None]})
    with pytest.raises(UserError, match="persona 2 has no row among the biographies"):
        told_personas(personas, known, SPACE, template, "biography")


def ask(folder: Path, n_shards: int) -> list[bytes]:
    """Let the synthetic respondent write and answer; return the gathered files."""
    space, model = ["--space", str(SPACE), "--seed", "1"], str(folder / "model.json")
    personas = ["--personas", str(folder / "personas.parquet")]
    fields = ["--fields", str(CONFIG / "biography.yaml")]
    countries = ["--countries", str(CONFIG / "reference/countries.csv")]
    mfq2, iw = (str(CONFIG / f"instruments/{name}.yaml") for name in ("mfq2", "iw"))
    condition = json.dumps(DRAWN | {"told": "both", "option_order": "forward"})
    own = folder / str(n_shards)
    for shard in shard_names(n_shards):
        parts = ["--parts", str(own / "parts"), "--flush-rows", "9", "--flush-seconds", "9"]
        common = [*personas, *space, "--model", model, "--shard", shard, *parts]
        written = str(own / f"{shard}.written")
        prompt = ["--prompt", str(CONFIG / "prompts/biography.md")]
        places = ["--output", written, "--stats", str(own / "stats.json")]
        biographies.main([*common, *prompt, *fields, *countries, "--attempts", "1", *places])
        prompt = ["--prompt", str(CONFIG / "prompts/answer.md")]
        asked = ["--instruments", mfq2, iw, "--condition", condition, "--biographies", written]
        outputs = ["--outputs", str(own / f"{shard}.mfq2"), str(own / f"{shard}.iw")]
        responses.main([*common, *prompt, *asked, *outputs, "--stats", str(own / "stats.json")])
    for kind, name, asked in (
        ("biographies", "written", []),
        ("responses", "mfq2", ["--instrument", mfq2]),
        ("responses", "iw", ["--instrument", iw]),
    ):
        shards = ["--shards", *(str(own / f"{shard}.{name}") for shard in shard_names(n_shards))]
        output = ["--output", str(own / name)]
        gather.main(["--kind", kind, *asked, *personas, *shards, *output])
    return [(own / name).read_bytes() for name in ("written", "mfq2", "iw")]


def test_shards_of_any_number_give_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.chdir(CONFIG.parent)  # the model file names the planted effects from here
    model = ["--model", str(CONFIG / "models/synthetic.yaml")]
    prepare.main([*model, "--output", str(tmp_path / "model.json")])
    space, output = ["--space", str(SPACE)], ["--output", str(tmp_path / "personas.parquet")]
    designs.main([*space, "--design", "handful", *output])
    in_two = ask(tmp_path, 2)
    assert in_two == ask(tmp_path, 3)
    frame = tables.read(tmp_path / "2/mfq2", study_tables.RESPONSES)
    assert frame.height == 8
    assert (frame.select("^.*_status$") == "valid").to_numpy().all()
    known = json.loads((tmp_path / "2/stats.json").read_text(encoding="utf-8"))
    assert (known["engine"], known["n_personas"], known["n_requests"]) == ("synthetic", 4, 4 * 46)
