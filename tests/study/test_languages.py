"""Languages: what is shipped is what was published, names no country, and is read like English."""

from __future__ import annotations

import csv
import hashlib
import re

import pytest
import yaml

from conftest import ROOT
from valuescape.core.documents import read_document
from valuescape.study.check_language import country_pattern, language_errors
from valuescape.study.conditions import Condition
from valuescape.study.instruments import read_instrument
from valuescape.study.languages import (
    ENGLISH,
    PLACEHOLDER,
    Language,
    asks_instrument,
    country_languages,
    files_read,
    language_codes,
    wording_names,
)
from valuescape.study.space import read_space
from valuescape.study.templates import Template, without_expressions

CONFIG = ROOT / "config"
SPACE = read_space(CONFIG / "persona_space.yaml")
AUTONOMY4 = read_space(CONFIG / "persona_space_autonomy4.yaml")
FIELDS = read_document(CONFIG / "biography.yaml", "biography").content
ASKED = {name: read_instrument(CONFIG / f"instruments/{name}.yaml")
         for name in ("iw", "wvb_probe", "mfq2")}  # fmt: skip
CODES = language_codes(ROOT)
TRANSLATIONS = sorted((CONFIG / "languages").glob("**/instruments/*.yaml"))
LACKING = {"Q112", "Q113", "Q114", "Q122", "Q123", "Q131", "Q132", "Q133", "Q158", "Q159", "Q160",
           "Q176", "Q200", "Q201"}  # fmt: skip


FOREIGN = sorted(path.parent.name for path in (CONFIG / "languages").glob("*/persona.yaml"))


def digest(text):
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def published():
    """Return file and hashes of published strings by language, instrument and question."""
    lines = (ROOT / "tests/data/published_wordings.csv").read_text("utf-8").splitlines()
    found = {}
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        key = (row["language"], row["instrument"], row["question"])
        found.setdefault(key, (row["file"], set()))[1].add(row["hash"])
    return found


@pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: str(path.relative_to(CONFIG)))
def test_every_shipped_string_is_one_of_its_source_file(path):
    code = path.relative_to(CONFIG / "languages").parts[0]
    content = read_document(path, "translation").content
    assert content["source"]["class"] == "official"
    for entry in content["questions"]:
        file, hashes = published()[code, content["instrument"], entry["id"]]
        assert content["source"]["file"] == file
        labels = [o["label"] for o in entry["options"] if not o["label"].isdigit()]
        said = [entry[key] for key in ("text", "stem", "item") if key in entry]
        if entry.get("class") == "own":  # composed: its aims and ends are published
            said = []
            labels = [] if entry["id"] in {"Q8", "Q14", "Q15", "Q17"} else labels
            assert entry["differs"]
        pieces = [part for text in (*said, *labels) for part in PLACEHOLDER.split(text)[::2]]
        for piece in pieces:
            assert not piece.strip() or digest(piece) in hashes, (entry["id"], piece)


@pytest.mark.parametrize("code", FOREIGN)
def test_every_name_of_a_country_is_that_of_the_cldr(code):
    """But for three that are no territory of it, and three that are said shortly."""
    lines = (ROOT / "tests/data/cldr_names.csv").read_text("utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    cldr = {row["country"]: row["hash"] for row in rows if row["language"] == code}
    content = read_document(CONFIG / f"languages/{code}/countries.yaml", "country_names").content
    other = {name for name, said in content["names"].items() if digest(said) != cldr.get(name)}
    assert other <= {"Great Britain", "Northern Cyprus", "Northern Ireland", "Hong Kong", "Macao",
                     "Palestine"}  # fmt: skip
    assert "CLDR" in content["source"]["title"]


@pytest.mark.parametrize("code", FOREIGN)
def test_what_is_this_projects_own_says_so(code):
    words = read_document(CONFIG / f"languages/{code}/persona.yaml", "persona_words").content
    assert words["source"]["class"] == "own"
    frame = (CONFIG / f"languages/{code}/answer.md").read_text("utf-8")
    assert "project's own translation" in " ".join(frame.partition("#}")[0].split())
    for path in (CONFIG / f"languages/{code}/instruments").glob("*.yaml"):
        head = path.read_text("utf-8").partition("instrument:")[0]
        assert "`spoken` words of the points" in head


@pytest.mark.parametrize("space", [SPACE, AUTONOMY4], ids=lambda space: space.name)
@pytest.mark.parametrize("code", CODES)
def test_a_shipped_language_is_whole(code, space):
    assert list(language_errors(Language.of(code, ROOT), ASKED.values(), space, FIELDS, ROOT)) == []


def test_english_is_read_like_any_other_language():
    english = Language.of(ENGLISH, ROOT)
    for name, base in ASKED.items():
        asked = english.instrument(base)
        assert asked.asked == base.asked
        assert english.translations(name) == []
    words = english.persona_words(SPACE)
    wordings = [variable.levels[0].wording for variable in SPACE.variables]
    assert words.said([0] * 10, "female") == wordings
    known = {"sex": "female", "country": "Peru", "age": 30}
    assert words.demographics(known) == known
    assert files_read(Condition("base"), list(ASKED), ROOT) == []


def test_the_alternative_wording_of_english_changes_three_questions():
    english = Language.of(ENGLISH, ROOT)
    assert wording_names(ENGLISH, ROOT) == [
        "base", "brief", "conversation", "evs", "formal", "questionnaire"
    ]  # fmt: skip
    for name, changed in (("iw", {"A165", "E018"}), ("wvb_probe", {"Q57", "Q108"})):
        pairs = zip(ASKED[name].asked, english.instrument(ASKED[name], "evs").asked, strict=True)
        assert {one.id for one, other in pairs if one != other} == changed
    assert english.instrument(ASKED["mfq2"], "evs").asked == ASKED["mfq2"].asked


@pytest.mark.parametrize("code", [code for code in CODES if code != ENGLISH])
def test_what_a_language_lacks_is_not_asked(code):
    language = Language.of(code, ROOT)
    assert [q.id for q in language.instrument(ASKED["iw"]).asked] == [
        q.id for q in ASKED["iw"].asked
    ]
    probe = {q.id for q in language.instrument(ASKED["wvb_probe"]).asked}
    lacking = {"Q237"} if code == "tr" else LACKING
    assert probe == {q.id for q in ASKED["wvb_probe"].asked} - lacking
    assert language.instrument(ASKED["mfq2"]).asked == ()
    condition = Condition("base", language=code)
    assert {name: asks_instrument(condition, name, ROOT) for name in ASKED} == {
        "iw": True, "wvb_probe": True, "mfq2": False
    }  # fmt: skip


def test_no_file_that_a_persona_may_hear_names_a_country():
    """Frames, statements, lists, questions and options; and what docs/languages.md has one add."""
    lines = (CONFIG / "reference/countries.csv").read_text("utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    english = [row["country"] for row in rows]
    files = (CONFIG / "instruments").glob("*.yaml")
    instruments = [read_instrument(path) for path in files if path.stem != "oracle"]
    for code in CODES:
        language = Language.of(code, ROOT)
        names = [] if code == ENGLISH else own_names(language.speech.name)
        leak = country_pattern(english, names, language.country_words)
        words = language.persona_words(SPACE)
        four = language.persona_words(AUTONOMY4)
        lists = [said for field, said in words.lists.items() if field != "country"]
        forms = [each for own in (*words.statements, *four.statements) for each in own]
        forms += [each for said in lists for each in said.values()]
        told = [form for each in forms for form in vars(each).values()]
        if code == ENGLISH:
            told += [
                str(value) for field in FIELDS if field != "country" for value in FIELDS[field]
            ]
        for wording in wording_names(code, ROOT):
            path = language.prompt(CONFIG / "prompts/answer.md", wording)
            told += map(without_expressions, Template(path, ()).texts.values())
            for base in instruments:
                asked = language.instrument(base, wording)
                told += [asked.instruction]
                for q in asked.asked:
                    told += [q.text, *(text for o in q.options for text in (o.label, o.spoken))]
        assert len(told) > 200
        assert not [text for text in told if leak.search(text)], code
    page = (ROOT / "docs/languages.md").read_text("utf-8")
    example = page.split("```yaml\n# config/languages/de/")[1].partition("```")[0]
    german = country_pattern(english, own_names("de"), Language.of("de", ROOT).country_words)
    said = example.partition("instruction:")[2]  # above it stands where it comes from
    assert said
    assert not german.search(said)


def own_names(code):
    content = yaml.safe_load((CONFIG / f"languages/{code}/countries.yaml").read_text("utf-8"))
    return list(content["names"].values())


def test_an_inflected_name_and_an_adjective_are_found():
    leak = country_pattern(["Germany"], ["Россия", "Иран", "Türkiye"], ["росси", "türk"])
    for text in ("в Россию", "Вы россиянин", "in Germany", "Türkiyede", "Иран", "Türk olmak"):
        assert leak.search(text), text
    for text in ("Иранец", "a German word", "Turkuaz"):
        assert not leak.search(text), text


def test_a_name_is_found_in_scripts_without_blanks_and_with_marks():
    leak = country_pattern([], ["印度", "중국", "ไทย", "चिली"], ["中国"])
    for text in ("您住在印度。", "中国人", "중국에서", "คนไทย", "मैं चिली में"):
        assert leak.search(text), text
    for text in ("印度教", "국중", "चिलीवासी"):
        assert not leak.search(text), text


def test_a_question_says_this_country_where_the_published_one_names_it():
    for code in CODES:
        language = Language.of(code, ROOT)
        for base in ASKED.values():
            for question in language.instrument(base).asked:
                assert not PLACEHOLDER.search(question.text)
    german = Language.of("de", ROOT).instrument(ASKED["iw"])
    assert "die Staatsbürgerschaft Ihres Landes haben" in german.question("G006").text


def test_a_spoken_answer_begins_with_the_capital_of_the_language():
    turkish = Language.of("tr", ROOT)
    assert turkish.capitalised({"label": "iyi"}) == "İyi"
    assert Language.of("de", ROOT).capitalised({"label": "iyi"}) == "Iyi"


def test_a_condition_reads_exactly_the_files_of_its_languages():
    folder = CONFIG / "languages"
    both = Condition("b", ("demographics",), language="de", context_language="fr")
    assert set(files_read(both, ["iw", "mfq2"], ROOT)) == {
        *(folder / f"de/{name}" for name in ("language.yaml", "answer.md", "instruments/iw.yaml")),
        *(folder / f"fr/{name}" for name in ("answer.md", "persona.yaml", "countries.yaml")),
    }
    austrian = files_read(Condition("b", (), language="de-AT"), ["iw"], ROOT)
    assert folder / "de/language.yaml" in austrian
    assert folder / "de-AT/instruments/iw.yaml" in austrian
    assert folder / "de/instruments/iw.yaml" not in austrian
    brief = Condition("b", ("configuration",), wording="brief")
    assert files_read(brief, ["iw"], ROOT) == [folder / "en/wordings/brief/answer.md"]
    local = files_read(Condition("b", ("demographics",), context_language="auto"), ["iw"], ROOT)
    assert CONFIG / "reference/country_languages.csv" in local
    assert folder / "tr/persona.yaml" in local


def test_people_of_a_country_are_told_in_its_most_spoken_official_language():
    known = country_languages(ROOT)
    assert (known["Germany"], known["Mexico"], known["Turkey"]) == ("de", "es", "tr")
    assert "Japan" not in known  # so they are told in English
    lines = (CONFIG / "reference/countries.csv").read_text("utf-8")
    assert all(re.search(rf"^{country},", lines, re.MULTILINE) for country in known)
