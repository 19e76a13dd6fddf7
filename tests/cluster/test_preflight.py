"""Preflight: valid share, extremes told apart, and projections worked out by hand."""

from __future__ import annotations

import polars as pl
import pytest

from made_up_answers import probabilities_about, responses
from small_study import CONFIG, SPACE
from valuescape.cluster.preflight import (
    Outcomes,
    Study,
    outcomes_of,
    projected,
    stage_row,
    table_lines,
    told_apart,
    verdict,
)
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

LEVELS, IW = read_space(SPACE), read_instrument(CONFIG / "instruments/iw.yaml")
STUDY = Study(n_personas=1000, seconds=4 * 3600, least_valid=0.5, least_mass=0.1)
SHARD = {
    "stage": "responses base", "n_answers": 100, "prompt_tokens": 20_000, "output_tokens": 500,
    "seconds_ask": 50.0, "seconds_load": 10.0,
}  # fmt: skip
PRICE = {
    "currency": "EUR", "per_million_input": 2.0, "per_million_output": 10.0, "source": "a leaflet",
}  # fmt: skip


def extremes(turned=()):
    """Return answers of the two extremes just as configured, but turned round for some."""
    ids = [0, LEVELS.n_personas - 1]
    values = LEVELS.values_of(LEVELS.levels_of(ids))
    answers = {}
    for place, variable in enumerate(LEVELS.variables):
        question = next(q for q in IW.questions if q.variable == variable.name)
        own = values[::-1, place] if variable.name in turned else values[:, place]
        answers[question.id] = probabilities_about(question, own)
    return responses(IW, answers, persona_ids=ids)


def test_extremes_that_answer_as_configured_are_told_apart():
    assert told_apart(LEVELS, IW, extremes(), "probabilities") == (10, 10)
    assert told_apart(LEVELS, IW, extremes({"trust", "god"}), "probabilities") == (8, 10)


def test_extremes_without_a_valid_answer_do_not_count():
    broken = extremes().with_columns(A165_status=pl.Series(["valid", "refused"]))
    assert told_apart(LEVELS, IW, broken, "probabilities") == (9, 9)


def test_outcomes_are_those_of_all_answers():
    broken = extremes().with_columns(
        A165_status=pl.Series(["valid", "refused"]), A165_mass=pl.Series([0.9, 0.1])
    )
    n = 4 * len(IW.asked)  # two personas, twice; all but one of the masses are nine tenths
    assert outcomes_of([IW, IW], [broken, extremes()]) == Outcomes(n, n - 1, pytest.approx(0.9))


def test_a_stage_that_was_asked_nothing_has_no_share_and_does_not_pass():
    of_study = {"per_persona": 91, "study": STUDY, "price": PRICE}
    row = stage_row("base", Outcomes(0, 0), SHARD | {"n_answers": 0}, **of_study)
    assert row["valid_share"] is None
    assert verdict(row, "label_token", STUDY) == "nothing was asked"
    assert stage_row("base", Outcomes(8, 6), SHARD, **of_study)["valid_share"] == 0.75


def test_projections_worked_out_by_hand():
    found = projected(SHARD, 91, STUDY, PRICE)
    # 91,000 answers of 200 tokens in, 5 out and half a second
    assert (found["tokens_in"], found["tokens_out"], found["seconds"]) == (200, 5, 0.5)
    assert found["hours"] == pytest.approx(91_000 * 0.5 / 3600)
    assert found["cost"] == pytest.approx(91_000 * (200 * 2 + 5 * 10) / 1e6)
    # a persona takes 45.5 s, a job of 4 hours is filled to 80 %: 252 personas
    assert found["shards"] == 4


def test_without_a_price_there_is_no_cost_and_without_answers_nothing():
    assert "cost" not in projected(SHARD, 91, STUDY, None)
    assert projected(SHARD | {"n_answers": 0}, 91, STUDY, PRICE) == {}


@pytest.mark.parametrize(
    ("share", "mass", "form", "told"),
    [
        (0.9, 0.5, "label_token", ""),
        (0.4, 0.5, "label_token", "40% of the answers are valid, fewer than 50%"),
        (0.9, 0.01, "label_token", "the labels hold 0.01 of the probability, less than 0.1"),
        (0.9, 1e-6, "option_text", ""),
        (0.9, None, "label_token", ""),
    ],
)
def test_what_passes(share, mass, form, told):
    assert verdict({"valid_share": share, "option_mass": mass}, form, STUDY) == told


def judged(reason=""):
    """Return table PREFLIGHT of one model."""
    row = {
        "model": "m", "stage": "base", "n_personas": 1000, "n_asked": 100, "valid_share": 0.9,
        "option_mass": 0.8, "n_in_order": 9, "n_pairs": 10, "reason": reason,
    } | projected(SHARD, 91, STUDY, PRICE)  # fmt: skip
    return pl.DataFrame([row], schema=dict(study_tables.PREFLIGHT.columns))


def test_the_table_is_printed_with_what_does_not_pass():
    heading, row, last = table_lines(judged("too little"))
    assert "9 of 10" in row
    assert "40.95 EUR" in row
    assert last == "m base does not pass: too little"
    assert len(heading.split("cost")[0]) <= len(row)
    assert len(table_lines(judged())) == 2
