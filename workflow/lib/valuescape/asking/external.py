"""External answers, given elsewhere: what a model file says of them, and whose they are.

From the file come the very tables that lenses read of a model that was asked: who the personas
are (`external_people`), and their responses (`external_answers`). docs/external.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from valuescape.asking.job import content_hash
from valuescape.core.documents import Document, read_document
from valuescape.core.errors import UserError, refuse
from valuescape.core.schemas import closest
from valuescape.study.instruments import Instrument, Question, read_instrument
from valuescape.study.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

WHO = ("persona", "configuration", "respondent")
LINE = "line"


@dataclass(frozen=True)
class External:
    """A model file of answers given elsewhere.

    Attributes
    ----------
    document : Document
        The file.
    answers : Path
        Where the answers stand.
    """

    document: Document
    answers: Path

    @property
    def mapping(self) -> Mapping[str, Any]:
        """How the answers are read."""
        mapping: Mapping[str, Any] = self.document.content["mapping"]
        return mapping

    @property
    def configured(self) -> bool:
        """Whether it is known which of the study's personas each respondent is."""
        return "respondent" not in self.mapping

    @property
    def long(self) -> bool:
        """Whether every answer has a row of its own."""
        return "question" in self.mapping

    def name_of(self, question: Question) -> str:
        """Return what a question is called in the file."""
        return str(self.mapping.get("questions", {}).get(question.id, question.id))

    def answer_columns(self, question: Question) -> list[str]:
        """Return the columns of a question's answer: one, or one an option."""
        name = self.name_of(question)
        if "answer" in self.mapping:
            return [self.mapping["answer"].replace("{question}", name)]
        pattern = self.mapping["probability"].replace("{question}", name)
        return [pattern.replace("{code}", str(option.value)) for option in question.options]


def read_external(file: Path) -> External:
    """Read a model file of answers given elsewhere.

    Parameters
    ----------
    file : Path
        ``config/models/<name>.yaml``.

    Returns
    -------
    External
        Its mapping says of each thing what is needed, once.

    Raises
    ------
    UserError
        With its line, if it does not.
    """  # noqa: DOC502 - raised by what is called
    document = read_document(file, "model")
    refuse(_mapping_errors(document))
    answers = Path(document.content["source"]["answers"]).expanduser()
    return External(document, answers)


def _mapping_errors(document: Document) -> Iterator[UserError]:
    mapping = document.content["mapping"]
    whose = [key for key in WHO if key in mapping]
    if len(whose) != 1:
        reason = f"mapping names {' and '.join(whose) or 'none'} of {', '.join(WHO)}, not one"
        yield document.error(reason, "mapping", *whose[1:2])
    what = [key for key in ("answer", "probability") if key in mapping]
    if len(what) != 1:
        reason = f"mapping names {' and '.join(what) or 'neither'} of answer and probability"
        yield document.error(reason, "mapping", *what[1:2], hint="name one of them")
        return
    wide = "{question}" in mapping[what[0]]
    if wide == ("question" in mapping):
        reason = (
            "mapping names the column of the question, and questions side by side"
            if wide
            else f"mapping: {what[0]} names no {{question}}, and there is no column of the question"
        )
        hint = "write question: COLUMN where every answer has a row, {question} where they do not"
        yield document.error(reason, "mapping", what[0], hint=hint)


def external_errors(config: Mapping[str, Any], root: Path = Path()) -> Iterator[UserError]:
    """Yield what is wrong with a study's files of answers given elsewhere, before anything runs.

    Parameters
    ----------
    config : mapping
        A study whose other files are sound.
    root : Path
        The folder that holds the Snakefile.

    Yields
    ------
    UserError
        With file and line of the mapping: a file, column, question, variable or condition that is
        not there.
    """
    instruments = [
        read_instrument(root / f"config/instruments/{name}.yaml") for name in config["instruments"]
    ]
    space = read_space(root / config["persona_space"])
    conditions = [entry["name"] for entry in config["conditions"]]
    for name in config["models"]:
        file = root / f"config/models/{name}.yaml"
        if read_document(file, "model").content["engine"] != "external":
            continue
        try:
            external = read_external(file)
            frame = read_rows(root / external.answers, external)
        except UserError as error:
            yield error
            continue
        if config["answers"] == "surface":
            reason = "a study of `answers: surface` predicts from what it asked, not from a file"
            hint = "score these answers in a study of `answers: asked`"
            yield external.document.error(reason, "engine", hint=hint)
        named = external.mapping.get("condition", conditions[0])
        if named not in conditions:
            reason = f"the study has no condition {named!r}"
            hint = closest(named, conditions)
            yield external.document.error(reason, "mapping", "condition", hint=hint)
        yield from _column_errors(external, frame.drop(LINE).columns, instruments, space)


def _column_errors(
    external: External,
    columns: Sequence[str],
    instruments: Sequence[Instrument],
    space: PersonaSpace,
) -> Iterator[UserError]:
    """Yield the keys of a mapping that lead nowhere."""
    document, mapping = external.document, external.mapping
    for place, column in _named_columns(external):
        if column not in columns:
            reason = f"{external.answers} has no column {column!r}"
            yield document.error(reason, "mapping", *place, hint=closest(column, columns))
    questions = [q for each in instruments for q in (*each.questions, *each.parts)]
    known = {question.id for question in questions}
    for key in ("questions", "recode"):
        for question in mapping.get(key, {}).keys() - known:
            reason = f"no instrument of the study has a question {question!r}"
            yield document.error(reason, "mapping", key, question, hint=closest(question, known))
    if "configuration" in mapping:
        yield from _configuration_errors(external, [variable.name for variable in space.variables])
    sought = [external.answer_columns(question) for question in questions]
    if not external.long and not any(set(each) <= set(columns) for each in sought):
        key = "answer" if "answer" in mapping else "probability"
        reason = f"{external.answers} has no column like {mapping[key]!r} for any question of the "
        hint = closest(sought[0][0], columns)
        yield document.error(f"{reason}study", "mapping", key, hint=hint)


def _named_columns(external: External) -> list[tuple[tuple[str, ...], str]]:
    """Return the columns of the file of answers that a mapping names, with their places."""
    mapping = external.mapping
    single = ["persona", "respondent", "question", *(["answer"] if external.long else [])]
    named: list[tuple[tuple[str, ...], str]] = [
        ((key,), mapping[key]) for key in single if key in mapping
    ]
    for key in ("configuration", *([] if "people" in mapping else ["fields"])):
        named += [((key, name), column) for name, column in mapping.get(key, {}).items()]
    return named


def _configuration_errors(external: External, variables: Sequence[str]) -> Iterator[UserError]:
    given = external.mapping["configuration"]
    for variable in given:
        if variable not in variables:
            reason = f"the persona space has no variable {variable!r}"
            hint = closest(variable, variables)
            yield external.document.error(reason, "mapping", "configuration", variable, hint=hint)
    lacking = [name for name in variables if name not in given]
    if lacking:
        reason = f"a configuration needs all {len(variables)} variables, and lacks "
        reason += ", ".join(lacking)
        hint = "name a column for each, or write respondent: COLUMN"
        yield external.document.error(reason, "mapping", "configuration", hint=hint)


def read_rows(
    path: Path, external: External, place: tuple[str, ...] = ("source", "answers")
) -> pl.DataFrame:
    """Read a file of answers as text.

    Parameters
    ----------
    path : Path
        A .csv, .tsv or .parquet.
    external : External
        The model file that names it.
    place : tuple of str
        Where.

    Returns
    -------
    DataFrame
        Text in every column, blanks around it taken off, null where nothing stands, and `line`,
        the line of each row (of Parquet: its row, from 1).

    Raises
    ------
    UserError
        If it is not there, or no such file.
    """
    document = external.document
    kinds = {".csv": ",", ".tsv": "\t"}
    if not path.is_file():
        reason = f"there is no file {path}"
        raise document.error(reason, *place)
    try:
        refuse(_shape_errors(path, kinds.get(path.suffix)))
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path)
            first = 1
        elif path.suffix in kinds:
            frame = pl.read_csv(path, separator=kinds[path.suffix], infer_schema=False)
            first = 2
        else:
            reason = f"{path} ends in {path.suffix or 'nothing'}, not in .csv, .tsv or .parquet"
            raise document.error(reason, *place, hint="save it as one of these")
    except (OSError, pl.exceptions.PolarsError) as error:
        msg = f"{path}: cannot be read as {path.suffix} ({str(error).splitlines()[0]})"
        hint = "save it as UTF-8, with one header line and as many cells in every line"
        raise UserError(msg, hint=hint) from error
    text = frame.select(pl.col(name).cast(pl.String).str.strip_chars() for name in frame.columns)
    cleaned = text.with_columns(
        pl.when(pl.col(name) == "").then(None).otherwise(pl.col(name)).alias(name)
        for name in text.columns
    )
    if LINE in cleaned.columns:
        cleaned = cleaned.rename({LINE: f"{LINE} "})
    return cleaned.with_row_index(LINE, offset=first)


def _shape_errors(path: Path, separator: str | None) -> Iterator[UserError]:
    """Yield why a text file is none of its kind: another encoding, or cells parted otherwise."""
    if separator is None:
        return
    with path.open("rb") as file:
        header = file.readline(1_000_000)
    if b"\0" in header:
        msg = f"{path}, line 1: is no text in UTF-8 but in another encoding, such as UTF-16"
        yield UserError(msg, hint=f"save {path} as UTF-8")
    elif separator.encode() not in header:
        for other in b";", b"\t", b",", b"|":
            if other in header:
                msg = f"{path}, line 1: cells are parted by {other.decode()!r}, not {separator!r}"
                yield UserError(
                    msg, hint=f"save it with {separator!r}, or by its kind (.csv, .tsv)"
                )
                return


@dataclass(frozen=True)
class Respondents:
    """Who answered.

    Attributes
    ----------
    ids : NDArray
        persona_id of each.
    keys : list of str
        What stands for each in the file.
    """

    ids: NDArray[np.uint32]
    keys: list[str]
    ignored: int = 0
    """Rows of personas that do not take part in the study."""


def keyed(frame: pl.DataFrame, external: External, space: PersonaSpace) -> pl.DataFrame:
    """Return the rows with a column `who`: what tells respondents apart.

    Raises
    ------
    UserError
        If a row does not say whose it is.
    """
    mapping = external.mapping
    if "configuration" in mapping:
        return frame.with_columns(who=_configured(frame, external, space))
    column = mapping.get("persona") or mapping["respondent"]
    lost = frame.filter(pl.col(column).is_null())
    if lost.height:
        msg = f"{external.answers}, line {lost[LINE][0]}: column {column!r} is empty"
        raise UserError(msg, hint="every row must say whose answer it holds")
    if "persona" in mapping:
        number = pl.col(column).cast(pl.Float64, strict=False)
        odd = frame.filter(number.is_null() | (number != number.floor()) | (number < 0))
        if odd.height:
            msg = f"{external.answers}, line {odd[LINE][0]}, column {column!r}: "
            msg += f"{odd[column][0]!r} is no persona_id, a whole number from 0"
            hint = f"write respondent: {column} where these are not the study's personas"
            raise UserError(msg, hint=hint)
        return frame.with_columns(who=number.cast(pl.UInt32).cast(pl.String))
    return frame.with_columns(who=pl.col(column))


def _configured(frame: pl.DataFrame, external: External, space: PersonaSpace) -> pl.Series:
    """Return the persona_id of each row, as text.

    Raises
    ------
    UserError
        If a code is none of a level.
    """
    levels = np.empty((frame.height, len(space.variables)), dtype=np.int64)
    for place, variable in enumerate(space.variables):
        column = external.mapping["configuration"][variable.name]
        level_of = {code: at for at, level in enumerate(variable.levels) for code in level.codes}
        numbers = frame[column].cast(pl.Float64, strict=False)
        found = numbers.replace_strict(
            [float(code) for code in level_of], list(level_of.values()),
            default=None, return_dtype=pl.Int64,
        )  # fmt: skip
        if found.null_count():
            row = found.is_null().arg_max() or 0
            msg = f"{external.answers}, line {frame[LINE][row]}, column {column!r}: "
            msg += f"{frame[column][row]!r} is no survey code of {variable.name!r}: "
            msg += ", ".join(map(str, sorted(level_of)))
            raise UserError(msg, hint="write the codes of the persona space, or respondent: COLUMN")
        levels[:, place] = found.to_numpy()
    return pl.Series("who", space.ids_of(levels)).cast(pl.String)


def respondents_of(
    rows: pl.DataFrame, external: External, space: PersonaSpace, personas: pl.DataFrame | None
) -> Respondents:
    """Return who answered, as personas of the study or as respondents of the file's own.

    Parameters
    ----------
    rows : DataFrame
        As from `keyed`.
    external : External
        The model file.
    space : PersonaSpace
        Own respondents are numbered beyond it, so that none is taken for a persona.
    personas : DataFrame or None
        Table PERSONAS of the study, where the configurations are known.

    Returns
    -------
    Respondents
        All personas of the study, also those of whom the file has no answer.

    Raises
    ------
    UserError
        If the file has none of the study's personas.
    """
    if personas is None:
        keys = rows["who"].unique(maintain_order=True).to_list()
        ids = np.arange(space.n_personas, space.n_personas + len(keys), dtype=np.uint32)
        return Respondents(ids, keys)
    ids = personas["persona_id"].to_numpy()
    keys = [str(each) for each in ids.tolist()]
    elsewhere = ~rows["who"].is_in(keys)
    if elsewhere.all():
        msg = f"{external.answers}: none of the {rows['who'].n_unique():,} personas takes part in "
        msg += f"the study; the first is {rows['who'][0] if rows.height else 'missing'}"
        raise UserError(msg, hint="take the design that was asked, such as design: full")
    return Respondents(ids, keys, int(elsewhere.sum()))


def external_provenance(external: External, answers: Path) -> dict[str, str]:
    """Return what a table of answers given elsewhere says of its origin."""
    content = external.document.content
    return {
        "engine": "external",
        "model": content["name"],
        "model title": content["title"],
        "answers given elsewhere": f"{answers.name}, SHA-256 {content_hash(answers)}",
        "mapping": json.dumps(external.mapping, sort_keys=True),
    }
