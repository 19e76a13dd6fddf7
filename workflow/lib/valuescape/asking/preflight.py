"""Preflight: whom and what a model is asked for a try, before a study is spent on it.

A handful of personas and the two extremes, every variable at its first or at its last level, answer
the questions of the map, and a few of every other instrument. The jobs that ask them are those of
the study; their answers are kept apart, and are none of the study's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.documents import read_document
from valuescape.core.files import write_text
from valuescape.study import tables as study_tables
from valuescape.study.designs import persona_ids, persona_table
from valuescape.study.instruments import read_instrument
from valuescape.study.space import PersonaSpace, read_space

# Asked as a whole: its questions measure what personas were configured to be.
WHOLE = "iw"
FEW = 3


def preflight_ids(space: PersonaSpace) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """Return the personas that are asked: the handful, and the first and last of the space."""
    extremes = space.ids_of(np.stack([np.zeros_like(space.radices), space.radices - 1]))
    return np.unique(np.concatenate([persona_ids(space, "handful"), extremes]))


def cut_instrument(path: Path) -> dict[str, Any]:
    """Return an instrument with a few of its questions: the first, the middle and the last.

    Parameters
    ----------
    path : Path
        Its file.

    Returns
    -------
    dict
        The content of a file of the same name; the instrument of the map is left whole.
    """
    content: dict[str, Any] = dict(read_document(path, "instrument").content)
    asked = [question.id for question in read_instrument(path).asked]
    if content["name"] == WHOLE or len(asked) <= FEW:
        return content
    kept = {asked[0], asked[len(asked) // 2], asked[-1]}
    content["questions"] = [each for each in content["questions"] if each["id"] in kept]
    for key in ("scales", "derived"):
        content.pop(key, None)
    return content


@command
def main(*, space: Path, instruments: list[Path], personas: Path, few: list[Path]) -> None:
    """Write the personas that are asked, and the instruments with a few of their questions."""
    levels = read_space(space)
    frame = persona_table(levels, preflight_ids(levels))
    provenance = {"study design": "preflight", "space": levels.name}
    tables.write(frame, personas, study_tables.PERSONAS, provenance)
    for source, path in zip(instruments, few, strict=True):
        text = yaml.safe_dump(cut_instrument(source), sort_keys=False, allow_unicode=True)
        write_text(path, text)


if __name__ == "__main__":
    run(main)
