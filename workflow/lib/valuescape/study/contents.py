"""Contents: what is wrong in the files that a study names, each alone and beside the others."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl

from valuescape.core.documents import read_document
from valuescape.core.errors import UserError
from valuescape.core.reference import read_reference
from valuescape.study.instruments import FOUNDATIONS, Instrument, read_instrument
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
# The columns that are read of each reference table.
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
    "prevalence": {"ivs": pl.String, "scope": pl.String, "codes": pl.String, "share": pl.Float64},
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
        errors += oracle_errors(oracle_file, oracle)
    named = dict.fromkeys([*config["instruments"], *LENS_INSTRUMENTS])
    files = {name: root / INSTRUMENTS / f"{name}.yaml" for name in named}
    found = {name: _read(read_instrument, file, errors) for name, file in files.items()}
    instruments = {files[name]: each for name, each in found.items() if each is not None}
    errors += instrument_errors(instruments)
    reference = {
        name: _read(partial(read_reference, columns=REFERENCE[name]), root / path, errors)
        for name, path in config["reference"].items()
    }
    space = _read(read_space, root / config["persona_space"], errors)
    if space is not None:
        projection = reference["projection"]
        indicators = [] if projection is None else projection["ivs"].to_list()
        errors += space_errors(root / config["persona_space"], space, indicators)
        for file, instrument in instruments.items():
            errors += variable_errors(file, instrument, space)
            if instrument.name == "iw":
                errors += indicator_errors(file, instrument, space)
    yield from errors


def _read_fields(path: Path) -> Document:
    return read_document(path, "biography")


def _read(read: Callable[[Path], Read], path: Path, errors: list[UserError]) -> Read | None:
    """Return what a file holds, or None after noting what is wrong with it."""
    if not path.is_file():
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
            reason = f"{key}: {low} is {content[key][low]}, more than {high}, {content[key][high]}"
            yield fields.error(reason, key, low)
    for key in SURVEYED.keys() & set(grouping):
        for position, value in enumerate(content[key]):
            if value not in SURVEYED[key]:
                reason = (
                    f"{key} may be {value!r}, which no survey knows, and groups are made by {key}"
                )
                hint = (
                    f"write {', '.join(SURVEYED[key])}; or leave {key} out of the study's grouping"
                )
                yield fields.error(reason, key, position, hint=hint)


def oracle_errors(path: Path, instrument: Instrument) -> Iterator[UserError]:
    """Yield why an instrument cannot be the oracle's: one question a foundation, same options."""
    counts = Counter(question.scale for question in instrument.questions)
    for foundation in FOUNDATIONS:
        if counts[foundation] != 1:
            msg = f"{path}: {counts[foundation]} questions on {foundation!r}, not one"
            yield UserError(msg, hint="the oracle has one question for each of six foundations")
    if len({tuple(option.value for option in q.options) for q in instrument.questions}) > 1:
        msg = f"{path}: the questions have different options"
        hint = "give all of them the same options, so that ratings can be compared"
        yield UserError(msg, hint=hint)


def instrument_errors(instruments: Mapping[Path, Instrument]) -> Iterator[UserError]:
    """Yield what is wrong with scales, by the files of instruments."""
    files = {instrument.name: file for file, instrument in instruments.items()}
    for file, instrument in instruments.items():
        yield from scale_errors(file, instrument)
        if instrument.name == "mfq2":
            yield from foundation_errors(file, instrument)
        negated = files.get(NEGATIONS.get(instrument.name, ""))
        if negated is not None:
            yield from _negation_errors(file, instrument, instruments[negated])


def scale_errors(path: Path, instrument: Instrument) -> Iterator[UserError]:
    """Yield questions that an instrument with scales leaves out of all of them."""
    if not instrument.scales:
        return
    for question in instrument.questions:
        if question.scale is None:
            msg = f"{path}: the question {question.id!r} is an item of none of the scales"
            yield UserError(msg, hint=f"name {question.id} under the items of a scale")


def foundation_errors(path: Path, instrument: Instrument) -> Iterator[UserError]:
    """Yield what the moral foundations lack: a scale each, of equally many items."""
    missing = [name for name in FOUNDATIONS if name not in instrument.scales]
    if missing:
        msg = f"{path}: no scale of the foundation {missing[0]!r}"
        yield UserError(msg, hint="declare it under the instrument's key `scales`")
        return
    sizes = {name: len(instrument.scales[name].items) for name in FOUNDATIONS}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} {size}" for name, size in sizes.items())
        msg = f"{path}: the foundations have unequally many items ({told})"
        yield UserError(msg, hint="the MFQ-2 has six items a foundation (Atari et al. 2023)")


def _negation_errors(path: Path, negation: Instrument, negated: Instrument) -> Iterator[UserError]:
    keys = [
        [(question.scale, tuple(question.values)) for question in instrument.questions]
        for instrument in (negation, negated)
    ]
    if keys[0] != keys[1]:
        msg = f"{path}: does not negate {negated.name} item by item, on one scale"
        yield UserError(msg, hint="give its items the foundations and options of the others")


def variable_errors(path: Path, instrument: Instrument, space: PersonaSpace) -> Iterator[UserError]:
    """Yield questions on a cultural variable that the persona space does not have."""
    names = [variable.name for variable in space.variables]
    for question in instrument.questions:
        if question.variable is not None and question.variable not in names:
            msg = f"{path}: the question {question.id!r} measures {question.variable!r}, "
            msg += f"which is no variable of the persona space {space.name!r}"
            yield UserError(msg, hint=f"its variables are {', '.join(names)}")


def space_errors(path: Path, space: PersonaSpace, indicators: list[str]) -> Iterator[UserError]:
    """Yield what the cultural map lacks in a persona space, and questions that make no index."""
    codes = [variable.ivs for variable in space.variables]
    for missing in [each for each in indicators if each not in codes]:
        msg = f"{path}: no variable has the code {missing} (key ivs), which the cultural map needs"
        yield UserError(msg, hint=f"the map needs {', '.join(indicators)}")
    for variable in space.variables:
        n_parts = INDICES.get(variable.ivs, 1)
        if len(variable.wvs7) != n_parts:
            msg = f"{path}: wvs7 of {variable.name!r} names {len(variable.wvs7)} questions, "
            hint = f"{variable.ivs} follows from {n_parts} of wave 7"
            yield UserError(f"{msg}not {n_parts}", hint=hint)


def indicator_errors(
    path: Path, instrument: Instrument, space: PersonaSpace
) -> Iterator[UserError]:
    """Yield indicators of the map that are not asked, or whose levels lie beyond their options."""
    asked = {question.variable: question for question in instrument.questions}
    for variable in space.variables:
        question = asked.get(variable.name)
        if question is None or question.id != variable.ivs:
            msg = f"{path}: no question with the id {variable.ivs} and variable: {variable.name}"
            yield UserError(msg, hint="the map needs each of the persona space's variables")
            continue
        for level in variable.levels:
            if not question.values[0] <= level.value <= question.values[-1]:
                msg = f"{path}: the options of {question.id!r} do not reach {level.value:g}, "
                hint = f"they run from {question.values[0]:g} to {question.values[-1]:g}"
                yield UserError(f"{msg}which is a level of {variable.name!r}", hint=hint)
