"""Tables of the quality lens: columns, dtypes and keys."""

from __future__ import annotations

import polars as pl

from valuescape.answers.expected import NOT_ASKED, STATUSES
from valuescape.core.tables import SHARE, Table
from valuescape.study.models import LEAST_MASS

LOW_MASS = "low, the model mostly says something else"
WHOLE_TEXTS = "whole texts hold little by nature"


def outcomes_by_stage(validity: pl.DataFrame) -> pl.DataFrame:
    """Sum the outcomes of each stage.

    Parameters
    ----------
    validity : DataFrame
        Table VALIDITY.

    Returns
    -------
    DataFrame
        Counts by stage, share of valid ones, ``adds_up``: whether asked is the sum of the outcomes
        for every question, and the median option mass of the questions with its remark.
    """
    adds_up = (pl.sum_horizontal(STATUSES) == pl.col("asked")).all()
    low = (pl.col("remark") == LOW_MASS).sum()
    return validity.group_by("stage", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("questions"),
        pl.col("asked", *STATUSES, NOT_ASKED).sum(),
        pl.when(adds_up).then(pl.lit("yes")).otherwise(pl.lit("NO")).alias("adds_up"),
        pl.when(pl.col("asked").sum() > 0)
        .then(pl.col("valid").sum() / pl.col("asked").sum())
        .alias("valid_share"),
        pl.col("option_mass").median(),
        pl.when(low > 0)
        .then(pl.format("{} of {} questions: {}", low, pl.len(), pl.lit(LOW_MASS)))
        .otherwise(pl.col("remark").drop_nulls().first())
        .alias("remark"),
    )


def low_mass(validity: pl.DataFrame) -> dict[str, str]:
    """Return what is to be said first of answers that the model hardly gave.

    Parameters
    ----------
    validity : DataFrame
        Table VALIDITY.

    Returns
    -------
    dict of str to str
        A mark and what it means; empty unless half of an instrument's questions have a low mass.
    """
    by_stage = validity.group_by("stage", maintain_order=True).agg(
        (pl.col("remark") == LOW_MASS).sum() * 2 >= pl.len()
    )
    found = by_stage.filter("remark")["stage"].to_list()
    if not found:
        return {}
    meaning = (
        f"In {', '.join(found)} the options hold less than {LEAST_MASS:g} of the model's "
        "probability: it mostly goes on with something else, and its shares are of the little that "
        "is left. Read no lens of these answers (docs/models.md)."
    )
    return {"LOW OPTION MASS - the model hardly answers": meaning}


SHOWN_LEVELS, SHOWN_BIOGRAPHIES = 15, 10


def farthest_levels(levels: pl.DataFrame) -> pl.DataFrame:
    """Return the levels at which a category is most unlike its share among all personas.

    Parameters
    ----------
    levels : DataFrame
        Table DEMOGRAPHIC_LEVELS.

    Returns
    -------
    DataFrame
        At most fifteen rows whose interval leaves out the share of all personas, the farthest
        first, in standard errors under that share.
    """
    share = pl.col("share_of_all")
    outside = ~share.is_between(pl.col("ci_low"), pl.col("ci_high"))
    error = (share * (1 - share) / pl.col("n_personas")).sqrt()
    return (
        levels.filter(outside & (error > 0))
        .sort(((pl.col("share") - share).abs() / error), descending=True, maintain_order=True)
        .head(SHOWN_LEVELS)
    )


def first_biographies(worst: pl.DataFrame) -> pl.DataFrame:
    """Return the first ten rows of table WORST_BIOGRAPHIES."""
    return worst.head(SHOWN_BIOGRAPHIES)


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
        "human_n": pl.Int64,
        "assigned_share": pl.Float64,
    },
    ("attribute", "category"),
    {"share": SHARE, "assigned_share": SHARE},
    path="{model}/{condition}/quality/demographics.parquet",
    title="What the biographies say of the personas, beside shares of survey respondents",
    of="anyone",
    section="personas",
)
"""What the biographies say: shares of each category; `human_share` where a human margin is known,
else null: of countries and continents among all respondents of WVS-7, of other attributes in the
countries that personas state. `human_n`: respondents behind it. `assigned_share`: of the
same personas, as the design has it; null where that is left to the writer.
"""

CONTRADICTIONS = Table(
    "contradictions",
    {
        "attribute": pl.String,
        "n_stated": pl.Int64,
        "n_contradictions": pl.Int64,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "by_chance": pl.Float64,
        "remark": pl.String,
    },
    ("attribute",),
    dict.fromkeys(("share", "ci_low", "ci_high", "by_chance"), SHARE),
    path="{model}/{condition}/quality/contradictions.parquet",
    title="Biographies that contradict the demographics assigned to their persona",
    section="personas",
    note=(
        "Of the valid biographies that state the attribute (age: its band), how many state another "
        "value than the one assigned; by chance: the share if what is stated had nothing to do "
        "with what was assigned. In the text: what its own English words tell, in those few that "
        "tell anything. Groups are made of the assigned values in any case."
    ),
)
"""Stated against assigned; `n_stated`: valid biographies that state the attribute, for those in the
text the ones whose text tells it. All but `remark` is null where nothing was assigned.
"""

STEREOTYPES = Table(
    "stereotypes",
    {
        "attribute": pl.String,
        "weighting": pl.String,
        "n_personas": pl.Int64,
        "n_countries": pl.Int32,
        "entropy_bits": pl.Float64,
        "human_entropy_bits": pl.Float64,
        "entropy_ratio": pl.Float64,
        "entropy_ci_low": pl.Float64,
        "entropy_ci_high": pl.Float64,
        "divergence_bits": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "floor_bits": pl.Float64,
        "most_exceeding": pl.String,
        "share": pl.Float64,
        "human_share": pl.Float64,
        "remark": pl.String,
    },
    ("attribute", "weighting"),
    dict.fromkeys(
        ("divergence_bits", "ci_low", "ci_high", "floor_bits", "share", "human_share"), SHARE
    ),
    path="{model}/{condition}/quality/stereotypes.parquet",
    title="Stereotypes: how personas divide over ages, jobs and so on, against humans",
    section="personas",
    note=(
        "entropy ratio: how varied the personas are over how varied people are (1: alike; below 1: "
        "more of the same). divergence: Jensen-Shannon, from 0 (same shares) to 1 bit (nothing in "
        "common); its floor is what as many personas drawn from the human shares would have. most "
        "exceeding: the category that stands out most, with its shares. Humans are respondents in "
        "the countries that personas state, each country by as many personas, unweighted or by the "
        "survey's weight; of countries and continents all respondents, or the population."
    ),
)
"""`weighting`: how humans count, ``none`` where no human share is known. `n_personas`: valid
biographies from countries whose human shares are known. Entropies are corrected for their bias by
Miller and Madow (1955). 95 % intervals by drawing personas anew, the countries given.
"""

DEMOGRAPHIC_DEPENDENCE = Table(
    "demographic_dependence",
    {
        "attribute": pl.String,
        "variable": pl.String,
        "n_personas": pl.Int64,
        "information_bits": pl.Float64,
        "by_chance_bits": pl.Float64,
        "adjusted": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "null_95": pl.Float64,
        "p": pl.Float64,
        "p_holm": pl.Float64,
        "human_adjusted": pl.Float64,
        "human_n": pl.Int64,
        "remark": pl.String,
    },
    ("attribute", "variable"),
    dict.fromkeys(("adjusted", "ci_low", "ci_high", "null_95", "human_adjusted"), (-1.0, 1.0))
    | dict.fromkeys(("p", "p_holm"), SHARE),
    path="{model}/{condition}/quality/demographic_dependence.parquet",
    title="What each cultural variable tells of who the persona is",
    section="personas",
    note=(
        "Mutual information of an attribute and a variable of the configuration. adjusted: less "
        "what chance gives, 0 if one tells nothing of the other and 1 if it tells all; null 95: "
        "what one shuffle in twenty exceeds; p holm: for all pairs together. human adjusted: the "
        "same among the respondents of the study's own survey file."
    ),
    folded=True,
)
"""Adjusted mutual information (Vinh, Epps & Bailey 2010, JMLR 11:2837) over the smaller of both
entropies. Chance is a table of random cells with the same margins.
"""

DEMOGRAPHIC_LEVELS = Table(
    "demographic_levels",
    {
        "attribute": pl.String,
        "category": pl.String,
        "variable": pl.String,
        "level": pl.Int8,
        "n_personas": pl.Int64,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "share_of_all": pl.Float64,
        "human_share": pl.Float64,
    },
    ("attribute", "category", "variable", "level"),
    dict.fromkeys(("share", "ci_low", "ci_high", "share_of_all", "human_share"), SHARE),
    path="{model}/{condition}/quality/demographic_levels.parquet",
    title="Who the personas of each cultural level say they are",
    section="personas",
    note=(
        "The share of a category among the personas of a level (from 0, in the order of the "
        "persona space), with its 95 % interval, beside the share among all personas; the "
        "farthest of the whole table, of which one in twenty lies outside its interval by chance. "
        "human share: among respondents of that level, where the study has its own survey file."
    ),
    folded=True,
    excerpt=farthest_levels,
)
"""`n_personas`: valid biographies of the level."""

ATTRIBUTE_RECOVERY = Table(
    "attribute_recovery",
    {
        "variable": pl.String,
        "n_personas": pl.Int64,
        "balanced_accuracy": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "chance": pl.Float64,
        "null_95": pl.Float64,
        "p": pl.Float64,
        "calibration_error": pl.Float64,
        "calibration_floor": pl.Float64,
        "quoted_share": pl.Float64,
        "quoted_ci_low": pl.Float64,
        "quoted_ci_high": pl.Float64,
        "other_quoted_share": pl.Float64,
        "remark": pl.String,
    },
    ("variable",),
    dict.fromkeys(
        (
            "balanced_accuracy", "ci_low", "ci_high", "chance", "null_95", "p",
            "calibration_error", "calibration_floor",
            "quoted_share", "quoted_ci_low", "quoted_ci_high", "other_quoted_share",
        ),
        SHARE,
    ),
    path="{model}/{condition}/quality/attribute_recovery.parquet",
    title="How well the biography alone tells the level of each cultural variable",
    section="personas",
    note=(
        "A classifier guesses the level from words and pairs of words, fitted to the other "
        "personas. balanced accuracy: the mean share of right guesses over the levels; null 95: "
        "what one shuffle of the levels in twenty exceeds. calibration error: how far its "
        "probabilities lie from how often it is right; the floor is what sampling alone gives. "
        "quoted: biographies that repeat their statement word for word; other quoted: that repeat "
        "the statement of another level so."
    ),
)  # fmt: skip
"""`quoted_share`: biographies that hold five words in a row of the statement of the persona's level
(all of a shorter statement) that stand in no other level's statement.
"""

RECOVERY_CONFUSION = Table(
    "recovery_confusion",
    {
        "variable": pl.String,
        "level": pl.Int8,
        "guessed": pl.Int8,
        "n_personas": pl.Int64,
        "share": pl.Float64,
    },
    ("variable", "level", "guessed"),
    {"share": SHARE},
    path="{model}/{condition}/quality/recovery_confusion.parquet",
    title="Which level the classifier guesses from the biography, by the configured level",
    section="personas",
)
"""`share`: of the personas configured with the level."""

TEXT_CONTRADICTIONS = Table(
    "text_contradictions",
    {
        "variable": pl.String,
        "reader": pl.String,
        "n_read": pl.Int64,
        "n_shown": pl.Int64,
        "n_contradictions": pl.Int64,
        "share": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "by_chance": pl.Float64,
        "kappa": pl.Float64,
        "remark": pl.String,
    },
    ("variable", "reader"),
    dict.fromkeys(("share", "ci_low", "ci_high", "by_chance"), SHARE) | {"kappa": (-1.0, 1.0)},
    path="{model}/{condition}/quality/text_contradictions.parquet",
    title="Biographies that show another level than their persona was configured with",
    section="personas",
    note=(
        "Of the biographies that show a level of the variable at all, the share that shows another "
        "one than configured, as read by the classifier and, where the study has one, by a judge "
        "that does not know the configuration. by chance: the share if what is shown had nothing "
        "to do with the configuration. kappa: agreement of the two readers on the same "
        "biographies, 1 in full, 0 by chance. What the classifier finds is an upper bound: its "
        "own mistakes count as contradictions."
    ),
)
"""A classifier takes a level for shown if its probability is at least half-way from the level's
share to 1, a judge if it gives it more than half and more than `not said`. Null, and why, where a
reader tells the levels no better than chance.
"""

WORST_BIOGRAPHIES = Table(
    "worst_biographies",
    {
        "rank": pl.Int32,
        "persona_id": pl.UInt32,
        "reader": pl.String,
        "contradictions": pl.String,
        "biography": pl.String,
    },
    ("rank",),
    path="{model}/{condition}/quality/worst_biographies.parquet",
    title="Biographies with the most contradictions, to read",
    section="personas",
    note="As the reader found them; judge by yourself whether they are.",
    folded=True,
    excerpt=first_biographies,
)
"""At most a hundred."""

TEXT_DIVERSITY = Table(
    "text_diversity",
    {
        "measure": pl.String,
        "value": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "shuffled": pl.Float64,
        "n_texts": pl.Int64,
        "remark": pl.String,
    },
    ("measure",),
    path="{model}/{condition}/quality/text_diversity.parquet",
    title="How varied the biographies are as texts",
    section="personas",
    note=(
        "Beside each number the same of the same words, shuffled over all texts. distinct 1 and 2: "
        "different words, and pairs of words, over all of them. self-BLEU: how far a text is made "
        "of runs of words of the others (1: wholly). near duplicates: share of the texts that have "
        "another with at least four in five of their three-word runs in common. same opening: "
        "chance that two texts begin with the same five words. nearest: cosine of a text and the "
        "most similar other one, by weighted words."
    ),
)
"""Numbers of a fixed count of texts, `n_texts`, so that studies compare; near duplicates of all."""

TEXT_OPENINGS = Table(
    "text_openings",
    {"rank": pl.Int32, "opening": pl.String, "n_texts": pl.Int64, "share": pl.Float64},
    ("rank",),
    {"share": SHARE},
    path="{model}/{condition}/quality/text_openings.parquet",
    title="The commonest first five words of biographies",
    section="personas",
)
"""The first twenty."""

NAME_DIVERSITY = Table(
    "name_diversity",
    {
        "sex": pl.String,
        "country": pl.String,
        "n_personas": pl.Int64,
        "n_names": pl.Int64,
        "same_name": pl.Float64,
        "most_frequent": pl.String,
        "most_frequent_share": pl.Float64,
    },
    ("sex", "country"),
    dict.fromkeys(("same_name", "most_frequent_share"), SHARE),
    path="{model}/{condition}/quality/name_diversity.parquet",
    title="First names of personas by sex and country",
    section="personas",
    note=(
        "same name: chance that two personas have the same first name, which does not depend on "
        "how many there are. The table holds every country."
    ),
    folded=True,
    excerpt=lambda names: names.filter(country="all"),
)
"""Country ``all`` and sex ``all`` pool; `same_name` is null of a single persona."""

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
        "set_aside": pl.Int64,
        "not_asked": pl.Int64,
        "option_mass": pl.Float64,
        "remark": pl.String,
    },
    ("stage", "question"),
    path="{model}/{condition}/quality/validity.parquet",
    title="What became of every biography and question",
    of="anyone",
    section="validity",
    note=(
        "Every request has one outcome: asked is the sum of valid, refused, malformed, truncated, "
        "out of range and, where only consistent personas are kept, set aside. not asked: persons "
        "to whom a question was not put, since the language of the condition does not have it; "
        "they are none of those asked. option mass: how much of its probability the model gave to "
        "all options together (median). Of labels it should be near 1; it is low below "
        f"{LEAST_MASS:g}, where the model mostly says something else and its shares are of the "
        "little that is left. Whole option texts hold little by nature (10⁻⁵, say); whether the "
        "model answers was judged in another way as it was asked (docs/models.md). None is known "
        "of answers that the model writes."
    ),
    excerpt=outcomes_by_stage,
)
"""Every answer accounted for: asked = the sum of the six outcomes. `stage`: biographies or an
instrument. `option_mass`: median over answers; `remark`: what it means, null where it is not known
or as it should be.
"""

MANIPULATION_CHECK = Table(
    "manipulation_check",
    {
        "variable": pl.String,
        "slope": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "correlation": pl.Float64,
        "null_95_correlation": pl.Float64,
        "top_above_bottom": pl.Float64,
        "n_personas": pl.Int64,
        "remark": pl.String,
    },
    ("variable",),
    path="{model}/{condition}/quality/manipulation_check.parquet",
    title="Do personas answer as configured?",
    section="map",
    note=(
        "The answered survey value regressed on the configured one, by cultural variable. null 95 "
        "correlation: 95th percentile of |r| with shuffled personas. top above bottom: probability "
        "that a persona of the highest level answers higher than one of the lowest (0.5 is the "
        "no-skill baseline). remark: why a number is missing."
    ),
)
"""Does a persona answer as configured? Slope and correlation of the answered on the configured
survey value; `null_95_correlation`: 95th percentile of |r| with shuffled personas;
`top_above_bottom`: probability that a persona of the top level answers higher than one of the
bottom level (0.5 is the no-skill baseline).
"""
