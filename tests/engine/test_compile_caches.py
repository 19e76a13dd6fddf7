"""Caches of compiled code: each job has its own, begun from the prepared ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from valuescape.engine import compile_caches


@pytest.fixture
def no_caches(monkeypatch):
    for variable in compile_caches.FOLDERS:
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)


def test_jobs_that_start_at_once_share_no_cache(tmp_path, monkeypatch, no_caches):
    prepared = tmp_path / "prepared"
    (prepared / "triton").mkdir(parents=True)
    (prepared / "triton/kernel").write_text("compiled", encoding="utf-8")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folders = set()
    for _ in range(2):
        compile_caches.use_own(prepared)
        folder = os.environ["TRITON_CACHE_DIR"]
        folders.add(folder)
        kernel = Path(folder, "kernel")
        assert kernel.read_text(encoding="utf-8") == "compiled"
        kernel.write_text("compiled anew", encoding="utf-8")
        for variable in compile_caches.FOLDERS:
            monkeypatch.delenv(variable)
    assert len(folders) == 2
    assert (prepared / "triton/kernel").read_text(encoding="utf-8") == "compiled"


def test_a_users_own_cache_is_left_to_the_user(tmp_path, monkeypatch, no_caches):
    monkeypatch.setenv("TRITON_CACHE_DIR", "/mine")
    compile_caches.use(tmp_path)
    assert os.environ["TRITON_CACHE_DIR"] == "/mine"
    assert os.environ["VLLM_CACHE_ROOT"] == f"{tmp_path}/vllm"
