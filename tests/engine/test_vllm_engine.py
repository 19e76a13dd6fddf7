"""The vLLM engine, as far as it can be known without vLLM; see test_real_model.py for the rest."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError

import pytest

from conftest import ROOT
from valuescape.core.errors import UserError
from valuescape.engine import open_engine
from valuescape.engine.vllm_engine import CPU_ENVIRONMENT, ENVIRONMENT, versions
from valuescape.study.models import Model
from valuescape.study.space import read_space

SPACE = read_space(ROOT / "config/persona_space.yaml")


def test_without_vllm_it_says_what_to_do(monkeypatch):
    # None stands for a module that cannot be imported
    monkeypatch.setitem(sys.modules, "vllm", None)
    for name, value in (ENVIRONMENT | CPU_ENVIRONMENT).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match="'small': this Python has no working vLLM") as caught:
        open_engine(Model("small", "A small model", "vllm", {}), SPACE)
    assert "envs/install.sh" in caught.value.hint


def test_versions_of_what_is_not_installed_are_left_out(monkeypatch):
    def version(name: str) -> str:
        if name == "torch":
            return "2.0"
        raise PackageNotFoundError

    monkeypatch.setattr("importlib.metadata.version", version)
    assert versions() == {"torch": "2.0"}
