"""Prompts of a study: what they leave unsaid is told before anything runs."""

from __future__ import annotations

import pytest

import changed_study
from changed_study import ANSWER, BIOGRAPHY, change

JUDGE = "config/prompts/judge.md"
LISTED = [{"name": "listed", "options": "label_token"}]


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
        (JUDGE, "{{ biography }}", "", "leave biography unsaid"),
        (JUDGE, "Which of these", "{{ mood }}", "unknown variable 'mood'"),
        (JUDGE, "## not said", "## not", "no section '## not said'"),
    ],
)
def test_a_prompt_says_what_it_must(file, old, new, message):
    change(file, old, new)
    said = changed_study.refusal(conditions=LISTED, judge={"biographies": 4})
    assert message in said
    assert file in said.splitlines()[0]


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
