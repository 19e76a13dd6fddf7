"""Costs: sums over shards by hand, and statistics that cannot be read."""

from __future__ import annotations

import json

import pytest

from valuescape.core.errors import UserError
from valuescape.lenses.comparison.costs import read_costs

SHARD = {
    "stage": "responses base",
    "model": "m",
    "answers_per_persona": 10,
    "n_personas": 4,
    "n_answers": 30,
    "n_requests": 3,
    "prompt_tokens": 1000,
    "output_tokens": 200,
    "cached_prompt_tokens": 600,
    "seconds_load": 5.0,
    "seconds_ask": 20.0,
    "device": "cpu",
    "versions": {"vllm": "1"},
}


def test_shards_of_a_stage_are_summed(tmp_path):
    paths = [tmp_path / f"{number}.json" for number in range(3)]
    for path, stage in zip(paths, ("responses base", "biographies", "responses base"), strict=True):
        path.write_text(json.dumps(SHARD | {"stage": stage}))
    biographies, responses = read_costs(paths)
    assert (biographies.stage, biographies.shards) == ("biographies", 1)
    assert (responses.shards, responses.n_requests, responses.output_tokens) == (2, 6, 400)
    # 40 answers a shard, 30 of them asked in its last job
    assert responses.n_taken_over == 20
    assert responses.computed_tokens == 2 * (1000 - 600 + 200)
    assert responses.output_tokens_per_second == 10.0
    assert responses.prefix_hit_rate == pytest.approx(0.6)
    # 20 tokens an answer, 1,000 personas with 10 answers, 100 tokens a second
    assert responses.projected_hours(1000, 100, 1e6) == pytest.approx(200_000 / 100 / 3600)
    # 6 requests for 60 answers: 1,000 requests, one a second, take longer than the tokens
    assert responses.projected_hours(1000, 1e6, 1) == pytest.approx(1_000 / 3600)
    assert (responses.devices, responses.versions) == ({"cpu"}, {"vllm 1"})


def test_where_nothing_was_asked_no_speed_is_known(tmp_path):
    path = tmp_path / "shard.json"
    keys = ("n_answers", "prompt_tokens", "seconds_ask")
    path.write_text(json.dumps(SHARD | dict.fromkeys(keys, 0)))
    [cost] = read_costs([path])
    assert cost.output_tokens_per_second is None
    assert cost.prefix_hit_rate is None
    assert cost.projected_hours(1000, 100, 1e6) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"stage": "responses", "model": "m"}', "no key 'answers_per_persona'"),
        ("{", "cannot be read as JSON"),
    ],
)
def test_broken_statistics_of_a_shard_are_named(tmp_path, text, message):
    path = tmp_path / "shard.json"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_costs([path])
