"""Tables of humans: answers by group, how many stand behind them, and single respondents."""

from __future__ import annotations

import polars as pl

from valuescape.core.tables import SHARE, Table

HUMANS = Table(
    "humans",
    {
        "grouping": pl.String,
        "group": pl.String,
        "question": pl.String,
        "option": pl.Int8,
        "share": pl.Float64,
        "n_respondents": pl.Float64,
        "n_effective": pl.Float64,
        "n_countries": pl.Int32,
    },
    ("grouping", "group", "question", "option"),
    {"share": SHARE},
)
"""Human answers. `grouping` is country, continent, all, or the fields of the study's `grouping`
joined by ``+``; `group` then joins their values by `` / ``. `option` is the survey value.
`n_effective` is Kish's (sum w)^2 / sum w^2: as many respondents of equal weight would be as sure.
"""

COVERAGE = Table(
    "coverage",
    {
        "grouping": pl.String,
        "group": pl.String,
        "question": pl.String,
        "n_countries": pl.Int32,
        "n_respondents": pl.Float64,
        "n_effective": pl.Float64,
        "emd_floor": pl.Float64,
    },
    ("grouping", "group", "question"),
    {"emd_floor": SHARE},
    path="coverage.parquet",
    title="How many humans, of how many countries, stand behind each question and group",
    section="alignment",
)
"""How many humans stand behind each group and question: all of them together, and the study's own
groups. A question nobody of a group was asked has a row of zeros. `emd_floor` is the EMD between
these humans and as many others of the same group, in expectation; null where there are none.
"""

RESPONDENTS = Table(
    "respondents",
    {
        "respondent_id": pl.UInt32,
        "wave": pl.Int8,
        "year": pl.Int16,
        "country": pl.String,
        "continent": pl.String,
        "settlement": pl.String,
        "education": pl.String,
        "sex": pl.String,
        "age": pl.Int16,
        "weight": pl.Float64,
    },
    ("respondent_id",),
    further=True,
)
"""One row a respondent of the WVS-7 file. `respondent_id` is the row of the file, from 0; country,
continent, settlement, education and sex are named as in biographies. Beside them one Int8 column a
cultural variable (happiness, trust, ...): the level that the answer falls in, from 0; and one Int8
column a question of WVB-PROBE (Q1, ...): the option's value. Null where there is no valid answer.
"""

INDICATORS = Table(
    "indicators",
    {
        "respondent_id": pl.UInt32,
        "wave": pl.Int8,
        "year": pl.Int16,
        "country": pl.String,
        "weight": pl.Float64,
    },
    ("respondent_id",),
    further=True,
)
"""One row a respondent of the trend file (EVS/WVS). Beside these one Float64 column an indicator of
the cultural map (A008, A165, E018, E025, F063, F118, F120, G006, Y002, Y003), on the survey's
scale, null where there is no valid answer; and one Int8 column a cultural variable: its level.
"""
