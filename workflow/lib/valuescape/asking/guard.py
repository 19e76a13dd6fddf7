"""Guard: a shard of which hardly an answer is valid stops early, not when it is spent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Result = TypeVar("Result")
# Answers, or biographies, by which a shard is judged first, and then again at every double of it.
JUDGED_AT = {"answers": 200, "biographies": 20}


@dataclass(frozen=True)
class StopBelow:
    """What stops a shard.

    Attributes
    ----------
    valid : float
        Least share of valid answers, in [0, 1].
    option_mass : float
        Least median of the option mass, in [0, 1]; for whole option texts see `engine.mass`.
    """

    valid: float = 0.5
    option_mass: float = 0.1


def enough_valid(
    results: Iterable[Result], status: Callable[[Result], str], least: float, what: str
) -> Iterator[Result]:
    """Yield results as long as enough of them are valid.

    Parameters
    ----------
    results : iterable
        As they come in.
    status : callable
        What became of one.
    least : float
        Least share that must be valid, in [0, 1].
    what : str
        Key of `JUDGED_AT`.

    Yields
    ------
    Result
        The same.

    Raises
    ------
    UserError
        Telling how many became what.
    """
    counts: Counter[str] = Counter()
    judged_at = JUDGED_AT[what]
    for result in results:
        counts[status(result)] += 1
        yield result
        n_so_far = counts.total()
        if n_so_far < judged_at:
            continue
        judged_at *= 2
        if counts["valid"] < least * n_so_far:
            told = ", ".join(f"{name} {number}" for name, number in counts.most_common())
            msg = f"of the first {n_so_far} {what} fewer are valid than {least:g}: {told}"
            hint = (
                "what was answered is kept. See what is asked: python -m "
                "valuescape.asking.show_prompt. To go on regardless, write stop_below: {valid: 0} "
                "in the study; reask: asks again what failed"
            )
            raise UserError(msg, hint=hint)
