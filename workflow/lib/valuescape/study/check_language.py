"""Check a language: what is wrong in its files, what it lacks, and what is doubtful.

    python -m valuescape.study.check_language de
    python -m valuescape.study.check_language config/languages/de/instruments/mfq2.yaml

What is wrong ends it with the line and what to do; a study that uses the language is refused with
the same words. What a language lacks is not asked in it.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from valuescape.core.command import run_as_is
from valuescape.core.documents import Document, read_document
from valuescape.core.errors import UserError, refuse
from valuescape.core.reference import read_reference
from valuescape.core.schemas import closest
from valuescape.study.instruments import Instrument, Question, read_instrument
from valuescape.study.languages import (
    BASE_WORDING,
    ENGLISH,
    LANGUAGES,
    PLACEHOLDER,
    Language,
    statements,
    wording_names,
    words_pattern,
)
from valuescape.study.persona_words import Forms
from valuescape.study.space import PersonaSpace, read_space
from valuescape.study.templates import Template, without_expressions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

SPACE = Path("config/persona_space.yaml")
FIELDS = Path("config/biography.yaml")
COUNTRIES = Path("config/reference/countries.csv")
INSTRUMENTS = Path("config/instruments")
ORACLE = "oracle"  # an instrument that no persona is asked
PROMPT = Path("config/prompts/answer.md")
# A shorter name of a country is sought as a whole word: its beginning begins too many others.
SHORT_NAME = 5


def language_errors(
    language: Language,
    instruments: Iterable[Instrument],
    space: PersonaSpace,
    fields: Mapping[str, Any],
    root: Path = Path(),
) -> Iterator[UserError]:
    """Yield what is wrong in the files of a language and of its wordings.

    Parameters
    ----------
    language : Language
        The language.
    instruments : iterable of Instrument
        In English; translations of others are not read.
    space : PersonaSpace
        The cultural variables.
    fields : mapping
        The fields of a biography, of which it must have words for each value.
    root : Path
        The folder that holds the Snakefile.

    Yields
    ------
    UserError
        With file and line.
    """
    countries = read_reference(root / COUNTRIES, {"country": pl.String})["country"].to_list()
    leak = country_pattern(countries, _names(language), language.country_words)
    if language.code != ENGLISH and not language.variety_of:
        yield from persona_errors(language, space, fields, countries, leak)
    yield from _leaks_of_prompts(language, leak, root)
    for instrument in instruments:
        yield from translation_errors(language, instrument, leak, root)


def _names(language: Language) -> list[str]:
    if language.code == ENGLISH:
        return []
    try:
        content = read_document(language.persona_files[1], "country_names").content
    except UserError:
        return []  # told with the file's own line
    return list(content["names"].values())


def country_pattern(
    english: Iterable[str], names: Iterable[str], words: Iterable[str]
) -> re.Pattern[str]:
    """Return what finds a country's name, inflected or not, in a text.

    Parameters
    ----------
    english : iterable of str
        Names of countries in English, which does not inflect them.
    names : iterable of str
        In the language itself; one of more than five letters is found by its beginning, since
        many languages change its end.
    words : iterable of str
        Beginnings of further words that name one.

    Returns
    -------
    Pattern
        In any case of letters.
    """
    whole = [*english, *(name for name in names if len(name) <= SHORT_NAME)]
    begun = [name[: max(SHORT_NAME, len(name) - 2)] for name in names if len(name) > SHORT_NAME]
    begun += words
    return re.compile(words_pattern([*whole, *(f"{each}*" for each in begun)]), re.IGNORECASE)


def _leaks_of_prompts(language: Language, leak: re.Pattern[str], root: Path) -> Iterator[UserError]:
    """Yield prompts that lack a section of the English one, or name a country."""
    english = Template(root / PROMPT, ())
    prompts = {language.prompt(root / PROMPT, name) for name in _wordings(language)}
    for path in sorted(prompts - {root / PROMPT}):
        try:
            sections = Template(path, english.names).texts
        except UserError as error:
            yield error
            continue
        for name, text in sections.items():
            found = leak.search(without_expressions(text))
            if found:
                msg = f"{path}, section '## {name}': names a country ({found[0]!r})"
                yield UserError(msg, hint="a persona that is told no country must not meet one")


def _wordings(language: Language) -> list[str]:
    return wording_names(language.code, language.folder.parents[2])


def persona_errors(
    language: Language,
    space: PersonaSpace,
    fields: Mapping[str, Any],
    countries: Sequence[str],
    leak: re.Pattern[str],
) -> Iterator[UserError]:
    """Yield what is wrong in what a persona is told: statements, lists, names of countries.

    Parameters
    ----------
    language, space, fields
        As in `language_errors`.
    countries : sequence of str
        Of which it must have names.
    leak : Pattern
        As from `country_pattern`.

    Yields
    ------
    UserError
        With file and line.
    """
    words_file, names_file = language.persona_files
    try:
        document = read_document(words_file, "persona_words")
        names = read_document(names_file, "country_names")
        language.persona_words(space)
    except UserError as error:
        yield error
        return
    variables = {each.name for each in space.variables}
    for variable, said in statements(document, space).items():
        place = ("statements", variable)
        if variable not in variables:
            reason = f"the persona space {space.name!r} has no variable {variable!r}"
            yield document.error(reason, *place, hint=closest(variable, variables))
        yield from _alike(document, place, dict(enumerate(said)), leak)
    for field, words in document.content["biography"].items():
        place = ("biography", field)
        for value in fields[field]:
            if value not in words:
                reason = f"no word for the {field} {value!r}"
                hint = f"add a line `{value}: ...` below {field}"
                yield document.error(reason, *place, hint=hint)
        yield from _alike(document, place, words, leak)
    yield from _name_errors(names, countries)


def _name_errors(names: Document, countries: Sequence[str]) -> Iterator[UserError]:
    """Yield countries without a name, and names of two countries."""
    own = names.content["names"]
    for country in countries:
        if country not in own:
            hint = f"add a line `{country}: ...` below names"
            yield names.error(f"no name of {country}", "names", hint=hint)
    for name, times in Counter(own.values()).items():
        if times > 1:
            hint = "tell them apart"
            yield names.error(f"{times} countries are called {name!r}", "names", hint=hint)


def _alike(
    document: Document,
    place: tuple[str, ...],
    said: Mapping[Any, str | Mapping[str, str]],
    leak: re.Pattern[str],
) -> Iterator[UserError]:
    """Yield two entries that say the same in one form, and those that name a country."""
    seen: dict[tuple[str, str], Any] = {}
    for key, entry in said.items():
        forms = vars(Forms.of(entry))
        for form, text in forms.items():
            first = seen.setdefault((form, text.casefold()), key)
            if first != key:
                reason = f"{text!r} is said of two: of {first!r}, and of {key!r}"
                hint = "tell them apart"
                yield document.error(reason, *place, key, hint=hint)
                break
        for text in dict.fromkeys(forms.values()):
            found = leak.search(text)
            if found:
                yield _leak(document, (*place, key), found[0])


def _leak(document: Document, place: tuple[str | int, ...], word: str) -> UserError:
    reason = f"names a country ({word!r})"
    hint = "write {word} in its place, and what word is under this_country of language.yaml"
    return document.error(reason, *place, hint=hint)


def translation_errors(
    language: Language, base: Instrument, leak: re.Pattern[str], root: Path = Path()
) -> Iterator[UserError]:
    """Yield what is wrong in the questions of an instrument, in each wording of a language.

    Parameters
    ----------
    language : Language
        The language.
    base : Instrument
        In English.
    leak : Pattern
        As from `country_pattern`.
    root : Path
        The folder that holds the Snakefile.

    Yields
    ------
    UserError
        With file and line.
    """
    english = Language.of(ENGLISH, root)
    files = {path: name for name in reversed(_wordings(language))
             for path in language.translations(base.name, name)}  # fmt: skip
    for path, wording in files.items():
        try:
            document = read_document(path, "translation")
            asked = language.instrument(base, wording)
        except UserError as error:
            yield error
            continue
        if document.content["instrument"] != path.stem:
            reason = f"the instrument {document.content['instrument']!r} is not that of the file"
            yield document.error(
                reason, "instrument", hint=f"write {path.stem}, or rename the file"
            )
        if base.instruction and "instruction" not in document.content and wording == BASE_WORDING:
            reason = f"{base.name} has an instruction, and this translation none"
            yield document.error(reason, hint=f"translate {base.instruction!r}")
        questions = {question.id: question for question in asked.asked}
        ids = Counter(entry["id"] for entry in document.content["questions"])
        for position, entry in enumerate(document.content["questions"]):
            place = ("questions", position)
            if ids[entry["id"]] > 1:
                yield document.error(f"{entry['id']!r} stands here twice", *place, "id")
            yield from _option_errors(document, place, entry, leak)
            original, own = base.question(entry["id"]), questions[entry["id"]]
            if ends_are_swapped(original, own, english.negations, language.negations):
                yield _swapped(document, place, own)
        yield from _scale_errors(document, base, questions)
        yield from _ends_against_others(document, base, questions)


def _option_errors(
    document: Document,
    place: tuple[str | int, ...],
    entry: Mapping[str, Any],
    leak: re.Pattern[str],
) -> Iterator[UserError]:
    """Yield options that are alike, points without spoken words, and names of countries."""
    texts = [(entry.get(key), (*place, key)) for key in ("text", "stem", "item") if key in entry]
    seen: dict[tuple[str, str], int] = {}
    for number, option in enumerate(entry["options"]):
        own = (*place, "options", number)
        for key in ("label", "spoken"):
            text = str(option.get(key, option["label"]))
            first = seen.setdefault((key, text.strip().casefold()), number)
            if first != number:
                reason = f"two options of {entry['id']!r} have the {key} {text!r}"
                yield document.error(reason, *own, hint="give each option words of its own")
        if option["label"].strip().isdigit() and "spoken" not in option:
            reason = f"option {option['value']} of {entry['id']!r} is a bare number"
            yield document.error(reason, *own, hint="add what a person would say: spoken: ...")
        texts += [(option.get(key), own) for key in ("label", "spoken")]
    for said, where in texts:
        found = leak.search(PLACEHOLDER.sub("", said or ""))
        if found:
            yield _leak(document, where, found[0])


def denies(text: str, negations: Iterable[str]) -> bool:
    """Return whether a text has one of some words; ``*`` in a word stands for any letters."""
    pattern = words_pattern(each.casefold() for each in negations)
    return re.search(pattern, text.casefold()) is not None


def denying_end(labels: Sequence[str], negations: Sequence[str]) -> int | None:
    """Return which end of a scale denies, 0 the first or -1 the last; None unless just one does."""
    found = [end for end in (0, -1) if denies(labels[end], negations)]
    return found[0] if len(found) == 1 else None


def ends_are_swapped(
    original: Question, own: Question, english: Sequence[str], negations: Sequence[str]
) -> bool:
    """Return whether the end of a scale that denies is the other one in a translation.

    Parameters
    ----------
    original, own : Question
        In English, and translated.
    english, negations : sequence of str
        Words that deny in English, and in the other language.

    Returns
    -------
    bool
        False where not exactly one end denies in each of the two.
    """
    meant, said = denying_end(_labels(original), english), denying_end(_labels(own), negations)
    return None not in (meant, said) and meant != said


def _labels(question: Question) -> list[str]:
    return [option.label for option in question.options]


def _swapped(document: Document, place: tuple[str | int, ...], own: Question) -> UserError:
    low, high = own.options[0], own.options[-1]
    reason = f"the ends of {own.id!r} are swapped: {low.value} is {low.label!r}, "
    reason += f"{high.value} is {high.label!r}"
    hint = "give each code what it means in the instrument (see negations in language.yaml, too)"
    return document.error(reason, *place, "options", hint=hint)


def _ends_against_others(
    document: Document, base: Instrument, questions: Mapping[str, Question]
) -> Iterator[UserError]:
    """Yield a question whose ends mean the reverse of what the same words mean in another one."""
    meant: dict[str, tuple[str, str]] = {}  # words of an end to the English end, and where
    for position, entry in enumerate(document.content["questions"]):
        own, original = questions[entry["id"]], base.question(entry["id"])
        ends = {original.options[0].label, original.options[-1].label}
        for k in (0, -1):
            text, means = own.options[k].label.casefold(), original.options[k].label
            before, where = meant.setdefault(text, (means, own.id))
            if before != means and before in ends:
                reason = f"{own.options[k].label!r} is {means!r} in {own.id}, and {before!r} "
                reason += f"in {where}: the ends of one of them are swapped"
                yield document.error(reason, "questions", position, "options")
                break


def _scale_errors(
    document: Document, base: Instrument, questions: Mapping[str, Question]
) -> Iterator[UserError]:
    """Yield scales and derived indicators for which questions are missing."""
    wanted = {name: scale.items for name, scale in base.scales.items()}
    wanted |= {question.id: rule.parts for question, rule in base.derived}
    if not any(base.scales):  # of an index, a language may have all parts or none
        wanted = {name: ids for name, ids in wanted.items() if set(ids) & questions.keys()}
    for name, ids in wanted.items():
        missing = [each for each in ids if each not in questions]
        if missing:
            reason = f"{name!r} needs {len(ids)} questions, and {', '.join(missing)} "
            reason += "is missing" if len(missing) == 1 else "are missing"
            hint = "a score needs each of its questions: translate all of them"
            yield document.error(reason, "questions", hint=hint)


def report(language: Language, instruments: Iterable[Instrument]) -> Iterator[str]:
    """Yield lines that tell what a language has, what it lacks, and what is doubtful."""
    yield f"{language.code}: {language.name}, {language.own_name}, written {language.direction}"
    for base in instruments:
        for wording in _wordings(language):
            files = language.translations(base.name, wording)
            own = [
                path
                for path in files
                if (wording == BASE_WORDING) == ("wordings" not in path.parts)
            ]
            if not own and (wording != BASE_WORDING or language.code == ENGLISH):
                continue
            title = base.name if wording == BASE_WORDING else f"{base.name}, wording {wording}"
            yield from _of_instrument(title, language, base, own)


def _of_instrument(
    title: str, language: Language, base: Instrument, files: Sequence[Path]
) -> Iterator[str]:
    if not files:
        path = language.folder / "instruments" / f"{base.name}.yaml"
        yield f"  {title}: not asked; a file {path} would add it"
        return
    content = read_document(files[-1], "translation").content
    entries = {entry["id"]: entry for entry in content["questions"]}
    classes = Counter(entry.get("class", content["source"]["class"]) for entry in entries.values())
    counted = ", ".join(f"{n} {name}" for name, n in classes.most_common())
    yield f"  {title}: {len(entries)} of {len(base.asked)} questions ({counted})"
    missing = [question.id for question in base.asked if question.id not in entries]
    if missing and len(files) == 1 and "wordings" not in files[-1].parts:
        yield f"    not asked: {', '.join(missing)}"
    english = Language.of(ENGLISH, language.folder.parents[2]).negations
    unchecked = [
        name
        for name, entry in entries.items()
        if denying_end(_labels(base.question(name)), english) is not None
        and denying_end([each["label"] for each in entry["options"]], language.negations) is None
    ]
    if unchecked:
        yield f"    ends not checked, since not just one denies (negations): {', '.join(unchecked)}"
    for entry in entries.values():
        if "differs" in entry:
            yield f"    {entry['id']} departs from English: {entry['differs']}"
    if classes["machine"]:
        yield "    machine translation is known to fail on moral wording: compare it by hand"


def main(argv: Sequence[str] | None = None) -> None:
    """Check the language of a code, or of the folder that a file lies in.

    Raises
    ------
    UserError
        If it is no language, or mistaken.
    """
    parser = argparse.ArgumentParser(
        prog="python -m valuescape.study.check_language",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("language", help="code, such as de, or a file of its folder")
    given = parser.parse_args(argv).language
    code = given
    if given.endswith((".yaml", ".md")):
        parts = Path(given).resolve().relative_to(Path.cwd()).parts if _is_here(given) else ()
        if parts[:2] != LANGUAGES.parts:
            msg = f"{given}: is no file of {LANGUAGES}"
            raise UserError(
                msg, hint=f"put it into {LANGUAGES}/<code>/instruments, and check it there"
            )
        code = parts[2]
    language = Language.of(code)
    files = sorted(path for path in INSTRUMENTS.glob("*.yaml") if path.stem != ORACLE)
    instruments = [read_instrument(path) for path in files]
    fields = read_document(FIELDS, "biography").content
    refuse(language_errors(language, instruments, read_space(SPACE), fields))
    sys.stdout.write("\n".join(report(language, instruments)) + "\n")


def _is_here(path: str) -> bool:
    return Path(path).resolve().is_relative_to(Path.cwd()) and Path(path).is_file()


if __name__ == "__main__":
    run_as_is(main)
