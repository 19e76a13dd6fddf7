"""Jobs that ask: shards, shares of options, what a job says of its engine."""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest

from valuescape.asking.job import (
    content_hash,
    option_shares,
    rates,
    shard_personas,
    write_statistics,
)
from valuescape.core import tables
from valuescape.engine import Usage
from valuescape.study import tables as study_tables
from valuescape.study.conditions import biographies_name
from valuescape.study.models import Model


def logarithms(*probabilities: float) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(np.array(probabilities))


def test_shares_and_mass_by_hand():
    shares, mass = option_shares(logarithms(0.1, 0.3, 0.0))
    assert shares == pytest.approx([0.25, 0.75, 0.0])
    assert mass == pytest.approx(0.4)


def test_shares_of_very_improbable_options_are_exact():
    # e to the -1000 is 0 as a float
    shares, mass = option_shares(np.array([-1000.0, -1000.0 + math.log(3)]))
    assert shares == pytest.approx([0.25, 0.75])
    assert mass == 0.0


def test_a_shard_has_its_part_of_the_personas(tmp_path):
    path = tmp_path / "personas.parquet"
    frame = pl.DataFrame({"persona_id": pl.Series(range(10), dtype=pl.UInt32)})
    tables.write(frame, path, study_tables.PERSONAS, {})
    assert shard_personas(path, "0002-of-0003")["persona_id"].to_list() == [3, 4, 5]


def test_biographies_are_called_by_their_replicate():
    assert [biographies_name(number) for number in (0, 1)] == ["biographies", "biographies_1"]


def test_a_file_is_known_by_its_content(tmp_path):
    (tmp_path / "a").write_text("abc")
    # the published SHA-256 of these three letters
    assert content_hash(tmp_path / "a") == "ba7816bf8f01cfea"


def test_rates_by_hand():
    usage = Usage(prompt_tokens=400, cached_prompt_tokens=100, output_tokens=10, seconds_ask=4.0)
    assert rates(usage) == {
        "prompt_tokens_per_second": 100.0,
        "output_tokens_per_second": 2.5,
        "prefix_hit_rate": 0.25,
    }
    assert set(rates(Usage()).values()) == {None}


def test_statistics_say_who_was_asked_what_and_how_fast(tmp_path):
    path = tmp_path / "stats.json"
    usage = Usage(n_requests=3, seconds_ask=2.0)
    write_statistics(path, Model("small", "Small", "synthetic", {}), usage, stage="biographies")
    known = json.loads(path.read_text(encoding="utf-8"))
    assert (known["stage"], known["model"], known["n_requests"]) == ("biographies", "small", 3)
    assert "seconds_rest" in known
