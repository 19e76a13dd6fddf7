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
)
"""Weights that make the personas stand for a human population; they sum to 1 within a scheme.
`scheme`: uniform (all alike), raking (the share of each level), ipf_pairs (of each pair of levels),
joint (smoothed shares of whole configurations), semi_relaxed_ot (humans moved to near personas). A
scheme that these humans, or these personas, do not allow has no rows.
"""

WEIGHTS_DIAGNOSTICS = Table(
    "weights_diagnostics",
    {"scheme": pl.String, "measure": pl.String, "value": pl.Float64, "floor": pl.Float64},
    ("scheme", "measure"),
)
"""How good weights are (T23). kish_effective_n of the personas; largest_weight; residual_levels and
residual_pairs (largest difference from a human share of a level, of a pair of levels);
weight_where_no_human (on configurations that no respondent has); held_out_configurations and
held_out_pairs (total variation, 0 same, 1 apart, of weights fitted to one half of the respondents
from the other half; `floor`: of as many respondents drawn from these very weights). `scheme`
humans: n_respondents, n_complete (all ten answers), n_variables whose shares are known and
covered_share (of humans whose configuration is among the personas). Null where single respondents
would be needed; a scheme that is not possible has one row, with a null.
"""

POSTSTRATIFICATION = Table(
    "poststratification",
    {"country": pl.String, "questions": pl.Int32, "measure": pl.String, **ESTIMATE},
    ("country", "questions", "measure"),
)
"""Personas weighted to a country against its humans, on questions outside the configuration
(`questions`: 33, or 31 without near copies). emd_* (0 best) is a mean over questions: of personas
under uniform weights, under the weights of the world (mean of all countries), under the country's
own, under those of each other country (wrong, mean); of the human response surface under the
country's own weights; of the humans of all other countries pooled; floor: a second draw of the same
humans. gain_over_uniform and gain_over_wrong: what own weights take off; share_of_attainable: that
gain over uniform as a part of the surface's. n_questions; by country also n_variables whose shares
are known, kish_effective_n of the weights and their residual. `country` all: mean over countries.
Intervals: questions, and for `all` also countries, drawn anew. Null: needs single respondents.
"""

WAVE_SHIFTS = Table(
    "wave_shifts",
    {
        "country": pl.String,
        "from_wave": pl.Int8,
        "to_wave": pl.Int8,
        "quantity": pl.String,
        "human": pl.Float64,
        "human_se": pl.Float64,
        "persona": pl.Float64,
        "design": pl.Float64,
        "persona_left_out": pl.Float64,
    },
    ("country", "from_wave", "to_wave", "quantity"),
)
"""By how much a country moved from one wave to the next, and personas weighted to its levels in
both. `quantity`: self_expression, secular (map units) or an indicator by its code (share of its
scale). human: the mean answer, human_se its sampling error; persona: by the LLM's answers; design:
by the configurations, no LLM; persona_left_out: the answer to an indicator when only the other nine
variables weight the personas, which is no arithmetic but what the LLM ties together.
"""

WAVE_DRIFT = Table(
    "wave_drift",
    {
        "quantity": pl.String,
        "predictor": pl.String,
        "measure": pl.String,
        **ESTIMATE,
        "null": pl.Float64,
    },
    ("quantity", "predictor", "measure"),
)
"""Do weighted personas move as people did between waves (F20)? Over countries and steps: slope of
the predicted shift on the human one (1 all of it, 0 none), correlation (`null`: its 95th percentile
with shuffled countries), rms_error, rms_no_change (of predicting that nothing moves), rms_noise (of
human sampling alone), skill 1 - (rms_error / rms_no_change)^2, n_shifts, n_countries. Intervals:
countries drawn anew.
"""

COUNTRY_RANKS = Table(
    "country_ranks",
    {
        "question": pl.String,
        "rank_correlation": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null": pl.Float64,
        "surface": pl.Float64,
        "n_countries": pl.Int32,
    },
    ("question",),
    {"rank_correlation": (-1.0, 1.0)},
)
"""Do personas weighted to countries rank the countries as humans do (T24)? Spearman correlation of
mean answers over countries; interval: countries drawn anew; `null`: its 95th percentile with
countries shuffled; `surface`: that of the human response surface.
"""

RESPONDENT_PERSONAS = Table(
    "respondent_personas",
    {"question": pl.String, "answerer": pl.String, "measure": pl.String, **ESTIMATE},
    ("question", "answerer", "measure"),
)
"""Personas against the very respondents whose configuration they have (human-derived personas).
`answerer`: persona; twin (another respondent with the same configuration: the ceiling of any method
that knows the configuration alone); compatriot (another of the same country); anyone; uniform.
agreement: probability of the respondent's own option; distance: expected distance from it (0 same,
1 other end of the scale); emd of the answers of all together, of persona and uniform, beside
emd_floor (a second draw of as many). share_of_ceiling: the persona's agreement from anyone (0) to
twin (1). `question`: a code, or mean of 36, 33, 31. n_respondents have a twin who answered too.
Intervals: countries drawn anew.
"""
