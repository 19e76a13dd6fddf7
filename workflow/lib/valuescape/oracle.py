"""Oracle: the model's own opinion of how each of the 32 levels bears on each moral foundation.

    python -m valuescape.oracle --space F --model F --prompt F --instrument F --seed N --output F

It is not asked as a persona. For every level and foundation it is told the level's statement and
a sentence on the foundation, and says how well the sentence fits such a person; the rating is the
mean of the scale, from 1 to 5, under the option probabilities.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, cast

import polars as pl

from valuescape import asking, tables
from valuescape.elicitation import labels_of
from valuescape.engine import Choice, Engine, describe, open_engine
from valuescape.errors import run
from valuescape.instruments import Instrument, read_instrument
from valuescape.models import read_prepared_model
from valuescape.phrasing import Phrasing, answer_sections
from valuescape.progress import Progress, set_up_logging
from valuescape.space import PersonaSpace, read_space
from valuescape.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Key = tuple[str, int, str]  # variable, level, question


def requests(
    space: PersonaSpace, instrument: Instrument, phrasing: Phrasing, labels: Sequence[str]
) -> Iterator[Choice]:
    """Yield the question on every level and foundation.

    Parameters
    ----------
    space : PersonaSpace
        The levels and what each says.
    instrument : Instrument
        One question a foundation; its text is the sentence that is judged.
    phrasing : Phrasing
        The oracle prompt, and the model's form of an answer.
    labels : sequence of str
        Of listed options.

    Yields
    ------
    Choice
        With the key (variable, level, foundation); 32 x 6 of them.
    """
    for variable in space.variables:
        for number, level in enumerate(variable.levels):
            for question in instrument.questions:
                values: dict[str, object] = {
                    "persona": phrasing.template.section("persona"),
                    "statement": level.wording,
                    "sentence": question.text,
                }
                prompt, options = phrasing.question(question, values, labels)
                code = f"oracle:{variable.name}:{number}:{question.id}"
                key = (variable.name, number, question.id)
                yield Choice(key, None, code, prompt, options, phrasing.answer["form"])


def ratings(
    engine: Engine, asked: Iterator[Choice], instrument: Instrument, progress: Progress
) -> pl.DataFrame:
    """Let the oracle rate and return the table ORACLE.

    Parameters
    ----------
    engine : Engine
        Who is asked.
    asked : iterator of Choice
        The 32 x 6 questions.
    instrument : Instrument
        The questions, for the values of their options.
    progress : Progress
        Counts the ratings.

    Returns
    -------
    DataFrame
        `rating` on the scale from 1 to 5.
    """
    rows = []
    for answer in engine.choose(asked):
        variable, level, foundation = cast("Key", answer.key)
        shares, _ = asking.option_shares(answer.log_probabilities)
        rating = float(shares @ instrument.question(foundation).values)
        rows.append((variable, level, instrument.question(foundation).foundation, rating))
        progress.advance()
    return pl.DataFrame(rows, schema=dict(tables.ORACLE.columns), orient="row")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(
        prog="python -m valuescape.oracle", description="Ask for the 32 x 6 oracle matrix."
    )
    asking.add_arguments(command)
    command.add_argument(
        "--instrument", type=Path, required=True, help="the oracle's questions (YAML)"
    )
    command.add_argument("--output", type=Path, required=True, help="table of ratings")
    return command


def main(argv: Sequence[str] | None = None) -> None:
    """Read the space, ask the model, write the matrix."""
    args = parser().parse_args(argv)
    set_up_logging()
    space, model = read_space(args.space), read_prepared_model(args.model)
    instrument = read_instrument(args.instrument)
    template = Template(args.prompt, answer_sections(model.answer))
    engine = open_engine(model, str(args.space))
    n_levels = sum(len(variable.levels) for variable in space.variables)
    progress = Progress("oracle", n_levels * len(instrument.questions), "ratings")
    labels = labels_of(engine, [instrument], model.answer["form"])[instrument.name]
    asked = requests(space, instrument, Phrasing(template, model.answer), labels)
    found = ratings(engine, asked, instrument, progress)
    provenance = {
        **describe(model),
        "space": space.name,
        "seed": str(args.seed),
        "oracle prompt": template.fingerprint,
        "instrument oracle": asking.content_hash(args.instrument),
    }
    tables.write(found, args.output, tables.ORACLE, provenance)


if __name__ == "__main__":
    run(main)
