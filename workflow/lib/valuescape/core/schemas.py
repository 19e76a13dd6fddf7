"""Schemas: what a document of the user must look like, and what breaks that, in plain words.

They lie in `study/schemas` inside the package; each key is described there.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# libyaml reads the same ten times as fast; every build of PyYAML but the barest has it
if TYPE_CHECKING:
    PlainLoader = yaml.SafeLoader
else:
    PlainLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Place = tuple[str | int, ...]
"""Keys and positions that lead from the root of a document to a part of it."""

# A message repeats no more of a value than this many characters.
LONGEST_VALUE = 60
_KINDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a mapping of keys to values",
    "string": "text",
}


@dataclass(frozen=True)
class Problem:
    """What breaks a schema.

    Attributes
    ----------
    place : tuple of str or int
        Keys and positions that lead to it.
    reason : str
        What stands there and what should.
    hint : str
        What the user can do; empty if the schema does not say.
    """

    place: Place
    reason: str
    hint: str


def plain_yaml(text: str) -> dict[str, Any]:
    """Return what a YAML file of this project says; a user's is read by `core.documents`."""
    content: dict[str, Any] = yaml.load(text, PlainLoader)  # noqa: S506 - a safe one
    return content


@cache
def read_schema(schema: str) -> dict[str, Any]:
    """Return a schema of the package.

    Parameters
    ----------
    schema : str
        Its name, such as ``persona_space``.

    Returns
    -------
    dict
        JSON Schema, draft 2020-12.
    """
    text = (
        files("valuescape").joinpath("study", "schemas", f"{schema}.schema.yaml").read_text("utf-8")
    )
    return plain_yaml(text)


def problems(content: Any, schema: Mapping[str, Any]) -> Iterator[Problem]:  # noqa: ANN401
    """Yield all that breaks a schema, in the order of the keys.

    A whole number is written without a decimal point: 20.0 is none.

    Parameters
    ----------
    content : Any
        What a file holds.
    schema : mapping
        JSON Schema, draft 2020-12.

    Yields
    ------
    Problem
        With the place, in words.
    """
    found = _Validator(schema).iter_errors(content)
    for error in sorted(found, key=lambda error: [str(step) for step in error.absolute_path]):
        yield from _in_words(error)


def closest(given: str, known: Iterable[str]) -> str:
    """Return the hint that names what was probably meant, or all that is known.

    Parameters
    ----------
    given : str
        What stands there.
    known : iterable of str
        What could.

    Returns
    -------
    str
        Empty if nothing is known.
    """
    choices = sorted(known)
    close = get_close_matches(given, choices, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(choices)}" if choices else ""


def dotted(place: Place) -> str:
    """Return a place as one word, such as ``conditions.0.name``; ``the file`` for the root."""
    return ".".join(str(step) for step in place) or "the file"


def _pattern(
    validator: object, pattern: str, found: object, schema: object
) -> Iterator[ValidationError]:
    """Yield an error unless a text has the form; `$` is its end, not a line break before it."""
    del validator, schema
    if isinstance(found, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), found):
        yield ValidationError("not of the form")


# jsonschema takes 20.0 for an integer; code that counts with it does not.
_Validator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {"pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


# What is said of an entry that breaks one demand of a schema.
_BREACHES = {
    "const": "{what} is {value}, not {demanded}",
    "enum": "{what} is {value}, not one of {listed}",
    "minimum": "{what} is {value}, less than the least possible, {demanded}",
    "exclusiveMinimum": "{what} is {value}, which must be more than {demanded}",
    "maximum": "{what} is {value}, more than the most possible, {demanded}",
    "minItems": "{what} has {size} entries, not at least {demanded}",
    "minProperties": "{what} has {size} entries, not at least {demanded}",
    "maxItems": "{what} has {size} entries, more than {demanded}",
    "minLength": "{what} is empty",
    "maxLength": "{what} has {size} characters, more than {demanded}",
    "uniqueItems": "{what} names an entry twice: {value}",
    "pattern": "{what} is {value}, which is not of the form {demanded}",
}


def _in_words(error: ValidationError) -> Iterator[Problem]:
    """Yield what a schema error says, in plain words, and the place that it is about."""
    place: Place = tuple(error.absolute_path)
    found: Any = error.instance
    demanded: Any = error.validator_value
    schema: Any = error.schema
    what = repr(place[-1]) if place and isinstance(place[-1], str) else "this entry"
    if "propertyNames" in error.absolute_schema_path:
        what = f"a key of {what}"
    described = schema.get("description", "") if isinstance(schema, dict) else ""
    hint = f"{dotted(place)}: {described}" if described else ""
    if error.validator == "additionalProperties":
        known = sorted(schema["properties"])
        for key in found:
            if key not in known:
                reason = f"unknown key {key!r}"
                yield Problem((*place, key), reason, closest(key, known))
        return
    if error.validator in {"required", "dependentRequired"}:
        needs = demanded
        if isinstance(demanded, dict):
            needs = [key for given, keys in demanded.items() if given in found for key in keys]
        for key in needs:
            if key not in found:
                wanted = schema.get("properties", {}).get(key, {}).get("description", "")
                reason = f"the key {key!r} is missing"
                yield Problem(place, reason, f"{key}: {wanted}" if wanted else "")
        return
    if error.validator == "type":
        kinds = [demanded] if isinstance(demanded, str) else demanded
        reason = f"{what} is {shortened(found)}, not {' or '.join(_KINDS[kind] for kind in kinds)}"
        listed_alone = isinstance(found, str) and "array" in kinds
        hint = f"write [{found}]" if listed_alone else _rewritten(found, kinds) or hint
    else:
        words = _BREACHES.get(str(error.validator), f"{what}: {error.message[:LONGEST_VALUE]}")
        listed = ", ".join(map(str, demanded)) if isinstance(demanded, list) else ""
        size = len(found) if isinstance(found, str | list | dict) else 0
        reason = words.format(
            what=what, value=shortened(found), demanded=demanded, listed=listed, size=size
        )
    yield Problem(place, reason, hint)


def _rewritten(found: object, kinds: Iterable[str]) -> str:
    """Return how a value is to be written that stands there in another way; empty if unclear."""
    wanted = {"integer", "number"} & set(kinds)
    if "string" in kinds and isinstance(found, bool | int | float):
        return "write it in quotes, if it is meant as text"
    if not wanted or not isinstance(found, str | float):
        return ""
    try:
        number = float(found)
    except ValueError:
        return ""
    if not math.isfinite(number):
        return ""
    if number.is_integer():
        return f"write {number:.0f}"
    return f"write {number}" if "number" in wanted else ""


def shortened(value: object) -> str:
    """Return a value as a message shows it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
