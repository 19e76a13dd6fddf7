"""Tables of weights of personas, and of what weighting them gains: columns, dtypes and keys."""

from __future__ import annotations

import polars as pl

from valuescape.core.tables import Table

ESTIMATE = {"estimate": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64}

WEIGHTS = Table(
    "weights",
    {"scheme": pl.String, "persona_id": pl.UInt32, "weight": pl.Float64},
    ("scheme", "persona_id"),
    {"weight": (0.0, 1.0)},
    path="weights/world.parquet",
)
"""Weights that make the personas stand for a human population; they sum to 1 within a scheme.
`scheme`: uniform (equal weights), raking (the share of each level, approached where a fraction of
the configurations cannot meet it), ipf_pairs (of each pair of levels), joint (smoothed shares of
whole configurations), semi_relaxed_ot (humans moved to near personas). A scheme that these humans,
or these personas, do not allow has no rows.
"""

WEIGHTS_DIAGNOSTICS = Table(
    "weights_diagnostics",
    {"scheme": pl.String, "measure": pl.String, "value": pl.Float64, "floor": pl.Float64},
    ("scheme", "measure"),
    path="weights/diagnostics.parquet",
    title="How well weighted personas stand for the humans of the world, by weighting scheme",
    section="weights",
)
"""How good weights are (T23). kish_effective_n of the personas; largest_weight; residual_levels and
residual_pairs (largest difference from a human share of a level, of a pair of levels; also by
variable, residual_happiness and so on: up to 0.005 counts as met);
weight_where_no_human (on configurations that no respondent has); held_out_configurations and
held_out_pairs (total variation, 0 same, 1 apart, of weights fitted to one half of the respondents
from the other half; `floor`: of as many respondents drawn from these very weights). `scheme`
humans: n_respondents, n_complete (all ten answers), n_variables whose shares are known and
covered_share (of humans whose configuration is among the personas). Null where single respondents
would be needed; a scheme that is not possible has one row, with a null.
"""


def over_countries(by_country: pl.DataFrame) -> pl.DataFrame:
    """Return POSTSTRATIFICATION as the report prints it: means over countries alone."""
    means = by_country.filter(pl.col("country") == "all").drop("country")
    return means.sort("question_set", "measure", descending=[True, False])


POSTSTRATIFICATION = Table(
    "poststratification",
    {"country": pl.String, "question_set": pl.Int32, "measure": pl.String, **ESTIMATE},
    ("country", "question_set", "measure"),
    path="{model}/{condition}/weights/countries.parquet",
    title="Personas weighted to a country against its humans, beside other weights (EMD, 0 best)",
    note=(
        "Means over the countries whose levels these personas meet to half a percentage point; the "
        "others are n countries missed. The whole table has each country's own rows."
    ),
    section="weights",
    excerpt=over_countries,
)
"""Personas weighted to a country against its humans, on questions outside the configuration
(`question_set`: 33, or 31 without near copies). emd_* (0 best) is a mean over questions: of
personas under uniform weights, under the weights of the world (all countries that are met, by
population), under the country's own, under those of each other country that is met (wrong, mean);
of the human response surface under the country's own weights; of the humans of all other countries
pooled; floor: a second draw of the same humans. gain_over_uniform and gain_over_wrong: what own
weights take off; share_of_attainable: that gain over uniform as a part of the surface's.
n_questions; by country also n_variables that are known, kish_effective_n of the weights, their
residual_levels, and pairs_met (1: shares of pairs of levels are met, too). `country` all: mean over
the n_countries whose residual is 0.005 at most; the n_countries_missed have their own rows alone.
Intervals: questions, and for `all` also countries, drawn anew. Null: needs single respondents.
"""

COUNTRY_RANKS = Table(
    "country_ranks",
    {
        "question": pl.String,
        "rank_correlation": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null_95": pl.Float64,
        "surface": pl.Float64,
        "n_countries": pl.Int32,
    },
    ("question",),
    {"rank_correlation": (-1.0, 1.0)},
    path="{model}/{condition}/weights/country_ranks.parquet",
    title="Do weighted personas rank the countries as humans do? (Spearman)",
    section="weights",
)
"""Do personas weighted to countries rank the countries as humans do (T24)? Spearman correlation of
mean answers over the countries whose margins the personas meet; interval: countries drawn anew;
`null_95`: its 95th percentile with countries shuffled; `surface`: that of the human response
surface.
"""

RESPONDENT_PERSONAS = Table(
    "respondent_personas",
    {"question": pl.String, "comparator": pl.String, "measure": pl.String, **ESTIMATE},
    ("question", "comparator", "measure"),
    path="{model}/{condition}/weights/respondent_personas.parquet",
    title="Personas against the respondents whose configuration they have, and the ceiling",
    section="robustness",
    needs="survey.wvs7",
)
"""Personas against the very respondents whose configuration they have (human-derived personas).
`comparator`: persona; twin (another respondent with the same configuration: the ceiling of any
method that knows the configuration alone); compatriot (another of the same country); anyone;
uniform. agreement: probability of the respondent's own option; distance: expected distance from it
(0 same, 1 other end of the scale); emd of the answers of all together, of persona and uniform,
beside emd_floor (a second draw of as many). share_of_ceiling: the persona's agreement from anyone
(0) to twin (1). `question`: a code, or mean of 36, 33, 31. n_respondents have a twin who answered
too. Intervals: countries drawn anew.
"""
