"""Commands: a command line follows from the parameters of a function."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Literal

import pytest

from valuescape.core.command import call, command, parser_of, run
from valuescape.core.errors import UserError
from valuescape.study.conditions import Condition


@command
def main(
    *,
    cells: Path,
    shards: list[Path],
    humans: Path | None = None,
    readout: Literal["modal", "drawn"],
    seed: int,
    seconds: float = 2.5,
    condition: Condition,
    out: list[object],
) -> None:
    """Take one of each kind."""


GIVEN = ["--cells", "a b.parquet", "--shards", "1", "2", "--readout", "drawn", "--seed", "7"]


def test_each_kind_of_parameter_by_hand():
    taken = {}

    def keep(*, cells: Path, shards: list[Path], humans: Path | None = None,
             readout: Literal["modal", "drawn"], seed: int, condition: Condition,
             seconds: float = 2.5) -> None:  # fmt: skip
        taken.update(locals())

    keep.__globals__.update(Path=Path, Literal=Literal, Condition=Condition)
    call(keep, [*GIVEN, "--humans", "--condition", Condition("base", ()).json()])
    assert taken["cells"] == Path("a b.parquet")
    assert taken["shards"] == [Path("1"), Path("2")]
    assert taken["humans"] is None  # an option without a value: the rule has no such file
    assert (taken["readout"], taken["seed"], taken["seconds"]) == ("drawn", 7, 2.5)
    assert taken["condition"] == Condition("base", ())


@pytest.mark.parametrize(
    "argv",
    [GIVEN[2:], [*GIVEN[:-1], "seven"], ["--readout", "both"], ["--cell", "a"]],
    ids=["missing", "no number", "not a choice", "abbreviated"],
)
def test_what_does_not_fit_is_refused(argv, capsys):
    def takes(*, cells: Path, shards: list[Path], readout: Literal["modal", "drawn"],
              seed: int) -> None:  # fmt: skip
        raise AssertionError

    with pytest.raises(SystemExit) as ended:
        call(takes, argv)
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_a_list_may_be_empty():
    def takes(*, shards: list[Path]) -> None:
        assert shards == []

    call(takes, ["--shards"])


def test_help_opens_with_the_module():
    assert parser_of(main).description == __doc__.partition("\n")[0]


def test_a_mistake_of_a_user_is_told_in_two_lines(capsys, monkeypatch):
    def fails() -> None:
        msg = "cells.parquet: no column 'emd'"
        raise UserError(msg, hint="delete it")

    monkeypatch.setattr("sys.argv", ["command"])
    with pytest.raises(SystemExit) as ended:
        run(fails)
    assert ended.value.code == 1
    assert capsys.readouterr().err == "Error: cells.parquet: no column 'emd'\nHint: delete it\n"


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "Interrupted. What is finished is kept; run it again to go on."),
        (OSError(errno.ENOSPC, "full", "log.txt"), 1, "Error: log.txt: no space left on the disk"),
    ],
)
def test_an_interrupt_and_a_full_disk_are_told_without_a_traceback(
    error, status, said, capsys, monkeypatch
):
    def ends() -> None:
        raise error

    monkeypatch.setattr("sys.argv", ["command"])
    with pytest.raises(SystemExit) as ended:
        run(ends)
    assert ended.value.code == status
    assert capsys.readouterr().err.splitlines()[0] == said
