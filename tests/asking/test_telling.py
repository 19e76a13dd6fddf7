"""Telling: in which language a persona is told of itself, and in which form."""

from __future__ import annotations

import pytest

from conftest import ROOT
from small_study import SPACE, SmallStudy
from valuescape.asking.responses import Administration
from valuescape.asking.show_prompt import main as show_prompt
from valuescape.asking.telling import Telling
from valuescape.core import tables
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

PROMPT = ROOT / "config/prompts/answer.md"
TOLD = ("demographics", "configuration")
KNOWN = {
    "age": 41, "sex": "female", "country": "Turkey", "settlement": "urban", "education": "Tertiary",
    "occupation": None, "household": "alone", "religion": "none",
}  # fmt: skip


def telling(context=TOLD, **keys):
    return Telling.read(Condition("base", context, **keys), read_space(SPACE), PROMPT, ROOT)


@pytest.mark.parametrize(
    ("country", "language", "word"),
    [("Turkey", "tr", "Türkiye"), ("Mexico", "es", "México"), ("Japan", "en", "Japan")],
)
def test_a_persona_is_told_in_the_language_of_its_country(country, language, word):
    local = telling(context_language="auto")
    known = KNOWN | {"country": country}
    assert local.language(known) == language
    text = local.text(0, None, known)
    assert word in text
    assert text == telling(context_language=language).text(0, None, known)


@pytest.mark.parametrize(("age", "years"), [(21, "21 год."), (42, "42 года."), (64, "64 года.")])
def test_years_are_counted_as_the_language_counts(age, years):
    text = telling(context_language="ru").text(0, None, KNOWN | {"age": age})
    assert f"Вам {years}" in text
    assert "Вам 11 лет." in telling(context_language="ru").text(0, None, KNOWN | {"age": 11})


def test_the_form_is_that_of_the_sex_only_where_the_sex_is_told():
    told = telling(context_language="es").text(0, None, KNOWN)
    untold = telling(("configuration",), context_language="es").text(0, None, KNOWN)
    assert "orgullosa" in told
    assert "sola" in told
    assert "orgullosa" not in untold
    assert "México" not in untold


def test_the_wording_of_the_questions_is_also_how_the_persona_is_told_in_that_language():
    brief = telling(wording="brief").text(0, None, KNOWN)
    assert brief.startswith("Age: 41. Sex: female. Country: Turkey.")
    crossed = telling(wording="brief", context_language="de").text(0, None, KNOWN)
    assert crossed.startswith("Sie sind eine Frau und 41 Jahre alt.")


def test_the_demos_answers_are_still_those_of_its_prompts(tmp_path, monkeypatch):
    """Nothing of a language enters the fingerprint of English, whose hash is from before."""
    monkeypatch.chdir(ROOT)
    study = SmallStudy(tmp_path)
    study.begin(ROOT / "config/models/synthetic.yaml", "handful")
    given = Administration.read(Condition("base", TOLD), study.model, PROMPT, 1, "0001-of-0001")
    determining = given.determining()
    assert determining["answer prompt"] == "e1452dba883b22f6"
    assert determining["condition settings"] == (
        '{"chosen_option": "modal", "context": ["demographics", "configuration"], '
        '"mode": "single", "name": "base", "option_order": "forward", "options": null, '
        '"replicate": 0, '
        '"scoring": "raw"}'
    )
    assert not [key for key in determining if "language" in key]
    assert given.translations("iw") == {}


def test_what_a_language_lacks_is_noted_as_not_asked(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    study = SmallStudy(tmp_path)
    study.begin(ROOT / "config/models/synthetic.yaml", "handful")
    study.assign()
    study.write()
    condition = Condition("base", TOLD, language="tr", context_language="auto")
    names = ("iw", "wvb_probe", "mfq2")
    outputs = [tmp_path / f"{name}-shard" for name in names]
    study.ask(condition, names, outputs, tmp_path / "parts")
    for name, output in zip(names, outputs, strict=True):
        study.gather([output], tmp_path / name, name)
        table = tables.read(tmp_path / name, study_tables.RESPONSES)
        asked = read_instrument(ROOT / f"config/instruments/{name}.yaml")
        found = {q.id: set(table[f"{q.id}_status"]) for q in (*asked.questions, *asked.parts)}
        lacking = {"iw": set(), "wvb_probe": {"Q237"}, "mfq2": set(found)}[name]
        assert {key for key, states in found.items() if states == {"not_asked"}} == lacking
        assert all(states == {"valid"} for key, states in found.items() if key not in lacking)
        origin = tables.provenance(tmp_path / name)
        own = f"instrument {name} in config/languages/tr/instruments/{name}.yaml"
        assert (own in origin) == (name != "mfq2")
    # run again, nothing is asked again
    study.ask(condition, names, outputs, tmp_path / "parts")
    assert '"n_requests": 0' in study.stats.read_text("utf-8")


def test_a_prompt_in_another_language_is_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "study: mine\nmodels: [synthetic]\ndemographics: assigned\nconditions:\n"
        "  - {name: both, context: [demographics, configuration], language: ru, "
        "context_language: de}\n",
        encoding="utf-8",
    )
    arguments = ["--configfile", str(mine), "--persona", "0", "--instrument", "iw"]
    show_prompt([*arguments, "--item", "A165"])
    shown = capsys.readouterr().out
    assert "asked in Russian (Russia), told of itself in German (Germany)" in shown
    assert "Ihr Land: " in shown
    assert "Интервьюер: Если говорить в целом" in shown
    assert "' Большинству можно доверять'" in shown
    with pytest.raises(Exception, match="mfq2 is not asked in Russian"):
        show_prompt([*arguments[:4], "--instrument", "mfq2"])
