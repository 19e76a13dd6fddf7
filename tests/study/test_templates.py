"""Templates: the sections of a prompt file, and what is wrong with one."""

from __future__ import annotations

import pytest

from valuescape.core.errors import UserError
from valuescape.study.templates import Prompt, Template


def template(folder, text):
    path = folder / "mine.md"
    path.write_text(text, encoding="utf-8")
    return Template(path, ["interview"])


def test_an_unknown_variable_is_told_with_its_file_and_section(tmp_path):
    mine = template(tmp_path, "## interview\n{{ persona }} {{ mood }}\n")
    with pytest.raises(
        UserError, match=r"mine\.md, line 1, section '## interview': unknown variable 'mood'"
    ) as caught:
        mine.section("interview", persona="You are Ada.")
    assert "persona" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("## chat\nHello\n", r"mine\.md: no section '## interview'; there are \['chat'"),
        ("## interview\n{% if %}\n", r"mine\.md, line 2: no valid template"),
    ],
)
def test_a_broken_template_is_told_with_its_file(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        template(tmp_path, text)


def test_a_missing_template_is_told(tmp_path):
    with pytest.raises(UserError, match=r"nowhere.md: cannot be read"):
        Template(tmp_path / "nowhere.md", [])


def test_a_prompt_goes_on_where_the_model_has_come_to():
    assert Prompt(text="You:").continued(" Yes") == Prompt(text="You: Yes")
    chat = Prompt(messages=(("user", "Hi"),), prefill="I")
    assert chat.continued(" do") == Prompt(messages=(("user", "Hi"),), prefill="I do")


def test_what_is_not_known_is_not_said(tmp_path):
    (tmp_path / "prompt.md").write_text("## told\nYou live {{ household }} in {{ country }}.\n")
    template = Template(tmp_path / "prompt.md", ["told"])
    assert template.section("told", household=None, country="Peru") == "You live  in Peru."


def test_a_section_of_the_same_values_is_put_together_once(tmp_path):
    mine = template(tmp_path, "## interview\n{{ persona }} {{ options | length }}\n")
    first = mine.section_once("interview", persona="Ada", options=(1, 2), question="Well?")
    again = mine.section_once("interview", persona="Ada", options=(1, 2), question="And now?")
    assert first is again
    assert mine.section_once("interview", persona="Bo", options=(1,)) == "Bo 1"
    with pytest.raises(UserError, match="unknown variable 'options'"):
        mine.section_once("interview", persona="Ada")


def test_only_the_sections_that_are_wanted_make_the_fingerprint(tmp_path):
    def fingerprint(text, *sections):
        path = tmp_path / "mine.md"
        path.write_text(text, encoding="utf-8")
        return Template(path, sections).fingerprint

    before = "## interview\nHello\n## chat\nHi\n"
    after = before.replace("Hi", "Ho")
    assert fingerprint(before, "interview") == fingerprint(after, "interview")
    assert fingerprint(before, "chat") != fingerprint(after, "chat")


@pytest.mark.parametrize(
    "said", ["{% for _ in range(999999999) %}x{% endfor %}", "{{ persona.__class__.__mro__ }}"]
)
def test_a_prompt_of_somebody_else_runs_no_code_and_no_endless_loop(tmp_path, said):
    mine = template(tmp_path, f"## interview\n{said}\n")
    with pytest.raises(UserError, match="section '## interview': cannot be filled in"):
        mine.section("interview", persona="Ada")
