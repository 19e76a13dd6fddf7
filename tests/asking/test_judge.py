"""Judge: it sees the text and all levels, and not the configuration; what it judged stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import made_up_biographies as made_up
from valuescape.answers.expected import probabilities
from valuescape.asking import judge, responses
from valuescape.asking.elicitation import AskingPlan, single
from valuescape.asking.phrasing import Phrasing
from valuescape.core import tables
from valuescape.engine import Chosen, Usage, prepare
from valuescape.lenses.comparison.costs import read_costs
from valuescape.study import tables as study_tables
from valuescape.study.judging import instrument_of
from valuescape.study.space import read_space
from valuescape.study.templates import Template

CONFIG = Path(__file__).parents[2] / "config"
SPACE_FILE, PROMPT = CONFIG / "persona_space.yaml", CONFIG / "prompts/judge.md"
SPACE = read_space(SPACE_FILE)


@pytest.mark.parametrize("layout", ["interview", "chat"])
def test_the_judge_is_told_the_text_and_every_level(layout):
    form = judge.CONDITION.form_of({"form": "option_text", "layout": layout})
    template = Template(PROMPT, judge.sections(form))
    asked = instrument_of(SPACE, *map(template.section, judge.FURTHER_SECTIONS))
    text = template.section("biography", biography="You are Ada.")
    plan = AskingPlan(
        judge.CONDITION, Phrasing(template, form), 1, {7: text}, {7: [asked]},
        {asked.name: tuple("ABCDE")},
    )  # fmt: skip
    requests = list(single.requests(plan))
    assert [request.question for request in requests] == [each.name for each in SPACE.variables]
    for request, variable in zip(requests, SPACE.variables, strict=True):
        said = request.prompt.text + " ".join(each for _, each in request.prompt.messages)
        told = ["You are Ada.", "The text does not tell.", *(v.wording for v in variable.levels)]
        assert all(each in said for each in told)
        assert len(request.options) == len(variable.levels) + 1


def test_more_biographies_keep_those_judged_before():
    levels, personas = made_up.drawn(SPACE, 40)
    written = made_up.biographies(SPACE, levels, personas["persona_id"].to_numpy())
    written = written.with_columns(
        status=pl.when(pl.int_range(pl.len()) < 30).then("status").otherwise(pl.lit("malformed"))
    )
    few, more, all_valid = (
        set(judge.chosen_biographies(written, n, 1)["persona_id"]) for n in (5, 12, 100)
    )
    assert len(few) == 5
    assert few < more < all_valid
    assert all_valid == set(written["persona_id"][:30])
    assert few != set(judge.chosen_biographies(written, 5, 2)["persona_id"])


class Reader:
    """A judge that sees the words of `made_up_biographies`."""

    usage = Usage()

    def __init__(self, asked: list[str]) -> None:
        self.asked = asked

    def labels(self, n_options):
        return tuple("ABCDEFG"[:n_options])

    def choose(self, requests):
        for request in requests:
            self.asked.append(request.question)
            variable = next(each for each in SPACE.variables if each.name == request.question)
            text = request.prompt.text + " ".join(said for _, said in request.prompt.messages)
            shares = np.full(len(request.options), 0.02)
            shares[made_up.shown_level(text, variable)] = 0.9
            yield Chosen(request.key, np.log(shares), (1,) * len(shares))


def test_what_was_judged_is_not_judged_again(tmp_path, monkeypatch):
    levels, personas = made_up.drawn(SPACE, 12)
    ids = personas["persona_id"].to_numpy()
    written = made_up.biographies(SPACE, levels, ids, silent=0.3)
    # as a shard has them, which a preflight lets the judge read
    kept = dict(study_tables.BIOGRAPHIES.columns) | {"context_hash": pl.String}
    shard = replace(study_tables.BIOGRAPHIES, columns=kept)
    hashed = written.with_columns(context_hash=pl.lit("4711"))
    tables.write(hashed, tmp_path / "biographies", shard, {})
    monkeypatch.chdir(CONFIG.parent)  # the model file names the planted effects from here
    source = Path("config/models/synthetic.yaml")
    prepare.main(file=source, model=tmp_path / "model", step="fetch")
    asked: list[str] = []
    monkeypatch.setattr(responses, "open_engine", lambda *given: Reader(asked))

    def judged(n):
        judge.main(
            biographies=tmp_path / "biographies", space=SPACE_FILE, model=tmp_path / "model",
            prompt=PROMPT, n=n, seed=1, parts=tmp_path / "parts", flush_rows=2, flush_seconds=9,
            judgements=tmp_path / "judge.parquet", stats=tmp_path / "judge.json",
        )  # fmt: skip
        return tables.read(tmp_path / "judge.parquet", study_tables.RESPONSES)

    assert judged(5).height == 5
    found = judged(8)
    assert (found.height, len(asked)) == (8, 80)
    [cost] = read_costs([tmp_path / "judge.json"])
    assert (cost.model, cost.stage, cost.n_answers, cost.n_taken_over) == (
        "synthetic", "judge", 30, 50,
    )  # fmt: skip
    assert cost.n_personas == 8
    texts = dict(written.select("persona_id", "biography").iter_rows())
    for question, variable in zip(instrument_of(SPACE).questions, SPACE.variables, strict=True):
        modal = probabilities(found, question, "probabilities").argmax(axis=1)
        shown = [made_up.shown_level(texts[each], variable) for each in found["persona_id"]]
        assert modal.tolist() == [len(variable.levels) if each < 0 else each for each in shown]
