"""Contradictions: what biographies state against what the design assigned to their personas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.quality.demographics import age_band
from valuescape.stats import resampling
from valuescape.study.demographics import ASSIGNED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ANY, IN_TEXT = "any of these", "{} in the text"
# Told of oneself: others are "your mother", and views come after "who thinks that". No such word
# stands between "You are" and the noun.
AWAY = (
    "about|at|because|for|from|her|his|in|like|married|never|no|not|of|than|that|the|their|to|when|"
    "where|which|who|whose|with|your"
)
OF_ONESELF = r"(?:you are|as an?)\b(?: (?!(?:" + AWAY + r")\b)[^\s.;]+){0,8}? "
WORDS = {
    "sex": {
        "female": OF_ONESELF + r"(?:woman|female|girl|mother|grandmother|wife|widow|housewife)\b",
        "male": OF_ONESELF + r"(?:man|male|boy|father|grandfather|husband|widower)\b",
    },
    "settlement": {
        "rural": r"\b(?:rural|villages?|hamlet|countryside)\b",
        "urban": r"\b(?:urban|city|cities|metropolis|downtown|suburbs?)\b",
    },
}
"""What of a text tells an attribute, by value. A town is of either kind."""
TOLD = dict.fromkeys(WORDS, pl.String) | {"age": pl.Int64}
AGE = re.compile(r"\b(\d{2})[- ]years?[- ]old\b|\b(?:aged|you are) (\d{2})\b", re.IGNORECASE)
NOT_ASSIGNED = "not defined: demographics are written, nothing was assigned"
NONE_STATES_IT = "not defined: no valid biography states it"


def count_contradictions(biographies: pl.DataFrame, countries: Iterable[str]) -> pl.DataFrame:
    """Count the biographies that contradict who their persona is by design.

    Parameters
    ----------
    biographies : DataFrame
        Table BIOGRAPHIES of a study that assigns demographics.
    countries : iterable of str
        Every country that a text may name.

    Returns
    -------
    DataFrame
        Table CONTRADICTIONS. An age contradicts if it lies in another band; a text, if it names
        countries and not the one assigned, or tells another sex, settlement or age band by
        English words; a text that tells two counts among neither.
    """
    valid = biographies.filter(pl.col("status") == "valid")
    given = valid.select(*ASSIGNED).with_columns(age=age_band())
    stated = valid.select(pl.col(f"stated_{name}").alias(name) for name in ASSIGNED)
    stated = stated.with_columns(age=age_band())
    differs = {name: stated[name] != given[name] for name in ASSIGNED}
    agree = {name: _agreement_by_chance(stated[name], given[name]) for name in ASSIGNED}
    rows = [_row(name, differs[name], 1 - agree[name]) for name in ASSIGNED]
    at_all = pl.DataFrame(differs).select(pl.any_horizontal(pl.all())).to_series()
    rows.append(_row(ANY, at_all, 1 - float(np.prod([*agree.values()]))))
    names = "|".join(map(re.escape, sorted(countries, key=len, reverse=True)))
    named = valid.select("country", found=pl.col("biography").str.extract_all(rf"\b({names})\b"))
    named = named.filter(pl.col("found").list.len() > 0)
    elsewhere = named.select(~pl.col("found").list.contains(pl.col("country"))).to_series()
    rows.append(_row(IN_TEXT.format("country"), elsewhere, None))
    told = told_by_words(valid["biography"].fill_null(""))
    for name in told.columns:
        both = pl.DataFrame({"told": told[name], "given": given[name]}).drop_nulls()
        by_chance = 1 - _agreement_by_chance(both["told"], both["given"])
        rows.append(_row(IN_TEXT.format(name), both["told"] != both["given"], by_chance))
    return pl.DataFrame(rows, schema=quality_tables.CONTRADICTIONS.columns)


def told_by_words(texts: pl.Series) -> pl.DataFrame:
    """Return what texts tell of their persona by themselves.

    Parameters
    ----------
    texts : Series of String, length n
        Biographies in English, in the second person.

    Returns
    -------
    DataFrame
        Columns `sex`, `settlement` and `age` (its band), n rows; null where a text tells nothing of
        it, or two values.
    """
    told = {
        name: [_only_value(text, patterns) for text in texts] for name, patterns in WORDS.items()
    }
    found = map(AGE.search, texts)
    ages = [int(next(filter(None, each.groups()))) if each else None for each in found]
    return pl.DataFrame({**told, "age": ages}, schema=TOLD).with_columns(age=age_band())


def _only_value(text: str, patterns: Mapping[str, str]) -> str | None:
    values = [value for value, each in patterns.items() if re.search(each, text, re.IGNORECASE)]
    return values[0] if len(values) == 1 else None


def nothing_assigned() -> pl.DataFrame:
    """Return the table CONTRADICTIONS of a study that leaves demographics to the writer."""
    in_text = map(IN_TEXT.format, ("country", *WORDS, "age"))
    names = (*ASSIGNED, ANY, *in_text)
    rows = [{"attribute": name, "remark": NOT_ASSIGNED} for name in names]
    return pl.DataFrame(rows, schema=quality_tables.CONTRADICTIONS.columns)


def _row(attribute: str, contradicts: pl.Series, by_chance: float | None) -> dict[str, Any]:
    n, count = len(contradicts), int(contradicts.sum())
    if not n:
        return {"attribute": attribute, "n_stated": 0, "remark": NONE_STATES_IT}
    low, high = resampling.wilson(np.array([count]), n)
    return {
        "attribute": attribute,
        "n_stated": n,
        "n_contradictions": count,
        "share": count / n,
        "ci_low": float(low[0]),
        "ci_high": float(high[0]),
        "by_chance": by_chance,
        "remark": "",
    }


def _agreement_by_chance(stated: pl.Series, given: pl.Series) -> float:
    """Return the agreement of what is stated and given if one had nothing to do with the other."""
    shares = [each.alias("value").value_counts(normalize=True) for each in (stated, given)]
    both = shares[0].join(shares[1], on="value", suffix="_given")
    return float((both["proportion"] * both["proportion_given"]).sum())
