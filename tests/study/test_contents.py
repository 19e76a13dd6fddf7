"""Contents: what the files of a study lack when they are set beside each other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from valuescape.cluster.checks import FURTHER_CHECKS
from valuescape.core.errors import UserError
from valuescape.study.check import read_study

ROOT = Path(__file__).parents[2]
SPACE, FIELDS = "config/persona_space.yaml", "config/biography.yaml"
MFQ, IW, PROBE, ORACLE = (
    f"config/instruments/{name}.yaml" for name in ("mfq2", "iw", "wvb_probe", "oracle")
)
ANSWER, BIOGRAPHY = "config/prompts/answer.md", "config/prompts/biography.md"


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Lay out the files of the demo; return a function that changes one and reads the study."""
    for part in ("config", "workflow/schemas"):
        shutil.copytree(ROOT / part, tmp_path / part)
    monkeypatch.chdir(tmp_path)

    def refusal(*changes, **keys):
        for file, old, new in changes:
            text = Path(file).read_text(encoding="utf-8")
            assert old in text
            Path(file).write_text(text.replace(old, new, 1), encoding="utf-8")
        Path("mine.yaml").write_text(yaml.safe_dump({"study": "mine"} | keys), encoding="utf-8")
        with pytest.raises(UserError) as caught:
            read_study([Path("mine.yaml")], FURTHER_CHECKS)
        return str(caught.value)

    return refusal


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
        (ANSWER, "{{ question }}", "", "leave question unsaid"),
        (ANSWER, "{{ question }}", "{{ questio }}", "unknown variable 'questio'"),
        (ANSWER, "## interview\n", "## chat user\n", "stands here twice, first in line"),
        (ANSWER, "## interview\n", "## Interview\n", "'## Interview' is no name of a section"),
        (ANSWER, "{% if persona %}", "{% if %}", "no valid template"),
        (BIOGRAPHY, '{{ statements | join(" ") }}', "", "leave statements unsaid"),
        (BIOGRAPHY, "## chat system", "Hello\n## chat system", "stands above the first section"),
        ("config/prompts/oracle.md", "{{ statement }}", "it", "leave statement unsaid"),
        ("config/models/smollm2-135m.yaml", "max_tokens: ", "max_tokens: 1.", "whole number"),
    ],
)
def test_a_mistake_is_told_before_anything_runs(study, file, old, new, message):
    said = study((file, old, new))
    assert message in said
    assert file in said.splitlines()[0]
    assert "Hint: " in said


def test_mistakes_of_several_files_are_told_at_once(study):
    said = study((MFQ, "MFQ1, MFQ7,", "MFQ7,"), (FIELDS, "lowest: 18", "lowest: 95"), shards=145)
    for file in (MFQ, FIELDS, "mine.yaml, line 1"):
        assert f"{file}" in said
    assert said.count("Hint: ") >= 3


def test_groups_of_biographies_are_those_of_surveys(study):
    Path("SYNTHETIC.csv").write_text("A_WAVE\n7\n", encoding="utf-8")
    said = study(
        (FIELDS, "settlement: [urban, rural]", "settlement: [city, rural]"),
        grouping=["settlement"],
        survey={"wvs7": "SYNTHETIC.csv", "trend": None},
    )
    assert "no survey knows the settlement 'city'" in said
