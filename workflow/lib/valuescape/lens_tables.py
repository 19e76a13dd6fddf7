"""Lens tables: the columns, dtypes and keys of what is made from the gathered answers."""

from __future__ import annotations

import polars as pl

from valuescape.tables import Table

SHARE = (0.0, 1.0)

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

POSITIONS = Table(
    "positions",
    {
        "persona_id": pl.UInt32,
        "design_self_expression": pl.Float64,
        "design_secular": pl.Float64,
        "self_expression": pl.Float64,
        "secular": pl.Float64,
        "country": pl.String,
    },
    ("persona_id",),
)
"""Map position by configuration (design) and by answers; null where an indicator has no valid
answer.
"""

MAP_SUMMARY = Table(
    "map_summary",
    {
        "object": pl.String,
        "measure": pl.String,
        "estimate": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
    },
    ("object", "measure"),
)
"""`object` is design, persona or country; measures: n, mean_self_expression, mean_secular, sd_*,
correlation, hull_share, distance_from_midpoint_answerer; intervals by bootstrap over
configurations, null for the design.
"""

COUNTS = Table(
    "counts",
    {
        "group": pl.String,
        "question": pl.String,
        "option": pl.Int8,
        "count": pl.Float64,
        "cumulative_square": pl.Float64,
        "n_personas": pl.Int64,
    },
    ("group", "question", "option"),
)
"""Persona answers by group: expected counts (sums of option probabilities) or counts of chosen
options; `cumulative_square` sums the personas' squared cumulative probabilities up to the option.
All three add up over shards; distances, floors and weights follow from them.
"""

ALIGNMENT_CELLS = Table(
    "alignment_cells",
    {
        "group": pl.String,
        "question": pl.String,
        "n_respondents": pl.Float64,
        "n_personas": pl.Int64,
        "emd": pl.Float64,
        "emd_uniform": pl.Float64,
        "emd_majority": pl.Float64,
        "emd_pooled": pl.Float64,
        "emd_other_mean": pl.Float64,
        "emd_other_worst": pl.Float64,
        "emd_shuffled": pl.Float64,
        "emd_floor": pl.Float64,
        "emd_floor_split_half": pl.Float64,
        "emd_floor_countries": pl.Float64,
        "emd_floor_at_n_personas": pl.Float64,
    },
    ("group", "question"),
    {"emd": SHARE, "emd_uniform": SHARE, "emd_majority": SHARE, "emd_pooled": SHARE},
)
"""EMD (0 best, scaled to [0, 1]) of personas and of each baseline from the humans of a group, by
question. `emd_pooled`: the humans of all other groups; `emd_other_*`: of one other group;
`emd_shuffled`: personas of all groups. `emd_floor`: another draw of the same humans in closed form,
`_split_half`: by random halves, `_countries`: by halves of the group's countries,
`_at_n_personas`: as many personas that answer like the humans.
"""

ALIGNMENT_SUMMARY = Table(
    "alignment_summary",
    {
        "answerer": pl.String,
        "aggregate": pl.String,
        "questions": pl.Int32,
        "alignment": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "corrected": pl.Float64,
        "corrected_low": pl.Float64,
        "corrected_high": pl.Float64,
        "basis": pl.String,
    },
    ("answerer", "aggregate", "questions"),
    {"alignment": SHARE},
)
"""`answerer` as in `alignment_baselines.distances`, and other conditions of the study; `aggregate`:
cell_mean, respondent_weighted, persona_weighted, country_weighted; `questions`: 36, 33 or 31.
`corrected`: less the bias that noise puts on a distance. `basis`: measured, expected, not asked.
"""

FOUNDATION_SCORES = Table(
    "foundation_scores",
    {
        "persona_id": pl.UInt32,
        "care": pl.Float64,
        "equality": pl.Float64,
        "proportionality": pl.Float64,
        "loyalty": pl.Float64,
        "authority": pl.Float64,
        "purity": pl.Float64,
    },
    ("persona_id",),
    dict.fromkeys(
        ("care", "equality", "proportionality", "loyalty", "authority", "purity"), (1.0, 5.0)
    ),
)

LEVEL_EFFECTS = Table(
    "level_effects",
    {
        "variable": pl.String,
        "level": pl.Int8,
        "foundation": pl.String,
        "effect": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "n_personas": pl.Int64,
        "ipsatised_effect": pl.Float64,
        "ipsatised_ci_low": pl.Float64,
        "ipsatised_ci_high": pl.Float64,
    },
    ("variable", "level", "foundation"),
)
"""Centred level effects in scale points: mean at the level minus mean over all personas. Ipsatised:
of scores less the persona's mean over the six foundations, so free of saying yes to everything.
"""

VARIANCE_SHARES = Table(
    "variance_shares",
    {
        "variable": pl.String,
        "foundation": pl.String,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null_share": pl.Float64,
    },
    ("variable", "foundation"),
    {"share": SHARE},
)
"""First-order variance shares; `null_share` is what shuffled personas get (the 95th percentile)."""

FOUNDATION_PROFILES = Table(
    "foundation_profiles",
    {
        "foundation": pl.String,
        "persona_mean": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "persona_sd": pl.Float64,
        "human_mean": pl.Float64,
        "human_sd_within": pl.Float64,
        "human_sd_between": pl.Float64,
        "human_country_min": pl.Float64,
        "human_country_max": pl.Float64,
    },
    ("foundation",),
)

ORACLE_AGREEMENT = Table(
    "oracle_agreement",
    {
        "foundation": pl.String,
        "pearson": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "spearman": pl.Float64,
        "slope": pl.Float64,
        "null_pearson": pl.Float64,
        "r_personas": pl.Float64,
        "r_ci_low": pl.Float64,
        "r_ci_high": pl.Float64,
        "spearman_personas": pl.Float64,
        "slope_personas": pl.Float64,
        "r2_personas": pl.Float64,
        "r2_additive_ceiling": pl.Float64,
        "rmse_personas": pl.Float64,
        "rmse_no_skill": pl.Float64,
        "rmse_additive": pl.Float64,
    },
    ("foundation",),
)
"""Centred oracle ratings against measured level effects (32 levels); `null_pearson`: 95th
percentile of |r| when levels are shuffled within each variable. Then, persona by persona, its
score against the sum of the ratings of its levels: r with its 95 % interval, Spearman, slope, share
of variance beside that of the best additive model (the ceiling), root mean square error in scale
points beside that of the mean alone (`rmse_no_skill`) and of the best additive model.
`foundation` has a further row `all`.
"""

DEMOGRAPHICS = Table(
    "demographics",
    {
        "attribute": pl.String,
        "category": pl.String,
        "n_personas": pl.Int64,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "human_share": pl.Float64,
    },
    ("attribute", "category"),
    {"share": SHARE},
)
"""What the biographies say: shares of each category; `human_share` where a human margin is known,
else null.
"""

VALIDITY = Table(
    "validity",
    {
        "stage": pl.String,
        "question": pl.String,
        "asked": pl.Int64,
        "valid": pl.Int64,
        "refused": pl.Int64,
        "malformed": pl.Int64,
        "truncated": pl.Int64,
        "out_of_range": pl.Int64,
        "option_mass": pl.Float64,
    },
    ("stage", "question"),
)
"""Every answer accounted for: asked = the sum of the five outcomes. `stage`: biographies or an
instrument.
"""

ADHERENCE = Table(
    "adherence",
    {
        "variable": pl.String,
        "slope": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "correlation": pl.Float64,
        "null_correlation": pl.Float64,
        "top_above_bottom": pl.Float64,
    },
    ("variable",),
)
"""Does a persona answer as configured? Slope and correlation of the answered on the configured
survey value; `null_correlation`: 95th percentile of |r| with shuffled personas;
`top_above_bottom`: probability that a persona of the top level answers higher than one of the
bottom level (0.5 = no skill).
"""
