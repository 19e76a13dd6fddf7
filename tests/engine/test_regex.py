"""Patterns: a text is held to what it may be, and has room for it."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from valuescape.engine.regex import longest, one_of


@given(st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=5, unique=True))
def test_a_pattern_is_of_its_texts_alone(texts):
    for text in texts:
        assert re.fullmatch(one_of(texts), text)
        assert len(text.encode()) < longest(texts)
    assert not re.fullmatch(one_of(texts), "".join(texts) + "?")
