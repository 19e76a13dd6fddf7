"""Tables of the alignment lens: what an alignment is worth, and for whom."""

from __future__ import annotations

import polars as pl

from valuescape.core.tables import SHARE, Table

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


ALIGNMENT_SCORES = Table(
    "alignment_scores",
    {
        "score": pl.String,
        "answerer": pl.String,
        "aggregate": pl.String,
        "questions": pl.Int32,
        "estimate": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
    },
    ("score", "answerer", "aggregate", "questions"),
)
"""`score` normalised: 0 for uniform answers, 1 at the noise floor of humans and personas; skill:
0 for the humans of all other groups pooled, 1 at best. Negative where those are nearer.
"""

DISPERSION = Table(
    "dispersion",
    {
        "question": pl.String,
        "measure": pl.String,
        "estimate": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "uniform": pl.Float64,
        "human_pooled": pl.Float64,
        "floor": pl.Float64,
    },
    ("question", "measure"),
)
"""Means over groups, by question and over `all`. emd = location (difference of means) +
dispersion (the rest); sd_ratio and entropy_ratio: persona / human, below 1 for answers that are
too much alike. `floor`: another draw of the same humans.
"""

THRESHOLDS = Table(
    "thresholds",
    {
        "unit": pl.String,
        "answerer": pl.String,
        "threshold": pl.Float64,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "n": pl.Int64,
    },
    ("unit", "answerer", "threshold"),
    {"share": SHARE},
)
"""Share of units with an EMD up to the threshold. `unit`: question, everybody pooled, as
WorldValuesBench counts (Zhao et al. 2024); or cell, a question of a group. `n` units.
"""

QUANTILES = Table(
    "quantiles",
    {
        "answerer": pl.String,
        "measure": pl.String,
        "level": pl.Float64,
        "emd": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "n": pl.Int64,
    },
    ("answerer", "measure", "level"),
    {"emd": SHARE, "level": SHARE},
)
"""EMD over the n complete cells. `measure` quantile: what a share `level` of cells does not exceed
(VaR); tail_mean: mean of the worst 1 - level (CVaR).
"""

DISCRIMINATION = Table(
    "discrimination",
    {
        "measure": pl.String,
        "estimate": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null": pl.Float64,
        "p_value": pl.Float64,
        "best": pl.Float64,
        "n": pl.Int64,
    },
    ("measure",),
)
"""Do the personas of a group answer like its own humans rather than others'? index: 1 - EMD from
the own / EMD from other groups' humans; nearest_is_own: share of groups; rank_correlation: mean
over questions. `null`: 95th percentile (for rank_correlation of the mean) with groups shuffled;
`best`: another draw of the same humans. `n`: groups (or questions).
"""

QUESTION_ORDER = Table(
    "question_order",
    {
        "question": pl.String,
        "rank_correlation": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null": pl.Float64,
        "best": pl.Float64,
        "n_groups": pl.Int64,
    },
    ("question",),
)
"""Spearman correlation over groups of mean answers of personas and humans; `null`: 95th percentile
of |r| with groups shuffled; `best`: of another draw of the same humans.
"""

HUMAN_WORTH = Table(
    "human_worth",
    {
        "answerer": pl.String,
        "group": pl.String,
        "n_worth": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "emd": pl.Float64,
        "n_respondents": pl.Float64,
    },
    ("answerer", "group"),
)
"""How many humans of the group, drawn at random, answer as near to all of them as the answerer
does: `n_worth`; null where it is nearer than noise allows to tell.
"""

GROUP_GEOMETRY = Table(
    "group_geometry",
    {
        "measure": pl.String,
        "estimate": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null": pl.Float64,
        "p_value": pl.Float64,
        "best": pl.Float64,
        "n_groups": pl.Int64,
        "n_questions": pl.Int64,
    },
    ("measure",),
)
"""Do personas keep how human groups lie to each other? mantel: correlation of the distances;
gromov_wasserstein: how far the two sets of distances, each divided by its mean, are from any
matching (0 best); matched_share: groups that the best matching sends to themselves; spread_ratio:
mean distance of persona groups / of human groups. `null`: persona groups that differ by noise
alone (95th percentile, 5th for gromov_wasserstein); `best`: another draw of the humans.
"""

GROUP_POSITIONS = Table(
    "group_positions",
    {
        "population": pl.String,
        "group": pl.String,
        "x": pl.Float64,
        "y": pl.Float64,
        "explained": pl.Float64,
    },
    ("population", "group"),
)
"""Groups of humans and personas in the plane that keeps their distances best (classical scaling),
the personas' turned onto the humans', not stretched; `explained`: share of the squared distances.
"""

JOINT_TRANSPORT = Table(
    "joint_transport",
    {
        "group": pl.String,
        "measure": pl.String,
        "estimate": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "human_null": pl.Float64,
        "above_null": pl.Float64,
        "n": pl.Int64,
        "n_questions": pl.Int64,
    },
    ("group", "measure"),
)
"""Whole answer vectors of n personas against those of n humans. joint: cost of the best matching of
people; marginal: mean EMD of single questions; dependence_gap: joint - marginal; sliced: mean EMD
over random directions. `human_null`: the same between two halves of the humans, n each.
"""
