"""The vLLM engine, as far as it can be known without vLLM; see test_real_model.py for the rest."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuescape.core.errors import UserError
from valuescape.engine import open_engine
from valuescape.engine.token_tree import prefix_free
from valuescape.engine.vllm_engine import CPU_ENVIRONMENT, ENVIRONMENT, versions
from valuescape.study.models import Model


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([[1], [2], [3]], True),
        ([[1, 2], [1, 3]], True),
        ([[2, 1], [1]], True),
        ([[1, 2, 3], [1, 3], [1, 2]], False),  # the last begins the first
        ([[1, 2], [1, 2]], False),  # the same twice
        ([[1], []], False),  # nothing begins everything
        ([[]], False),  # and cannot be said
    ],
)
def test_prefix_free_by_hand(options, expected):
    assert prefix_free(options) is expected


tokens = st.lists(st.integers(0, 2), max_size=4)


@given(st.lists(tokens, min_size=1, max_size=5))
def test_prefix_free_compares_every_two_options(options):
    free = all(
        second[: len(first)] != first
        for i, first in enumerate(options)
        for j, second in enumerate(options)
        if i != j
    )
    assert prefix_free(options) == (free and [] not in options)


def test_without_vllm_it_says_what_to_do(monkeypatch):
    # None stands for a module that cannot be imported
    monkeypatch.setitem(sys.modules, "vllm", None)
    for name, value in (ENVIRONMENT | CPU_ENVIRONMENT).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match="'small': this Python has no working vLLM") as caught:
        open_engine(Model("small", "A small model", "vllm", {}), "space.yaml")
    assert "envs/install.sh" in caught.value.hint


def test_versions_of_what_is_not_installed_are_left_out(monkeypatch):
    def version(name: str) -> str:
        if name == "torch":
            return "2.0"
        raise PackageNotFoundError

    monkeypatch.setattr("importlib.metadata.version", version)
    assert versions() == {"torch": "2.0"}
