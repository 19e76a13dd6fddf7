"""Groups against groups, from files; which groups and questions are compared."""

from __future__ import annotations

import numpy as np

import made_up_groups as groups
from valuescape.core import tables
from valuescape.lenses.alignment.compare_groups import answered_by_all, main
from valuescape.lenses.alignment.groups import Least
from valuescape.study.conditions import Condition


def test_groups_that_answered_half_and_questions_that_all_of_them_answered():
    counted = np.array([[1, 1, 1, 0, 0], [1, 1, 0, 1, 0], [1, 0, 0, 0, 0]], dtype=bool)
    kept, questions = answered_by_all(counted)
    # four questions count anywhere; the last group has one of them
    assert kept.tolist() == [True, True, False]
    assert questions.tolist() == [True, True, False, False, False]
    kept, questions = answered_by_all(np.zeros((3, 5), dtype=bool))
    assert not kept.any()
    assert not questions.any()


def test_whole_comparison_from_files(tmp_path):
    outputs = {name: tmp_path / f"{name}.parquet" for name in groups.COMPARED}
    main(
        **groups.write_inputs(tmp_path),
        grouping=["continent"],
        least=Least(30, 2, 5),
        condition=Condition("base", ("demographics",)),
        seed=1,
        replicates=20,
        **outputs,
    )
    found = {name: tables.read(outputs[name], table) for name, table in groups.COMPARED.items()}
    # random answers know no groups
    index = groups.by_measure(found["discrimination"])["index"]
    assert (index["n"], index["p_value"] > 0.05) == (3, True)
    assert found["order"]["n_groups"].unique().to_list() == [3]
    assert set(found["equivalent_n"]["comparator"]) == {"persona", "uniform", "human_pooled"}
    assert set(found["positions"]["group"]) == {"Africa", "Asia", "Europe"}
    geometry = groups.by_measure(found["geometry"])
    assert set(geometry) == {"mantel", "gromov_wasserstein", "matched_share", "spread_ratio"}
    assert tables.provenance(outputs["geometry"])["grouping"] == "continent"
