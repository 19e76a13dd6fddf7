"""Fixtures: a bundle, and what it is made of."""

from __future__ import annotations

import pytest

import made_up_bundle
from valuescape.reporting import bundle


@pytest.fixture
def written(tmp_path):
    return made_up_bundle.write(tmp_path / "results/test")


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Return a bundle that tests read and do not change."""
    given = made_up_bundle.write(tmp_path_factory.mktemp("made") / "results/test")
    bundle.main(**given)
    return given["bundle"]
