"""Tables of the cultural map: columns, dtypes and keys, and what the report prints of them."""

from __future__ import annotations

import polars as pl

from valuescape.core.tables import SHARE, Table

ESTIMATE = {"estimate": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64}
PROJECTION = {
    "ivs": pl.String,
    "weight_self_expression": pl.Float64,
    "weight_secular": pl.Float64,
    "mean": pl.Float64,
    "sd": pl.Float64,
}
"""Columns of a projection from answers to the map, as in config/reference/iw_projection.csv."""

AXES = ("self_expression", "secular")
"""The axes of the map."""

# How many rows of long tables the report prints.
MOST_NEAREST, MOST_MOVED = 5, 8
REPORTED_MEASURES = (
    "n_effective", "mean_self_expression", "mean_secular", "correlation", "hull_share",
)  # fmt: skip


def most_frequent(nearest: pl.DataFrame) -> pl.DataFrame:
    """Return the countries, and the regions, to which most personas lie nearest."""
    ranked = nearest.sort("share", "name", descending=[True, False])
    return ranked.group_by("unit", maintain_order=True).head(MOST_NEAREST)


def most_displaced(sensitivity: pl.DataFrame) -> pl.DataFrame:
    """Return the variants of the map that move the personas' mean most."""
    personas = sensitivity.filter(pl.col("object") == "persona")
    return personas.sort("displacement", descending=True, nulls_last=True).head(MOST_MOVED)


def reported_measures(weighted: pl.DataFrame) -> pl.DataFrame:
    """Return the main measures of weighted positions."""
    return weighted.filter(pl.col("measure").is_in(REPORTED_MEASURES)).drop("name")


def axis_shifts(shifts: pl.DataFrame) -> pl.DataFrame:
    """Return the greatest shifts along the axes of the map."""
    on_axes = shifts.filter(pl.col("quantity").is_in(AXES))
    return on_axes.sort(pl.col("human").abs(), descending=True).head(MOST_MOVED)


def axis_drift(drift: pl.DataFrame) -> pl.DataFrame:
    """Return how well shifts along the axes of the map are predicted."""
    return drift.filter(pl.col("quantity").is_in(AXES))


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
    path="{model}/{condition}/map/positions.parquet",
    of="anyone",
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
    path="{model}/{condition}/map/summary.parquet",
    title="Personas, their configurations and people on the Inglehart-Welzel map, in map units",
    of="anyone",
    section="map",
    note=(
        "Positions in map units. design: the configurations alone, without an LLM; persona: by "
        "their expected answers; persona drawn: read as individuals, one option drawn of each "
        "distribution (mean of several readings); human: single respondents of 20 countries, with "
        "whom persona drawn is to be compared; country: means of countries. within, between: "
        "around the mean of the own (for personas, the stated) country, and of these means."
    ),
)
"""`object` is design, persona (expected answers), persona_drawn (one option drawn, the mean of
several readings), human (single respondents, INDIVIDUAL_MOMENTS) or country (means of countries).
Measures: n, mean_self_expression, mean_secular, sd_*, correlation, hull_share (within the convex
hull of the country means), distance_from_midpoint; of persona_drawn and human also n_countries,
sd_within_*, correlation_within and sd_between_* (over the countries that five personas or more
state, or of the respondents). Intervals: personas drawn anew, countries for human and for within
and between; null for what is known exactly: the design, and the personas where every configuration
was asked.
"""

MANIPULATION_CHECK_MATRIX = Table(
    "manipulation_check_matrix",
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
    path="{model}/{condition}/map/manipulation_check_matrix.parquet",
    title="Probability of the answered level by configured level, and over all personas",
    section="map",
)
"""P(answered level | configured level); `share_of_all` is P(answered level) over all personas:
what is seen in every row if personas ignore their configuration.
"""

MANIPULATION_CHECK_LEVELS = Table(
    "manipulation_check_levels",
    {
        "variable": pl.String,
        "weighted_kappa": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null_95_kappa": pl.Float64,
        "agreement": pl.Float64,
        "agreement_by_chance": pl.Float64,
    },
    ("variable",),
    {"agreement": SHARE, "agreement_by_chance": SHARE},
    path="{model}/{condition}/map/manipulation_check_levels.parquet",
    title="Agreement of answered with configured levels (kappa)",
    section="map",
)
"""Agreement of answered with configured levels: Cohen's kappa with quadratic weights (1 best, 0
chance), `null_95_kappa` the 95th percentile with shuffled personas; `agreement` is the probability
that the levels are the same, `agreement_by_chance` that of independent levels with these margins.
"""

MANIPULATION_CHECK_AXES = Table(
    "manipulation_check_axes",
    {"axis": pl.String, "measure": pl.String, **ESTIMATE, "null_95": pl.Float64},
    ("axis", "measure"),
    path="{model}/{condition}/map/manipulation_check_axes.parquet",
    title="Answered against configured position on the map, and nearness to the scale midpoints",
    section="map",
    note=(
        "The answered position regressed on the configured one, by axis; and how near answers lie "
        "to the scale midpoints. null 95: 95th percentile of R2 with shuffled personas; in the "
        "rows of midpoints, the value that the configurations themselves have. midpoint flag: 1 if "
        "most personas answer at the scale midpoints, which alone puts them above every country."
    ),
)
"""Answered against configured position. By axis: slope, r2, shrinkage (1 - slope), sd_ratio, offset
(mean answered minus mean configured, map units). `axis` all: midpoint_distance (0: all answers at
the scale midpoints, 1: all at an end), configured_distance (of the answers from the configuration,
same unit), at_midpoint_share (of personas whose answers lie no farther from the midpoints than the
nearest configuration does) and midpoint_flag (1 if the whole interval of that share lies above one
half). `null_95`: of r2 the 95th percentile with shuffled personas; of midpoint_distance and
at_midpoint_share the value that the configurations themselves have.
"""

NEAREST = Table(
    "nearest",
    {
        "unit": pl.String,
        "name": pl.String,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "share_of_design": pl.Float64,
    },
    ("unit", "name"),
    {"share": SHARE, "share_of_design": SHARE},
    path="{model}/{condition}/map/nearest.parquet",
    title="To which country and region personas lie nearest",
    section="map",
    note=(
        "The countries and regions to whose mean position most personas lie nearest. share of "
        "design: of the same personas by configuration, without an LLM."
    ),
    folded=True,
    excerpt=most_frequent,
)
"""Share of personas whose answers lie nearest to a country's mean position, or to a cultural
region's (`unit`: country or region); `share_of_design`: of the same personas by configuration, with
no LLM.
"""

STATED_COUNTRY = Table(
    "stated_country",
    {"measure": pl.String, **ESTIMATE, "expected_by_chance": pl.Float64},
    ("measure",),
    path="{model}/{condition}/map/stated_country.parquet",
    title="Personas against the country they say they live in, in map units",
    section="map",
    note=(
        "Personas against the humans of the country that their biography states. expected by "
        "chance: mean when the stated countries are shuffled over personas."
    ),
    folded=True,
)
"""Personas against the country their biography states: n_personas, distance_from_stated (mean, map
units), distance_from_others (mean over the countries that the other personas state), advantage
(the latter minus the former), nearest_is_stated_share, p_value (one-sided). `expected_by_chance`:
mean when the stated countries are shuffled over personas.
"""

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
    path="survey/map/agreement.parquet",
    title="The map refitted to single respondents, against the published one",
    section="map",
    needs="survey.trend",
)
"""Agreement of refits with the published map. `measure`: congruence (Tucker's, of the loadings; 1
the same axis), country_r and country_rms (correlation and root mean square difference of country
means, map units), offset (refit less published, mean over countries); for `axis` both: n_countries
on both maps, n_respondents with all ten answers, and eigenvalue_01 to eigenvalue_10 of the
respondents' correlations. Intervals, of the official procedure alone, over respondents drawn anew.
`reimplementations`: how far two public reimplementations of the same map agree.
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
    path="{model}/{condition}/map/uncertainty.parquet",
    title="Four uncertainties of the personas' position, as 95 % ellipses in map units",
    section="map",
    note=(
        "Four uncertainties of the personas' position, never to be added: 95 % ellipses, semi-axes "
        "in map units. dispersion: of personas; mean: of their mean, over configurations; "
        "conditions: of the mean, over conditions with the same persona context; instrument: of "
        "the mean, over other versions of the map (basis)."
    ),
)
"""95 % ellipses of four things never to be mixed: dispersion (of personas), mean (confidence of
their mean over configurations), conditions (of the mean over conditions with the same persona
context, bootstrap of conditions), instrument (of the mean under other instruments). `n`: what was
counted or drawn; `basis`: personas, conditions, refits (to human respondents drawn anew), or
reimplementations (no microdata: how far two public reimplementations of the map put one country
apart). Without ellipse where there are fewer than two conditions.
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
        "correlation": pl.Float64,
        "hull_share": pl.Float64,
        "nearest_country": pl.String,
        "nearest_distance": pl.Float64,
        "most_secular_country": pl.Float64,
        "displacement": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
    },
    ("object", "fit", "rotation", "missing", "constants", "coding"),
    {"correlation": (-1.0, 1.0), "hull_share": SHARE},
    path="{model}/{condition}/map/sensitivity.parquet",
    title="Where the mean lies under other versions of the map, in map units",
    section="map",
    note=(
        "The versions of the map that move the personas' mean most. Countries are placed on each "
        "version as the personas are. displacement: how far the mean moves among the countries, "
        "after the version is turned to bring those as near as possible to their standing places "
        "(map units). Correlation of the axes, and the height of the most secular country, belong "
        "to one rotation; the share within the countries' hull holds under every one."
    ),
    folded=True,
    excerpt=most_displaced,
)
"""Mean position under each variant of the map, beside the countries (their mean answers in the
latest wave with all ten) on the same variant: `correlation` of the axes over personas, `hull_share`
of personas between the countries, nearest country to the mean and its distance, height of the most
secular country, all in the variant's own units. `displacement` from the place under the standing
choices (the map in use as it was fitted, complete, wvs and survey_value), after rotation and shift
bring the countries of the variant nearest to their standing places. `object`: persona (by answers,
intervals over configurations) or design. `fit`: published or refit, with the user's
EVS/WVS file also the others of MAP_VARIANTS; `rotation`: as_fitted, unrotated, varimax,
varimax_kaiser, scores_varimax or procrustes_target; `missing`: complete (all ten answers),
six_of_ten (others at the human mean); `constants`: wvs, tao_misprint; `coding`: survey_value,
level_value (answers binned into the levels), mean_of_codes (each level at the mean of its survey
codes).
"""

CONSTRAINT = Table(
    "map_constraint",
    {"object": pl.String, "measure": pl.String, **ESTIMATE, "null_95": pl.Float64},
    ("object", "measure"),
    path="{model}/{condition}/map/constraint.parquet",
    title="How strongly the ten answers depend on each other",
    section="map",
)
"""How strongly the ten answers depend on each other. `measure`: eigenvalue_01 to eigenvalue_10 of
their correlation matrix, first_component_share, effective_dependence 1 - det(R)^(1/9) (Pena &
Rodriguez 2003; 0 independent, 1 fully dependent). `object`: persona (by expected answers);
persona_drawn (one option drawn of each distribution, as a human answers: the mean of several
readings, to be set beside the human); design (these configurations);
human, of whom the published weights give only the first two eigenvalues, the user's EVS/WVS file
all.
`null_95`: 95th percentile with each answer shuffled over personas by itself.
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
    path="{model}/{condition}/map/weighted_positions.parquet",
    title="Where personas and their configurations lie under each scheme of weights, in map units",
    section="map",
    note=(
        "Under each scheme of weights: personas by answers, and the same personas by configuration "
        "(design, no LLM). n effective: Kish's effective number of personas."
    ),
    folded=True,
    excerpt=reported_measures,
)
"""Where personas lie under each scheme of weights. `object`: persona (by expected answers),
persona_drawn (one option drawn, as in MAP_SUMMARY) or design (the same personas by configuration,
no LLM, known exactly). `measure`: those of MAP_SUMMARY, with n_effective (Kish)
for n; nearest_country and nearest_region (of the mean position: their `name`, and the distance in
map units); share_nearest_country and _region (the greatest weighted share of personas nearest to
one). Intervals over configurations, their weights kept.
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
        "design_left_out": pl.Float64,
        "world_mean": pl.Float64,
    },
    ("country", "from_wave", "to_wave", "quantity"),
    path="{model}/{condition}/weights/wave_shifts.parquet",
    title="Shifts of countries between waves, and of personas weighted to them",
    section="weights",
    note="The greatest shifts along the axes of the map, in map units.",
    folded=True,
    excerpt=axis_shifts,
)
"""By how much a country moved from one wave to the next, and personas weighted to what is known of
its levels in both: shares, or means alone. `quantity`: self_expression, secular (map units) or an
indicator by its code (share of its scale). human: the mean answer, human_se its sampling error (of
public means: from the SD of people and how many answered, null where that is not known); persona:
by the LLM's answers; design: by the configurations, no LLM; persona_left_out: each answer when only
the other nine variables weight the personas: not arithmetic, but what the LLM connects;
design_left_out: the same of the configurations, what a fraction of them ties by chance (0 where all
were asked); world_mean: the mean shift of the other countries in the same step.
"""

WAVE_DRIFT = Table(
    "wave_drift",
    {
        "quantity": pl.String,
        "predictor": pl.String,
        "measure": pl.String,
        **ESTIMATE,
        "null_95": pl.Float64,
    },
    ("quantity", "predictor", "measure"),
    path="{model}/{condition}/weights/wave_drift.parquet",
    title="Do weighted personas move between waves as people did?",
    section="weights",
    note=(
        "Over countries and steps between waves. design: the configurations alone, which follow by "
        "arithmetic; persona left out: weighted by the other nine variables; world mean: every "
        "country moves as the others did on average. null 95: 95th percentile with countries "
        "shuffled."
    ),
    folded=True,
    excerpt=axis_drift,
)
"""Do weighted personas move as people did between waves? Over countries and steps: slope of
the predicted shift on the human one (1 all of it, 0 none), correlation, sign_agreement (share of
shifts predicted in the right direction, of those predicted at all), rms_error, rms_no_change (of
predicting that nothing moves), rms_noise (of human sampling alone, null where not known), skill
1 - (rms_error / rms_no_change)^2, n_shifts, n_countries. Predictor world_mean has no slope and no
correlation: leaving each country out of its own mean makes them negative. `null_95`: 95th
percentile with shuffled countries. Intervals: countries drawn anew.
"""

INDEX_FORMS = Table(
    "index_forms",
    {
        "quantity": pl.String,
        "battery": pl.Float64,
        "one_question": pl.Float64,
        "difference": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "correlation": pl.Float64,
        "n_personas": pl.Int64,
        "remark": pl.String,
    },
    ("quantity",),
    {"correlation": (-1.0, 1.0)},
    path="{model}/{condition}/map/index_forms.parquet",
    title="The map with its two indices asked as the survey does, and in one question each",
    section="map",
    note=(
        "Post-materialism (Y002) and autonomy (Y003) are indices of batteries. battery: derived "
        "from the survey's own questions, as in every other table; one question: condensed. "
        "difference: one question less battery, with a 95 % interval by bootstrap over personas. "
        "correlation: between both forms, over personas."
    ),
    folded=True,
)
"""Means and SDs of both indices and on both axes, and correlations, by both forms; null with a
remark where the condensed form was not asked, nobody answered both, or nothing varies.
"""
