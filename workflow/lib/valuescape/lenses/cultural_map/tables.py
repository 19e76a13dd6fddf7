"""Tables of the cultural map beyond positions and their summary: columns, dtypes and keys."""

from __future__ import annotations

import polars as pl

from valuescape.core.tables import SHARE, Table

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

ESTIMATE = {"estimate": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64}

RECOVERY_MATRIX = Table(
    "recovery_matrix",
    {
        "variable": pl.String,
        "configured": pl.Int8,
        "answered": pl.Int8,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "share_of_all": pl.Float64,
        "n_personas": pl.Int64,
    },
    ("variable", "configured", "answered"),
    {"share": SHARE, "share_of_all": SHARE},
)
"""P(answered level | configured level); `share_of_all` is P(answered level) over all personas:
what is seen in every row if personas ignore their configuration.
"""

RECOVERY = Table(
    "recovery",
    {
        "variable": pl.String,
        "weighted_kappa": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null_kappa": pl.Float64,
        "agreement": pl.Float64,
        "agreement_by_chance": pl.Float64,
    },
    ("variable",),
    {"agreement": SHARE, "agreement_by_chance": SHARE},
)
"""Agreement of answered with configured levels: Cohen's kappa with quadratic weights (1 best, 0
chance), `null_kappa` the 95th percentile with shuffled personas; `agreement` is the probability
that the levels are the same, `agreement_by_chance` that of independent levels with these margins.
"""

MAP_RECOVERY = Table(
    "map_recovery",
    {"axis": pl.String, "measure": pl.String, **ESTIMATE, "null": pl.Float64},
    ("axis", "measure"),
)
"""Answered against configured place. By axis: slope, r2, shrinkage (1 - slope), sd_ratio, offset
(mean answered minus mean configured, map units). `axis` all: midpoint_distance (0: all answers at
the middle of their scales, 1: all at an end), configured_distance (of the answers from the
configuration, same unit), at_midpoint_share (of personas whose answers lie no farther from the
middles than the configuration nearest to them) and midpoint_flag (1 if that share lies above one
half with its whole interval). `null`: of r2 the 95th percentile with shuffled personas; of
midpoint_distance and at_midpoint_share what the configurations themselves have.
"""

NEAREST = Table(
    "nearest",
    {
        "kind": pl.String,
        "name": pl.String,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "share_of_design": pl.Float64,
    },
    ("kind", "name"),
    {"share": SHARE, "share_of_design": SHARE},
)
"""Share of personas whose answers lie nearest to a country's mean place, or to a cultural region's
(`kind`); `share_of_design`: of the same personas by configuration, with no LLM.
"""

STATED_COUNTRY = Table(
    "stated_country",
    {"measure": pl.String, **ESTIMATE, "null": pl.Float64},
    ("measure",),
)
"""Personas against the country their biography states: n_personas, distance_from_stated (mean, map
units), distance_from_others (mean over the countries that the other personas state), advantage
(the latter minus the former), nearest_is_stated_share, p_value (one-sided). `null`: mean when the
stated countries are shuffled over personas.
"""

PROJECTION = {
    "ivs": pl.String,
    "weight_self_expression": pl.Float64,
    "weight_secular": pl.Float64,
    "mean": pl.Float64,
    "sd": pl.Float64,
}

MAP_VARIANTS = Table(
    "map_variants",
    {"fit": pl.String, "rotation": pl.String, **PROJECTION},
    ("fit", "rotation", "ivs"),
)
"""Projections fitted to the same humans in other ways, each as the published one is given. `fit`:
refit (case weights as the survey's), refit_equal_countries, refit_unweighted, refit_polychoric, and
published for the published map; `rotation` as in SENSITIVITY, and scores_varimax.
"""

INSTRUMENT_DRAWS = Table("instrument_draws", {"draw": pl.Int32, **PROJECTION}, ("draw", "ivs"))
"""Projections refitted to respondents drawn anew within each country, and turned to the refit's
axes.
"""

MAP_REFIT = Table(
    "map_refit",
    {
        "fit": pl.String,
        "rotation": pl.String,
        "axis": pl.String,
        "measure": pl.String,
        **ESTIMATE,
        "reimplementations": pl.Float64,
    },
    ("fit", "rotation", "axis", "measure"),
)
"""Agreement of refits with the published map. `measure`: congruence (Tucker's, of the loadings; 1
the same axis), country_r and country_rms (correlation and root mean square difference of country
means, map units), offset (refit less published, mean over countries); for `axis` both: n_countries
on both maps, n_respondents with all ten answers, and eigenvalue_01 to eigenvalue_10 of the
respondents' correlations. Intervals, of the official procedure alone,
over respondents drawn anew. `reimplementations`: what two public makings of the same map agree to.
"""

UNCERTAINTY = Table(
    "map_uncertainty",
    {
        "uncertainty": pl.String,
        "self_expression": pl.Float64,
        "secular": pl.Float64,
        "semi_major": pl.Float64,
        "semi_minor": pl.Float64,
        "angle_degrees": pl.Float64,
        "n": pl.Int64,
        "basis": pl.String,
    },
    ("uncertainty",),
)
"""95 % ellipses of four things never to be mixed: dispersion (of personas), mean (confidence of
their mean over configurations), conditions (of the mean over conditions that tell personas the
same, bootstrap of conditions), instrument (of the mean under other instruments). `n`: what was
counted or drawn; `basis`: personas, conditions, refits (to human respondents drawn anew), or
reimplementations (no microdata: how far two public makings of the map put one country apart).
Without ellipse where there are fewer than two conditions.
"""

SENSITIVITY = Table(
    "map_sensitivity",
    {
        "object": pl.String,
        "fit": pl.String,
        "rotation": pl.String,
        "missing": pl.String,
        "constants": pl.String,
        "coding": pl.String,
        "n": pl.Int64,
        "mean_self_expression": pl.Float64,
        "mean_secular": pl.Float64,
        "displacement": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
    },
    ("object", "fit", "rotation", "missing", "constants", "coding"),
)
"""Mean place under each variant of the map, and how far from that under the standing choices
(the map in use as it was fitted, complete, wvs and survey_value), in map units. `object`: persona
(by answers, intervals over configurations) or design. `fit`: published or refit, with the user's
EVS/WVS file also the others of MAP_VARIANTS; `rotation`: as_fitted, unrotated, varimax,
varimax_kaiser, scores_varimax or procrustes_target; `missing`: complete (all ten answers),
six_of_ten (others at the human mean); `constants`: wvs, tao_misprint; `coding`: survey_value,
level_value (answers binned into the levels), mean_of_codes (each level at the mean of its survey
codes).
"""

CONSTRAINT = Table(
    "map_constraint",
    {"object": pl.String, "measure": pl.String, **ESTIMATE, "null": pl.Float64},
    ("object", "measure"),
)
"""How tied the ten answers are to each other. `measure`: eigenvalue_01 to eigenvalue_10 of their
correlation matrix, first_component_share, effective_dependence 1 - det(R)^(1/10) (Pena & Rodriguez
2003; 0 independent, 1 fully tied). `object`: persona; design (these configurations); human, of
whom the published weights tell only the first two eigenvalues, the user's EVS/WVS file all.
`null`: 95th percentile with each answer shuffled over personas by itself.
"""

EXTREMES = Table(
    "extremes",
    {
        "set": pl.String,
        "lens": pl.String,
        "measure": pl.String,
        "n": pl.Int64,
        **ESTIMATE,
        "of_all": pl.Float64,
        "of_design": pl.Float64,
    },
    ("set", "lens", "measure"),
)
"""Means over extreme configurations beside those over all personas (`of_all`) and, on the map, the
place of the configurations themselves (`of_design`). `set`: all, corner (every variable at its
first or last level), other, and the corners by the quarter of the map that they are configured to.
`lens` map: self_expression, secular, distance_from_mean (of answers, from the mean answered place)
and configured_distance_from_mean (of configurations, from theirs), in map units; morality: the six
foundations, scale points 1 to 5. Intervals over the personas of the set.
"""

WEIGHTED_POSITIONS = Table(
    "weighted_positions",
    {
        "scheme": pl.String,
        "object": pl.String,
        "measure": pl.String,
        "name": pl.String,
        **ESTIMATE,
    },
    ("scheme", "object", "measure"),
)
"""Where personas lie under each scheme of weights. `object`: persona (by answers) or design (the
same personas by configuration, no LLM). `measure`: those of MAP_SUMMARY, with n_effective (Kish)
for n; nearest_country and nearest_region (of the mean place: their `name`, and the distance in map
units); share_nearest_country and _region (the greatest weighted share of personas nearest to one).
Intervals over configurations, their weights kept.
"""
