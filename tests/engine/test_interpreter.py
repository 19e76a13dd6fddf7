"""A command that needs a model's environment is run there."""

from __future__ import annotations

import sys

import pytest

from valuescape.core.errors import UserError
from valuescape.engine.interpreter import run_there


def test_a_command_runs_by_another_interpreter_and_its_status_comes_back(capfd):
    assert run_there(sys.executable, "valuescape.asking.show_prompt", ["--help"]) == 0
    assert "--persona" in capfd.readouterr().out


def test_an_interpreter_that_is_not_there_is_told():
    with pytest.raises(UserError, match="there is no interpreter nowhere/python"):
        run_there("nowhere/python", "valuescape.asking.show_prompt", [])
