"""The whole lens, from files; and other conditions beside this one."""

from __future__ import annotations

import polars as pl
import pytest

import made_up_groups as groups
from valuescape.core import tables
from valuescape.core.command import parser_of
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment.groups import Least
from valuescape.lenses.alignment.measure import baselines_not_asked, main
from valuescape.study.conditions import Condition


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return the paths of all tables; the same responses stand in for other conditions."""
    folder = tmp_path_factory.mktemp("alignment")
    inputs = groups.write_inputs(folder)
    outputs = {name: folder / f"{name}.parquet" for name in groups.MEASURED}
    main(
        **inputs,
        baseline_responses=[inputs["responses"]],
        baseline_conditions=[Condition("null", context=())],
        pooled_responses=[inputs["responses"]],
        condition=Condition("base", ("demographics", "configuration")),
        space=groups.CONFIG / "persona_space.yaml",
        grouping=["continent"],
        least=Least(30, 2, 5),
        seed=1,
        replicates=50,
        **outputs,
    )
    return outputs


def test_every_table_is_written_with_its_provenance(written):
    for name, table in groups.MEASURED.items():
        assert tables.read(written[name], table).height
    kept = tables.provenance(written["summary"])
    assert kept["engine"] == "vllm"
    assert kept["grouping"] == "continent"
    assert kept["alignment_groups_without_personas"] == "North America, Oceania, South America"


def test_other_conditions_stand_beside_the_personas(written):
    summary = tables.read(written["summary"], alignment_tables.ALIGNMENT_SUMMARY)
    # eight comparators, weighted personas, all conditions together, a baseline and two not asked
    of_groups = summary.filter(pl.col("aggregate") != "world", pl.col("question_set") > 3)
    assert of_groups.height == (8 + 1 + 1 + 3) * 4 * 3
    assert of_groups["n_groups"].unique().to_list() == [3]
    assert set(summary.filter(pl.col("basis") == "not asked")["comparator"]) == {
        "demographics_only", "configuration_only"
    }  # fmt: skip
    # the same responses, given once more; those told nothing answer for every group alike
    for name, same in (("persona_conditions", "persona"), ("null_prompt", "persona_shuffled")):
        first, second = (
            of_groups.filter(comparator=each)["alignment"].to_list() for each in (name, same)
        )
        assert first == pytest.approx(second)


def test_a_baseline_is_not_asked_if_no_condition_is_one_and_it_is_not_the_own_context():
    told = Condition(name="base", context=("configuration",))
    assert baselines_not_asked(told, {"null_prompt"}) == ["demographics_only"]


def test_random_answers_are_nearly_uniform(written):
    summary = tables.read(written["summary"], alignment_tables.ALIGNMENT_SUMMARY)
    of = {row[:3]: row[3] for row in summary.iter_rows()}
    assert of["human_floor", "cell_mean", 36] > of["human_pooled", "cell_mean", 36] > 0.85
    # averaged over 20 personas
    assert of["persona", "cell_mean", 36] == pytest.approx(of["uniform", "cell_mean", 36], abs=0.03)


def test_tables_agree_on_the_same_cells(written):
    cells = tables.read(written["cells"], alignment_tables.ALIGNMENT_CELLS)
    complete = cells.filter(pl.col("group") != "all", pl.col("left_out").is_null())
    summary = tables.read(written["summary"], alignment_tables.ALIGNMENT_SUMMARY)
    row = summary.filter(comparator="persona", aggregate="cell_mean", question_set=36)
    assert row["alignment"][0] == pytest.approx(1 - complete["emd"].mean())
    assert row["corrected"][0] == pytest.approx(1 - complete["emd_corrected"].mean())
    assert row["n_cells"][0] == complete.height
    weighted = summary.filter(
        comparator="personas_weighted", aggregate="cell_mean", question_set=36
    )
    assert weighted["alignment"][0] == pytest.approx(1 - complete["emd_weighted"].mean())
    # the tail beyond half of the cells, by the same distances
    quantiles = tables.read(written["quantiles"], alignment_tables.QUANTILES)
    median = quantiles.filter(comparator="persona", measure="quantile", level=0.5)
    assert median["emd"][0] == pytest.approx(complete["emd"].median())
    thresholds = tables.read(written["thresholds"], alignment_tables.THRESHOLDS)
    everybody = cells.filter(group="all")["emd"]
    share = thresholds.filter(unit="question", comparator="persona", threshold=0.2)["share"][0]
    assert share == pytest.approx((everybody <= 0.2).mean())


def test_conditions_pass_through_the_command_line():
    null = Condition("null", context=())
    names = (
        "responses",
        "instrument",
        "space",
        "biographies",
        "humans",
        "countries",
        *groups.MEASURED,
    )
    line = [word for name in names for word in (f"--{name}", name)]
    line += ["--respondents", "--baseline-responses", "null.parquet", "--pooled-responses"]
    line += ["--condition", Condition("base").json(), "--baseline-conditions", null.json()]
    line += ["--least", '{"humans": 30, "countries": 2, "personas": 20}']
    line += ["--grouping", "continent", "--seed", "1", "--replicates", "9"]
    found = parser_of(main).parse_args(line)
    assert found.condition == Condition("base")
    assert found.baseline_conditions == [null]
    assert (found.respondents, found.pooled_responses) == (None, [])
