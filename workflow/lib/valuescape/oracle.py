"""Oracle: the model's own opinion of how each of the 32 levels bears on each moral foundation.

    python -m valuescape.oracle --space F --model F --prompt F --instrument F --seed N --output F

It is not asked as a persona. For every level and foundation it is told the level's statement and
a sentence on the foundation, and rates on the MFQ-2's own scale how well the sentence describes
such a person; the rating is the mean of the scale under the option probabilities.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuescape import asking, tables
from valuescape.engine import Choice, Engine, open_engine
from valuescape.errors import run
from valuescape.instruments import FOUNDATIONS, Question, read_instrument
from valuescape.models import Model, read_prepared_model
from valuescape.progress import Progress, set_up_logging
from valuescape.prompts import Template, answer_sections, choice_prompt
from valuescape.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# One sentence a foundation, after the definitions in Atari et al. (2023), J. Pers. Soc. Psychol.
# 125, doi:10.1037/pspp0000470, p. 1164; the wording is this project's.
SENTENCES = {
    "care": "It is very important to me that nobody suffers, in body or in feeling.",
    "equality": "It is very important to me that everyone is treated alike and gets the same.",
    "proportionality": "It is very important to me that people get what their effort deserves.",
    "loyalty": "It is very important to me to stand by my own group and my country.",
    "authority": "It is very important to me to respect those above me and the traditions.",
    "purity": "It is very important to me to keep body and soul clean and holy.",
}


def requests(
    space: PersonaSpace, scale: Question, template: Template, model: Model
) -> Iterator[Choice]:
    """Yield the question on every level and foundation.

    Parameters
    ----------
    space : PersonaSpace
        The levels and what each says.
    scale : Question
        A question with the rating scale (any item of the MFQ-2).
    template : Template
        The oracle prompt.
    model : Model
        Gives the form of an answer.

    Yields
    ------
    Choice
        With the key (variable, level, foundation); 32 x 6 of them.
    """
    for variable in space.variables:
        for number, level in enumerate(variable.levels):
            for foundation in FOUNDATIONS:
                values: dict[str, object] = {
                    "persona": template.section("persona"),
                    "statement": level.wording,
                    "foundation": SENTENCES[foundation],
                }
                prompt, options = choice_prompt(template, model.answer, scale, values)
                code = f"oracle:{variable.name}:{number}:{foundation}"
                yield Choice((variable.name, number, foundation), 0, code, prompt, options)


def ratings(
    engine: Engine, asked: Iterator[Choice], scale: Question, progress: Progress
) -> pl.DataFrame:
    """Let the oracle rate and return the table ORACLE.

    Parameters
    ----------
    engine : Engine
        Who is asked.
    asked : iterator of Choice
        The 32 x 6 questions.
    scale : Question
        The rating scale.
    progress : Progress
        Counts the ratings.

    Returns
    -------
    DataFrame
        `rating` on the scale from 1 to 5.
    """
    rows = []
    for answer in engine.choose(asked):
        shares, _ = asking.option_shares(answer.log_probabilities)
        rows.append((*answer.key, float(shares @ scale.values)))  # type: ignore[misc]
        progress.advance()
    return pl.DataFrame(rows, schema=dict(tables.ORACLE.columns), orient="row")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(
        prog="python -m valuescape.oracle", description="Ask for the 32 x 6 oracle matrix."
    )
    asking.add_arguments(command)
    command.add_argument("--instrument", type=Path, required=True, help="the MFQ-2 (YAML)")
    command.add_argument("--output", type=Path, required=True, help="table of ratings")
    return command


def main(argv: Sequence[str] | None = None) -> None:
    """Read the space, ask the model, write the matrix."""
    args = parser().parse_args(argv)
    set_up_logging()
    space, model = read_space(args.space), read_prepared_model(args.model)
    scale = read_instrument(args.instrument).questions[0]
    template = Template(args.prompt, answer_sections(model.answer))
    engine = open_engine(model, str(args.space))
    n_levels = sum(len(variable.levels) for variable in space.variables)
    progress = Progress("oracle", n_levels * len(FOUNDATIONS), "ratings")
    found = ratings(engine, requests(space, scale, template, model), scale, progress)
    provenance = {
        **engine.provenance,
        "space": space.name,
        "seed": str(args.seed),
        "oracle prompt": asking.content_hash(args.prompt),
    }
    tables.write(found, args.output, tables.ORACLE, provenance)


if __name__ == "__main__":
    run(main)
