"""Oracle: the model's own opinion of how each of the 32 levels bears on each moral foundation.

    python -m valuescape.asking.oracle --space F --model F --wordings F F --scale F --seeds N --seed N \
        --output F

It is not asked as a persona. For every level and foundation it is told the level's statement and
a sentence on the foundation, and says how well the sentence fits such a person; the rating is the
mean of the scale under the option probabilities. It is asked so in every wording. Asking again
with another seed would give the same probabilities: what a seed decides is the option that is
drawn from them, so that ratings with many seeds cost no further question.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from valuescape.asking import job as asking
from valuescape.asking.elicitation import labels_of
from valuescape.asking.lease import only_one
from valuescape.asking.phrasing import Phrasing, answer_sections
from valuescape.core import tables
from valuescape.core.errors import UserError, run
from valuescape.core.progress import Progress, set_up_logging
from valuescape.core.seeds import seed_of
from valuescape.engine import Choice, Engine, describe, open_engine
from valuescape.study import tables as study_tables
from valuescape.study.instruments import FOUNDATIONS, Instrument, read_instrument
from valuescape.study.models import read_prepared_model
from valuescape.study.space import PersonaSpace, read_space
from valuescape.study.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

Key = tuple[str, str, int, str]  # wording, variable, level, question


def read_scale(path: Path) -> Instrument:
    """Read the oracle's sentences and its scale.

    Parameters
    ----------
    path : Path
        An instrument of one question a foundation, all with the same options.

    Returns
    -------
    Instrument
        The questions.

    Raises
    ------
    UserError
        If a foundation has no question or several, or their options differ.
    """
    instrument = read_instrument(path)
    counts = Counter(question.foundation for question in instrument.questions)
    for foundation in FOUNDATIONS:
        if counts[foundation] != 1:
            msg = f"{path}: {counts[foundation]} questions on {foundation!r}, not one"
            raise UserError(msg, hint="the oracle has one question for each of six foundations")
    if len({tuple(option.value for option in q.options) for q in instrument.questions}) > 1:
        msg = f"{path}: the questions have different options"
        raise UserError(msg, hint="give all of them one scale, so that ratings can be compared")
    return instrument


def requests(
    space: PersonaSpace,
    instrument: Instrument,
    wordings: Mapping[str, Phrasing],
    labels: Sequence[str],
) -> Iterator[Choice]:
    """Yield the question on every level and foundation, in every wording.

    Parameters
    ----------
    space : PersonaSpace
        The levels and what each says.
    instrument : Instrument
        One question a foundation; its text is the sentence that is judged.
    wordings : mapping of str to Phrasing
        The oracle prompts by name, and the model's form of an answer.
    labels : sequence of str
        Of listed options.

    Yields
    ------
    Choice
        With the key (wording, variable, level, foundation); 32 x 6 of them a wording.
    """
    for wording, phrasing in wordings.items():
        for variable in space.variables:
            for number, level in enumerate(variable.levels):
                for question in instrument.questions:
                    values: dict[str, object] = {
                        "persona": phrasing.template.section("persona"),
                        "statement": level.wording,
                        "sentence": question.text,
                    }
                    prompt, options = phrasing.question(question, values, labels)
                    key: Key = (wording, variable.name, number, question.id)
                    code = f"oracle:{variable.name}:{number}:{question.id}"
                    yield Choice(key, None, code, prompt, options, phrasing.answer["form"])


def readings(
    shares: NDArray[np.float64], values: NDArray[np.float64], seeds: Sequence[int]
) -> dict[str, float | None]:
    """Return the ratings that follow from one distribution over the scale.

    Parameters
    ----------
    shares : ndarray of float64, shape (n_options,)
        Sum 1; nan if the model gave none.
    values : ndarray of float64, shape (n_options,)
        What the options stand for.
    seeds : sequence of int
        One a drawn rating.

    Returns
    -------
    dict of str to float or None
        ``expected``, then ``drawn_1`` and so on; None where there is no distribution.
    """
    names = ["expected", *(f"drawn_{number}" for number in range(1, len(seeds) + 1))]
    if not np.isfinite(shares).all():
        return dict.fromkeys(names)
    drawn = [np.random.default_rng(seed).choice(values, p=shares) for seed in seeds]
    return dict(zip(names, map(float, (shares @ values, *drawn)), strict=True))


def ratings(
    engine: Engine,
    asked: Iterator[Choice],
    instrument: Instrument,
    seeds: Sequence[int],
    progress: Progress,
) -> pl.DataFrame:
    """Let the oracle rate and return the table ORACLE.

    Parameters
    ----------
    engine : Engine
        Who is asked.
    asked : iterator of Choice
        The questions.
    instrument : Instrument
        Their sentences, for the values of the options.
    seeds : sequence of int
        Seeds of the drawn ratings.
    progress : Progress
        Counts the ratings.

    Returns
    -------
    DataFrame
        `rating` on the scale of the instrument.
    """
    rows = []
    for answer in engine.choose(asked):
        wording, variable, level, code = cast("Key", answer.key)
        question = instrument.question(code)
        shares, _ = asking.option_shares(answer.log_probabilities)
        own = [seed_of(seed, "oracle", wording, variable, level, code) for seed in seeds]
        place = (variable, level, question.foundation, wording)
        rows += [
            (*place, name, rating)
            for name, rating in readings(shares, question.values, own).items()
        ]
        progress.advance()
    return pl.DataFrame(rows, schema=dict(study_tables.ORACLE.columns), orient="row")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(
        prog="python -m valuescape.asking.oracle", description="Ask for the 32 x 6 oracle matrix."
    )
    asking.add_arguments(command)
    command.add_argument("--wordings", type=Path, nargs="+", required=True, help="prompts")
    command.add_argument("--scale", type=Path, required=True, help="sentences and scale (YAML)")
    command.add_argument("--seeds", type=int, required=True, help="number of drawn ratings")
    command.add_argument("--output", type=Path, required=True, help="table of ratings")
    return command


def rate_levels(args: argparse.Namespace) -> None:
    """Read the space, ask the model, write the matrix.

    Raises
    ------
    UserError
        If two wordings cannot be told apart by their file names.
    """
    space, model = read_space(args.space), read_prepared_model(args.model)
    scale = read_scale(args.scale)
    sections = answer_sections(model.answer)
    wordings = {
        path.stem: Phrasing(Template(path, sections), model.answer) for path in args.wordings
    }
    if len(wordings) < len(args.wordings):
        msg = f"two wordings of the oracle have the same file name: {list(map(str, args.wordings))}"
        raise UserError(msg, hint="their results are told apart by it; rename one")
    engine = open_engine(model, str(args.space))
    n_levels = sum(len(variable.levels) for variable in space.variables)
    n_asked = n_levels * len(scale.questions) * len(wordings)
    seeds = [seed_of(args.seed, "oracle", number) for number in range(args.seeds)]
    labels = labels_of(engine, [scale], model.answer["form"])[scale.name]
    asked = requests(space, scale, wordings, labels)
    found = ratings(engine, asked, scale, seeds, Progress("oracle", n_asked, "ratings"))
    provenance = {
        **describe(model),
        "space": space.name,
        "seed": str(args.seed),
        "oracle prompt": ", ".join(each.template.fingerprint for each in wordings.values()),
        "instrument oracle": asking.content_hash(args.scale),
    }
    tables.write(found, args.output, study_tables.ORACLE, provenance)


def main(argv: Sequence[str] | None = None) -> None:
    """Ask the oracle, while no other job does."""
    args = parser().parse_args(argv)
    set_up_logging()
    with only_one(args.output.with_suffix(""), args.output.stem):
        rate_levels(args)


if __name__ == "__main__":
    run(main)
