"""Job: what the stages that ask a model have in common: shard, shares, statistics."""

from __future__ import annotations

import dataclasses
import json
import time
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from valuescape.core import tables
from valuescape.core.files import write_text
from valuescape.study import tables as study_tables
from valuescape.study.shards import shard_bounds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import polars as pl
    from numpy.typing import NDArray

    from valuescape.engine import Usage
    from valuescape.study.models import Model


STARTED = time.monotonic()  # of the job, but for the interpreter's own start


def shard_personas(path: Path, shard: str) -> pl.DataFrame:
    """Return the personas of one shard.

    Parameters
    ----------
    path : Path
        Table of the study's personas.
    shard : str
        Name such as ``0007-of-0128``.

    Returns
    -------
    DataFrame
        Table PERSONAS, the shard's rows.
    """
    personas = tables.read(path, study_tables.PERSONAS)
    start, stop = shard_bounds(shard, personas.height)
    return personas[start:stop]


def content_hash(path: Path) -> str:
    """Return the first 16 hex digits of the SHA-256 of a small file, for the provenance."""
    return sha256(path.read_bytes()).hexdigest()[:16]


def option_shares(log_probabilities: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the distribution over the options and the probability that fell on any.

    Parameters
    ----------
    log_probabilities : ndarray of float64, shape (n_options,)
        As the model gives them.

    Returns
    -------
    ndarray of float64, shape (n_options,)
        Shares; they sum to 1.
    float
        Option mass, in [0, 1]: how much of the model's probability the options hold together.
    """
    mass = np.logaddexp.reduce(log_probabilities)
    return np.exp(log_probabilities - mass), float(np.exp(mass))


def rates(usage: Usage) -> dict[str, float | None]:
    """Return how fast an engine was, and how much of the prompts it did not compute again.

    Parameters
    ----------
    usage : Usage
        What it did.

    Returns
    -------
    dict of str to float or None
        ``prompt_tokens_per_second`` (those of the prefix cache among them),
        ``output_tokens_per_second`` and ``prefix_hit_rate``, in [0, 1]; None where nothing was
        asked.
    """
    cached, prompt, seconds = usage.cached_prompt_tokens, usage.prompt_tokens, usage.seconds_ask
    return {
        "prompt_tokens_per_second": round(prompt / seconds, 1) if seconds else None,
        "output_tokens_per_second": round(usage.output_tokens / seconds, 1) if seconds else None,
        "prefix_hit_rate": round(cached / prompt, 4) if prompt else None,
    }


def read_statistics(paths: Sequence[Path]) -> dict[str, float]:
    """Return what the engines of several jobs have done together.

    Parameters
    ----------
    paths : sequence of Path
        Files of `write_statistics`.

    Returns
    -------
    dict of str to float
        Sums of answers, tokens and seconds, by the names there.
    """
    keys = ("n_answers", "prompt_tokens", "cached_prompt_tokens", "output_tokens", "seconds_ask")
    shards = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return {key: sum(float(shard[key]) for shard in shards) for key in keys}


def write_statistics(path: Path, model: Model, usage: Usage, **counts: str | int) -> None:
    """Write what a job's engine has done, by one atomic rename.

    Parameters
    ----------
    path : Path
        JSON file.
    model : Model
        Who was asked.
    usage : Usage
        What its engine did; nothing if all was finished before.
    **counts : str or int
        What was asked of whom: stage, shard, n_personas, n_taken_over, n_answers (asked by this
        job) and answers_per_persona.
    """
    statistics = {
        **counts,
        "model": model.name,
        "engine": model.engine,
        **dataclasses.asdict(usage),
        **rates(usage),
        "seconds_rest": round(
            time.monotonic() - STARTED - usage.seconds_load - usage.seconds_ask, 3
        ),
    }
    write_text(path, json.dumps(statistics, indent=2) + "\n")
