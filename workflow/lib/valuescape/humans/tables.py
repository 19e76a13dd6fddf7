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
    of="anyone",
    section="alignment",
)
"""How many humans stand behind each group and question: all of them together, and the study's own
groups. A question nobody of a group was asked has a row of zeros. `emd_floor` is the EMD between
these humans and as many others of the same group, in expectation; null where there are fewer than
the config's `least`.
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


PERCENT = (0.0, 100.0)
"""The range of a share in per cent."""
_BY_ANSWER = {
    "question": pl.String,
    "country": pl.String,
    "code": pl.Int8,
    "share_percent": pl.Float64,
    "source": pl.String,
}
_SHARE_PERCENT = {"share_percent": PERCENT}

COUNTRIES = Table(
    "countries",
    {
        "country": pl.String,
        "iso_numeric": pl.Int32,
        "continent": pl.String,
        "population": pl.Int64,
    },
    ("country",),
    {"population": (1.0, 2e9)},
)
"""Countries known here. `population` is that of the United Nations at the end of 2022, null for
Northern Cyprus, which stands in that of Cyprus.
"""

COUNTRY_DISTRIBUTIONS = Table(
    "country distributions",
    _BY_ANSWER,
    ("question", "country", "code"),
    _SHARE_PERCENT,
)
"""Shares of the valid answers by country, unweighted or by W_WEIGHT. `code` is the survey's;
question Y002 and Y003 are the indices. `source` is one of config/reference/wvs7_sources.csv, as in
all tables below.
"""

COUNTRY_BINS = Table(
    "country bins",
    {
        "question": pl.String,
        "country": pl.String,
        "weight": pl.String,
        "codes": pl.String,
        "share_percent": pl.Float64,
        "n": pl.Int32,
        "source": pl.String,
        "check": pl.String,
    },
    ("question", "country", "weight"),
    _SHARE_PERCENT,
)
"""Share of the answers that fall in `codes` ("1 2"); all other codes are the second bin. `weight`
is ``unweighted`` or ``W_WEIGHT``; `n` is null where it is not known; `check` is ``checked`` or
``new``: whether full distributions confirm the share.
"""

ANSWERED = Table(
    "valid answers",
    {
        "question": pl.String,
        "country": pl.String,
        "n": pl.Int32,
        "n_effective": pl.Float64,
        "source": pl.String,
    },
    ("question", "country"),
)
"""Valid answers behind a question in a country. `n_effective` is Kish's under W_WEIGHT, null where
no weights were seen.
"""

COUNTRY_MARGINS = Table(
    "country margins",
    {
        "country": pl.String,
        "attribute": pl.String,
        "category": pl.String,
        "share_percent": pl.Float64,
        "share_weighted_percent": pl.Float64,
        "n": pl.Int32,
        "source": pl.String,
    },
    ("country", "attribute", "category"),
    _SHARE_PERCENT | {"share_weighted_percent": PERCENT},
)
"""Who was interviewed: sex, age, education, settlement, religion, employment and occupation by
country. Categories are those of config/biography.yaml; of `share_weighted_percent`, null where no
weights were seen.
"""

QUESTION_BY_GROUP = Table(
    "question by group",
    {
        "question": pl.String,
        "country": pl.String,
        "attribute": pl.String,
        "category": pl.String,
        "code": pl.Int8,
        "share_percent": pl.Float64,
        "n": pl.Int32,
        "source": pl.String,
    },
    ("question", "country", "attribute", "category", "code"),
    _SHARE_PERCENT,
)
"""Shares of the valid answers in a country by one attribute: sex, age, education, settlement.
Unweighted; groups of at least 30 answers.
"""

GROUP_DISTRIBUTIONS = Table(
    "group distributions",
    {
        "question": pl.String,
        "continent": pl.String,
        "settlement": pl.String,
        "education": pl.String,
        "code": pl.Int8,
        "share_percent": pl.Float64,
        "n": pl.Int32,
        "n_countries": pl.Int32,
    },
    ("question", "continent", "settlement", "education", "code"),
    _SHARE_PERCENT,
)
"""Shares of the valid answers in the groups of WorldValuesBench, respondents of all countries of a
continent pooled, unweighted; groups of at least 30 answers.
"""

INDICATOR_JOINT = Table(
    "joint of indicators",
    {
        "country": pl.String,
        "ivs_a": pl.String,
        "codes_a": pl.String,
        "ivs_b": pl.String,
        "codes_b": pl.String,
        "share": pl.Float64,
        "n": pl.Int32,
    },
    ("country", "ivs_a", "codes_a", "ivs_b", "codes_b"),
    {"share": SHARE},
)
"""Share of each pair of levels of two indicators of the map, by country and over the respondents of
all of these countries (``all``), unweighted. Indicators stand in the order of the persona space, a
level by the survey codes that fall in it ("3 4 5"); `n` answered both.
"""

INDIVIDUAL_MOMENTS = Table(
    "individual moments",
    {
        "country": pl.String,
        "weight": pl.String,
        "n_respondents": pl.Int32,
        "n": pl.Int32,
        "mean_self_expression": pl.Float64,
        "sd_self_expression": pl.Float64,
        "mean_secular": pl.Float64,
        "sd_secular": pl.Float64,
        "correlation": pl.Float64,
        "share_in_hull": pl.Float64,
        "item_mean_self_expression": pl.Float64,
        "item_mean_secular": pl.Float64,
        "centroid_self_expression": pl.Float64,
        "centroid_secular": pl.Float64,
    },
    ("country", "weight"),
    {"correlation": (-1.0, 1.0), "share_in_hull": SHARE},
)
"""Scatter of single respondents on the published map, of those with all ten answers (`n`). Country
``all`` pools the respondents, ``within`` their deviations from the mean of their country. `weight`
is ``unweighted`` or ``W_WEIGHT``. Where the items' means lie (all who answered one) and the
published centroid stand beside; null where not known.
"""

WAVES = Table(
    "waves",
    {
        "country": pl.String,
        "wave": pl.Int8,
        "year": pl.Int16,
        **dict.fromkeys(
            ("A008", "A165", "E018", "E025", "F063", "F118", "F120", "G006", "Y002", "Y003"),
            pl.Float64,
        ),
        "source": pl.String,
    },
    ("country", "wave"),
)
"""Mean valid answer on the ten indicators by country in waves 5, 6 and 7, unweighted, null where
not asked. `year` is null where it is not known.
"""

WAVES_DISTRIBUTIONS = Table(
    "distributions in waves",
    {
        "ivs": pl.String,
        "country": pl.String,
        "wave": pl.Int8,
        "code": pl.Int8,
        "share_percent": pl.Float64,
        "n": pl.Int32,
        "source": pl.String,
    },
    ("ivs", "country", "wave", "code"),
    _SHARE_PERCENT,
)
"""Shares of the valid answers on A008, A165 and G006 in waves 5 and 6; country ``all`` pools the
respondents of a wave.
"""
