"""Cut survey files as the rules do, and read what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from valuescape.core import tables
from valuescape.humans import indicators, respondents
from valuescape.humans import tables as human_tables

if TYPE_CHECKING:
    import polars as pl

CONFIG = Path(__file__).parents[1] / "config"
SPACE = CONFIG / "persona_space.yaml"
PROBE = CONFIG / "instruments/wvb_probe.yaml"
COUNTRIES = CONFIG / "reference/countries.csv"


def cut_wvs7(survey: Path, output: Path) -> pl.DataFrame:
    respondents.main(
        ["--survey", str(survey), "--space", str(SPACE), "--instrument", str(PROBE),
         "--countries", str(COUNTRIES), "--output", str(output)]
    )  # fmt: skip
    return tables.read(output, human_tables.RESPONDENTS)


def cut_trend(survey: Path, output: Path) -> pl.DataFrame:
    indicators.main(
        ["--survey", str(survey), "--space", str(SPACE), "--countries", str(COUNTRIES),
         "--output", str(output)]
    )  # fmt: skip
    return tables.read(output, human_tables.INDICATORS)
