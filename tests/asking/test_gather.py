"""Gather: every persona once, and no other; every answer accounted for."""

from __future__ import annotations

import polars as pl
import pytest

from made_up_answers import instrument, question
from valuescape.asking import gather
from valuescape.asking.checkpoint import CONTEXT_HASH
from valuescape.asking.gather import check_accounts, join_shards
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.study import tables as study_tables

PERSONAS = pl.Series("persona_id", [3, 5, 8, 9], dtype=pl.UInt32)
SMALL = instrument(question("Q1", [1, 2]))


def shard(*persona_ids: int, **columns: object) -> pl.DataFrame:
    frame = pl.DataFrame({"persona_id": pl.Series(persona_ids, dtype=pl.UInt32)})
    known = {"Q1_status": ["valid"] * len(persona_ids)} | columns
    return frame.with_columns(**{name: pl.Series(column) for name, column in known.items()})


def test_shards_in_any_order_give_one_sorted_table():
    one, other = shard(3, 5), shard(8, 9)
    together = join_shards({"b": other, "a": one}, PERSONAS)
    assert together.equals(join_shards({"a": one, "b": other}, PERSONAS))
    assert together["persona_id"].to_list() == [3, 5, 8, 9]


@pytest.mark.parametrize(
    ("shards", "message"),
    [
        ({"a": shard(3, 5), "b": shard(9)}, r"1 of 4 personas are in no shard.* \[8\]"),
        ({"a": shard(3, 5), "b": shard(5, 8, 9)}, "persona 5 stands in a and in b"),
        ({"a": shard(3, 5, 5), "b": shard(8, 9)}, "persona 5 stands in a and in a"),
        ({"a": shard(3, 5), "b": shard(6, 8, 9)}, "b: persona 6 is not in the study"),
        ({"a": shard(3, 5), "b": shard(8, 9, Q2=[1, 1])}, "b: its column 'Q2' is not as in the"),
        ({"a": shard(3, 5), "b": shard(8, 9, Q1_status=[1, 1])}, "b: its column 'Q1_status'"),
    ],
    ids=["missing", "double", "double in one", "unknown", "further column", "other dtype"],
)
def test_what_is_wrong_is_told_with_file_and_persona(shards, message):
    with pytest.raises(UserError, match=message) as caught:
        join_shards(shards, PERSONAS)
    assert "delete" in caught.value.hint


def test_only_the_first_missing_personas_are_named():
    personas = pl.Series("persona_id", range(2000), dtype=pl.UInt32)
    message = r"1,998 of 2,000 personas are in no shard, the first are \[0, 2, 4, 5, 6\]"
    with pytest.raises(UserError, match=message):
        join_shards({"a": shard(1), "b": shard(3)}, personas)


def test_asked_is_the_sum_of_the_outcomes():
    check_accounts(shard(3, 5, Q1_status=["valid", "malformed"]), SMALL, "all")
    with pytest.raises(UserError, match="status 'lost' is none of valid, refused"):
        check_accounts(shard(3, 5, Q1_status=["valid", "lost"]), SMALL, "all")
    with pytest.raises(UserError, match=r"status .None. is none of valid, refused"):
        check_accounts(shard(3, 5, Q1_status=["valid", None]), SMALL, "all")
    with pytest.raises(UserError, match="all: question Q1 of made_up was not asked"):
        check_accounts(shard(3, 5).drop("Q1_status"), SMALL, "all")


def test_the_command_joins_provenance(tmp_path, monkeypatch):
    personas = tmp_path / "personas.parquet"
    tables.write(PERSONAS.to_frame(), personas, study_tables.PERSONAS, {})
    for name, frame in (("a", shard(3, 5)), ("b", shard(8, 9))):
        known = {"engine": "vllm", "device": f"gpu {name}"}
        asked = frame.with_columns(pl.lit("of a context").alias(CONTEXT_HASH))
        tables.write(asked, tmp_path / name, study_tables.RESPONSES, known)
    output = tmp_path / "all.parquet"
    shards = [tmp_path / "a", tmp_path / "b"]
    monkeypatch.setattr(gather, "read_instrument", lambda path: SMALL)
    gather.main(personas=personas, shards=shards, gathered=output, instrument=tmp_path / "i.yaml")
    assert tables.read(output, study_tables.RESPONSES).height == 4
    assert tables.provenance(output) == {"engine": "vllm", "device": "gpu a | gpu b"}
