"""Cut survey files as the rules do, and read what came of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

import survey_fixture
from valuescape.core import tables
from valuescape.humans import indicators, respondents
from valuescape.humans import tables as human_tables

CONFIG = Path(__file__).parents[1] / "config"
SPACE = CONFIG / "persona_space.yaml"
PROBE = CONFIG / "instruments/wvb_probe.yaml"
COUNTRIES = CONFIG / "reference/countries.csv"


def cut_wvs7(survey: Path, output: Path) -> pl.DataFrame:
    respondents.main(
        survey=survey,
        space=SPACE,
        instrument=PROBE,
        countries=COUNTRIES,
        distributions=CONFIG / "reference/wvs7_country_distributions.csv",
        respondents=output,
    )
    return tables.read(output, human_tables.RESPONDENTS)


def cut_trend(survey: Path, output: Path) -> pl.DataFrame:
    indicators.main(survey=survey, space=SPACE, countries=COUNTRIES, indicators=output)
    return tables.read(output, human_tables.INDICATORS)


@cache
def made_up(survey: str) -> pl.DataFrame:
    """Return the rows of a SYNTHETIC survey file."""
    return {"wvs7": survey_fixture.wvs7, "trend": survey_fixture.trend}[survey](
        {"wvs7": 2500, "trend": 3200}[survey]
    )


def few(frame: pl.DataFrame, survey: str, **cells: list) -> pl.DataFrame:
    """Return as many rows as the cells given, of which nothing else is missing."""
    n = len(next(iter(cells.values())))
    plain = {
        "wvs7": {"B_COUNTRY": 356, "Q275": 2, "W_WEIGHT": 1.0},
        "trend": {"s002vs": 7, "S020": 2019},
    }
    rows = frame.head(n).with_columns(pl.lit(v).alias(k) for k, v in plain[survey].items())
    return rows.with_columns(pl.Series(name, values) for name, values in cells.items())


CUT = {"wvs7": cut_wvs7, "trend": cut_trend}
