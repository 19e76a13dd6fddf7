"""The files of the demo in a folder of their own, of which some are changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from valuescape.cluster.checks import FURTHER_CHECKS
from valuescape.core.errors import UserError
from valuescape.study.check import read_study

ROOT = Path(__file__).parents[1]
ANSWER, BIOGRAPHY = "config/prompts/answer.md", "config/prompts/biography.md"


def lay_out(folder):
    """Lay the files that a study names into a folder."""
    for part in ("config", "workflow/schemas"):
        shutil.copytree(ROOT / part, folder / part)


def change(file, old, new):
    """Put other words into a file, once."""
    text = Path(file).read_text(encoding="utf-8")
    assert old in text
    Path(file).write_text(text.replace(old, new, 1), encoding="utf-8")


def write_study(**keys):
    """Write the keys of a study, and return its file."""
    file = Path("mine.yaml")
    file.write_text(yaml.safe_dump({"study": "mine"} | keys), encoding="utf-8")
    return file


def refusal(**keys):
    """Return what is said of a study with these keys, in the working directory."""
    with pytest.raises(UserError) as caught:
        read_study([write_study(**keys)], FURTHER_CHECKS)
    return str(caught.value)
