"""Tables of the robustness lens: columns, dtypes, keys, and their place in the report."""

from __future__ import annotations

import polars as pl

from valuescape.core.tables import SHARE, Table
from valuescape.study.conditions import FACETS

ALL_WORDINGS = "all wordings"
"""In a column `condition`: the mean over wordings, each the mean over its replicates."""
ALL_QUESTIONS = "all"
"""In a column `question`: the mean over the questions of the instrument."""
SEVERAL = f"conditions.{'|'.join(FACETS.values())}"
"""What a study must have for tables that compare ways of asking the same personas."""
_ENDS = {"ci_low": pl.Float64, "ci_high": pl.Float64}
_SIZES = dict.fromkeys(
    ("n_personas", "n_biographies", "n_orders", "n_wordings", "n_modes", "n_answers"), pl.Int64
)
ROOM = "{model}/{condition}/robustness"

ROBUSTNESS = Table(
    "robustness",
    {
        "headline": pl.String,
        "condition": pl.String,
        "estimate": pl.Float64,
        **_ENDS,
        "baseline": pl.Float64,
        "ceiling": pl.Float64,
        "wording": pl.String,
        "mode": pl.String,
        "readout": pl.String,
        "option_order": pl.String,
        "biography_replicate": pl.Int64,
        "replicate": pl.Int64,
        "sd_wordings": pl.Float64,
        "n_wordings": pl.Int64,
        "measure": pl.String,
        "remark": pl.String,
    },
    ("headline", "condition"),
    path=f"{ROOM}/robustness.parquet",
    title="Each headline number under each way of asking",
    of="asked",
    section="robustness",
    note=(
        "Each headline number under each wording, mode, option order and replicate of the same "
        "context, with the interval of that condition alone. all wordings: the mean over the "
        "wordings, which are drawn like the personas; its interval is Student's, over wordings as "
        "clusters, and stands in the headlines from three wordings on. sd wordings: how far "
        "headlines of single wordings scatter. remark: why a number is missing."
    ),
    folded=True,
    needs=SEVERAL,
)
"""A row a headline and condition, and one of all wordings. Intervals of single conditions are over
personas and humans and know nothing of other wordings. That of all wordings: mean, variance that of
the personas (wholly shared by the conditions) plus sd_wordings^2 / n_wordings, quantile of
Student's t with the degrees of freedom of that sum; null with fewer than three wordings.
"""

ORDER_EFFECTS = Table(
    "order_effects",
    {
        "instrument": pl.String,
        "question": pl.String,
        "forward": pl.Float64,
        "reversed": pl.Float64,
        "shift": pl.Float64,
        "shift_low": pl.Float64,
        "shift_high": pl.Float64,
        "recency": pl.Float64,
        "recency_low": pl.Float64,
        "recency_high": pl.Float64,
        "distance": pl.Float64,
        "null_95_distance": pl.Float64,
        "n_personas": pl.Int64,
        "remark": pl.String,
    },
    ("instrument", "question"),
    {"distance": SHARE, "shift": (-1.0, 1.0), "recency": (-1.0, 1.0)},
    path=f"{ROOM}/order_effects.parquet",
    title="What it changes to list the options from last to first",
    of="asked",
    section="robustness",
    note=(
        "The same personas with the options listed forward and reversed, by question. forward, "
        "reversed: mean answers from 0 (first option of the survey) to 1 (last). shift: reversed "
        "less forward. recency: share of the option listed last less that of the option listed "
        "first, mean over both orders, so free of what the options say. distance: EMD between the "
        "answers of all, beside the 95th percentile if the orders are swapped at random in each "
        "persona. 95 % intervals over personas."
    ),
    folded=True,
    needs="conditions.option_order",
)
"""`question` all: mean over the questions of an instrument, of its distances and shifts as they
are. Empty for a condition that has no counterpart in the other order.
"""

MODE_COMPARISON = Table(
    "mode_comparison",
    {
        "instrument": pl.String,
        "condition": pl.String,
        "mode": pl.String,
        "readout": pl.String,
        "distance": pl.Float64,
        **_ENDS,
        "null_95": pl.Float64,
        "persona_distance": pl.Float64,
        "alpha": pl.Float64,
        "alpha_inflation": pl.Float64,
        "inflation_low": pl.Float64,
        "inflation_high": pl.Float64,
        "valid_share": pl.Float64,
        "tokens_per_answer": pl.Float64,
        "seconds_per_answer": pl.Float64,
        "n_personas": pl.Int64,
        "remark": pl.String,
    },
    ("instrument", "condition"),
    {"distance": SHARE, "persona_distance": SHARE, "valid_share": SHARE},
    path=f"{ROOM}/mode_comparison.parquet",
    title="Modes of asking compared: distance, reliability, validity and cost",
    of="asked",
    section="robustness",
    note=(
        "Modes in which the same personas were asked, beside the condition of this report. "
        "distance: EMD between what all personas together answer, mean over questions, beside the "
        "95th percentile if modes are swapped at random in each persona; persona distance: the "
        "same of single personas, which holds the luck of drawn options. alpha: mean reliability "
        "of the scales, personas read as individuals in every mode; alpha inflation: less that of "
        "this report's condition. Tokens (computed and written) and seconds an answer are of all "
        "instruments together."
    ),
    needs="conditions.mode",
)
"""The condition of the report stands among them, without a distance to itself. Tokens that the
prefix cache held are not counted; null where all answers were taken over from earlier jobs.
"""

GSTUDY = Table(
    "gstudy",
    {
        "foundation": pl.String,
        "component": pl.String,
        "estimate": pl.Float64,
        **_ENDS,
        "share": pl.Float64,
        "remark": pl.String,
        **_SIZES,
    },
    ("foundation", "component"),
    {"share": SHARE},
    path=f"{ROOM}/gstudy.parquet",
    title="What of a foundation score is configuration, biography, order, wording, mode and answer",
    of="asked",
    section="robustness",
    note=(
        "Variance components of a score over biographies, option orders, wordings, modes and "
        "answers, in squared scale points. share: of their sum; that of the configuration is the "
        "intraclass correlation of one score. explainable share: of one score, by any model of the "
        "configuration. remark: what a row holds, or which conditions it needs."
    ),
    folded=True,
)
"""Variance components of a foundation score, in squared scale points, over conditions that differ
in the facets alone; `share` of their sum. `explainable_share`: of one score, under one condition;
`g_coefficient`: of the mean over all conditions, both in [0, 1]. ``drawing one option``: what
answering each item by one draw would add. `remark`: what a row holds beside its name, which
conditions would be needed for it, or that its facet was not crossed with the others (the n columns
then tell its own crossing).
"""

ITEM_RELIABILITY = Table(
    "item_reliability",
    {
        "instrument": pl.String,
        "question": pl.String,
        "icc": pl.Float64,
        **_ENDS,
        "g_coefficient": pl.Float64,
        **{f"share_{name}": pl.Float64 for name in ("configuration", *FACETS, "rest")},
        **_SIZES,
        "remark": pl.String,
    },
    ("instrument", "question"),
    {
        "icc": SHARE,
        "g_coefficient": SHARE,
        **{f"share_{name}": SHARE for name in ("configuration", *FACETS, "rest")},
    },
    path=f"{ROOM}/item_reliability.parquet",
    title="How far personas answer a question alike, however they are asked",
    of="asked",
    section="robustness",
    note=(
        "Intraclass correlation of a persona's answer to a question, or score on a scale, over the "
        "conditions that ask it: the share of the variance that tells configurations apart, less "
        "what moves all of them alike (icc), and of the mean over all these conditions (g "
        "coefficient). share: of the whole variance, the facet with its interaction with the "
        "configuration; rest: higher interactions."
    ),
    folded=True,
    needs=SEVERAL,
)
"""`share_configuration`: intraclass correlation of absolute agreement, of one answer; `icc`: of
consistency. Scales stand under their own names. Null where nothing varies.
"""

DECISION_STUDY = Table(
    "decision_study",
    {
        "foundation": pl.String,
        "half_width": pl.Float64,
        "personas": pl.Int64,
        "wordings": pl.Int64,
        "answers": pl.Int64,
        "orders": pl.Int64,
        "answers_an_item": pl.Int64,
        "predicted_half_width": pl.Float64,
        "g_coefficient": pl.Float64,
        "remark": pl.String,
    },
    ("foundation", "half_width"),
    {"g_coefficient": SHARE},
    path=f"{ROOM}/decision_study.parquet",
    title="How many personas, wordings and replicates a wanted interval takes",
    of="asked",
    section="robustness",
    note=(
        "The cheapest design whose 95 % interval of a mean foundation score is no wider than half "
        "width to either side, in scale points, if the variance components are those of this study "
        "(table gstudy). answers an item: what it asks. g coefficient: how well its mean scores "
        "tell configurations apart. All is in one mode, which is chosen and no draw. More personas "
        "do not narrow what wordings differ by."
    ),
    folded=True,
    needs="conditions.wording",
)
"""Searched over the balanced designs and the full one, 2 to 30 wordings and 1 to 5 answers each;
Student's t with the degrees of freedom of the wordings. Null with a remark where none is enough,
or a component is not known.
"""

EXTREMES = Table(
    "extremes",
    {
        "set": pl.String,
        "lens": pl.String,
        "measure": pl.String,
        "n": pl.Int64,
        "estimate": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "of_all": pl.Float64,
        "of_design": pl.Float64,
    },
    ("set", "lens", "measure"),
    path="{model}/{condition}/robustness/extremes.parquet",
    title="Extreme configurations beside all personas, on the map and in the moral lens",
    section="robustness",
    note=(
        "Extreme configurations (corner: every variable at an end) beside all personas. of "
        "design: where they are configured to lie."
    ),
    folded=True,
)
"""Means over extreme configurations beside those over all personas (`of_all`) and, on the map, the
place of the configurations themselves (`of_design`). `set`: all, corner (every variable at its
first or last level), other, and the corners by the quarter of the map that they are configured to.
`lens` map: self_expression, secular, distance_from_mean (of answers, from the mean answered place)
and configured_distance_from_mean (of configurations, from theirs), in map units; morality: the six
foundations, scale points 1 to 5. Intervals over the personas of the set.
"""
