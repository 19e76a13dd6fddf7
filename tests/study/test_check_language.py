"""Checking a language: every trap that was met in published sets is refused, with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

import changed_study
from conftest import ROOT
from valuescape.asking.elicitation.outcomes import Outcome, read_answer, read_battery
from valuescape.asking.phrasing import Phrasing, question_values
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.reporting.sources import translation_words
from valuescape.study.check_language import denies, main
from valuescape.study.instruments import read_instrument
from valuescape.study.languages import Language
from valuescape.study.templates import Template

SOURCE = {"title": "made up", "translator": "nobody", "class": "own", "licence": "none"}
DE = Path("config/languages/de")
# As a public set of LLM researchers had it: both ends of F118 say "always reasonable".
TRAP = {"id": "F118", "text": "您认为同性恋有多合理", "options": [
    {"value": 1, "label": "始终合理"},
    *({"value": k, "label": str(k), "spoken": f"第{k}级"} for k in range(2, 10)),
    {"value": 10, "label": "始终合理"},
]}  # fmt: skip
CORRECTED = {**TRAP, "options": [{"value": 1, "label": "绝对不合理"}, *TRAP["options"][1:]]}


@pytest.fixture(autouse=True)
def _in_a_study(tmp_path, monkeypatch):
    changed_study.lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def translation(*questions, instrument="iw", **further):
    return {"instrument": instrument, "source": SOURCE, **further, "questions": list(questions)}


def add_language(code, *questions, direction="ltr", negations=()):
    """Add a language that is told in German, and has these questions of the map."""
    meta = {"name": f"Made-up {code}", "own_name": "中文", "variety_of": "de"}
    meta |= {"direction": direction} | ({"negations": list(negations)} if negations else {})
    write(Path(f"config/languages/{code}/language.yaml"), meta)
    write(Path(f"config/languages/{code}/instruments/iw.yaml"), translation(*questions))


def test_two_options_that_are_alike_are_refused(capsys):
    add_language("zh", TRAP, negations=["绝对不"])
    with pytest.raises(UserError, match="two options of 'F118' have the label '始终合理'"):
        main(["zh"])
    add_language("zh", CORRECTED, negations=["绝对不"])
    main(["zh"])
    assert "ends not checked" not in capsys.readouterr().out
    add_language("zh", CORRECTED, negations=["无"])
    main(["zh"])
    assert "(negations): F118" in capsys.readouterr().out


PROUD = ["sehr stolz", "ziemlich stolz", "nicht sehr stolz", "überhaupt nicht stolz"]


def proud(labels=PROUD, text="Wie stolz sind Sie?", **keys):
    options = [{"value": k, "label": label} for k, label in enumerate(labels, 1)]
    return {"id": "G006", "text": text, "options": options, **keys}


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (proud(id="G007"), "iw asks no question 'G007'"),
        (proud(PROUD[:3]), r"the options of 'G006' have the codes \[1, 2, 3\]"),
        (proud(PROUD[::-1]), "the ends of 'G006' are swapped: 1 is 'überhaupt nicht stolz'"),
        (proud(text="Wie stolz sind Sie, in Frankreichs Norden?"), "names a country \\('Frankr"),
        (proud(text="Sind Sie stolz, deutsch zu sein?"), r"names a country \('deutsch'\)"),
        (proud(text="Sind Sie stolz auf {land}?"), "{land} is none of the words for this country"),
        (proud(stem="Wie stolz?"), "'G006' has neither a text of its own nor a stem"),
        (proud(["1", *PROUD[1:]]), "option 1 of 'G006' is a bare number"),
        (proud(differs=""), "'differs' is empty"),
    ],
)
def test_a_mistaken_question_is_told_with_its_line(question, message):
    add_language("xx", question)
    with pytest.raises(UserError, match=message) as caught:
        main(["xx"])
    assert "config/languages/xx/instruments/iw.yaml, line " in caught.value.message
    # and a study that uses the language is refused in the same words, before anything runs
    condition = {"name": "base", "context": ["configuration"], "language": "xx"}
    said = changed_study.refusal(conditions=[condition], models=["synthetic"])
    assert caught.value.message.splitlines()[0] in said


def test_ends_that_say_the_reverse_of_what_they_say_elsewhere_are_swapped():
    def scale(name, low, high):
        middle = [{"value": k, "label": str(k), "spoken": f"grau {k}"} for k in range(2, 10)]
        ends = [{"value": 1, "label": low}, *middle, {"value": 10, "label": high}]
        return {"id": name, "text": f"Wie ist {name}?", "options": ends}

    add_language("xx", scale("F118", "schwarz", "weiss"), scale("F120", "weiss", "schwarz"))
    with pytest.raises(UserError, match="the ends of one of them are swapped"):
        main(["xx"])
    assert denies("Ganz und gar nicht", ["nicht"])
    assert denies("yapmam", ["*mam"])
    assert not denies("Nichten und Neffen", ["nicht"])
    assert denies("绝对不合理", ["不"])  # no blanks between words
    assert denies("महत्वपूर्ण नहीं है", ["नहीं"])  # marks beside letters


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("persona.yaml", '    male: "ein Mann"\n', "", "no word for the sex 'male'"),
        ("persona.yaml", '"ein Mann"', '"eine Frau"', "'eine Frau' is said of two"),
        ("persona.yaml", '    - "Ganz allgemein sind Sie sehr glücklich."\n', "", "3 statements"),
        ("countries.yaml", '  Peru: "Peru"\n', "", "no name of Peru"),
        ("countries.yaml", '"Peru"', '"Chile"', "2 countries are called 'Chile'"),
        ("answer.md", "## chat conclusion", "## other", "no section '## chat conclusion'"),
        ("answer.md", "Sie denken:", "Sie denken an Peru:", "names a country"),
    ],
)
def test_what_a_persona_is_told_must_be_whole(file, old, new, message):
    changed_study.change(DE / file, old, new)
    with pytest.raises(UserError, match=message):
        main(["de"])


def test_a_questionnaire_with_scores_is_translated_whole_as_the_docs_show(capsys):
    """The example of docs/languages.md adds the MFQ-2 by one file, and is read as it stands."""
    page = (ROOT / "docs/languages.md").read_text("utf-8")
    example = yaml.safe_load(page.split("```yaml\n# config/languages/")[1].partition("\n")[2]
                             .partition("```")[0])  # fmt: skip
    path = DE / "instruments/mfq2.yaml"
    write(path, example)
    with pytest.raises(UserError, match=r"'care' needs 6 questions, and MFQ7.* are missing"):
        main([str(path)])
    base = read_instrument(Path("config/instruments/mfq2.yaml"))
    first = example["questions"][0]
    whole = [{**first, "id": q.id, "text": f"(Ihre Übersetzung von {q.id})"} for q in base.asked]
    write(path, {**example, "questions": whole})
    main([str(path)])
    assert "mfq2: 36 of 36 questions" in capsys.readouterr().out
    asked = Language.of("de").instrument(base)
    assert asked.instruction == example["instruction"]
    write(path, {key: value for key, value in example.items() if key != "instruction"})
    with pytest.raises(UserError, match="mfq2 has an instruction, and this translation none"):
        main(["de"])


def test_a_file_elsewhere_and_an_unknown_code_are_told():
    with pytest.raises(UserError, match="is no file of config/languages"):
        main(["config/demo.yaml"])
    with pytest.raises(UserError, match="there is no language 'dee'") as caught:
        main(["dee"])
    assert caught.value.hint == "did you mean 'de'?"


FA = {"id": "A165", "text": "آیا به بیشتر مردم می‌توان اعتماد کرد؟", "options": [
    {"value": 1, "label": "بله، می‌توان"}, {"value": 2, "label": "باید بسیار مراقب بود"},
]}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "question", "direction"), [("fa", FA, "rtl"), ("zh", CORRECTED, "ltr")]
)
def test_other_scripts_are_carried_from_the_file_to_prompt_answer_table_and_report(
    code, question, direction, tmp_path
):
    add_language(code, question, direction=direction)
    language = Language.of(code)
    assert language.direction == direction
    base = read_instrument(Path("config/instruments/iw.yaml"))
    asked = language.instrument(base)
    [own] = asked.asked
    form = {"form": "label_token", "layout": "interview"}
    template = Template(language.prompt(Path("config/prompts/answer.md")), ["interview"])
    values = question_values("", asked, own)
    prompt, labels = Phrasing(template, form).question(own, values, "ABCDEFGHIJ")
    assert question["text"] in prompt.text
    assert all(option.spoken in prompt.text for option in own.options)
    assert labels == tuple(f" {label}" for label in "ABCDEFGHIJ"[: own.n_options])
    texts = [option.spoken for option in own.options]
    for stop in ("", ".", "\u3002", "\u06d4"):  # full stops of Chinese and Urdu
        assert read_answer(texts[1] + stop, texts, finished=True) == Outcome("valid", 1)
    said = json.dumps({own.id: texts[0]}, ensure_ascii=False)
    assert read_battery(said, {own.id: texts}, finished=True)[own.id] == Outcome("valid", 0)
    table = tables.Table("texts", {"text": tables.pl.String}, ("text",))
    frame = tables.pl.DataFrame({"text": sorted(texts)})
    tables.write(frame, tmp_path / "texts.parquet", table, {"language": language.own_name})
    assert tables.read(tmp_path / "texts.parquet", table).equals(frame)
    assert tables.provenance(tmp_path / "texts.parquet")["language"] == "中文"
    path = Path(f"config/languages/{code}/instruments/iw.yaml")
    assert translation_words(path)[1] == "Translator: nobody (class own)"


def test_refusals_and_digits_of_a_language_are_known():
    options = ["Ja", "Nein"]
    phrases = Language.of("de").refusals
    assert read_answer("Das kann ich nicht beantworten.", options, finished=True) == Outcome(
        "malformed"
    )
    for text in ("Das kann ich nicht beantworten.", "I'm sorry, no."):
        assert read_answer(text, options, finished=True, refusals=phrases) == Outcome("refused")
    for number in ("7", "\u0667", "\u06f7", "\u096d"):  # seven in Arabic, Persian and Hindi
        assert read_answer(number, options, finished=True) == Outcome("out_of_range")
