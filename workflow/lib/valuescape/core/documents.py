"""Documents: YAML files that a user may edit, read against a schema, mistakes named by line.

A document holds
text, finite numbers, true, false and null, in lists and in mappings by text, each key once; what
YAML would quietly read as something else (`010` as 8, `on` as true) is refused.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml

from valuescape.core.errors import UserError, refuse
from valuescape.core.schemas import PlainLoader, problems, read_schema, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from valuescape.core.schemas import Problem

# The largest file of this project has 3,000 values. Aliases of aliases can stand for billions.
MOST_VALUES = 200_000
DEEPEST = 50
LARGEST_FILE = 20_000_000
_AMBIGUOUS_NUMBER = re.compile(r"[-+]?(0[0-9_]+|[0-9][0-9_]*(:[0-5]?[0-9])+)(\.[0-9_]*)?")
_BYTE_ORDER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\0\0\xfe\xff": "UTF-32"}


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

    A `UserError` names file, line and reason if it is no YAML, or breaks the schema; all that
    breaks it is told at once.

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
    document, found = _checked(path, read_text(path), schema)
    errors = []
    for problem in found:
        keys = tuple(step for step in problem.place if isinstance(step, str))
        known = (hints or {}).items()
        hint = next((hint for stood, hint in known if keys[: len(stood)] == stood), problem.hint)
        errors.append(document.error(problem.reason, *problem.place, hint=hint or None))
    refuse(errors)
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
        If the file is missing, empty, no YAML, no UTF-8, or holds what a document cannot.
    """  # noqa: DOC502 - raised by what is called
    return _parsed(path, read_text(path))


@lru_cache(maxsize=64)
def _checked(path: Path, text: str, schema: str) -> tuple[Document, list[Problem]]:
    document = _parsed(path, text)
    return document, list(problems(document.content, read_schema(schema)))


def read_text(path: Path) -> str:
    r"""Read a text file that a user may edit.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        Its text, line ends as ``\n``, without a byte order mark.

    Raises
    ------
    UserError
        If it cannot be read, is no UTF-8, or holds control characters; with its line.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            msg = f"{path}: has {path.stat().st_size / 1e6:.0f} MB, as no file of settings has"
            raise UserError(msg, hint="give the path of the right file")
        content = path.read_bytes()
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})"
        raise UserError(msg, hint="give the path of a text file that you may read") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        marked = (name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark))
        line = content.count(b"\n", 0, error.start) + 1
        msg = f"{path}, line {line}: is no text in UTF-8 but {next(marked, 'in another encoding')}"
        raise UserError(msg, hint=f"save {path} as UTF-8 in your editor") from error
    for found in re.finditer("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]", text):
        line = text.count("\n", 0, found.start()) + 1
        msg = f"{path}, line {line}: holds the control character {found[0]!r}"
        raise UserError(msg, hint=f"remove it, or save {path} as plain text in UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


class _Loader(PlainLoader):
    """Reads text, numbers, true, false and null; names the line of everything else."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002
        """Return the value of a node, or say with its line why there is none."""  # noqa: DOC501
        reason = ""
        try:
            value: Any = super().construct_object(node, deep=deep)
        except (ValueError, OverflowError, TypeError) as error:
            value, reason = None, f"{shortened(node.value)} cannot be read: {error}"
        if isinstance(value, int | float) and not isinstance(value, bool):
            if isinstance(value, float) and not math.isfinite(value):
                reason = f"{node.value} is no finite number"
            elif _AMBIGUOUS_NUMBER.fullmatch(node.value):
                reason = f"{node.value} is read as {value}: write plain digits, or quotes for text"
        if reason:
            raise yaml.constructor.ConstructorError(None, None, reason, node.start_mark)
        return value


# A date stays the text that it is.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if not tag.endswith(":timestamp")]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@lru_cache(maxsize=64)
def _parsed(path: Path, text: str) -> Document:
    try:
        refuse(_too_deep(path, text))
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            msg = f"{path}, line 1: the file is empty"
            raise UserError(msg, hint=f"see the other files beside {path} for what belongs there")
        refuse([*_odd_keys(path, root), *_endless(path, root)])
        return Document(path, loader.construct_document(root), root)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = (error.problem or str(error)).replace("'\\t'", "a tab")
        msg = f"{path}, line {line}: no valid YAML ({problem})"
        hint = f"correct line {line} of {path} or the line before it"
        hint += "; YAML is indented with spaces" if "a tab" in problem else ""
        raise UserError(msg, hint=hint) from error
    except yaml.YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        msg = f"{path}, line {line}: no valid YAML ({getattr(error, 'reason', error)})"
        raise UserError(msg, hint=f"correct line {line} of {path}") from error


def _too_deep(path: Path, text: str) -> Iterator[UserError]:
    """Yield the line at which lists and mappings lie too deep in each other to be read at all."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            line = event.start_mark.line + 1 if event.start_mark else 1
            msg = f"{path}, line {line}: lies in more than {DEEPEST} lists or "
            yield UserError(f"{msg}mappings", hint="compare it with the other files beside it")
            return


def _odd_keys(path: Path, root: yaml.Node) -> Iterator[UserError]:
    """Yield what is wrong with keys: named before (YAML would keep the last), or no text."""
    waiting, visited = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        if isinstance(node, yaml.MappingNode):
            first: dict[str, int] = {}
            for key, value in node.value:
                waiting.append(value)
                line = key.start_mark.line + 1
                if not isinstance(key, yaml.ScalarNode):
                    msg = f"{path}, line {line}: a list or mapping stands where a key should"
                    yield UserError(msg, hint="a key is one word, followed by a colon")
                elif key.tag not in {"tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"}:
                    what = key.tag.rpartition(":")[2]
                    msg = f"{path}, line {line}: the key {key.value!r} is read as {what}, not text"
                    yield UserError(msg, hint=f'write it in quotes ("{key.value}"), if it is meant')
                elif key.value in first:
                    msg = f"{path}, line {line}: the key {key.value!r} stands here twice, "
                    msg += f"first in line {first[key.value]}"
                    yield UserError(msg, hint=f"keep one {key.value!r} in {path}")
                else:
                    first[key.value] = line


def _endless(path: Path, root: yaml.Node) -> Iterator[UserError]:
    """Yield aliases that repeat themselves, or stand for more values than any file needs."""
    sizes: dict[int, float] = {}
    circles: list[yaml.Node] = []

    def size(node: yaml.Node) -> float:
        if isinstance(node, yaml.ScalarNode):
            return 1
        if id(node) not in sizes:
            sizes[id(node)] = math.inf  # until it is counted: met again, it stands in itself
            pairs = isinstance(node, yaml.MappingNode)
            parts = [each for pair in node.value for each in pair] if pairs else node.value
            sizes[id(node)] = 1 + sum(map(size, parts))
        elif math.isinf(sizes[id(node)]):
            circles.append(node)
        return sizes[id(node)]

    n_values = size(root)
    if circles:
        msg = f"{path}, line {circles[0].start_mark.line + 1}: an alias repeats what it stands in"
        yield UserError(msg, hint="name the anchor of something else, or write it out")
    elif n_values > MOST_VALUES:
        msg = f"{path}: its aliases stand for {n_values:,.0f} values, more than {MOST_VALUES:,}"
        yield UserError(msg, hint="write out what is meant, without aliases of aliases")
