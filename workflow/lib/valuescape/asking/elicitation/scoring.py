"""Scoring: from log-probabilities of options to shares. Each variant is asked for by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def scored(
    log_probabilities: NDArray[np.float64],
    scoring: str,
    n_tokens: Sequence[int] = (),
    null_prompt: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the logarithms, up to a constant, from which the shares of the options follow.

    Parameters
    ----------
    log_probabilities : ndarray of float64, shape (n_options,)
        Of each whole option, natural logarithms.
    scoring : str
        ``raw``: as they are. ``length_normalised``: divided by the option's number of tokens,
        as in Brown et al. (2020), section 2.4. ``calibrated``: minus the logarithm that the
        option has under the null prompt, which is the domain-conditional pointwise mutual
        information of Holtzman et al. (2021), with the question itself as the domain.
    n_tokens : sequence of int, length n_options
        Read for length_normalised.
    null_prompt : ndarray of float64, shape (n_options,), optional
        Read for calibrated: the same question under the null prompt.

    Returns
    -------
    ndarray of float64, shape (n_options,)
        Their exponentials, made to sum to 1, are the shares.

    Raises
    ------
    UserError
        If the engine does not give what the variant needs.
    """
    if scoring == "raw":
        return log_probabilities
    if scoring == "length_normalised":
        if len(n_tokens) != len(log_probabilities):
            msg = "scoring length_normalised: this engine does not tell how long an option is"
            raise UserError(msg, hint="write scoring: raw, or ask through vllm")
        return np.asarray(log_probabilities / np.asarray(n_tokens, dtype=np.float64))
    if null_prompt is None or not np.isfinite(null_prompt).all():
        msg = "scoring calibrated: the question without a persona has no probabilities"
        raise UserError(msg, hint="write scoring: raw")
    return np.asarray(log_probabilities - null_prompt)
