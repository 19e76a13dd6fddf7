"""Oracle: the model's own opinion of how each of the 32 levels bears on each moral foundation.

It is not asked as a persona. For every level and foundation it is told the level's statement and
a sentence on the foundation, and says how well the sentence fits such a person; the rating is the
mean of the scale under the option probabilities. It is asked so in every wording. Asking again
with another seed would give the same probabilities: what a seed decides is the option that is
drawn from them, so that ratings with many seeds cost no further question.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from valuescape.asking.elicitation import labels_of
from valuescape.asking.job import content_hash, option_shares
from valuescape.asking.lease import only_one
from valuescape.asking.phrasing import Phrasing, answer_sections
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError, refuse
from valuescape.core.progress import Progress
from valuescape.core.seeds import seed_of
from valuescape.engine import Choice, Engine, describe, open_engine
from valuescape.study import tables as study_tables
from valuescape.study.contents import oracle_errors
from valuescape.study.instruments import Instrument, read_instrument
from valuescape.study.models import read_prepared_model
from valuescape.study.space import PersonaSpace, read_space
from valuescape.study.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

Key = tuple[str, str, int, str]  # wording, variable, level, question


def read_sentences(path: Path) -> Instrument:
    """Read the oracle's sentences and their options.

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
    """  # noqa: DOC502 - raised by what is called
    instrument = read_instrument(path)
    refuse(oracle_errors(path, instrument))
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


def drawn_ratings(
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
    choices: Iterator[Choice],
    instrument: Instrument,
    seeds: Sequence[int],
    progress: Progress,
) -> pl.DataFrame:
    """Let the oracle rate and return the table ORACLE.

    Parameters
    ----------
    engine : Engine
        Who is asked.
    choices : iterator of Choice
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
    for answer in engine.choose(choices):
        wording, variable, level, code = cast("Key", answer.key)
        question = instrument.question(code)
        shares, _ = option_shares(answer.log_probabilities)
        own = [seed_of(seed, "oracle", wording, variable, level, code) for seed in seeds]
        place = (variable, level, question.scale, wording)
        rows += [
            (*place, name, rating)
            for name, rating in drawn_ratings(shares, question.values, own).items()
        ]
        progress.advance()
    return pl.DataFrame(rows, schema=dict(study_tables.ORACLE.columns), orient="row")


def read_wordings(files: Sequence[Path], answer: Mapping[str, str]) -> dict[str, Phrasing]:
    """Read the oracle's prompts.

    Parameters
    ----------
    files : sequence of Path
        One a wording.
    answer : mapping
        The model's form of an answer.

    Returns
    -------
    dict of str to Phrasing
        By the file's stem.

    Raises
    ------
    UserError
        If two wordings cannot be told apart by their file names.
    """
    sections = ("persona", *answer_sections(answer))
    wordings = {path.stem: Phrasing(Template(path, sections), answer) for path in files}
    if len(wordings) < len(files):
        msg = f"two wordings of the oracle have the same file name: {list(map(str, files))}"
        raise UserError(msg, hint="their results are told apart by it; rename one")
    return wordings


def rate_levels(
    engine: Engine,
    space: PersonaSpace,
    instrument: Instrument,
    wordings: Mapping[str, Phrasing],
    seeds: Sequence[int],
) -> pl.DataFrame:
    """Ask the oracle about every level and foundation in every wording.

    Parameters
    ----------
    engine : Engine
        Who is asked.
    space : PersonaSpace
        The levels.
    instrument : Instrument
        As from `read_sentences`.
    wordings : mapping of str to Phrasing
        As from `read_wordings`.
    seeds : sequence of int
        Seeds of the drawn ratings.

    Returns
    -------
    DataFrame
        Table ORACLE.
    """
    form = next(iter(wordings.values())).answer["form"]
    labels = labels_of(engine, [instrument], form)[instrument.name]
    n_levels = sum(len(variable.levels) for variable in space.variables)
    progress = Progress("oracle", n_levels * len(instrument.questions) * len(wordings), "ratings")
    choices = requests(space, instrument, wordings, labels)
    return ratings(engine, choices, instrument, seeds, progress)


@command
def main(
    *,
    space: Path,
    model: Path,
    wordings: list[Path],
    instrument: Path,
    draws: int,
    seed: int,
    oracle: Path,
    least_mass: float = 0.1,
) -> None:
    """Let the model rate levels, as no persona, while no other job does; write the ratings."""
    levels, asked_model = read_space(space), read_prepared_model(model)
    sentences = read_sentences(instrument)
    phrasings = read_wordings(wordings, asked_model.answer)
    seeds = [seed_of(seed, "oracle", number) for number in range(draws)]
    with only_one(oracle.with_suffix(""), oracle.stem):
        engine = open_engine(asked_model, levels, least_mass)
        found = rate_levels(engine, levels, sentences, phrasings, seeds)
        provenance = {
            **describe(asked_model),
            "space": levels.name,
            "seed": str(seed),
            "oracle prompt": ", ".join(each.template.fingerprint for each in phrasings.values()),
            "instrument oracle": content_hash(instrument),
        }
        tables.write(found, oracle, study_tables.ORACLE, provenance)


if __name__ == "__main__":
    run(main)
