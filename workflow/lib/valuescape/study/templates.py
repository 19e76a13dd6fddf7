"""Templates: the prompt files of `config/prompts`, and what is said to a model.

A template is one file of sections under ``## name``; each section is a Jinja2 template, and a name
that it does not know is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

import jinja2

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SECTION = re.compile(r"^## ([a-z ]+)$", re.MULTILINE)


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
        If the file cannot be read, a section is missing, or it is no Jinja2.
    """

    def __init__(self, path: Path, sections: Sequence[str]) -> None:
        self.path = path
        environment = jinja2.Environment(
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            autoescape=False,  # noqa: S701 - a prompt is plain text, no page
        )
        try:
            parts = SECTION.split(path.read_text(encoding="utf-8"))
            found = dict(zip(parts[1::2], parts[2::2], strict=True))
            self._texts = {name: body.strip() for name, body in found.items()}
            self._sections = {
                name: environment.from_string(text) for name, text in self._texts.items()
            }
        except OSError as error:
            msg = f"{path}: cannot be read ({error})"
            raise UserError(msg, hint="give the path of a prompt file") from error
        except jinja2.TemplateSyntaxError as error:
            msg = f"{path}: no valid template ({error})"
            raise UserError(msg, hint="see the other files of config/prompts") from error
        self._wanted = tuple(sections)
        for name in sections:
            if name not in self._sections:
                msg = f"{path}: no section '## {name}'; there are {sorted(self._sections)}"
                raise UserError(msg, hint=f"add a line '## {name}' and the text below it")

    @property
    def fingerprint(self) -> str:
        """First 16 hex digits of the SHA-256 of the sections that were wanted.

        Others determine no answer, and may change without any being asked anew.
        """
        texts = [f"## {name}\n{self._texts[name]}\n" for name in self._wanted]
        return sha256("".join(texts).encode()).hexdigest()[:16]

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
            If the section uses a variable that is not given.
        """
        try:
            return self._sections[name].render(values).strip()
        except jinja2.UndefinedError as error:
            msg = f"{self.path}, section '## {name}': {error}"
            raise UserError(msg, hint=f"known variables are {', '.join(values)}") from error
