"""Demand a preflight: a study that requires it asks no model that did not pass."""

from __future__ import annotations

from pathlib import Path

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.errors import UserError
from valuescape.core.files import write_text
from valuescape.study import tables as study_tables


@command
def main(*, judged: Path, passed: Path) -> None:
    """Write that a model passed its preflight.

    Raises
    ------
    UserError
        Telling what did not.
    """
    frame = tables.read(judged, study_tables.PREFLIGHT)
    failed = frame.filter(frame["reason"] != "")
    if failed.height:
        model, stage, reason = failed.select("model", "stage", "reason").row(0)
        msg = f"model {model!r} does not pass its preflight: {stage}: {reason}"
        hint = "see it by snakemake preflight; to ask it all the same, write preflight: optional"
        raise UserError(msg, hint=hint)
    write_text(passed, "".join(f"{stage}: passes\n" for stage in frame["stage"]))


if __name__ == "__main__":
    run(main)
