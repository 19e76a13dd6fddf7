"""Templates: the prompt files of `config/prompts`, and what is said to a model.

A template is one file of sections under ``## name``; each section is a Jinja2 template, and a name
that it does not know is an error. Above the first section only a comment (``{# ... #}``) may stand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

import jinja2
import jinja2.meta
import jinja2.sandbox

from valuescape.core.documents import read_text
from valuescape.core.errors import UserError, refuse

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence
    from pathlib import Path

SECTION = re.compile(r"^##(?!#).*$", re.MULTILINE)
NAME = re.compile(r"## ([a-z]+(?: [a-z]+)*)")
KEPT_TEXTS = 4096
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
# Sandboxed: a prompt of somebody else's study runs no code, and no endless loop.
ENVIRONMENT = jinja2.sandbox.ImmutableSandboxedEnvironment(
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    finalize=lambda value: "" if value is None else value,  # what is not known is not said
    autoescape=False,  # a prompt is plain text, no page
)


@dataclass(frozen=True)
class Prompt:
    """What is said to a model: running text, or messages for its chat template.

    Attributes
    ----------
    text : str
        Running text that the model goes on with; empty for a chat.
    messages : tuple of (role, content)
        Messages in order; empty for running text.
    prefill : str
        How the model's own turn begins in a chat.
    """

    text: str = ""
    messages: tuple[tuple[str, str], ...] = ()
    prefill: str = ""

    def continued(self, text: str) -> Prompt:
        """Return the prompt with a further text at its end: what the model has said so far."""
        if self.text:
            return replace(self, text=self.text + text)
        return replace(self, prefill=self.prefill + text)


class Template:
    """The sections of a prompt file.

    Parameters
    ----------
    path : Path
        The file.
    sections : sequence of str
        Sections that it must have.

    Raises
    ------
    UserError
        If the file cannot be read, a section is missing, nameless or there twice, text stands above
        the first one, or it is no Jinja2; with the line.
    """

    def __init__(self, path: Path, sections: Sequence[str]) -> None:
        self.path = path
        text = read_text(path)
        self._lines: dict[str, int] = {}
        refuse(self._misplaced(text))
        headers = list(SECTION.finditer(text))
        ends = [*(header.start() for header in headers), len(text)][1:]
        self._texts = {
            name: text[header.end() : end].strip()
            for name, header, end in zip(self._lines, headers, ends, strict=True)
        }
        self._wanted = tuple(sections)
        for name in sections:
            if name not in self._texts:
                msg = f"{path}: no section '## {name}'; there are {sorted(self._texts)}"
                raise UserError(msg, hint=f"add a line '## {name}' and the text below it")
        self._sections: dict[str, jinja2.Template] = {}
        self._variables: dict[str, frozenset[str]] = {}
        refuse(self._broken(text))
        self._kept = lru_cache(maxsize=KEPT_TEXTS)(
            lambda name, used: self.section(name, **dict(used))
        )

    def _misplaced(self, text: str) -> Iterator[UserError]:
        """Note the line of each section; yield what is wrong with their headers."""
        headers = list(SECTION.finditer(text))
        above = COMMENT.sub("", text[: headers[0].start()] if headers else text).strip()
        if above:
            reason = f"stands above the first section and would never be said: {above[:40]!r}"
            hint = "put it into a section, or into a comment {# ... #}"
            line = _line(text, text.find(above[:40]))
            yield UserError(f"{self.path}, line {line}: {reason}", hint=hint)
        for header in headers:
            line, found = _line(text, header.start()), NAME.fullmatch(header[0])
            if not found:
                msg = f"{self.path}, line {line}: {header[0]!r} is no name of a section"
                hint = "write ##, one blank, and small letters: '## chat user'"
                yield UserError(msg, hint=hint)
            elif found[1] in self._lines:
                first = self._lines[found[1]]
                msg = f"{self.path}, line {line}: the section {header[0]!r} stands here twice, "
                yield UserError(f"{msg}first in line {first}", hint="keep one of them")
            else:
                self._lines[found[1]] = line

    def _broken(self, text: str) -> Iterator[UserError]:
        """Compile the sections; yield those that are no Jinja2."""
        for name, body in self._texts.items():
            try:
                self._sections[name], self._variables[name] = _compiled(body)
            except jinja2.TemplateError as error:
                line = _line(text, text.index(body, text.index(f"## {name}\n")))
                line += getattr(error, "lineno", 1) - 1
                msg = f"{self.path}, line {line}: no valid template ({error.message})"
                yield UserError(msg, hint="see the other files of config/prompts")

    @property
    def fingerprint(self) -> str:
        """First 16 hex digits of the SHA-256 of the sections that were wanted.

        Others determine no answer, and may change without any being asked anew.
        """
        texts = [f"## {name}\n{self._texts[name]}\n" for name in self._wanted]
        return sha256("".join(texts).encode()).hexdigest()[:16]

    @property
    def texts(self) -> dict[str, str]:
        """The sections as they stand in the file, by name."""
        return dict(self._texts)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all sections, in the order of the file."""
        return tuple(self._texts)

    def section(self, name: str, **values: object) -> str:
        """Return a section with its values put in.

        Parameters
        ----------
        name : str
            The section.
        **values : object
            What its variables stand for.

        Returns
        -------
        str
            Text without white space around it.

        Raises
        ------
        UserError
            If the section uses a variable that is not given, wherever in it, or fails.
        """
        unknown = sorted(self._variables[name] - values.keys())
        where = f"{self.path}, line {self._lines[name]}, section '## {name}'"
        if unknown:
            msg = f"{where}: unknown variable {unknown[0]!r}"
            raise UserError(msg, hint=f"known variables are {', '.join(values)}")
        try:
            return self._sections[name].render(values).strip()
        # a template can divide by zero, or add a number to a text
        except Exception as error:
            msg = f"{where}: cannot be filled in ({error})"
            raise UserError(msg, hint=f"known variables are {', '.join(values)}") from error

    def section_once(self, name: str, **values: Hashable) -> str:
        """Return a section as `section` does; with the same values it is put together once.

        Only the variables that the section uses count: what a persona is told and what a question
        says are each in many prompts.
        """
        used = self._variables[name]
        if not used <= values.keys():
            return self.section(name, **values)
        return self._kept(name, tuple((key, values[key]) for key in sorted(used)))


def without_expressions(text: str) -> str:
    """Return what of a section is said whatever its variables are."""
    return EXPRESSION.sub("", text)


@lru_cache(maxsize=256)
def _compiled(text: str) -> tuple[jinja2.Template, frozenset[str]]:
    """Return a text as a template, and the variables that it uses anywhere."""
    variables = jinja2.meta.find_undeclared_variables(ENVIRONMENT.parse(text))
    return ENVIRONMENT.from_string(text), frozenset(variables)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
