"""The headline numbers of a study, each beside its no-skill baseline and its ceiling."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from valuescape.core.wording import interval
from valuescape.lenses.alignment.tables import question_set_words
from valuescape.lenses.robustness.tables import ALL_WORDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL = "all"
FIRST_ORDER = "first_order "
OF_SURFACE = {
    "hull_share": ("persona_drawn", "hull_share"),
    "oracle_agreement": (ALL, "oracle agreement"),
}
"""Object and measure in SURFACE_QUANTITIES of headlines that read all configurations, by name."""


@dataclass(frozen=True)
class Headline:
    """One number that sums up a lens.

    Attributes
    ----------
    lens : str
        Which lens.
    measure : str
        What the number is, with its range.
    estimate, ci_low, ci_high : float or None
        The number and its 95 % interval; None where not defined.
    baseline : float or None
        The no-skill baseline.
    baseline_is : str
        How that was found.
    ceiling : float or None
        What could be reached at best, given the noise of the humans.
    ceiling_is : str
        How that was found.
    beside : str
        A further comparison, in words; may be empty.
    undefined_because : str
        Why there is no estimate, in words; may be empty.
    name : str
        By which it is known under other conditions, whose words may differ; empty where it is the
        same for all of them.
    bounds : (float, float)
        Least and greatest possible number.
    """

    lens: str
    measure: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    baseline: float | None
    baseline_is: str
    ceiling: float | None
    ceiling_is: str
    beside: str = ""
    undefined_because: str = ""
    name: str = ""
    bounds: tuple[float, float] = (0.0, 1.0)


def summary_headlines(frames: Mapping[str, pl.DataFrame]) -> list[Headline]:
    """Return the headline numbers of the closing summary.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Tables `map_summary`, `alignment_summary`, `alignment_scores`, `discrimination` and
        `oracle_agreement`.

    Returns
    -------
    list of Headline
        Cultural map, alignment, morality. Alignment is without the questions that configured the
        personas, where such a question set exists: agreement on those is partly circular.
    """
    alignments = alignment_headlines(frames["alignment_summary"])
    found = [
        map_headline(frames["map_summary"]),
        alignments[min(1, len(alignments) - 1)],
        *skill_headlines(frames["alignment_scores"], frames["discrimination"]),
        oracle_headline(frames["oracle_agreement"]),
    ]
    return widened(found, frames)


def report_headlines(frames: Mapping[str, pl.DataFrame]) -> list[Headline]:
    """Return the headline numbers of the report: all question sets, and the core variables too.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        As in `summary_headlines`, and `core_variables`.

    Returns
    -------
    list of Headline
        Cultural map, alignment, morality.
    """
    found = [*condition_headlines(frames), *core_headlines(frames["core_variables"])]
    return widened(found, frames)


def condition_headlines(frames: Mapping[str, pl.DataFrame]) -> list[Headline]:
    """Return the headline numbers that a condition has by itself.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        As in `summary_headlines`.

    Returns
    -------
    list of Headline
        Cultural map, alignment, morality.
    """
    return [
        map_headline(frames["map_summary"]),
        *alignment_headlines(frames["alignment_summary"]),
        *skill_headlines(frames["alignment_scores"], frames["discrimination"]),
        oracle_headline(frames["oracle_agreement"]),
    ]


def widened(headlines: list[Headline], frames: Mapping[str, pl.DataFrame]) -> list[Headline]:
    """Return headlines of a condition with what is unsure beside it.

    Parameters
    ----------
    headlines : list of Headline
        Of one condition, from the tables of the lenses.
    frames : mapping of str to DataFrame
        Tables `surface_quantities` and `robustness`, where the study makes them.

    Returns
    -------
    list of Headline
        With the error of the response surface, then over wordings.
    """
    surface, robustness = frames.get("surface_quantities"), frames.get("robustness")
    return [over_wordings(over_surface(each, surface), robustness) for each in headlines]


def over_surface(headline: Headline, quantities: pl.DataFrame | None) -> Headline:
    """Return a headline with the error of the response surface, if the study reads one.

    Parameters
    ----------
    headline : Headline
        From the table of a lens, whose interval takes predicted answers as given.
    quantities : DataFrame or None
        `lenses.surface.tables.SURFACE_QUANTITIES` of that condition; no rows, or None, if all
        that the lenses read was asked.

    Returns
    -------
    Headline
        A number of all configurations is that of the surface's draws, with their interval. One of
        groups is as it was: groups are made of asked personas alone.
    """
    if quantities is None or quantities.is_empty():
        return headline
    core = headline.name.startswith(FIRST_ORDER)
    if headline.name not in OF_SURFACE and not core:
        beside = "of the asked personas alone, which have a country and an age"
        return replace(headline, beside="; ".join(filter(None, (beside, headline.beside))))
    thing, measure = OF_SURFACE.get(headline.name, (ALL, headline.name))
    row = by_key(quantities.filter(object=thing), "measure").get(measure, {})
    given = [headline.beside]
    if headline.estimate is not None:
        own = interval(headline.ci_low, headline.ci_high)
        given.insert(0, f"{headline.estimate:.3f} ({own})")
    found = replace(
        headline,
        estimate=row.get("estimate"),
        ci_low=row.get("ci_low"),
        ci_high=row.get("ci_high"),
        beside=f"taking predicted answers as given, {'; '.join(filter(None, given))}",
    )
    if core:
        return replace(found, baseline=None, baseline_is="not known of predicted answers")
    return found


def over_wordings(headline: Headline, robustness: pl.DataFrame | None) -> Headline:
    """Return a headline over all wordings of the study, if they are enough for an interval.

    Parameters
    ----------
    headline : Headline
        Of one condition.
    robustness : DataFrame or None
        `lenses.robustness.tables.ROBUSTNESS` of that condition; None if the study asks in one way.

    Returns
    -------
    Headline
        The mean over wordings with its interval over wordings as clusters; the condition's own
        number stands beside it.
    """
    if robustness is None:
        return headline
    rows = robustness.filter(headline=headline.name, condition=ALL_WORDINGS)
    if rows.is_empty() or rows["ci_low"][0] is None:
        return headline
    row = rows.row(0, named=True)
    alone = "not defined in this wording alone"
    if headline.estimate is not None:
        own = interval(headline.ci_low, headline.ci_high)
        alone = f"in this wording alone {headline.estimate:.3f} ({own})"
    beside = f"mean and interval over {row['n_wordings']} wordings; {alone}"
    return replace(
        headline,
        estimate=row["estimate"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        beside="; ".join(filter(None, (beside, headline.beside))),
    )


def map_headline(map_summary: pl.DataFrame) -> Headline:
    """Return the share of personas, read as individuals, that lie between the countries.

    Parameters
    ----------
    map_summary : DataFrame
        `lenses.cultural_map.tables.MAP_SUMMARY`.

    Returns
    -------
    Headline
        Shares, in [0, 1]. The share of people is what it is to be like, no best value.
    """
    rows = by_key(map_summary.filter(pl.col("measure") == "hull_share"), "object")
    persona, expected = rows.get("persona_drawn", {}), rows.get("persona", {}).get("estimate")
    named = {"persona_drawn": "of personas", "design": "of configurations", "human": "of people"}
    spreads = [f"{_spread(map_summary, who)} {words}" for who, words in named.items()]
    return Headline(
        "Cultural map",
        "Share of personas, one option drawn of each answer, within the convex hull of the "
        "countries (0 to 1; nearest to people is best)",
        persona.get("estimate"),
        persona.get("ci_low"),
        persona.get("ci_high"),
        rows.get("design", {}).get("estimate"),
        "all configurations, projected without any LLM",
        rows.get("human", {}).get("estimate"),
        "single people of 20 countries: what to be like, not a best value",
        # Answering alike inside the hull would give 1: only the spread tells that apart.
        f"{expected:.3f} by expected answers; standard deviation on the two axes "
        f"{', '.join(spreads)}"
        if expected is not None and all(_spread(map_summary, who) for who in named)
        else "",
        "no persona has a valid answer to all ten questions",
        name="hull_share",
    )


def _spread(map_summary: pl.DataFrame, who: str) -> str:
    rows = by_key(map_summary.filter(pl.col("object") == who), "measure")
    found = [rows.get(f"sd_{axis}", {}).get("estimate") for axis in ("self_expression", "secular")]
    return "" if None in found else " and ".join(f"{sd:.2f}" for sd in found)


def alignment_headlines(alignment_summary: pl.DataFrame) -> list[Headline]:
    """Return the alignment with human answers, by set of questions.

    Parameters
    ----------
    alignment_summary : DataFrame
        `lenses.alignment.tables.ALIGNMENT_SUMMARY`.

    Returns
    -------
    list of Headline
        Means over groups and questions, in [0, 1], less what noise adds to a distance, the greatest
        set of questions first: of personas weighted to their group's humans, or unweighted where
        they cannot be; undefined, with the reason, if no group counts.
    """
    means = alignment_summary.filter(pl.col("aggregate") == "cell_mean")
    sizes = means["question_set"].drop_nulls().unique().sort(descending=True).to_list()
    world = alignment_summary.filter(pl.col("aggregate") == "world")
    named = {size: question_set_words(size, sizes) for size in sizes} or {None: "no question"}
    return [
        _alignment_headline(
            by_key(means.filter(pl.col("question_set").eq_missing(size)), "comparator"),
            by_key(world.filter(pl.col("question_set").eq_missing(size)), "comparator"),
            questions,
            f"alignment_{'no' if size is None else size}",
        )
        for size, questions in named.items()
    ]


def _alignment_headline(
    rows: Mapping[str, dict[str, Any]],
    world: Mapping[str, dict[str, Any]],
    questions: str,
    name: str,
) -> Headline:
    weighted, plain = rows.get("personas_weighted", {}), rows.get("persona", {})
    told = weighted if weighted.get("corrected") is not None else plain
    counted = f"{told.get('n_cells', 0)} cells of {told.get('n_groups', 0)} groups"
    whose = "personas weighted to their group's humans" if told is weighted else "personas"
    beside = [
        ("not weighted", plain.get("corrected") if told is weighted else None),
        ("humans of the other groups", rows.get("human_pooled", {}).get("corrected")),
        ("the design alone, weighted", rows.get("design_adherent_weighted", {}).get("corrected")),
        ("the design alone", rows.get("design_adherent", {}).get("corrected")),
        ("all personas as one, weighted", world.get("personas_weighted", {}).get("corrected")),
        ("all personas as one", world.get("persona", {}).get("corrected")),
    ]
    reached = ", ".join(f"{who} {value:.3f}" for who, value in beside if value is not None)
    basis = str(plain.get("basis") or "")
    return Headline(
        "Alignment",
        f"Nearness to human answers (1 - earth mover's distance, noise taken off) of {whose}, mean "
        f"over {counted}; {questions} (0 to 1)",
        told.get("corrected"),
        told.get("corrected_low"),
        told.get("corrected_high"),
        rows.get("uniform", {}).get("corrected"),
        "every option equally likely",
        1.0,
        "the same humans",
        "; ".join(text for text in (str(told.get("groups") or ""), reached) if text),
        basis.removeprefix("not defined: ") if told.get("corrected") is None else "",
        name=name,
    )


def skill_headlines(
    scores: pl.DataFrame, discrimination: pl.DataFrame
) -> tuple[Headline, Headline]:
    """Return how near the alignment comes to its ceiling, and whether groups are told apart.

    Parameters
    ----------
    scores : DataFrame
        `lenses.alignment.tables.ALIGNMENT_SCORES`.
    discrimination : DataFrame
        `lenses.alignment.tables.DISCRIMINATION`.

    Returns
    -------
    tuple of Headline
        The score between uniform answers and the noise floor, without the questions that
        configured the personas where such a set exists; the discrimination index.
    """
    means = scores.filter(aggregate="cell_mean", score="normalised")
    sizes = means["question_set"].unique().sort(descending=True).to_list()
    size = sizes[min(1, len(sizes) - 1)] if sizes else None
    rows = by_key(means.filter(pl.col("question_set").eq_missing(size)), "comparator")
    pooled = rows.get("human_pooled", {}).get("estimate")
    persona = rows.get("personas_weighted") or rows.get("persona", {})
    weighted = "" if rows.get("personas_weighted") else "not "
    questions = "no question" if size is None else question_set_words(size, sizes)
    measures = by_key(discrimination, "measure")
    index, order = measures.get("index", {}), measures.get("rank_correlation", {}).get("estimate")
    return (
        Headline(
            "Alignment, rescaled",
            "Alignment from that of uniform answers (0) to the most that noise allows (1), "
            f"{weighted}weighted to humans, mean over groups and {questions}",
            persona.get("estimate"),
            persona.get("ci_low"),
            persona.get("ci_high"),
            0.0,
            "every option equally likely",
            1.0,
            "the noise floor, of personas and humans",
            "" if pooled is None else f"humans of the other groups reach {pooled:.3f}",
            "no group has enough humans and personas, or chance alone keeps even a perfect sampler "
            "as far from the humans as uniform answers",
            name="alignment_rescaled",
            bounds=(-math.inf, 1.0),
        ),
        Headline(
            "Groups told apart",
            "How much nearer personas answer to humans of their own group than of other groups, "
            "1 - distance to own / distance to others (0: no nearer, 1: like their own)",
            index.get("estimate"),
            index.get("ci_low"),
            index.get("ci_high"),
            index.get("null_95"),
            "95th percentile with groups shuffled",
            index.get("ceiling"),
            "another draw of the same humans",
            ""
            if order is None
            else f"rank correlation with humans over groups, mean of questions {order:.3f}",
            str(measures.get("index", {}).get("reason") or ""),
            name="groups_told_apart",
            bounds=(-math.inf, 1.0),
        ),
    )


def oracle_headline(oracle_agreement: pl.DataFrame) -> Headline:
    """Return how well the LLM's ratings of levels predict its personas' morality.

    Parameters
    ----------
    oracle_agreement : DataFrame
        `lenses.morality.tables.ORACLE_AGREEMENT`.

    Returns
    -------
    Headline
        Correlations, in [-1, 1].
    """
    row = by_key(oracle_agreement, "foundation").get(ALL, {})
    explained, ceiling = row.get("r2_personas"), row.get("r2_additive_ceiling")
    percentile = row.get("null_percentile")
    beside = []
    if percentile is not None:
        beside.append(f"farther from 0 than {percentile:.1%} of shuffles")
    if explained is not None and ceiling is not None:
        beside.append(
            f"they explain {explained:.3f} of the personas' variance, and the best additive rating "
            f"{ceiling:.3f} of that of personas it was not fitted to"
        )
    return Headline(
        "Morality",
        "Correlation of the LLM's own ratings of cultural levels (the oracle) with their measured "
        "effects, all foundations (-1 to 1)",
        row.get("pearson"),
        row.get("ci_low"),
        row.get("ci_high"),
        row.get("null_95_pearson"),
        "95th percentile of its size with levels shuffled within variables",
        1.0,
        "ratings in proportion to the effects",
        "; ".join(beside),
        "the valid answers do not separate the variables, nothing varies, the language of the "
        "condition has no wording of the MFQ-2, or no level was rated, as answers were given "
        "elsewhere",
        name="oracle_agreement",
        bounds=(-1.0, 1.0),
    )


def core_headlines(core_variables: pl.DataFrame) -> list[Headline]:
    """Return what the cultural variable that ranks first explains alone.

    Parameters
    ----------
    core_variables : DataFrame
        `lenses.morality.tables.CORE_VARIABLES`.

    Returns
    -------
    list of Headline
        One, a share of variance in [0, 1]; none if nothing is ranked.
    """
    ranked = core_variables.filter(pl.col("foundation") == ALL, pl.col("rank").is_not_null())
    if ranked.is_empty():
        return []
    row, *others = ranked.sort("rank", "variable").iter_rows(named=True)
    next_is = f", next {others[0]['variable']} with {others[0]['share']:.3f}" if others else ""
    return [
        Headline(
            "Morality",
            f"Share of variance that the first core variable, {row['variable']}, explains alone, "
            "mean over foundations (0 to 1)",
            row["share"],
            row["ci_low"],
            row["ci_high"],
            row["null_95_share"],
            "95th percentile if nothing depended on culture",
            1.0,
            "this variable explains all of it",
            f"its rank is 1{_rank_interval(row)}{next_is}",
            name=f"{FIRST_ORDER}{row['variable']}",
        )
    ]


def _rank_interval(row: Mapping[str, Any]) -> str:
    if row["rank_low"] is None:
        return ""
    return f", 95 % interval {row['rank_low']} to {row['rank_high']}"


def by_key(frame: pl.DataFrame, key: str) -> Mapping[str, dict[str, Any]]:
    """Return the rows of a table by what stands in a column."""
    return {row[key]: row for row in frame.iter_rows(named=True)}
