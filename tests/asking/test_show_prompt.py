"""Show prompt: exactly what a persona is asked under a condition of a study."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from valuescape.asking.phrasing import statements
from valuescape.asking.show_prompt import main
from valuescape.core.errors import UserError
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[2] / "config"
STUDY = """
study: mine
models: [synthetic]
conditions:
  - {name: base, context: [configuration]}
  - {name: labels, context: [], options: label_token, option_order: reversed}
  - {name: sampled, context: [configuration], mode: sampled, readout: drawn}
  - {name: battery, context: [configuration], mode: battery, readout: drawn}
  - {name: reasoned, context: [configuration], mode: reasoned, reasoning_tokens: 40, readout: drawn}
  - {name: biography, context: [biography]}
"""


@pytest.fixture
def show(tmp_path, monkeypatch, capsys):
    """Return what is printed of persona 4711 and the first item of the MFQ-2 in a condition."""
    monkeypatch.chdir(CONFIG.parent)
    (tmp_path / "mine.yaml").write_text(STUDY, encoding="utf-8")

    def printed(condition: str, *further: str) -> str:
        study = ["--configfile", str(tmp_path / "mine.yaml"), "--condition", condition]
        asked = ["--persona", "4711", "--instrument", "mfq2", "--item", "MFQ1"]
        main([*asked, *study, *further])
        return capsys.readouterr().out

    return printed


MFQ2 = read_instrument(CONFIG / "instruments/mfq2.yaml")
ASKED = f"Interviewer: {MFQ2.instruction} {MFQ2.question('MFQ1').text}"
TEXTS = "\n".join(repr(f" {option.label}") for option in MFQ2.question("MFQ1").options)


def said() -> str:
    return " ".join(statements(read_space(CONFIG / "persona_space.yaml"), 4711))


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("base", "--- options, of which the probabilities are read"),
        ("sampled", "--- the model writes one of these (temperature 1, at most 29 tokens)"),
    ],
)
def test_show_prints_the_exact_prompt(show, condition, answer):
    head, _, rest = show(condition).partition("\n--- prompt\n")
    assert head == f"SYNTHETIC respondent, condition {condition}, mode {MODE_OF[condition]}"
    assert rest == f"{said()}\n\n{ASKED}\nYou:\n\n{answer}\n{TEXTS}\n"


MODE_OF = {"base": "single", "sampled": "sampled"}


def test_show_knows_form_order_and_who_is_told_nothing(show):
    listed = "\n".join(
        f"{label}. {option.label}"
        for label, option in zip("ABCDE", MFQ2.question("MFQ1").options[::-1], strict=True)
    )
    printed = show("labels")
    assert f"--- prompt\n{ASKED}\n{listed}\nYou:\n" in printed
    assert printed.endswith("' E'\n' D'\n' C'\n' B'\n' A'\n")


def test_show_prints_both_requests_of_a_reasoned_answer(show):
    first, second = show("reasoned").split("--- prompt\n")[1:]
    opened = first.partition("\n\n--- the model reasons (temperature 1, at most 40 tokens)")[0]
    assert opened.startswith(f"{said()}\n\n{ASKED} Take a moment to think before you answer.\n- ")
    assert opened.endswith("\nYou think:")
    assert second.startswith(f"{opened} (its reasoning)\nYou answer:\n\n--- the model writes one")
    assert second.endswith(f"{TEXTS}\n")


def test_show_prints_a_whole_battery(show):
    printed = show("battery")
    for question in MFQ2.questions:
        assert f"{question.id}. {question.text}\n" in printed
        assert f"\n{question.id}: 'Does not describe me at all', 'Slightly" in printed
    # five options that all items share stand there once
    assert printed.count("- Does not describe me at all") == 1


def test_show_knows_who_is_assigned_without_any_result(show, tmp_path):
    further = tmp_path / "assigned.yaml"
    further.write_text(
        "models: [synthetic]\ndemographics: assigned\n"
        "conditions: [{name: who, context: [demographics, configuration]}]",
        encoding="utf-8",
    )
    prompt = show("who", "--configfile", str(further)).partition("--- prompt\n")[2]
    who, configuration = prompt.split("\n\n")[:2]
    assert re.fullmatch(
        r"You are \d\d years old and (fe)?male\. You live in [A-Z][A-Za-z ]+, in an? (urban|rural) "
        r"area\. Your education: [A-Z][A-Za-z ]+\.",
        who,
    )
    assert configuration == said()


def test_show_takes_a_biography_or_says_how_to_get_one(show):
    assert "\nYou are Ada.\n\nInterviewer:" in show("biography", "--biography", "You are Ada.")
    with pytest.raises(UserError, match="biography tells a biography") as caught:
        show("biography")
    assert "--biography" in caught.value.hint


@pytest.mark.parametrize(
    ("further", "message"),
    [
        (("--condition", "bas"), "no condition 'bas'"),
        (("--model", "gpt"), "no model 'gpt'"),
        (("--instrument", "mfq"), "no instrument 'mfq'"),
        (("--item", "MFQ99"), "no question 'MFQ99'"),
        (("--configfile", "nowhere.yaml"), "nowhere.yaml: no such file"),
    ],
)
def test_show_tells_what_does_not_exist(show, further, message):
    with pytest.raises(UserError, match=message):
        show("base", *further)
