"""Fixtures: a bundle, and what it is made of."""

from __future__ import annotations

import pytest

import made_up_bundle
from valuescape.reporting import bundle


@pytest.fixture
def written(tmp_path):
    return made_up_bundle.write(tmp_path / "results/test")


@pytest.fixture
def made(written):
    bundle.main(**written)
    return written["bundle"]
