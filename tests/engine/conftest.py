"""Fixtures: a server that misbehaves when it should."""

from __future__ import annotations

import threading

import pytest

from misbehaving_server import KEY, MisbehavingServer


@pytest.fixture
def server(monkeypatch):
    # what lies between two attempts is the client's own affair; the test has no time
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setattr("valuescape.engine.connection.PAUSE", 0.01)
    monkeypatch.setenv("TEST_KEY", KEY)
    with MisbehavingServer() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()
