"""A study in which one thing was changed is refused in words, or means the same as before."""

from __future__ import annotations

from collections import Counter

import pytest

import mutants
from valuescape.cluster.checks import FURTHER_CHECKS
from valuescape.study.check import read_study

SEED, COUNT = 20, 100
# Texts, names and settings may be changed at will: these are sound studies, only other ones.
MOST_ACCEPTED = 0.25


@pytest.fixture
def sound(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = mutants.lay_out(tmp_path)
    # else every mutant would be refused for what the study itself lacks
    read_study([mutants.STUDY], FURTHER_CHECKS)
    return files


@pytest.mark.long
def test_what_is_mistaken_is_told_by_file_line_and_hint(sound):
    found = Counter()
    for mutant in mutants.mutants(sound, SEED, COUNT):
        judged, said = mutants.judged(mutant, sound)
        assert judged in {mutants.CLEAR, mutants.HARMLESS, mutants.ACCEPTED}, (mutant.kind, said)
        found[judged] += 1
    assert found[mutants.CLEAR] > COUNT / 2
    assert found[mutants.ACCEPTED] < MOST_ACCEPTED * COUNT
