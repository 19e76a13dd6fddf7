"""Moral tables: columns, dtypes and keys of what is made from the foundation scores."""

from __future__ import annotations

import polars as pl

from valuescape.core.tables import SHARE, Table
from valuescape.study.instruments import FOUNDATIONS

ALL = "all"
"""In a column `foundation`: all of them together."""
SCORINGS = ("raw", "ipsatised")
"""Foundation scores as they are, and less each row's mean over the foundations."""


def shares_by_foundation(shares: pl.DataFrame) -> pl.DataFrame:
    """Return ANOVA_SHARES as the report prints it: what each variable explains alone."""
    alone = shares.filter(pl.col("measure") == "first_order")
    return alone.pivot("foundation", index="variable", values="share")


def ranked_over_all(core: pl.DataFrame) -> pl.DataFrame:
    """Return CORE_VARIABLES as the report prints it: the mean over the foundations, by rank."""
    whole = core.filter(pl.col("foundation") == ALL).sort("rank")
    return whole.drop("foundation", "interval_from")


FOUNDATION_SCORES = Table(
    "foundation_scores",
    {"persona_id": pl.UInt32, **dict.fromkeys(FOUNDATIONS, pl.Float64)},
    ("persona_id",),
    dict.fromkeys(FOUNDATIONS, (1.0, 5.0)),
    path="{model}/{condition}/morality/scores.parquet",
)

DRAWN_SCORES = Table(
    "drawn_scores",
    {
        "reading": pl.Int16,
        "persona_id": pl.UInt32,
        **dict.fromkeys(FOUNDATIONS, pl.Float64),
    },
    ("reading", "persona_id"),
    dict.fromkeys(FOUNDATIONS, (1.0, 5.0)),
)
"""Scores of personas read as individuals: one option drawn for each item, in several readings; one
reading where the readout is of chosen options already.
"""

LEVEL_EFFECTS = Table(
    "level_effects",
    {
        "variable": pl.String,
        "level": pl.Int8,
        "foundation": pl.String,
        "effect": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "p_holm": pl.Float64,
        "n_personas": pl.Int64,
        "ipsatised_effect": pl.Float64,
        "ipsatised_ci_low": pl.Float64,
        "ipsatised_ci_high": pl.Float64,
        "ipsatised_p_holm": pl.Float64,
        "interval_from": pl.String,
    },
    ("variable", "level", "foundation"),
    {"p_holm": SHARE, "ipsatised_p_holm": SHARE},
    path="{model}/{condition}/morality/effects.parquet",
    title="Effect of each cultural level on each moral foundation, in scale points, centred",
    section="morality",
    note=(
        "Effect of each level, in scale points from the mean over the levels of its variable, by "
        "least squares on the valid answers. Levels are numbered from 0. p holm: that there is no "
        "effect, adjusted for all levels and foundations. interval from: what the noise is "
        "measured by, or why nothing is said."
    ),
    folded=True,
)
"""Level effects in scale points, summing to zero within a variable, of the additive model fitted by
least squares to the valid answers (in a balanced design that lacks none: mean at the level minus
mean over all personas). Ipsatised: of scores less the persona's mean over the six foundations, so
free of saying yes to everything. `interval_from`: what the noise is measured by; the configurations
of a design are not drawn. `p_holm`: of the 32 levels by six foundations together.
"""

FOUNDATION_PROFILES = Table(
    "foundation_profiles",
    {
        "foundation": pl.String,
        "persona_mean": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "persona_sd": pl.Float64,
        "drawn_sd": pl.Float64,
        "human_mean": pl.Float64,
        "human_sd_within": pl.Float64,
        "human_sd_between": pl.Float64,
        "human_country_min": pl.Float64,
        "human_country_max": pl.Float64,
    },
    ("foundation",),
    path="{model}/{condition}/morality/profiles.parquet",
    title="Moral foundations of personas and of humans (scale 1 to 5)",
    section="morality",
    note=(
        "Foundation scores, scale points 1 to 5, of personas and of humans in 19 countries. "
        "persona sd: of the scores as the study reads them; drawn sd: of the same personas read "
        "as individuals, one option drawn an item, as people choose; compare that one with human "
        "sd within."
    ),
)
"""`drawn_sd`: mean over readings in which each item is answered by one draw, to be set beside
`human_sd_within`; expected scores of personas hold no draw and lie closer together.
"""

ORACLE_AGREEMENT = Table(
    "oracle_agreement",
    {
        "foundation": pl.String,
        "pearson": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "spearman": pl.Float64,
        "slope": pl.Float64,
        "null_95_pearson": pl.Float64,
        "null_percentile": pl.Float64,
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
    path="{model}/{condition}/morality/oracle_agreement.parquet",
    title="The oracle's ratings of levels against measured effects",
    section="morality",
    note=(
        "Agreement of the oracle's ratings with measured effects. null percentile: share of "
        "shuffles, levels within variables, whose r is not as far from 0. r2 personas: share of "
        "persona variance that the ratings explain, negative if they point the wrong way; r2 "
        "additive ceiling: what the best additive rating explains of configurations that it was "
        "not fitted to; rmse in scale points, beside the mean alone (no skill) and the best "
        "additive model."
    ),
)
"""Centred oracle ratings against measured level effects (32 levels); `null_95_pearson`: 95th
percentile of |r| when levels are shuffled within each variable; `null_percentile`: the share of
these shuffles whose |r| is less than that of the ratings. Then, persona by persona, its score
against the sum of the ratings of its levels: r with its 95 % interval, Spearman, slope, share of
variance (with the sign of r) beside that of the best additive model, each configuration predicted
by the others (the ceiling, at least 0), root mean square error in scale points beside that of the
mean alone (`rmse_no_skill`) and of the best additive model. `foundation` has a further row `all`,
of the foundations that are defined.
"""


ANOVA_SHARES = Table(
    "anova_shares",
    {
        "variable": pl.String,
        "foundation": pl.String,
        "measure": pl.String,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null_95_share": pl.Float64,
        "omega_squared": pl.Float64,
        "estimable": pl.String,
    },
    ("variable", "foundation", "measure"),
    {"share": SHARE, "ci_low": SHARE, "ci_high": SHARE},
    path="{model}/{condition}/morality/anova_shares.parquet",
    title="Share of each cultural variable in the personas' variance: alone, total, Shapley",
    section="morality",
    note=(
        "Share of the personas' variance in a foundation that a cultural variable explains "
        "alone (0 to 1). The whole table has its shares with interactions (on the full cube), "
        "intervals, what noise alone would give (null 95 share), and why a share is not estimable."
    ),
    excerpt=shares_by_foundation,
)
"""Share of a cultural variable in the variance of a foundation. `measure`: first_order (alone),
total (with every interaction that it takes part in) or shapley (interactions divided equally among
those who take part). `null_95_share`: 95th percentile when all variance is noise. `omega_squared`:
less what noise alone would give. `estimable`: exact, what it is mixed with, or why it is null.
"""

ANOVA_ORDERS = Table(
    "anova_orders",
    {
        "foundation": pl.String,
        "order": pl.Int8,
        "n_effects": pl.Int64,
        "df": pl.Int64,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null_95_share": pl.Float64,
        "omega_squared": pl.Float64,
        "noise_mean_square": pl.Float64,
        "noise_from": pl.String,
        "n_filled": pl.Int64,
        "estimable": pl.String,
    },
    ("foundation", "order"),
    {"share": SHARE},
    path="{model}/{condition}/morality/anova_orders.parquet",
    title="The personas' variance by the number of cultural variables that interact",
    section="morality",
)
"""Variance by the number of variables that interact. `noise_from` says what the noise is measured
by: replicates, or else a residual that holds interactions too and so bounds it from above.
`n_filled`: missing scores that were filled with the additive prediction.
"""

ANOVA_PAIRS = Table(
    "anova_pairs",
    {
        "variable": pl.String,
        "other_variable": pl.String,
        "foundation": pl.String,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null_95_share": pl.Float64,
        "largest_effect": pl.Float64,
        "estimable": pl.String,
    },
    ("variable", "other_variable", "foundation"),
    {"share": SHARE},
    path="{model}/{condition}/morality/anova_pairs.parquet",
    title="Interactions of two cultural variables",
    section="morality",
)
"""Interactions of two variables; `largest_effect` is that of a pair of levels, in scale points."""

TRENDS = Table(
    "trends",
    {
        "variable": pl.String,
        "foundation": pl.String,
        "linear_share": pl.Float64,
        "quadratic_share": pl.Float64,
        "slope": pl.Float64,
        "slope_ci_low": pl.Float64,
        "slope_ci_high": pl.Float64,
        "p_holm": pl.Float64,
        "shape": pl.String,
        "mutual_information": pl.Float64,
        "null_95_mutual_information": pl.Float64,
        "interval_from": pl.String,
    },
    ("variable", "foundation"),
    {"p_holm": SHARE, "linear_share": SHARE, "quadratic_share": SHARE, "mutual_information": SHARE},
    path="{model}/{condition}/morality/trends.parquet",
    title="How foundations run over graded levels: line, bend, mutual information",
    section="morality",
)
"""How a foundation runs over the graded levels of a variable. Linear and quadratic share: of the
variance between its levels. `slope`: scale points per unit of the survey's scale, other variables
equal. `shape`: rising or falling where the slope differs from 0 at 5 % among all variables and
foundations (`p_holm`), not monotone where steps up and steps down lie beyond their 95 % intervals,
else undecided; null where nothing varies. Mutual information with the score in sixths of a point,
divided by the score's entropy.
"""

ORACLE_STABILITY = Table(
    "oracle_stability",
    {
        "over": pl.String,
        "foundation": pl.String,
        "icc_single": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "icc_mean": pl.Float64,
        "least_pearson": pl.Float64,
        "greatest_pearson": pl.Float64,
        "n_raters": pl.Int64,
        "n_targets": pl.Int64,
    },
    ("over", "foundation"),
    {"icc_single": (-1.0, 1.0), "least_pearson": (-1.0, 1.0), "greatest_pearson": (-1.0, 1.0)},
    path="{model}/{condition}/morality/oracle_stability.parquet",
    title="Whether the oracle's ratings come back in other wordings and other draws (ICC)",
    section="morality",
    note=(
        "Do the ratings come back in other wordings and in other drawn answers? Intraclass "
        "correlation of one and of all raters (0 none, 1 full); least and greatest correlation "
        "of a single rater with the measured effects."
    ),
)
"""Do the oracle's ratings, centred within variables, come back? `over`: wordings (expected ratings)
or draws (drawn ratings, within wordings). ICC(3,1) of one rater with its 95 % interval, ICC(3,k)
of the mean of all; 0 is no agreement, 1 is full; null with one rater. `least_pearson` and
`greatest_pearson`: correlation of each rater alone with the measured effects. `foundation` has a
further row `all`.
"""

INVARIANCE = Table(
    "invariance",
    {
        "variable": pl.String,
        "foundation": pl.String,
        "readout": pl.String,
        "range": pl.Float64,
        "ci90_low": pl.Float64,
        "ci90_high": pl.Float64,
        "margin_within": pl.Float64,
        "margin_between": pl.Float64,
        "verdict_within": pl.String,
        "verdict_between": pl.String,
        "possible_range": pl.Float64,
        "range_in_sd": pl.Float64,
        "sd_over_human_between": pl.Float64,
        "n_conditions": pl.Int64,
        "interval_from": pl.String,
    },
    ("variable", "foundation", "readout"),
    {"range": (0.0, 4.0)},
    path="{model}/{condition}/morality/invariance.parquet",
    title="Range of each foundation over the levels of a variable against human margins",
    section="morality",
)
"""Range of a foundation over the levels of a variable, in scale points, with its 90 % interval
and two margins: 0.2 of the human SD within countries, half the human SD between countries.
Verdicts hold at 5 % over all variables and foundations (Holm): invariant, varies, undecided; null
where nothing varies. `readout` drawn: personas read as individuals, one option an item, as the
people whose margins these are. `possible_range`: the greatest that scores of this SD could show, if
nothing but this variable moved them; where it lies below a margin, invariance says nothing of the
variable. `range_in_sd`: the range over the personas' own SD. `sd_over_human_between`: SD of the
level effects over that of the means of 19 countries. `n_conditions`: those that give personas the
same context; effects are their mean, and where there are several, what differs between them is
noise too. `interval_from`: what the noise is measured by.
"""

CULTURE_FIT = Table(
    "culture_fit",
    {
        "foundation": pl.String,
        "predictor": pl.String,
        "readout": pl.String,
        "r_squared": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "adjusted_r_squared": pl.Float64,
        "null_95_r_squared": pl.Float64,
        "df": pl.Int64,
        "n": pl.Int64,
        "remark": pl.String,
    },
    ("foundation", "predictor", "readout"),
    {"r_squared": SHARE},
    path="{model}/{condition}/morality/culture_fit.parquet",
    title="How well a persona's culture predicts its foundations: map, variables, pairs",
    section="morality",
    note=(
        "R squared of a foundation on what is known of a persona's culture. readout drawn: "
        "personas read as individuals, one option drawn an item. country means: the same of the "
        "means of people by country on the country's place on the map (few countries; read the "
        "adjusted one). remark: why there is none."
    ),
    folded=True,
)
"""R squared of a foundation on what is known of the persona's culture. `predictor`: its configured
and its answered place on the cultural map, the levels of the ten variables, and all their pairs;
and, `readout` country means, the place of a country beside the mean scores of its people. Null
where the design cannot estimate it (`remark`). `readout` drawn: mean over readings of personas as
individuals. `null_95_r_squared`: 95th percentile without any relation.
"""

MORAL_SLOPES = Table(
    "moral_slopes",
    {
        "population": pl.String,
        "axis": pl.String,
        "foundation": pl.String,
        "scoring": pl.String,
        "slope": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "partial_slope": pl.Float64,
        "partial_ci_low": pl.Float64,
        "partial_ci_high": pl.Float64,
        "correlation": pl.Float64,
        "p_holm": pl.Float64,
        "partial_p_holm": pl.Float64,
        "n": pl.Int64,
        "interval_from": pl.String,
    },
    ("population", "axis", "foundation", "scoring"),
    {"correlation": (-1.0, 1.0), "p_holm": SHARE, "partial_p_holm": SHARE},
    path="{model}/{condition}/morality/moral_slopes.parquet",
    title="Foundations along the axes of the cultural map: countries of people, and personas",
    section="morality",
)
"""Slope of a foundation on one axis of the cultural map, in scale points per map unit: alone, and
with the other axis in the same model (`partial_slope`), which is the one to compare, since among
countries the axes rise together and among configurations they do not. `population`: country (human
means), persona_configured, persona_answered; `scoring`: raw, or ipsatised (less the mean over the
six foundations). `p_holm`, `partial_p_holm`: over the slopes of a population.
"""

COUNTRY_MORALITY = Table(
    "country_morality",
    {
        "country": pl.String,
        "foundation": pl.String,
        "human_mean": pl.Float64,
        "persona_mean": pl.Float64,
        "persona_ci_low": pl.Float64,
        "persona_ci_high": pl.Float64,
        "uniform_mean": pl.Float64,
        "n_effective": pl.Float64,
    },
    ("country", "foundation"),
    path="{model}/{condition}/morality/country_morality.parquet",
    title="Foundations of people beside personas weighted to their country's place on the map",
    section="morality",
)
"""Human mean beside that of personas weighted to lie, on average, where the country lies on the
map, with its 95 % interval under these weights, and of personas unweighted; `n_effective`:
personas that the weights amount to (Kish). Null where the map has no place of the country, or no
weights reach it.
"""

RELIABILITY = Table(
    "reliability",
    {
        "foundation": pl.String,
        "scoring": pl.String,
        "readout": pl.String,
        "alpha": pl.Float64,
        "alpha_ci_low": pl.Float64,
        "alpha_ci_high": pl.Float64,
        "omega": pl.Float64,
        "omega_ci_low": pl.Float64,
        "omega_ci_high": pl.Float64,
        "congruence": pl.Float64,
        "null_95_congruence": pl.Float64,
        "n_personas": pl.Int64,
        "remark": pl.String,
    },
    ("foundation", "scoring", "readout"),
    path="{model}/{condition}/morality/reliability.parquet",
    title="Do the items of a foundation hang together, and as in people? (raw and ipsatised)",
    section="morality",
    note=(
        "Alpha (Feldt intervals), omega (people: .79 to .92) and congruence with the human six-"
        "factor key, raw and ipsatised. People choose one option an item: compare them with the "
        "readout drawn, personas read as individuals. Expected scores hold no draw, so that they "
        "look consistent whatever the model makes of an item. remark: why a number is missing."
    ),
)
"""Do the six items of a foundation hang together among personas? Cronbach's alpha, McDonald's omega
(one factor, maximum likelihood; people reach .79 to .92, Zakharin & Bates 2023), and Tucker's
congruence of the personas' six components, rotated to the human key, with that key;
`null_95_congruence`: 95th percentile for keys with shuffled items. `readout` drawn: mean over
readings of personas as individuals, to be set beside people. `remark`: why a number is missing.
"""

CONSTRAINT = Table(
    "constraint",
    {
        "of": pl.String,
        "scoring": pl.String,
        "readout": pl.String,
        "first_component_share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null_95_share": pl.Float64,
        "effective_dependence": pl.Float64,
        "human_countries_share": pl.Float64,
        "human_countries_dependence": pl.Float64,
        "n_personas": pl.Int64,
        "remark": pl.String,
    },
    ("of", "scoring", "readout"),
    {"first_component_share": SHARE},
    path="{model}/{condition}/morality/constraint.parquet",
    title="How far one dimension decides all answers",
    section="morality",
)
"""How far one dimension decides all answers, of items and of foundations. `null_95_share`: what
independent answers give by chance; effective dependence 1 - det(R)^(1 / (p - 1)), null where
ipsatising makes R singular; `readout` drawn: mean over readings of personas as individuals;
`human_countries_share` and `human_countries_dependence`: the same among the means of 19 countries
(single people are not public).
"""

CORE_VARIABLES = Table(
    "core_variables",
    {
        "foundation": pl.String,
        "variable": pl.String,
        "rank": pl.Int64,
        "rank_low": pl.Int64,
        "rank_high": pl.Int64,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "least_share": pl.Float64,
        "greatest_share": pl.Float64,
        "null_95_share": pl.Float64,
        "shapley": pl.Float64,
        "n_settings": pl.Int64,
        "interval_from": pl.String,
    },
    ("foundation", "variable"),
    path="core_variables.parquet",
    title="Cultural variables by how far they move morality alone, with intervals of the rank",
    section="morality",
    note=(
        "Which cultural variables move morality most: share of variance alone, less what noise "
        "gives, mean over six foundations and over settings (model and condition). Ranks with "
        "95 % intervals; the whole table says what they resample. Shapley: with its part in "
        "interactions, on the full cube."
    ),
    excerpt=ranked_over_all,
)
"""Cultural variables ranked by the share of a foundation's variance that they explain alone, less
what noise gives, the mean over settings (model and condition). `foundation` has a further row
`all`: the mean of those that have shares. No rank is given where a score does not vary. `rank_low`
to `rank_high`: 95 % interval of the rank, null where nothing is noise; `least_share` and
`greatest_share` of single settings; `null_95_share`: 95th percentile if nothing depended on
culture;
`shapley`: with its part in interactions, where the design is the full cube. `interval_from` says
what was resampled.
"""

ACQUIESCENCE = Table(
    "acquiescence",
    {
        "foundation": pl.String,
        "measure": pl.String,
        "estimate": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "remark": pl.String,
        "n_personas": pl.Int64,
    },
    ("foundation", "measure"),
    path="{model}/{condition}/morality/acquiescence.parquet",
    title="Saying yes to moral statements and to their negations, in scale points",
    section="morality",
    note=(
        "Saying yes whatever the statement, from the items and their negations, in scale points "
        "(0: as easily no as yes). remark: what is missing."
    ),
    folded=True,
)
"""Saying yes whatever the statement, from the items and their negations. Measures, in scale points:
`mean` of the items, `mean_inverted` of the negations as answered, `acquiescence` (half their sum
less the middle of the scale; 0 if no and yes are equally easy), `balanced` (the score free of it);
`correlation` of the two over personas, -1 if negations are understood. `remark`: what is missing
where there is no estimate. `foundation` has a further row `all`.
"""

FOUNDATION_VARIATION = Table(
    "foundation_variation",
    {
        "foundation": pl.String,
        "scoring": pl.String,
        "culture_sd": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null_95_sd": pl.Float64,
        "human_sd_between": pl.Float64,
        "ratio": pl.Float64,
        "ratio_ci_low": pl.Float64,
        "ratio_ci_high": pl.Float64,
        "human_eta_squared": pl.Float64,
        "persona_eta_squared": pl.Float64,
        "drawn_eta_squared": pl.Float64,
        "n_clusters": pl.Int64,
    },
    ("foundation", "scoring"),
    path="{model}/{condition}/morality/foundation_variation.parquet",
    title="How far culture moves each foundation, in personas and between human countries",
    section="morality",
    note=(
        "How far culture moves each foundation: SD (scale points) that the ten variables add up"
        " to, less noise; ratio to the SD of the means of 19 countries. Human eta squared: "
        "share of people's variance that lies between countries. Of the personas the share that "
        "the ten variables explain: of scores as the study reads them, and (drawn) of personas "
        "read as individuals, one option drawn an item, as people choose."
    ),
)
"""How far culture moves a foundation, in personas and in people. `culture_sd`: SD of what the ten
variables add up to (scale points), less what noise gives; `null_95_sd`: 95th percentile when
nothing depends on them; `ratio`: over the SD of the means of 19 countries. `human_eta_squared`:
share of human variance that lies between countries; beside it, the share of persona variance that
the ten variables explain, less noise, of scores as the study reads them (`persona_eta_squared`) and
of personas read as individuals (`drawn_eta_squared`), which is the one to compare. `scoring`: raw
or ipsatised (no human eta squared: within-country SDs are of raw scores). `n_clusters`: conditions
that intervals resample beside the noise of the scores.
"""

COUNTRY_FIT = Table(
    "country_fit",
    {
        "foundation": pl.String,
        "scoring": pl.String,
        "rmse": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "rmse_uniform": pl.Float64,
        "rmse_no_country": pl.Float64,
        "correlation": pl.Float64,
        "r_ci_low": pl.Float64,
        "r_ci_high": pl.Float64,
        "slope": pl.Float64,
        "n_countries": pl.Int64,
    },
    ("foundation", "scoring"),
    {"correlation": (-1.0, 1.0)},
    path="{model}/{condition}/morality/country_fit.parquet",
    title="How near personas weighted to a country's place come to its people",
    section="morality",
    note=(
        "Personas weighted to a country's place on the map against its people: root mean square"
        " error (scale points) with 95 % interval over countries, beside unweighted personas "
        "and the mean of all countries; correlation and slope across countries."
    ),
)
"""How near personas that are weighted to a country's place come to its people. Root mean square
error in scale points with its 95 % interval over countries, beside that of the unweighted personas
(`rmse_uniform`) and of the human mean over all these countries (`rmse_no_country`: what knowing no
country gives). Correlation and slope of human on persona means across countries.
"""
