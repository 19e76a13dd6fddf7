"""Tables of the alignment lens: columns, dtypes, keys, and their place in the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from valuescape.core.tables import SHARE, Table

if TYPE_CHECKING:
    from collections.abc import Sequence


def nearest_first(summary: pl.DataFrame) -> pl.DataFrame:
    """Return ALIGNMENT_SUMMARY as the report prints it, the nearest to humans on top."""
    keys = ["question_set", "aggregate", "alignment"]
    ordered = summary.sort(keys, descending=[True, False, True], nulls_last=True)
    return ordered.select(
        "question_set", "aggregate", "comparator", "alignment", "ci_low", "ci_high",
        "corrected", "corrected_low", "corrected_high", "n_groups", "n_cells", "basis",
    )  # fmt: skip


def question_set_words(size: int, sizes: Sequence[int]) -> str:
    """Return which questions a set holds.

    Parameters
    ----------
    size : int
        Its number of questions.
    sizes : sequence of int
        Those of all sets (`summary.all_question_sets`), the greatest first.

    Returns
    -------
    str
        Such as ``"33 questions, without those of the configuration"``.
    """
    largest, second = sizes[0], sizes[min(1, len(sizes) - 1)]
    if size == largest:
        return f"all {size} questions"
    if size == second:
        return f"{size} questions, without those of the configuration"
    if size == largest - second:
        return f"{size} questions, those of the configuration"
    return f"{size} questions, without near copies too"


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
    path="{model}/{condition}/alignment/counts.parquet",
    title="Answers of personas by group, question and option",
    of="anyone",
    section="alignment",
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
        "countries": pl.String,
        "n_countries": pl.Int64,
        "n_respondents": pl.Float64,
        "n_personas": pl.Int64,
        "left_out": pl.String,
        "emd": pl.Float64,
        "emd_corrected": pl.Float64,
        "emd_weighted": pl.Float64,
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
        "tv": pl.Float64,
        "tv_uniform": pl.Float64,
        "js_distance": pl.Float64,
        "entropy": pl.Float64,
        "entropy_humans": pl.Float64,
        "refused": pl.Float64,
        "emd_low": pl.Float64,
        "emd_high": pl.Float64,
        "option_mass": pl.Float64,
    },
    ("group", "question"),
    {"emd": SHARE, "emd_uniform": SHARE, "emd_majority": SHARE, "emd_pooled": SHARE},
    path="{model}/{condition}/alignment/cells.parquet",
    title="EMD from human answers by group and question (0 = same, 1 = farthest), with baselines",
    of="anyone",
    section="alignment",
)
"""EMD (0 best, scaled to [0, 1]) of personas and of each baseline from the humans of a group, by
question. `countries`: those that these humans are of, null where not published. `left_out`: why the
cell counts in no mean over groups; null if it counts. `emd_corrected`: less the bias of noise;
`emd_weighted`: personas weighted to the group. `emd_pooled`: the humans of all other groups;
`emd_other_*`: of one other group; `emd_shuffled`: personas of all groups. `emd_floor`: another draw
of the same humans in closed form, `_split_half`: by random halves, `_countries`: by halves of the
group's countries, `_at_n_personas`: as many personas that answer like the humans; null below the
least number of humans. `tv`: total variation; `js_distance`: Jensen-Shannon; `entropy`: as a share
of that of uniform answers. `refused`: share of the personas without a valid answer; `emd_low` and
`emd_high`: the least and greatest EMD had they answered. `option_mass`: probability that fell on
any option, 1 less what an LLM would rather have said; null in a mode without probabilities.
"""

ALIGNMENT_GROUPS = Table(
    "alignment_groups",
    {
        "group": pl.String,
        "rests_on": pl.String,
        "countries": pl.String,
        "fewest_countries": pl.Int64,
        "most_countries": pl.Int64,
        "fewest_respondents": pl.Float64,
        "most_respondents": pl.Float64,
        "n_personas": pl.Int64,
        "unweighted_because": pl.String,
        "questions_asked": pl.Int64,
        "questions_counted": pl.Int64,
        "left_out": pl.String,
    },
    ("group",),
    path="{model}/{condition}/alignment/groups.parquet",
    title="Groups: the countries that they rest on, and whether enough answered to count",
    of="anyone",
    section="alignment",
    note="Personas of a group are compared with humans of just these countries, whatever the "
    "group is called. Questions with too few humans, countries or personas count in no mean.",
)
"""One row a group. `countries`: all behind any question, null where not published; fewest and most
over the questions that were asked. `unweighted_because`: why personas are not weighted to the
group's humans, null if they are. `left_out`: why the most of those questions do not count that do
not.
"""

ALIGNMENT_MEASURES = Table(
    "alignment_measures",
    {
        "measure": pl.String,
        "question_set": pl.Int32,
        "estimate": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "uniform": pl.Float64,
        "human_pooled": pl.Float64,
        "humans": pl.Float64,
    },
    ("measure", "question_set"),
    path="{model}/{condition}/alignment/measures.parquet",
    title="Nearness to humans by the measures of other benchmarks, and what refusals could hide",
    of="anyone",
    section="alignment",
    note="Means over the same cells as the alignment, personas not weighted. Refused answers are "
    "left out of every distribution; the two bounds say what the alignment could be, at best and "
    "at worst, had they been given. How many humans did not know is not published.",
)
"""`measure` tv_score: 1 - total variation / that of uniform answers (SimBench, arXiv:2510.17516);
js_similarity: 1 - Jensen-Shannon distance (GlobalOpinionQA, arXiv:2306.16388); entropy, as a share
of that of uniform answers; refused: share without a valid answer, with the alignment had those
answered as they fit best (alignment_if_refusals_agree) or worst (.._oppose); option_mass. Beside:
uniform answers, the humans of all other groups, the humans themselves.
"""

ALIGNMENT_SUMMARY = Table(
    "alignment_summary",
    {
        "comparator": pl.String,
        "aggregate": pl.String,
        "question_set": pl.Int32,
        "alignment": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "corrected": pl.Float64,
        "corrected_low": pl.Float64,
        "corrected_high": pl.Float64,
        "n_groups": pl.Int64,
        "n_cells": pl.Int64,
        "groups": pl.String,
        "basis": pl.String,
    },
    ("comparator", "aggregate", "question_set"),
    {"alignment": SHARE},
    path="{model}/{condition}/alignment/summary.parquet",
    title="Alignment (1 - EMD) of personas and baselines, with 95 % intervals",
    of="anyone",
    section="alignment",
    note="Alignment is 1 - EMD: 1 for the answers of humans, 0 for the opposite ends of the scale. "
    "It is shown for each question set (its number of questions) and way of averaging, over the "
    "same cells (questions of groups) for every comparator; world: all personas as one group. "
    "corrected: less what noise adds to a distance, to compare with 1. The table of groups names "
    "the countries.",
    folded=True,
    excerpt=nearest_first,
)
"""`comparator` as in `distances.distances`, and other conditions of the study; `aggregate`:
cell_mean, respondent_weighted, persona_weighted, country_weighted over groups, or world;
`question_set`: how many questions, 36, 33 or 31, or the 3 that configured the personas.
`corrected`: less the bias that noise puts on a distance. `n_cells` of `n_groups` are averaged, the
same for all comparators; `groups` names them, with the countries that they rest on. `basis`:
measured, expected, not asked, or why it is not defined.
"""


ALIGNMENT_SCORES = Table(
    "alignment_scores",
    {
        "score": pl.String,
        "comparator": pl.String,
        "aggregate": pl.String,
        "question_set": pl.Int32,
        "estimate": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
    },
    ("score", "comparator", "aggregate", "question_set"),
    path="{model}/{condition}/alignment/scores.parquet",
    title="Alignment rescaled: 0 for uniform answers (or all other groups), 1 at the ceiling",
    of="anyone",
    section="alignment",
)
"""`score` normalised: 0 for uniform answers, 1 at the noise floor of humans and personas; skill:
0 for the humans of all other groups pooled, 1 for equal answers. Negative where those are nearer.
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
    path="{model}/{condition}/alignment/dispersion.parquet",
    title="Why answers differ from humans: other means, or too little spread, by question",
    of="anyone",
    section="alignment",
)
"""Means over groups, by question and over `all`. emd = location (difference of means) +
dispersion (the rest); sd_ratio and entropy_ratio: persona / human, below 1 for answers that are
too similar. `floor`: another draw of the same humans.
"""

THRESHOLDS = Table(
    "thresholds",
    {
        "unit": pl.String,
        "comparator": pl.String,
        "threshold": pl.Float64,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "n": pl.Int64,
    },
    ("unit", "comparator", "threshold"),
    {"share": SHARE},
    path="{model}/{condition}/alignment/thresholds.parquet",
    title="Share of questions answered up to a distance (EMD) from humans",
    of="anyone",
    section="alignment",
)
"""Share of units with an EMD up to the threshold. `unit`: question, everybody pooled, as
WorldValuesBench counts (Zhao et al. 2024); or cell, a question of a group. `n` units.
"""

QUANTILES = Table(
    "quantiles",
    {
        "comparator": pl.String,
        "measure": pl.String,
        "level": pl.Float64,
        "emd": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "n": pl.Int64,
    },
    ("comparator", "measure", "level"),
    {"emd": SHARE, "level": SHARE},
    path="{model}/{condition}/alignment/quantiles.parquet",
    title="How far the nearest and the farthest cells lie from humans (EMD)",
    of="anyone",
    section="alignment",
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
        "null_95": pl.Float64,
        "p_value": pl.Float64,
        "ceiling": pl.Float64,
        "n": pl.Int64,
        "reason": pl.String,
    },
    ("measure",),
    path="{model}/{condition}/alignment/discrimination.parquet",
    title="Do personas answer like their own group's humans rather than others'?",
    of="anyone",
    section="alignment",
)
"""Do the personas of a group answer like its own humans rather than others'? index: 1 - EMD from
the own / EMD from other groups' humans; nearest_is_own: share of groups; rank_correlation: mean
over questions. `null_95`: 95th percentile (for rank_correlation of the mean) with groups shuffled;
`ceiling`: another draw of the same humans. `n`: groups (or questions). `reason`: why there is no
estimate, or no p-value.
"""

QUESTION_ORDER = Table(
    "question_order",
    {
        "question": pl.String,
        "rank_correlation": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null_95": pl.Float64,
        "ceiling": pl.Float64,
        "n_groups": pl.Int64,
    },
    ("question",),
    path="{model}/{condition}/alignment/question_order.parquet",
    title="Do personas put the groups in the humans' order? (Spearman, by question)",
    of="anyone",
    section="alignment",
)
"""Spearman correlation over groups of mean answers of personas and humans; `null_95`: 95th
percentile of |r| with groups shuffled; `ceiling`: of another draw of the same humans.
"""

EQUIVALENT_N = Table(
    "equivalent_n",
    {
        "comparator": pl.String,
        "group": pl.String,
        "n_equivalent": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "emd": pl.Float64,
        "n_respondents": pl.Float64,
    },
    ("comparator", "group"),
    path="{model}/{condition}/alignment/equivalent_n.parquet",
    title="Equivalent human sample size: how many random humans lie as near to their group",
    of="anyone",
    section="alignment",
)
"""How many humans of the group, drawn at random, answer as near to all of them as the comparator
does: `n_equivalent`; null where it is nearer than noise allows any number.
"""

GROUP_GEOMETRY = Table(
    "group_geometry",
    {
        "measure": pl.String,
        "estimate": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null_95": pl.Float64,
        "p_value": pl.Float64,
        "ceiling": pl.Float64,
        "n_groups": pl.Int64,
        "n_questions": pl.Int64,
        "reason": pl.String,
    },
    ("measure",),
    path="{model}/{condition}/alignment/group_geometry.parquet",
    title="Do persona groups lie to each other as human groups do?",
    of="anyone",
    section="alignment",
)
"""Do personas keep how human groups lie to each other? mantel: correlation of the distances;
gromov_wasserstein: how far the two sets of distances, each divided by its mean, are from any
matching (0 best); matched_share: groups that the best matching sends to themselves; spread_ratio:
mean distance of persona groups / of human groups. `null_95`: persona groups that differ by noise
alone (95th percentile, 5th for gromov_wasserstein); `ceiling`: another draw of the humans.
`reason`: why there is no estimate, or no p-value.
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
    path="{model}/{condition}/alignment/group_positions.parquet",
    title="Groups of humans and personas in one plane (EMD units)",
    of="anyone",
    section="alignment",
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
    path="{model}/{condition}/alignment/joint_transport.parquet",
    title="Whole answer vectors of personas against humans', beside two halves of the humans",
    of="anyone",
    section="alignment",
    needs="survey.wvs7",
)
"""Whole answer vectors of n personas against those of n humans. joint: cost of the best matching of
people; marginal: mean EMD of single questions; dependence_gap: joint - marginal; sliced: mean EMD
over random directions. `human_null`: the same between two halves of the humans, n each.
"""

WEIGHT_SENSITIVITY = Table(
    "weight_sensitivity",
    {
        "comparator": pl.String,
        "alignment_unweighted": pl.Float64,
        "alignment_weighted": pl.Float64,
        "difference": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "largest": pl.Float64,
        "n_countries": pl.Int64,
        "n_questions": pl.Int64,
        "n_cells": pl.Int64,
        "reason": pl.String,
    },
    ("comparator",),
    path="{model}/{condition}/alignment/weight_sensitivity.parquet",
    title="Alignment with humans counted once each, and by the survey's weights",
    of="anyone",
    section="alignment",
    note=(
        "Over the countries whose weights are known and move an answer: every respondent counted "
        "once, as in the public tables, and by W_WEIGHT. All personas together answer for each "
        "country. human_unweighted: the same humans, counted once, as if they were the personas."
    ),
)
"""`difference`: weighted less unweighted, with an interval over countries; `largest`: of the
absolute differences of single countries. Comparators as in ALIGNMENT_SUMMARY. `reason`: why a
number or an interval is missing.
"""
