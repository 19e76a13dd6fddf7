"""Languages: in which words a persona is told of itself and asked, each a folder.

They lie in `config/languages`. A folder holds

* ``language.yaml``: its name, which way it is written, words for refusing, and what is said in
  place of a country's name;
* ``answer.md``: the prompt sections, as `config/prompts/answer.md` has them in English;
* ``persona.yaml``: the statements of the cultural levels, and the closed lists of a biography;
* ``countries.yaml``: names of countries;
* ``instruments/<name>.yaml``: the questions of an instrument that there are in this language;
* ``wordings/<name>``: another wording of it: an ``answer.md``, instruments, or both.

English stands where the instruments, the persona space and the prompts are; its folder holds its
name and its other wordings. What a language lacks of an instrument is not asked in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from valuescape.core.documents import Document, read_document
from valuescape.core.errors import UserError
from valuescape.core.reference import read_reference
from valuescape.core.schemas import closest
from valuescape.study.conditions import BY_COUNTRY
from valuescape.study.instruments import Instrument, Option, Question
from valuescape.study.persona_words import Forms, PersonaWords

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from valuescape.study.conditions import Condition
    from valuescape.study.space import PersonaSpace

ENGLISH = "en"
LANGUAGES = Path("config/languages")
BASE_WORDING = "base"
COUNTRY_LANGUAGES = Path("config/reference/country_languages.csv")
"""In which language people of each country are told, by `context_language: auto`."""
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
# Letters of scripts in which words are not set apart by blanks, or endings hang on them: Thai, Lao,
# Burmese, Khmer, Japanese, Chinese and Korean.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)


def language_codes(root: Path = Path()) -> list[str]:
    """Return the codes of all languages, sorted: folders that hold a `language.yaml`."""
    return sorted(file.parent.name for file in (root / LANGUAGES).glob("*/language.yaml"))


def wording_names(code: str, root: Path = Path()) -> list[str]:
    """Return the names of the wordings of a language, `BASE_WORDING` first."""
    folders = (root / LANGUAGES / code / "wordings").glob("*/")
    return [BASE_WORDING, *sorted(folder.name for folder in folders)]


def words_pattern(words: Iterable[str]) -> str:
    """Return the regular expression of any of some words, each by itself.

    Parameters
    ----------
    words : iterable of str
        In any script; ``*`` in one stands for any letters. Where words are written without blanks
        between them, one is found wherever its letters stand, but for a country's name that begins
        a religion's (India's that of Hinduism, in Chinese).

    Returns
    -------
    str
        Without groups that catch; longer words come first. Matches nothing if there are no words.
    """
    spaced: list[str] = []
    unspaced: list[str] = []
    for word in sorted(set(words), reverse=True):
        written = unspaced if UNSPACED.search(word) else spaced
        written.append(re.escape(word).replace(r"\*", r"\w*"))
    parts = [rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)"] if spaced else []
    parts += [rf"(?:{'|'.join(unspaced)})(?!\u6559)"] if unspaced else []
    return "|".join(parts) or "(?!)"


@dataclass(frozen=True)
class Language:
    """One language, or one wording of it in which it is asked.

    Attributes
    ----------
    code : str
        Name of its folder.
    folder : Path
        That folder.
    name, own_name : str
        In English, and in itself.
    direction : {"ltr", "rtl"}
        Which way its script runs.
    variety_of : str or None
        The language whose prompts, statements and lists it shares.
    negations, country_words : tuple of str
        As in ``language.yaml``.
    refusals : tuple of str
        Phrases with which a model declines in it.
    this_country : mapping of str to str
        What is said in place of the country that a published question names.
    capitals : mapping of str to str
        Capital letters by small ones, where they are not those of English.
    """

    code: str
    folder: Path
    name: str
    own_name: str
    direction: str
    variety_of: str | None
    negations: tuple[str, ...]
    country_words: tuple[str, ...]
    refusals: tuple[str, ...]
    this_country: Mapping[str, str]
    capitals: Mapping[str, str]

    @classmethod
    def of(cls, code: str, root: Path = Path()) -> Language:
        """Read a language.

        Parameters
        ----------
        code : str
            Name of its folder, ``en`` among them.
        root : Path
            The folder that holds the Snakefile.

        Returns
        -------
        Language
            What its ``language.yaml`` says; further files are read when they are asked for.

        Raises
        ------
        UserError
            If there is no such language, or its file is mistaken.
        """
        codes = language_codes(root)
        if code not in codes:
            msg = f"there is no language {code!r} in {LANGUAGES}"
            raise UserError(msg, hint=closest(code, codes))
        folder = root / LANGUAGES / code
        document = read_document(folder / "language.yaml", "language")
        content = document.content
        base = content.get("variety_of")
        if base is not None:
            if base not in codes or base == code:
                reason = f"there is no other language {base!r} in {LANGUAGES}"
                raise document.error(reason, "variety_of", hint=closest(base, codes))
            shared = read_document(root / LANGUAGES / base / "language.yaml", "language").content
            content = {**shared, **content}
        return cls(
            code=code,
            folder=folder,
            name=content["name"],
            own_name=content["own_name"],
            direction=content.get("direction", "ltr"),
            variety_of=base,
            negations=tuple(content.get("negations", ())),
            country_words=tuple(content.get("country_words", ())),
            refusals=tuple(content.get("refusals", ())),
            this_country=content.get("this_country", {}),
            capitals=content.get("capitals", {}),
        )

    @cached_property
    def speech(self) -> Path:
        """The folder of its prompts, statements and lists."""
        return self.folder.parent / (self.variety_of or self.code)

    @property
    def own_files(self) -> tuple[Path, ...]:
        """Where it is described; English is described where its instruments are."""
        if self.code == ENGLISH:
            return ()
        return tuple({folder / "language.yaml" for folder in (self.folder, self.speech)})

    @property
    def persona_files(self) -> tuple[Path, ...]:
        """Where it says what a persona is told; none in English, which the persona space is in."""
        if self.code == ENGLISH:
            return ()
        return (self.speech / "persona.yaml", self.speech / "countries.yaml")

    def prompt(self, english: Path, wording: str = BASE_WORDING) -> Path:
        """Return the file of its prompt sections.

        Parameters
        ----------
        english : Path
            The study's own, in English.
        wording : str
            One of its wordings; one that has no prompt takes that of the language.

        Returns
        -------
        Path
            As `config/prompts/answer.md`.
        """
        other = self.folder / "wordings" / wording / "answer.md"
        if wording != BASE_WORDING and other.is_file():
            return other
        return english if self.code == ENGLISH else self.speech / "answer.md"

    def translations(self, name: str, wording: str = BASE_WORDING) -> list[Path]:
        """Return the files that an instrument is read from, later ones laid over earlier ones.

        Parameters
        ----------
        name : str
            Of the instrument.
        wording : str
            One of its wordings: it may hold a few questions, laid over those of the language.

        Returns
        -------
        list of Path
            None in English, or where the language has nothing of the instrument.
        """
        own = self.folder / "instruments" / f"{name}.yaml"
        other = self.folder / "wordings" / wording / "instruments" / f"{name}.yaml"
        return [path for path in (own, other) if path.is_file()]

    def instrument(self, base: Instrument, wording: str = BASE_WORDING) -> Instrument:
        """Return the questions of an instrument that there are, in the words of this language.

        Parameters
        ----------
        base : Instrument
            In English.
        wording : str
            One of its wordings.

        Returns
        -------
        Instrument
            With what is asked alone: the questions of `base` in their order, but for those that
            the language lacks. What is derived from answers and what makes a scale, `base` says.
            A `UserError` tells what is wrong with a translation (see `study.check_language`).
        """
        found = {question.id: question for question in base.asked} if self.code == ENGLISH else {}
        instruction = base.instruction
        for path in self.translations(base.name, wording):
            document = read_document(path, "translation")
            instruction = document.content.get("instruction", instruction)
            for position, entry in enumerate(document.content["questions"]):
                question = self._question(document, position, entry, base)
                found[question.id] = question
        asked = tuple(found[question.id] for question in base.asked if question.id in found)
        return replace(base, instruction=instruction, questions=asked, parts=())

    def _question(
        self, document: Document, position: int, entry: Mapping[str, Any], base: Instrument
    ) -> Question:
        """Return a question in the words of an entry of a translation."""
        known = {question.id: question for question in base.asked}
        place = ("questions", position)
        if entry["id"] not in known:
            reason = f"{base.name} asks no question {entry['id']!r}"
            raise document.error(reason, *place, "id", hint=closest(entry["id"], known))
        original = known[entry["id"]]
        if ("text" in entry) == ("item" in entry) or ("stem" in entry) != ("item" in entry):
            reason = f"{entry['id']!r} has neither a text of its own nor a stem with an item"
            raise document.error(reason, *place, hint="write text:, or stem: and item:")
        values = [option["value"] for option in entry["options"]]
        codes = [option.value for option in original.options]
        if values != codes:
            reason = f"the options of {entry['id']!r} have the codes {values}, "
            reason += f"and those of {base.name} {codes}"
            hint = "give every option, in the survey's order"
            raise document.error(reason, *place, "options", hint=hint)
        text = entry["text"] if "text" in entry else f"{entry['stem']} {entry['item']}"
        return replace(
            original,
            text=self.without_country(document, place, text),
            options=tuple(
                Option(each["value"], each["label"], self.capitalised(each))
                for each in entry["options"]
            ),
        )

    def capitalised(self, option: Mapping[str, Any]) -> str:
        """Return an option as the beginning of a spoken answer."""
        text = str(option.get("spoken", option["label"]))
        return self.capitals.get(text[0], text[0].upper()) + text[1:]

    def without_country(self, document: Document, place: tuple[str | int, ...], text: str) -> str:
        """Return a question in which words for "this country" stand for the country's name."""
        unknown = [name for name in PLACEHOLDER.findall(text) if name not in self.this_country]
        if unknown:
            reason = f"{{{unknown[0]}}} is none of the words for this country"
            hint = f"add {unknown[0]} under this_country to {self.folder / 'language.yaml'}"
            raise document.error(reason, *place, hint=hint)
        return PLACEHOLDER.sub(lambda found: self.this_country[found[1]], text)

    def persona_words(self, space: PersonaSpace) -> PersonaWords:
        """Return what a persona is told of itself.

        Parameters
        ----------
        space : PersonaSpace
            The cultural variables.

        Returns
        -------
        PersonaWords
            In the order of the space. A `UserError` tells if the language says nothing of a
            variable, or not of each of its levels.
        """
        if self.code == ENGLISH:
            return PersonaWords.english(space)
        words, countries = self.persona_files
        document = read_document(words, "persona_words")
        own = statements(document, space)
        for variable in space.variables:
            n_said = len(own.get(variable.name, ()))
            if n_said != len(variable.levels):
                reason = f"{n_said} statements on {variable.name!r}, which has "
                reason += f"{len(variable.levels)} levels in the persona space {space.name!r}"
                hint = "give one statement for each level, in their order; of a further space, "
                hint += f"under other_spaces: {space.name}: {variable.name}:"
                raise document.error(reason, "statements", variable.name, hint=hint)
        names = read_document(countries, "country_names").content["names"]
        lists = {**document.content["biography"], "country": names}
        return PersonaWords(
            tuple(tuple(map(Forms.of, own[variable.name])) for variable in space.variables),
            {
                field: {value: Forms.of(said) for value, said in words.items()}
                for field, words in lists.items()
            },
        )


def statements(document: Document, space: PersonaSpace) -> dict[str, list[Any]]:
    """Return the statements of a `persona.yaml` by variable, as the levels of a space are."""
    content = document.content
    return {**content["statements"], **content.get("other_spaces", {}).get(space.name, {})}


def country_languages(root: Path = Path()) -> dict[str, str]:
    """Return which language people of each country are told in, where there is one.

    Parameters
    ----------
    root : Path
        The folder that holds the Snakefile.

    Returns
    -------
    dict of str to str
        Country to the code of a language of config/languages: the most spoken of its official
        languages. A country where that is none of these is told in English, and stands not here.
    """
    table = read_reference(root / COUNTRY_LANGUAGES, {"country": pl.String, "language": pl.String})
    codes = language_codes(root)
    first = table.unique("country", keep="first", maintain_order=True)
    rows = first.filter(pl.col("language").is_in(codes))
    return dict(rows.select("country", "language").iter_rows())


def context_languages(condition: Condition, root: Path = Path()) -> list[str]:
    """Return every language in which a condition may tell a persona of itself, sorted."""
    if condition.context_language != BY_COUNTRY:
        return [condition.context_language]
    return sorted({ENGLISH, *country_languages(root).values()})


def context_prompt(condition: Condition, language: Language, english: Path) -> Path:
    """Return the prompt that tells a persona of itself; the wording is that of the questions."""
    same = language.code == condition.language
    return language.prompt(english, condition.wording if same else BASE_WORDING)


def files_read(condition: Condition, instruments: Sequence[str], root: Path = Path()) -> list[Path]:
    """Return the files of config/languages, and of countries, that a condition is asked from.

    Parameters
    ----------
    condition : Condition
        With its language, that of its context, and its wording.
    instruments : sequence of str
        Names of what the study asks.
    root : Path
        The folder that holds the Snakefile.

    Returns
    -------
    list of Path
        None for English in its base wording, which stands elsewhere.
    """
    language = Language.of(condition.language, root)
    english = root / "-"
    found = [file for name in instruments
             for file in language.translations(name, condition.wording)]  # fmt: skip
    found.append(language.prompt(english, condition.wording))
    found += language.own_files
    if condition.context:
        for code in context_languages(condition, root):
            other = Language.of(code, root)
            found += [context_prompt(condition, other, english), *other.persona_files]
    if condition.context_language == BY_COUNTRY:
        found.append(root / COUNTRY_LANGUAGES)
    return sorted({file for file in found if file != english})


def asks_instrument(condition: Condition, instrument: str, root: Path = Path()) -> bool:
    """Return whether a condition asks anything of an instrument: its language has some of it."""
    if condition.language == ENGLISH:
        return True
    return bool(Language.of(condition.language, root).translations(instrument, condition.wording))
