"""How many shards: worked out by hand from what was measured."""

from __future__ import annotations

import json

import pytest

from valuescape.cluster import propose_shards
from valuescape.cluster.propose_shards import Speed, propose, read_speeds
from valuescape.core.errors import UserError

# 3,600 personas an hour, 53 s to load: a job of n personas takes 60 + n seconds
QUICK = Speed("responses base", 100, 1, 100.0, 53.0)


def test_the_fewest_shards_that_fit_and_fill_the_gpus():
    # of 30 minutes 80 % are 1,440 s: 1,380 personas; 93,312 of them are 67.6 jobs, by eights 72
    assert propose([QUICK], 93_312, 1800, 8) == 72
    seconds = QUICK.seconds(93_312 / 72)
    assert seconds == pytest.approx(60 + 1296)
    assert seconds < 0.8 * 1800


def test_the_slowest_stage_decides():
    slow = Speed("biographies", 100, 1, 200.0, 53.0)
    assert propose([QUICK, slow], 93_312, 1800, 1) == 136  # 690 personas a job


def test_no_more_shards_than_personas():
    assert propose([QUICK], 8, 1800, 64) == 8


def test_too_short_a_time_is_told():
    with pytest.raises(UserError, match="starting takes nearly as long"):
        propose([QUICK], 8, 60, 1)


def test_only_whole_shards_of_the_model_count(tmp_path):
    shard = {"model": "a", "stage": "biographies", "n_personas": 9, "n_taken_over": 0}
    shard |= {"seconds_ask": 4.5, "seconds_load": 1.5, "seconds_rest": 0.5}
    others = [shard | {"model": "b"}, shard | {"n_taken_over": 3}, shard | {"seconds_ask": 0.0}]
    for number, each in enumerate([shard, shard, *others]):
        (tmp_path / f"{number}.json").write_text(json.dumps(each))
    (speed,) = read_speeds(sorted(tmp_path.iterdir()), "a")
    assert (speed.personas, speed.shards) == (18, 2)
    assert speed.personas_per_hour == pytest.approx(7200)
    assert speed.seconds_starting == pytest.approx(9)


def test_a_study_that_measured_nothing_is_told_what_to_do(tmp_path):
    with pytest.raises(UserError, match="no finished shard") as told:
        propose_shards.main(["--minutes", "60", "--gpus", "1", "--results", str(tmp_path)])
    assert "oa144" in told.value.hint
