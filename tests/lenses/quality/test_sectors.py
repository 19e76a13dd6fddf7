"""Sectors: the first word that tells."""

from __future__ import annotations

import polars as pl

from valuescape.lenses.quality.sectors import NOT_TOLD, sector


def test_the_first_word_that_tells_counts():
    texts = pl.Series(
        [
            "You are a Teacher who was a nurse.",
            "You are proud of the clinic by the university.",
            "You love the sea, and your teaspoon.",
            "You sell fish on the market.",
            None,
        ]
    )
    assert sector(texts).to_list() == [
        "education and academia", "health and care", NOT_TOLD, "trade", None,
    ]  # fmt: skip
