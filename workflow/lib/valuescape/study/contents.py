"""Contents: what is wrong in the files that a study names, each alone and beside the others."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import polars as pl

from valuescape.core.documents import read_document, read_yaml
from valuescape.core.errors import UserError
from valuescape.core.reference import read_reference
from valuescape.core.schemas import closest
from valuescape.study.check_language import language_errors
from valuescape.study.conditions import OF_SPEECH, Condition
from valuescape.study.instruments import FOUNDATIONS, Instrument, read_instrument
from valuescape.study.languages import Language, context_languages, language_codes
from valuescape.study.models import read_model
from valuescape.study.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from valuescape.core.documents import Document

Read = TypeVar("Read")

INSTRUMENTS = Path("config/instruments")
MODELS = Path("config/models")
# What the lenses read; further instruments may be asked beside them.
LENS_INSTRUMENTS = {"iw": "cultural_map", "wvb_probe": "alignment", "mfq2": "morality"}
# Asked with the same options in the same order as what it negates, item by item.
NEGATIONS = {"mfq2_inverted": "mfq2"}
# The questions of WVS wave 7 that an index of the Integrated Values Surveys is computed from; every
# other variable is one question.
INDICES = {"Y002": 2, "Y003": 4}
_NAMES = dict.fromkeys(("country", "continent"), pl.String)
_AXES = dict.fromkeys(("self_expression", "secular"), pl.Float64)
# The columns that are read of these reference tables; `humans.survey_check` reads the others.
REFERENCE: dict[str, dict[str, type[pl.DataType]]] = {
    "distributions": {
        "question": pl.String,
        "country": pl.String,
        "code": pl.Int64,
        "share_percent": pl.Float64,
    },
    "respondents": {"country": pl.String, "n": pl.Int64},
    "countries": {**_NAMES, "iso_numeric": pl.Int32},
    "projection": {
        "ivs": pl.String,
        **dict.fromkeys(("weight_self_expression", "weight_secular", "mean", "sd"), pl.Float64),
    },
    "centroids": {"country": pl.String, "region": pl.String, **_AXES},
    "norms": {
        "country": pl.String,
        "n": pl.Int64,
        "foundation": pl.String,
        **dict.fromkeys(("mean", "sd"), pl.Float64),
    },
}
# What surveys know of respondents, by the field of a biography that groups are made of.
SURVEYED = {
    "settlement": ("urban", "rural"),
    "sex": ("female", "male"),
    "education": (
        "Primary or No Education",
        "Lower Secondary",
        "Upper to Post Secondary",
        "Tertiary",
    ),
}


def content_errors(config: Mapping[str, Any], root: Path = Path()) -> Iterator[UserError]:
    """Yield what is wrong in the files that a study names, but for those that are not there.

    Parameters
    ----------
    config : mapping
        The study, of the form that its schema demands.
    root : Path
        The folder that holds the Snakefile.

    Yields
    ------
    UserError
        With the file.
    """
    errors: list[UserError] = []
    for name in config["models"]:
        _read(read_model, root / MODELS / f"{name}.yaml", errors)
    fields = _read(_read_fields, root / config["biography_fields"], errors)
    if fields is not None:
        errors += field_errors(fields, config["grouping"])
    oracle_file = root / config["oracle"]["instrument"]
    oracle = _read(read_instrument, oracle_file, errors)
    if oracle is not None:
        errors += [*oracle_errors(oracle_file, oracle), *scale_errors(oracle_file, oracle)]
    named = dict.fromkeys([*config["instruments"], *LENS_INSTRUMENTS])
    files = {name: root / INSTRUMENTS / f"{name}.yaml" for name in named}
    found = {name: _read(read_instrument, file, errors) for name, file in files.items()}
    instruments = {files[name]: each for name, each in found.items() if each is not None}
    errors += instrument_errors(instruments)
    reference = {
        name: _read(partial(read_reference, columns=REFERENCE[name]), root / path, errors)
        for name, path in config["reference"].items()
        if name in REFERENCE
    }
    distributions = reference["distributions"]
    probe = found["wvb_probe"]
    if probe is not None and distributions is not None:
        errors += probe_errors(files["wvb_probe"], probe, distributions)
    space = _read(read_space, root / config["persona_space"], errors)
    if space is not None and fields is not None:
        asked = [each for name, each in found.items() if each and name in config["instruments"]]
        for language in _languages(config, root, errors):
            errors += language_errors(language, asked, space, fields.content, root)
    if space is not None:
        projection = reference["projection"]
        indicators = [] if projection is None else projection["ivs"].to_list()
        errors += space_errors(root / config["persona_space"], space, indicators)
        for file, instrument in instruments.items():
            errors += variable_errors(file, instrument, space)
            if instrument.name == "iw":
                errors += indicator_errors(file, instrument, space)
    yield from errors


def _languages(
    config: Mapping[str, Any], root: Path, errors: list[UserError]
) -> Iterator[Language]:
    """Yield the languages of a study, but for English in the wording of the instruments."""
    wanted: set[str] = set()
    for entry in config["conditions"]:
        condition = Condition.of(entry, config)
        if condition.determining().keys() & OF_SPEECH.keys():
            wanted |= {condition.language, *context_languages(condition, root)}
    for code in sorted(wanted & {*language_codes(root)}):
        try:
            yield Language.of(code, root)
        except UserError as error:
            errors.append(error)


def _read_fields(path: Path) -> Document:
    return read_document(path, "biography")


def is_file(path: Path) -> bool:
    """Return whether there is such a file; a name that no file can have is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _read(read: Callable[[Path], Read], path: Path, errors: list[UserError]) -> Read | None:
    """Return what a file holds, or None after noting what is wrong with it."""
    if not is_file(path):
        return None
    try:
        return read(path)
    except UserError as error:
        errors.append(error)
        return None


def field_errors(fields: Document, grouping: list[str]) -> Iterator[UserError]:
    """Yield what is wrong with the fields of a biography, beyond their schema."""
    content = fields.content
    for key, low, high in (("age", "lowest", "highest"), ("sentences", "fewest", "most")):
        if content[key][low] > content[key][high]:
            reason = f"{low} {key} {content[key][low]} is more than {high}, {content[key][high]}"
            yield fields.error(reason, key, low)
    for key in SURVEYED.keys() & set(grouping):
        for position, value in enumerate(content[key]):
            if value not in SURVEYED[key]:
                reason = (
                    f"no survey knows the {key} {value!r}, and the study groups people by {key}"
                )
                hint = f"write {', '.join(SURVEYED[key])}; or leave {key} out of its grouping"
                yield fields.error(reason, key, position, hint=hint)


def oracle_errors(path: Path, instrument: Instrument) -> Iterator[UserError]:
    """Yield why an instrument cannot be the oracle's: one question a foundation, same options."""
    document = read_yaml(path)
    counts = Counter(question.scale for question in instrument.questions)
    for foundation in FOUNDATIONS:
        if counts[foundation] != 1:
            reason = f"{counts[foundation]} questions on {foundation!r}, not one"
            hint = "the oracle has one question for each of six foundations"
            yield document.error(reason, "scales", foundation, hint=hint)
    first = instrument.questions[0].values.tolist()
    for position, question in enumerate(instrument.questions):
        if question.values.tolist() != first:
            reason = f"{question.id!r} has different options than the first question"
            hint = "give all of them the same options, so that ratings can be compared"
            yield document.error(reason, "questions", position, "options", hint=hint)


def instrument_errors(instruments: Mapping[Path, Instrument]) -> Iterator[UserError]:
    """Yield what is wrong with scales, by the files of instruments."""
    files = {instrument.name: file for file, instrument in instruments.items()}
    for file, instrument in instruments.items():
        yield from scale_errors(file, instrument)
        if instrument.name == "mfq2":
            yield from foundation_errors(file, instrument)
        negated = files.get(NEGATIONS.get(instrument.name, ""))
        if negated is not None:
            yield from negation_errors(file, instrument, instruments[negated])


def scale_errors(path: Path, instrument: Instrument) -> Iterator[UserError]:
    """Yield questions that belong to none of the scales, and scales that have no mean.

    A score is the mean of codes, so that their steps must be equal.
    """
    document = read_yaml(path)
    for position, question in enumerate(instrument.questions if instrument.scales else ()):
        if question.scale is None:
            reason = f"the question {question.id!r} is an item of none of the scales"
            hint = f"name {question.id} under the items of a scale"
            yield document.error(reason, "questions", position, "id", hint=hint)
        elif len(set(np.diff(question.values))) > 1:
            codes = ", ".join(f"{value:g}" for value in question.values)
            reason = f"{question.id!r} is an item of a scale, and its codes ({codes}) have gaps"
            hint = "a score is a mean of codes: number the options in equal steps"
            yield document.error(reason, "questions", position, "options", hint=hint)


def foundation_errors(path: Path, instrument: Instrument) -> Iterator[UserError]:
    """Yield what the moral foundations lack: a scale each, of equally many items."""
    document = read_yaml(path)
    missing = [name for name in FOUNDATIONS if name not in instrument.scales]
    for name in missing:
        reason = f"no scale of the foundation {name!r}"
        hint = "declare it under the instrument's key `scales`"
        yield document.error(reason, "scales", hint=hint)
    sizes = {name: len(scale.items) for name, scale in instrument.scales.items()}
    usual = Counter(sizes.values()).most_common(1)
    for name, size in sizes.items():
        if not missing and name in FOUNDATIONS and size != usual[0][0]:
            reason = f"{name!r} has {size} items, other foundations {usual[0][0]}"
            hint = "the MFQ-2 has six items a foundation (Atari et al. 2023)"
            yield document.error(reason, "scales", name, "items", hint=hint)


def negation_errors(path: Path, negation: Instrument, negated: Instrument) -> Iterator[UserError]:
    """Yield why an instrument does not negate another one: other scales, options or order."""
    document = read_yaml(path)
    hint = "give its items the foundations and options of the others"
    if len(negation.questions) != len(negated.questions):
        reason = f"{len(negation.questions)} questions, and {negated.name} "
        yield document.error(f"{reason}has {len(negated.questions)}", "questions", hint=hint)
    pairs = zip(negation.questions, negated.questions, strict=False)
    for position, (one, other) in enumerate(pairs):
        if (one.scale, tuple(one.values)) != (other.scale, tuple(other.values)):
            reason = f"{one.id!r} has not the scale and options of {other.id!r} of {negated.name}"
            yield document.error(reason, "questions", position, hint=hint)


def probe_errors(
    path: Path, instrument: Instrument, distributions: pl.DataFrame
) -> Iterator[UserError]:
    """Yield questions of the probe that humans answered with codes that are no option of it."""
    document = read_yaml(path)
    codes = dict(distributions.group_by("question").agg(pl.col("code").unique()).iter_rows())
    for position, question in enumerate(instrument.questions):
        strange = sorted(set(codes.get(question.id, [])) - set(question.values.astype(int)))
        if strange:
            reason = f"{question.id!r} has no option {strange[0]}, which humans chose"
            hint = "give it all options of the survey, or take a table of other humans"
            yield document.error(reason, "questions", position, "options", hint=hint)


def variable_errors(path: Path, instrument: Instrument, space: PersonaSpace) -> Iterator[UserError]:
    """Yield questions on a cultural variable that the persona space does not have."""
    document = read_yaml(path)
    names = [variable.name for variable in space.variables]
    for position, question in enumerate(instrument.questions):
        if question.variable is not None and question.variable not in names:
            reason = f"{question.id!r} measures {question.variable!r}, "
            reason += f"which is no variable of the persona space {space.name!r}"
            place = ("questions", position, "variable")
            yield document.error(reason, *place, hint=closest(question.variable, names))


def space_errors(path: Path, space: PersonaSpace, indicators: list[str]) -> Iterator[UserError]:
    """Yield what the cultural map lacks in a persona space, and questions that make no index."""
    document = read_yaml(path)
    codes = [variable.ivs for variable in space.variables]
    for missing in [each for each in indicators if each not in codes]:
        reason = f"no variable has the code {missing} (key ivs), which the cultural map needs"
        hint = f"the map needs {', '.join(indicators)}"
        yield document.error(reason, "variables", hint=hint)
    for position, variable in enumerate(space.variables):
        n_parts = INDICES.get(variable.ivs, 1)
        if len(variable.wvs7) != n_parts:
            reason = (
                f"wvs7 of {variable.name!r} names {len(variable.wvs7)} questions, not {n_parts}"
            )
            hint = f"{variable.ivs} follows from {n_parts} of wave 7"
            yield document.error(reason, "variables", position, "wvs7", hint=hint)


def indicator_errors(
    path: Path, instrument: Instrument, space: PersonaSpace
) -> Iterator[UserError]:
    """Yield indicators of the map that are not asked, or not with the codes of the levels."""
    document = read_yaml(path)
    asked = {question.variable: (n, question) for n, question in enumerate(instrument.questions)}
    for variable in space.variables:
        position, question = asked.get(variable.name, (-1, None))
        if question is None or question.id != variable.ivs:
            reason = f"no question with the id {variable.ivs} and variable: {variable.name}"
            hint = "the map needs each of the persona space's variables"
            yield document.error(reason, "questions", hint=hint)
            continue
        graded = {code for level in variable.levels for code in level.codes}
        strange = sorted(set(question.values.astype(int)) ^ graded)
        if strange:
            reason = f"{question.id!r} and the levels of {variable.name!r} have other codes: "
            reason += f"{strange[0]} stands in one of them alone"
            hint = f"let each option of {question.id} fall in a level of the persona space"
            yield document.error(reason, "questions", position, "options", hint=hint)
