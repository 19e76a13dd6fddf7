"""Edges: studies that answer nearly nothing end with tables that say what is not defined."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import made_up_groups as groups
from made_up_answers import responses
from valuescape.core import tables
from valuescape.lenses.alignment import compare_groups, measure
from valuescape.lenses.alignment.groups import Least
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.instruments import read_instrument

PROBE = read_instrument(groups.PROBE)
LEAST = Least(30, 2, 5)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return groups.write_inputs(tmp_path_factory.mktemp("edges"))


def run(inputs, folder, change=None, context=("demographics", "configuration"), least=LEAST):
    """Return every table of both commands, of answers that `change` makes of the made-up ones."""
    given = dict(inputs)
    if change:
        people = tables.read(inputs["biographies"], study_tables.BIOGRAPHIES)
        answered, people = change(people)
        given |= {name: folder / f"{name}.parquet" for name in ("responses", "biographies")}
        engine = {"engine": "synthetic"}
        tables.write(answered, given["responses"], study_tables.RESPONSES, engine)
        tables.write(people, given["biographies"], study_tables.BIOGRAPHIES, engine)
    common = {"grouping": ["continent"], "least": least, "condition": Condition("base", context),
              "seed": 1, "replicates": 20}  # fmt: skip
    paths = {name: folder / f"{name}.out" for name in (*groups.MEASURED, *groups.COMPARED)}
    measure.main(
        **given, **common, space=groups.CONFIG / "persona_space.yaml",
        baseline_responses=[], baseline_conditions=[], pooled_responses=[],
        **{name: paths[name] for name in groups.MEASURED},
    )  # fmt: skip
    compare_groups.main(**given, **common, **{name: paths[name] for name in groups.COMPARED})
    contracts = {**groups.MEASURED, **groups.COMPARED}
    return {name: tables.read(path, contracts[name]) for name, path in paths.items()}


def answers_of(people, shares=None, refused=()):
    """Return answers of these personas, all alike unless given, and which questions they refuse."""
    n = people.height
    rng = np.random.default_rng(1)
    answers = {
        q.id: np.tile(np.eye(q.n_options)[0], (n, 1)) if shares is None else shares(rng, q, n)
        for q in PROBE.questions
    }
    statuses = {q.id: ["refused"] * n for q in PROBE.questions if q.id in refused}
    return responses(PROBE, answers, statuses, people["persona_id"].to_list())


def drawn(rng, question, n):
    return rng.dirichlet(np.ones(question.n_options), n)


def reasons_of(found):
    """Return why there is nothing to say of groups, from every table that says so."""
    summary = found["summary"].filter(pl.col("aggregate") != "world")
    return (
        summary.filter(comparator="persona")["basis"].unique().to_list(),
        found["discrimination"]["reason"].unique().to_list(),
        found["geometry"]["reason"].unique().to_list(),
    )


def test_a_persona_that_is_told_no_country_yields_no_group_number(inputs, tmp_path):
    """Referee A1: only everybody as one group can be compared."""
    found = run(inputs, tmp_path, context=("configuration", "biography"))
    reason = "persona is not told its country"
    assert reasons_of(found) == ([f"not defined: {reason}"], [reason], [reason])
    of_groups = found["cells"].filter(pl.col("group") != "all")
    assert of_groups["emd"].null_count() == of_groups.height
    assert set(of_groups["left_out"]) == {reason}
    world = found["summary"].filter(aggregate="world", question_set=36)
    assert world.filter(comparator="persona")["corrected"][0] > 0.5
    for name in ("order", "equivalent_n", "positions", "quantiles", "dispersion"):
        assert found[name].is_empty()


def test_one_question_that_everybody_refuses(inputs, tmp_path):
    """Referee A4."""
    found = run(inputs, tmp_path, lambda people: (answers_of(people, drawn, ("Q1",)), people))
    cells = found["cells"].filter(question="Q1")
    assert cells["emd"].null_count() == cells.height
    # nothing is known: any distance could have been
    assert found["cells"].filter(group="all", question="Q1")["refused"][0] == 1
    of_groups = found["summary"].filter(comparator="persona", question_set=36)
    counted = dict(of_groups.select("aggregate", "n_cells").rows())
    assert counted["world"] == 35
    assert found["summary"].filter(comparator="personas_weighted")["corrected"].null_count() == 0
    assert found["discrimination"]["estimate"].null_count() == 0


def test_everything_is_refused(inputs, tmp_path):
    """Referee A4."""
    asked = [q.id for q in PROBE.questions]
    found = run(inputs, tmp_path, lambda people: (answers_of(people, drawn, asked), people))
    basis, told_apart, geometry = reasons_of(found)
    assert basis == ["not defined: personas: 0 of at least 5"]
    assert told_apart == geometry == ["groups with enough humans and personas: 0 of at least 3"]
    assert "world" not in set(found["summary"]["aggregate"])


def test_constant_answers(inputs, tmp_path):
    """Referee A5: no p-value of what does not vary."""
    found = run(inputs, tmp_path, lambda people: (answers_of(people), people))
    of = groups.by_measure(found["discrimination"])
    assert (of["rank_correlation"]["estimate"], of["rank_correlation"]["p_value"]) == (None, None)
    mantel = groups.by_measure(found["geometry"])["mantel"]
    assert (mantel["estimate"], mantel["p_value"]) == (None, None)
    persona = found["summary"].filter(comparator="persona", aggregate="cell_mean")
    assert persona["corrected"].null_count() == 0


def few(n):
    """Return a change that leaves n personas."""
    return lambda people: (answers_of(people.head(n), drawn), people.head(n))


def test_two_personas(inputs, tmp_path):
    found = run(inputs, tmp_path, few(2))
    assert reasons_of(found)[0][0].startswith("not defined: ")


def test_one_persona(inputs, tmp_path):
    # a least size of one persona counts it, but it is weighted to nothing
    single = run(inputs, tmp_path, few(1), least=Least(30, 2, 1))
    summary = single["summary"].filter(aggregate="cell_mean", question_set=33)
    of = {row["comparator"]: row for row in summary.iter_rows(named=True)}
    assert of["persona"]["alignment"] is not None
    assert of["personas_weighted"]["alignment"] is None
    reason = "not defined: too few personas for the effects of levels"
    assert of["personas_weighted"]["basis"] == reason


def test_one_group(inputs, tmp_path):
    def one(people):
        same = people.with_columns(continent=pl.lit("Asia"))
        return answers_of(same, drawn), same

    found = run(inputs, tmp_path, one)
    summary = found["summary"].filter(comparator="personas_weighted", aggregate="cell_mean")
    assert summary["n_groups"].unique().to_list() == [1]
    assert summary["corrected"].null_count() == 0
    reason = "groups with enough humans and personas: 1 of at least 3"
    assert reasons_of(found)[1:] == ([reason], [reason])


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_babbling_respondent(inputs, tmp_path, share):
    def babbles(people):
        answered = answers_of(people, drawn)
        lost = np.random.default_rng(3).random((people.height, len(PROBE.questions))) < share
        changed = [
            pl.when(pl.Series(lost[:, k])).then(pl.lit("malformed")).otherwise(f"{q.id}_status")
            .alias(f"{q.id}_status")
            for k, q in enumerate(PROBE.questions)
        ]  # fmt: skip
        return answered.with_columns(changed), people

    found = run(inputs, tmp_path, babbles)
    refused = found["cells"].filter(group="all")["refused"]
    assert refused.mean() == pytest.approx(share, abs=0.03)
    measures = found["measures"].filter(question_set=36)
    if share < 0.5:
        of = groups.by_measure(measures)
        low, high = (of[f"alignment_if_refusals_{way}"]["estimate"] for way in ("oppose", "agree"))
        persona = found["summary"].filter(
            comparator="persona", aggregate="cell_mean", question_set=36
        )
        assert low < persona["alignment"][0] < high
    else:
        # of twenty personas of a group two give an answer
        counted = found["cells"].filter(pl.col("group") != "all")["left_out"].null_count()
        assert counted < 20
