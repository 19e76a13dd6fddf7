"""Labels of options: each one token of the model's tokenizer, none the beginning of another.

"1" and "10" are not safe: a model that says "1" may be about to say "10".
"""

from __future__ import annotations

import logging
import string
from itertools import permutations
from typing import TYPE_CHECKING

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LOG = logging.getLogger(__name__)
LABEL_SETS: dict[str, tuple[str, ...]] = {
    "letters": tuple(string.ascii_uppercase),
    "numbers": tuple(str(number) for number in range(1, 27)),
    "small letters": tuple(string.ascii_lowercase),
}


def fault(labels: Sequence[str], gap: str, encode: Callable[[str], Sequence[int]]) -> str:
    """Return why labels are not safe; empty if they are.

    Parameters
    ----------
    labels : sequence of str
        One an option.
    gap : str
        White space before the label, where the model answers.
    encode : callable
        The model's tokenizer: text to tokens, none added.

    Returns
    -------
    str
        The first fault.
    """
    first = {}
    for label in labels:
        tokens = encode(gap + label)
        if len(tokens) != 1:
            return f"{gap + label!r} is {len(tokens)} tokens"
        first[label] = tokens[0]
    for label, other in permutations(labels, 2):
        if label.startswith(other):
            return f"{label!r} begins with {other!r}"
        if first[label] == first[other]:
            return f"{label!r} is the same token as {other!r}"
    return ""


def safe_labels(
    n_options: int, wanted: str, gap: str, encode: Callable[[str], Sequence[int]]
) -> tuple[tuple[str, ...], str]:
    """Return the wanted labels if they are safe, else the first others that are, and say which.

    Parameters
    ----------
    n_options : int
        How many are needed.
    wanted : str
        One of `LABEL_SETS`.
    gap, encode
        As in `fault`.

    Returns
    -------
    tuple of str
        The labels.
    str
        What was done, in words; it is logged as well.

    Raises
    ------
    UserError
        If no set is safe.
    """
    faults = []
    for name in dict.fromkeys((wanted, *LABEL_SETS)):
        labels = LABEL_SETS[name][:n_options]
        found = fault(labels, gap, encode) if len(labels) == n_options else "too few"
        if found:
            faults.append(f"{name}: {found}")
            continue
        remark = f"{name} {' '.join(labels)}: each one token, none begins another"
        if faults:
            remark += f" ({'; '.join(faults)}, so not taken)"
        LOG.info("labels of %d options: %s", n_options, remark)
        return labels, remark
    msg = f"the model's tokenizer keeps no labels of {n_options} options apart: {'; '.join(faults)}"
    raise UserError(msg, hint="write form: option_text in the model file, or options: option_text")
