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
    # it speaks plain HTTP: to read the certificates of all authorities would take the most time
    monkeypatch.setattr("ssl.SSLContext.load_verify_locations", lambda *_, **__: None)
    monkeypatch.setenv("TEST_KEY", KEY)
    with MisbehavingServer() as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        running.shutdown()
