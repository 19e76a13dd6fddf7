"""Trying a model: it is loaded once, and what was found is kept."""

from __future__ import annotations

import json
import os

from conftest import ROOT
from valuescape.engine import Usage, compile_caches, prepare, trial


class Loaded:
    """An engine that took three seconds to load."""

    usage = Usage(seconds_load=3.0, device="cpu")


def test_what_is_compiled_is_kept_and_what_was_found_is_written(tmp_path, monkeypatch):
    for variable in compile_caches.FOLDERS:
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)
    monkeypatch.chdir(ROOT)
    model, tried = tmp_path / "model.json", tmp_path / "tried.json"
    prepare.main(file=ROOT / "config/models/synthetic.yaml", model=model, step="fetch")
    places = []

    def open_engine(model, space):
        places.append((space.name, os.environ["TRITON_CACHE_DIR"]))
        return Loaded()

    monkeypatch.setattr(trial, "open_engine", open_engine)
    space = ROOT / "config/persona_space.yaml"
    trial.main(model=model, space=space, tried=tried, caches=tmp_path / "caches")
    assert places == [("persona_space", str(tmp_path / "caches/triton"))]
    assert json.loads(tried.read_text(encoding="utf-8"))["seconds_load"] == 3.0
