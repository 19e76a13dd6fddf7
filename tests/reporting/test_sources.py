"""Sources: what files say of themselves, and their hashes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from valuescape.reporting.sources import instrument_words, opening_comment, sources

ROOT = Path(__file__).parents[2]


def test_the_opening_comment_ends_where_the_table_begins(tmp_path):
    path = tmp_path / "norms.csv"
    path.write_text("# Source: somewhere.\n# Licence: MIT.\ncountry\n# no source\n")
    assert opening_comment(path) == ("Source: somewhere.", "Licence: MIT.")


def test_files_are_named_with_their_words_and_the_hash_of_their_bytes(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"one")
    second.write_bytes(b"")
    found = sources([second, first], {first: ("words",)})
    assert [each.path for each in found] == [str(second), str(first)]
    assert [each.words for each in found] == [(), ("words",)]
    assert found[1].sha256 == hashlib.sha256(b"one").hexdigest()


def test_an_instrument_tells_title_source_and_licence():
    title, source, licence = instrument_words(ROOT / "config/instruments/mfq2.yaml")
    assert "Moral Foundations" in title
    assert source.startswith("Source: ")
    assert licence.startswith("Licence: ")
