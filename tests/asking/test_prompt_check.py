"""Prompts of a study: what they leave unsaid is told before anything runs."""

from __future__ import annotations

import pytest

import changed_study
from changed_study import ANSWER, BIOGRAPHY, change
from valuescape.cluster.checks import FURTHER_CHECKS
from valuescape.study.check import read_study

JUDGE = "config/prompts/judge.md"
LISTED = [
    {"name": "listed", "options": "label_token"},
    {"name": "battery", "mode": "battery", "readout": "drawn"},
]


@pytest.fixture(autouse=True)
def _in_a_study(tmp_path, monkeypatch):
    changed_study.lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (ANSWER, "{{ question }}", "", "leave question unsaid"),
        (ANSWER, "{{ question }}", "{{ question1 }}", "unknown variable 'question1'"),
        (ANSWER, "## interview\n", "## chat user\n", "stands here twice, first in line"),
        (ANSWER, "## interview\n", "## Interview\n", "'## Interview' is no name of a section"),
        (ANSWER, "{% if persona %}", "{% if %}", "no valid template"),
        (BIOGRAPHY, '{{ statements | join(" ") }}', "", "leave statements unsaid"),
        (BIOGRAPHY, "## chat system", "Hello\n## chat system", "stands above the first section"),
        ("config/prompts/oracle.md", "{{ statement }}", "it", "leave statement unsaid"),
        (ANSWER, "{{ label }}. {{ text }}", "{{ label }}", "leave options unsaid"),
        (ANSWER, "{{ statements | join", "{{ [] | join", "leave statements unsaid"),
        (ANSWER, "{{ country }}", "a land", "leave country unsaid"),
        (ANSWER, "{{ label }}. {{ text }}", "- {{ text }}", "leave label unsaid"),
        (ANSWER, "{{ question.id }}. ", "", "leave question.id unsaid"),
    ],
)
def test_a_prompt_says_what_it_must(file, old, new, message):
    change(file, old, new)
    said = changed_study.refusal(conditions=LISTED)
    assert message in said
    assert file in said.splitlines()[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{{ biography }}", "It", "leave biography unsaid"),
        ("{{ question }}", "", "leave question unsaid"),
        ("{{ label }}. {{ text }}", "{{ label }}", "leave options unsaid"),
        ("## not said", "## unsaid", "no section '## not said'"),
        ("The text does not tell.", "", "the judge would be told nothing there"),
        ("{{ label }}. ", "- ", "leave label unsaid"),
        ("Which of these", "{{ mood }}", "unknown variable 'mood'"),
    ],
)
def test_the_prompt_of_a_judge_says_what_it_must(old, new, message):
    change(JUDGE, old, new)
    said = changed_study.refusal(judge={"biographies": 8})
    assert message in said
    assert JUDGE in said.splitlines()[0]


def test_the_prompt_of_a_judge_is_not_read_without_one():
    change(JUDGE, "{{ question }}", "")
    read_study([changed_study.write_study()], FURTHER_CHECKS)


def test_biographies_are_checked_as_every_model_writes_them():
    change(BIOGRAPHY, "Age: {{ age }}. ", "")
    study = {"demographics": "assigned", "models": ["smollm2-135m", "llama-3.1-8b"]}
    assert "'## chat user assigned': leave age unsaid" in changed_study.refusal(**study)
    # the synthetic respondent writes in running text
    change(BIOGRAPHY, "## interview assigned", "## interview told")
    said = changed_study.refusal(**study | {"models": ["llama-3.1-8b", "synthetic"]})
    assert "no section 'interview assigned'" in said.replace("## ", "")


def test_the_oracle_lists_its_options_to_a_model_that_answers_by_label():
    change("config/prompts/oracle.md", "{{ label }}. {{ text }}", "{{ label }}")
    change("config/models/smollm2-135m.yaml", "form: option_text", "form: label_token")
    assert "oracle.md, sections '## interview': leave options unsaid" in changed_study.refusal()
