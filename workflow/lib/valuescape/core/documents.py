"""Documents: YAML files that a user may edit, read against a schema, mistakes named by line.

The schemas lie in `schemas/` inside the package; each key is described there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from jsonschema.exceptions import ValidationError

# A message repeats no more of a value than this many characters.
LONGEST_VALUE = 60


@dataclass(frozen=True)
class Document:
    """The content of a YAML file, and where each part of it stands.

    Attributes
    ----------
    path : Path
        The file.
    content : Any
        Mappings, lists and plain values; it follows the schema.
    root : yaml.Node
        The same as nodes that know their lines.
    """

    path: Path
    content: Any
    root: yaml.Node

    def line(self, *place: str | int) -> int:
        """Return the line, from 1, of what stands at a place; of its parent if nothing does.

        Parameters
        ----------
        *place : str or int
            Keys and positions from the root, as in ``"variables", 2, "name"``.

        Returns
        -------
        int
            The line of the key, or of the list entry. What an alias repeats has the line of
            its anchor.
        """
        node, mark = self.root, self.root.start_mark
        for step in place:
            if isinstance(node, yaml.MappingNode):
                found = [pair for pair in node.value if pair[0].value == step]
                if not found:
                    break
                key, node = found[-1]
                mark = key.start_mark
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                node = node.value[step]
                mark = node.start_mark
        return int(mark.line) + 1

    def error(self, reason: str, *place: str | int, hint: str | None = None) -> UserError:
        """Return the error that names the file, the line and the reason.

        Parameters
        ----------
        reason : str
            What stands there and what should.
        *place : str or int
            Keys and positions from the root.
        hint : str, optional
            What to do; by default, to correct that line.

        Returns
        -------
        UserError
            To be raised by the caller.
        """
        line = self.line(*place)
        return UserError(
            f"{self.path}, line {line}: {reason}",
            hint=hint or f"correct line {line} of {self.path}",
        )


def read_document(
    path: Path, schema: str, hints: Mapping[tuple[str, ...], str] | None = None
) -> Document:
    """Read a YAML file and check it against a schema of the package.

    A `UserError` names file, line and reason if it is no YAML, or breaks the schema.

    Parameters
    ----------
    path : Path
        The file.
    schema : str
        Name of the schema, such as ``persona_space``.
    hints : mapping of tuple of str to str, optional
        By keys that lead to a place: what to do about a mistake there or below.

    Returns
    -------
    Document
        Its content, as the schema demands it.
    """
    document = read_yaml(path)
    problem = best_match(Draft202012Validator(read_schema(schema)).iter_errors(document.content))
    if problem is not None:
        reason, place = _in_words(problem)
        keys = tuple(step for step in place if isinstance(step, str))
        known = (hints or {}).items()
        hint = next((hint for stood, hint in known if keys[: len(stood)] == stood), None)
        raise document.error(reason, *place, hint=hint)
    return document


def read_yaml(path: Path) -> Document:
    """Read a YAML file, whatever it says.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Document
        Its content, not yet checked against a schema.

    Raises
    ------
    UserError
        If the file is missing, empty, no YAML, or names a key twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read ({error})"
        raise UserError(msg, hint="give the path of a YAML file in UTF-8") from error
    return _parsed(path, text)


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
    content: dict[str, Any] = yaml.safe_load(text)
    return content


def _parsed(path: Path, text: str) -> Document:
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            msg = f"{path}, line 1: the file is empty"
            raise UserError(msg, hint=f"see the other files beside {path} for what belongs there")
        for key in _double_keys(root):
            msg = f"{path}, line {key.start_mark.line + 1}: the key {key.value!r} stands here twice"
            raise UserError(msg, hint=f"keep one {key.value!r} in {path}")
        return Document(path, loader.construct_document(root), root)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        msg = f"{path}, line {line}: no valid YAML ({error.problem})"
        raise UserError(msg, hint=f"correct line {line} of {path} or the line before it") from error
    except yaml.YAMLError as error:
        msg = f"{path}: no valid YAML ({error})"
        raise UserError(msg, hint=f"correct {path}") from error
    finally:
        loader.dispose()


def _double_keys(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """Yield each key that its mapping has named before: YAML would silently keep the last one."""
    if isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            yield from _double_keys(entry)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield key
                seen.add(key.value)
            yield from _double_keys(value)


def _in_words(problem: ValidationError) -> tuple[str, list[str | int]]:
    """Return a schema error in plain words, and the place that it is about."""
    place = list(problem.absolute_path)
    what = repr(place[-1]) if place and isinstance(place[-1], str) else "this entry"
    found: Any = problem.instance
    demanded: Any = problem.validator_value
    value = _cut(found)
    match problem.validator:
        case "additionalProperties":
            schema: Any = problem.schema
            known = sorted(schema["properties"])
            place.append(next(key for key in found if key not in known))
            reason = f"unknown key {place[-1]!r}; known here are {', '.join(known)}"
        case "required":
            missing = next(key for key in demanded if key not in found)
            reason = f"the key {missing!r} is missing"
        case "type":
            reason = f"{what} is {value}, not of type {demanded}"
        case "enum":
            reason = f"{what} is {value}, not one of {', '.join(map(str, demanded))}"
        case "minItems":
            reason = f"{what} has {len(found)} entries, not at least {demanded}"
        case "minLength":
            reason = f"{what} is empty"
        case "pattern":
            reason = f"{what} is {value}, which is not of the form {demanded}"
        case _:
            reason = f"{what}: {_cut(problem.message)}"
    return reason, place


def _cut(value: object) -> str:
    text = value if isinstance(value, str) and " " in value else repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
