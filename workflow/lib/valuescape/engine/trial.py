"""Try a model where its jobs will run: load it once, ask it one thing, keep what was compiled.

    python -m valuescape.engine.trial --model results/models/M/model.json --space F --output F

Jobs begin with these compiled kernels (valuescape.engine.compile_caches), so that they load faster
and none of them compiles in a home that others write to at the same time.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from valuescape.core.errors import run
from valuescape.core.progress import set_up_logging
from valuescape.engine import compile_caches, open_engine
from valuescape.study.models import read_prepared_model

if TYPE_CHECKING:
    from collections.abc import Sequence

LOG = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(
        prog="python -m valuescape.engine.trial", description="Load a model once and ask it."
    )
    command.add_argument("--model", type=Path, required=True, help="prepared model (JSON)")
    command.add_argument("--space", type=Path, required=True, help="persona space (YAML)")
    command.add_argument("--output", type=Path, required=True, help="what was tried (JSON)")
    return command


def main(argv: Sequence[str] | None = None) -> None:
    """Load the model, which asks it one thing of each kind, and note what was found."""
    args = parser().parse_args(argv)
    set_up_logging()
    model = read_prepared_model(args.model)
    compile_caches.use(Path(model.caches))
    usage = open_engine(model, str(args.space)).usage
    args.output.write_text(json.dumps(dataclasses.asdict(usage), indent=2) + "\n")
    LOG.info("%s was loaded in %.0f s and answers", model.title, usage.seconds_load)


if __name__ == "__main__":
    run(main)
