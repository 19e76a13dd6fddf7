"""Public tables of humans in config/reference, one reader each: checked, sorted, in one form.

Where each comes from, and what it may be used for, stands in docs/data.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuescape.core import tables
from valuescape.core.reference import read_reference
from valuescape.humans import tables as human_tables

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

ALL = "all"
"""As a country: the respondents of all countries of the table, pooled."""
WITHIN = "within"
"""As a country in INDIVIDUAL_MOMENTS: respondents around the mean of their own country."""
UNWEIGHTED, WEIGHTED = "unweighted", "W_WEIGHT"
"""How respondents count: all alike, or by the survey's weights, which mend a country's sample."""


def read_countries(path: Path) -> pl.DataFrame:
    """Read table COUNTRIES."""
    return _read(path, human_tables.COUNTRIES, "population")


def read_country_distributions(path: Path) -> pl.DataFrame:
    """Read table COUNTRY_DISTRIBUTIONS, unweighted or weighted."""
    return _read(path, human_tables.COUNTRY_DISTRIBUTIONS)


def read_country_bins(path: Path) -> pl.DataFrame:
    """Read table COUNTRY_BINS."""
    return _read(path, human_tables.COUNTRY_BINS, "n")


def read_answered(path: Path) -> pl.DataFrame:
    """Read table ANSWERED."""
    return _read(path, human_tables.ANSWERED, "n_effective")


def read_country_margins(path: Path) -> pl.DataFrame:
    """Read table COUNTRY_MARGINS."""
    return _read(path, human_tables.COUNTRY_MARGINS, "share_weighted_percent")


def read_question_by_group(path: Path) -> pl.DataFrame:
    """Read table QUESTION_BY_GROUP."""
    return tables.read(path, human_tables.QUESTION_BY_GROUP)


def read_group_distributions(path: Path) -> pl.DataFrame:
    """Read table GROUP_DISTRIBUTIONS."""
    return _read(path, human_tables.GROUP_DISTRIBUTIONS)


def read_indicator_joint(path: Path) -> pl.DataFrame:
    """Read table INDICATOR_JOINT."""
    return tables.read(path, human_tables.INDICATOR_JOINT)


def read_individual_moments(path: Path) -> pl.DataFrame:
    """Read table INDIVIDUAL_MOMENTS."""
    known_of_all = {"country", "weight", "n_respondents", "n"}
    known_of_some = set(human_tables.INDIVIDUAL_MOMENTS.columns) - known_of_all
    return _read(path, human_tables.INDIVIDUAL_MOMENTS, *known_of_some)


def read_waves(path: Path) -> pl.DataFrame:
    """Read table WAVES."""
    asked_of_some = set(human_tables.WAVES.columns) - {"country", "wave", "source"}
    return _read(path, human_tables.WAVES, *asked_of_some)


def read_waves_distributions(path: Path) -> pl.DataFrame:
    """Read table WAVES_DISTRIBUTIONS."""
    return _read(path, human_tables.WAVES_DISTRIBUTIONS)


def _read(path: Path, table: tables.Table, *may_be_empty: str) -> pl.DataFrame:
    return tables.check(read_reference(path, table.columns, may_be_empty), table, str(path))
