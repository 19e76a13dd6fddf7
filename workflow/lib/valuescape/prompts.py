"""Prompts: what is said to a model, from the templates in `config/prompts`.

    python -m valuescape.prompts show --template config/prompts/answer.md \
        --space config/persona_space.yaml --instrument config/instruments/mfq2.yaml \
        --model config/models/smollm2-135m.yaml --persona 4711 --question MFQ1

prints the exact prompt of a persona and a question. A template is one file of sections under
``## name``; each section is a Jinja2 template, and a name that it does not know is an error.
"""

from __future__ import annotations

import argparse
import re
import string
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from valuescape.errors import UserError, run
from valuescape.instruments import Instrument, Option, Question, read_instrument
from valuescape.models import read_model
from valuescape.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECTION = re.compile(r"^## ([a-z ]+)$", re.MULTILINE)
# One letter an option. Letters, not digits: "1" is a prefix of "10", and a letter is one token.
LABELS = string.ascii_uppercase
TOLD = ("configuration", "biography", "both", "nothing")
INTERVIEW_SECTIONS = ("interview",)
CHAT_SECTIONS = ("chat system", "chat user")


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
            self._sections = {
                name: environment.from_string(body.strip()) for name, body in found.items()
            }
        except OSError as error:
            msg = f"{path}: cannot be read ({error})"
            raise UserError(msg, hint="give the path of a prompt file") from error
        except jinja2.TemplateSyntaxError as error:
            msg = f"{path}: no valid template ({error})"
            raise UserError(msg, hint="see the other files of config/prompts") from error
        for name in sections:
            if name not in self._sections:
                msg = f"{path}: no section '## {name}'; there are {sorted(self._sections)}"
                raise UserError(msg, hint=f"add a line '## {name}' and the text below it")

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


def statements(space: PersonaSpace, persona_id: int) -> list[str]:
    """Return what a persona is told of its levels, one sentence a cultural variable."""
    levels = space.levels_of([persona_id])[0]
    return [
        variable.levels[level].wording
        for variable, level in zip(space.variables, levels, strict=True)
    ]


def persona_text(template: Template, told: str, said: Sequence[str], biography: str | None) -> str:
    """Return what a persona knows of itself when it answers.

    Parameters
    ----------
    template : Template
        The answer prompt.
    told : str
        The condition's choice: configuration, biography, both or nothing.
    said : sequence of str
        The statements of its configuration.
    biography : str or None
        Its biography; None if it has no valid one.

    Returns
    -------
    str
        Empty if the persona is told nothing. A persona without a valid biography is told its
        configuration alone, if that is part of what it is told.
    """
    return template.section(
        "persona",
        statements=list(said) if told in ("configuration", "both") else [],
        biography=(biography or "") if told in ("biography", "both") else "",
    )


def spoken(option: Option) -> str:
    """Return an option as the beginning of a spoken answer."""
    return option.spoken[0].upper() + option.spoken[1:]


def choice_prompt(
    template: Template,
    answer: Mapping[str, str],
    question: Question,
    values: Mapping[str, object],
    option_order: str = "forward",
) -> tuple[Prompt, tuple[str, ...]]:
    """Return the prompt of one question, and what the options are in it.

    Parameters
    ----------
    template : Template
        Sections ``interview``, or ``chat system`` and ``chat user``.
    answer : mapping
        The model's form of an answer: ``form``, ``layout``, ``prefill``.
    question : Question
        What is asked.
    values : mapping
        Variables of the template but the options.
    option_order : str
        ``forward`` or ``reversed``: the order in which listed options stand. Without a list
        (form option_text) the order changes nothing.

    Returns
    -------
    Prompt
        What is said.
    tuple of str
        In survey order, the text or the label that stands for each option.
    """
    listed: list[tuple[str, str]] = []
    spoken_texts = [spoken(option) for option in question.options]
    gap = "" if answer["layout"] == "chat" else " "
    if answer["form"] == "label_token":
        shown = spoken_texts if option_order == "forward" else spoken_texts[::-1]
        labels = list(LABELS[: len(shown)])
        listed = list(zip(labels, shown, strict=True))
        texts = labels if option_order == "forward" else labels[::-1]
    else:
        texts = spoken_texts
    values = {**values, "options": listed}
    if answer["layout"] == "interview":
        prompt = Prompt(text=template.section("interview", **values))
    else:
        prompt = Prompt(
            messages=(
                ("system", template.section("chat system", **values)),
                ("user", template.section("chat user", **values)),
            ),
            prefill=answer.get("prefill", ""),
        )
    return prompt, tuple(gap + text for text in texts)


def answer_sections(answer: Mapping[str, str]) -> tuple[str, ...]:
    """Return the sections that a template needs for a model's form of an answer."""
    layout = INTERVIEW_SECTIONS if answer["layout"] == "interview" else CHAT_SECTIONS
    return ("persona", *layout)


def question_values(persona: str, instrument: Instrument, question: Question) -> dict[str, object]:
    """Return the variables of the answer template, but the options."""
    return {
        "persona": persona,
        "instruction": instrument.instruction,
        "question": question.text,
    }


def shown(prompt: Prompt, options: Sequence[str]) -> str:
    """Return a prompt and its options as a reader can see them."""
    said = prompt.text or "\n".join(f"[{role}]\n{text}" for role, text in prompt.messages)
    return f"{said}{prompt.prefill}\n\n--- options\n" + "\n".join(repr(text) for text in options)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(
        prog="python -m valuescape.prompts",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("action", choices=["show"])
    command.add_argument("--template", type=Path, required=True, help="answer prompt")
    command.add_argument("--space", type=Path, required=True, help="persona space (YAML)")
    command.add_argument("--instrument", type=Path, required=True, help="instrument (YAML)")
    command.add_argument("--model", type=Path, required=True, help="model file (YAML)")
    command.add_argument("--persona", type=int, required=True, help="persona_id")
    command.add_argument("--question", required=True, help="code of the question")
    command.add_argument("--told", choices=TOLD, default="configuration")
    command.add_argument("--biography", help="text of the biography, if one is told")
    command.add_argument("--option-order", choices=["forward", "reversed"], default="forward")
    return command


def main(argv: Sequence[str] | None = None) -> None:
    """Print the exact prompt of a persona and a question."""
    args = parser().parse_args(argv)
    instrument = read_instrument(args.instrument)
    answer = read_model(args.model).answer
    template = Template(args.template, answer_sections(answer))
    said = statements(read_space(args.space), args.persona)
    persona = persona_text(template, args.told, said, args.biography)
    question = instrument.question(args.question)
    values = question_values(persona, instrument, question)
    sys.stdout.write(shown(*choice_prompt(template, answer, question, values, args.option_order)))
    sys.stdout.write("\n")


if __name__ == "__main__":
    run(main)
