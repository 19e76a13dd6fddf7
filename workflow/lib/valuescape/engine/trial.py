"""Try a model where its jobs will run: load it once, ask it one thing, keep what was compiled.

Jobs begin with these compiled kernels (`engine.compile_caches`), so that they load faster
and none of them compiles in a home that others write to at the same time.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from pathlib import Path

from valuescape.core.command import command, run
from valuescape.core.files import write_text
from valuescape.engine import compile_caches, open_engine
from valuescape.study.models import read_prepared_model
from valuescape.study.space import read_space

LOG = logging.getLogger(__name__)


@command
def main(*, model: Path, space: Path, tried: Path, caches: Path) -> None:
    """Load the model, which asks it one thing of each kind, and note what was found."""
    prepared = read_prepared_model(model)
    compile_caches.use(caches)
    usage = open_engine(prepared, read_space(space)).usage
    write_text(tried, json.dumps(dataclasses.asdict(usage), indent=2) + "\n")
    LOG.info("%s was loaded in %.0f s and answers", prepared.title, usage.seconds_load)


if __name__ == "__main__":
    run(main)
