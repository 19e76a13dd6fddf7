"""Interpreter: a command that needs a model's environment is run there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from valuescape.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence


def run_there(interpreter: str, module: str, arguments: Sequence[str]) -> int:
    """Run a command of the package by another interpreter, and return its exit status.

    Parameters
    ----------
    interpreter : str
        Of the model's environment.
    module : str
        With the package's name.
    arguments : sequence of str
        Of its command line.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    UserError
        If there is no such interpreter.
    """
    if not Path(interpreter).is_file():
        msg = f"there is no interpreter {interpreter}"
        raise UserError(msg, hint="envs/install.sh makes it; `pythons` of the study names it")
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "HF_HUB_OFFLINE": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    command = [interpreter, "-m", module, *arguments]
    done = subprocess.run(command, env=environment, check=False)  # noqa: S603 - the study's own
    return done.returncode
