"""Sectors: in what kind of place a persona works, by the first word of its biography that tells.

Sectors are sections of ISIC Rev.4 (United Nations 2008), joined where a short text does not tell
them apart. The survey asks no sector, so that there is no human share to set beside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

SECTORS: Mapping[str, tuple[str, ...]] = {
    "education and academia": (
        "teach(?:er|ers|es|ing)?", "professors?", "lecturers?", "tutors?", "schools?",
        "universit(?:y|ies)", "colleges?", "academics?", "researchers?", "librarians?",
    ),
    "health and care": (
        "doctors?", "nurses?", "nursing", "physicians?", "hospitals?", "clinics?",
        "midwi(?:fe|ves)", "pharmac(?:y|ies|ists?)", "dentists?", "therapists?",
        "caregivers?", "social workers?",
    ),
    "agriculture, forestry and fishery": (
        "farm(?:s|er|ers|ing)?", "fish(?:er|ers|erman|ermen|ing|ery)", "herd(?:er|ers|ing)?",
        "crops?", "fields", "harvests?", "livestock", "cattle", "plantations?", "foresters?",
        "agricultur(?:e|al)",
    ),
    "trade": (
        "shops?", "shopkeepers?", "stores?", "markets?", "merchants?", "traders?", "vendors?",
        "stalls?", "sales(?:man|men|woman|women|person|people)?", "retail", "supermarkets?",
        "cashiers?",
    ),
    "industry and crafts": (
        "factor(?:y|ies)", "workshops?", "carpenters?", "mechanics?", "welders?", "tailors?",
        "weavers?", "bakers?", "blacksmiths?", "mines?", "miners?", "machines?",
        "seamstress(?:es)?",
    ),
    "construction": ("construction", "builders?", "bricklayers?", "masons?", "plumbers?",
                     "electricians?"),
    "transport": ("drivers?", "taxis?", "trucks?", "bus(?:es)?", "railways?", "pilots?", "sailors?",
                  "couriers?"),
    "food and lodging": ("restaurants?", "cooks?", "chefs?", "waiters?", "waitress(?:es)?",
                         "hotels?", "caf[eé]s?", "kitchens?"),
    "government, law and defence": (
        "government", "civil servants?", "ministr(?:y|ies)", "soldiers?", "army", "military",
        "navy", "police", "officers?", "lawyers?", "judges?", "courts?", "municipal(?:ity)?",
    ),
    "business, finance and technology": (
        "banks?", "bankers?", "accountants?", "managers?", "business(?:es)?", "compan(?:y|ies)",
        "software", "programmers?", "engineers?", "consultants?", "entrepreneurs?", "office",
    ),
    "arts, media and religion": (
        "artists?", "musicians?", "writers?", "journalists?", "actors?", "actress(?:es)?",
        "painters?", "designers?", "priests?", "imams?", "pastors?", "monks?",
    ),
}  # fmt: skip
NOT_TOLD = "not told"


def sector(texts: pl.Series) -> pl.Series:
    """Return the sector of each text.

    Parameters
    ----------
    texts : Series of String
        Biographies; null where there is none.

    Returns
    -------
    Series of String
        The sector whose word stands first in the text, `NOT_TOLD` if none does, null of no text.
        Words are English: of texts in other languages none tells.
    """
    anything = "|".join(word for words in SECTORS.values() for word in words)
    found = texts.str.to_lowercase().str.extract(rf"\b({anything})\b")
    # few different words are found, so that each is looked up once
    words = found.drop_nulls().unique()
    named = {
        word: next(
            name
            for name, patterns in SECTORS.items()
            if pl.Series([word]).str.contains(rf"^(?:{'|'.join(patterns)})$").item()
        )
        for word in words
    }
    told = found.replace_strict(named, default=NOT_TOLD, return_dtype=pl.String)
    return pl.select(pl.when(texts.is_not_null()).then(told)).to_series()
