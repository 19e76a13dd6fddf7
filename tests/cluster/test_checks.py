"""Checks: the commands of a study refuse what the workflow refuses, in the same words."""

from __future__ import annotations

import pytest

import changed_study
from changed_study import ANSWER, change
from valuescape.asking import show_prompt
from valuescape.cluster import propose_shards, status
from valuescape.core.command import run_as_is

COMMANDS = {
    "status": (status.main, []),
    "propose_shards": (propose_shards.main, ["--minutes", "10", "--gpus", "1"]),
    "show_prompt": (show_prompt.main, ["--persona", "0", "--instrument", "iw"]),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_the_workflow_says(name, tmp_path, monkeypatch, capsys):
    changed_study.lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    change(ANSWER, "{{ question }}", "")
    main, arguments = COMMANDS[name]
    file = changed_study.write_study()
    with pytest.raises(SystemExit) as ended:
        run_as_is(lambda: main([*arguments, "--configfile", str(file)]))
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"Error: {changed_study.refusal()}\n"
