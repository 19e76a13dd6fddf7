"""Contents: what the files of a study lack when they are set beside each other."""

from __future__ import annotations

from pathlib import Path

import pytest

import changed_study
from changed_study import change

SPACE, FIELDS = "config/persona_space.yaml", "config/biography.yaml"
MFQ, IW, PROBE, ORACLE = (
    f"config/instruments/{name}.yaml" for name in ("mfq2", "iw", "wvb_probe", "oracle")
)


@pytest.fixture(autouse=True)
def _in_a_study(tmp_path, monkeypatch):
    changed_study.lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (MFQ, "MFQ1, MFQ7,", "MFQ7,", "'MFQ1' is an item of none of the scales"),
        (MFQ, "{value: 2, label", "{value: 0, label", "stands after option"),
        (
            "config/reference/wvs7_n.csv",
            "question,country,n,",
            "question,country,m,",
            "no column 'n'",
        ),
        (MFQ, "{value: 5, label", "{value: 9, label", "its codes (1, 2, 3, 4, 9) have gaps"),
        (MFQ, "  purity:", "  pureness:", "no scale of the foundation 'purity'"),
        (ORACLE, "value: 5", "value: 6", "have gaps"),
        (ORACLE, "  purity:", "  pureness:", "0 questions on 'purity', not one"),
        (IW, "variable: trust", "variable: thrust", "'thrust', which is no variable"),
        (IW, "id: A165", "id: A166", "no question with the id A165"),
        (PROBE, "{value: 4,", "{value: 5,", "has no option 4, which humans chose"),
        (SPACE, "ivs: F063", "ivs: F064", "no variable has the code F063"),
        (
            SPACE,
            "value: 10, codes",
            "value: 11, codes",
            "11 of 'god' lies outside its survey codes",
        ),
        (SPACE, "wvs7: [Q154, Q155]", "wvs7: [Q154]", "names 1 questions, not 2"),
        (SPACE, "codes: [1, 2, 3], wording", "codes: [1, 3], wording", "code 2 of 'homosexuality'"),
        (FIELDS, "lowest: 18", "lowest: 95", "lowest age 95 is more than highest, 94"),
        ("config/models/smollm2-135m.yaml", "max_tokens: ", "max_tokens: 1.", "whole number"),
    ],
)
def test_a_mistake_is_told_before_anything_runs(file, old, new, message):
    change(file, old, new)
    said = changed_study.refusal()
    assert message in said
    assert file in said.splitlines()[0]
    assert "Hint: " in said


def test_mistakes_of_several_files_are_told_at_once():
    change(MFQ, "MFQ1, MFQ7,", "MFQ7,")
    change(FIELDS, "lowest: 18", "lowest: 95")
    said = changed_study.refusal(shards=145)
    for place in (MFQ, FIELDS, "mine.yaml, line 1"):
        assert place in said
    assert said.count("Hint: ") >= 3


def test_groups_of_biographies_are_those_of_surveys():
    Path("SYNTHETIC.csv").write_text("A_WAVE\n7\n", encoding="utf-8")
    change(FIELDS, "settlement: [urban, rural]", "settlement: [city, rural]")
    survey = {"wvs7": "SYNTHETIC.csv", "trend": None}
    said = changed_study.refusal(grouping=["settlement"], survey=survey)
    assert "no survey knows the settlement 'city'" in said
