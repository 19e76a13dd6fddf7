"""The headline numbers of a study, each beside what no skill reaches and what is best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL = "all"


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
    no_skill : float or None
        What is reached without any skill.
    no_skill_is : str
        How that was found.
    best : float or None
        The floor of the noise (or the ceiling): what could be reached at best.
    best_is : str
        How that was found.
    beside : str
        A further comparison, in words; may be empty.
    undefined_if : str
        When there is no estimate, in words; may be empty.
    """

    lens: str
    measure: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    no_skill: float | None
    no_skill_is: str
    best: float | None
    best_is: str
    beside: str = ""
    undefined_if: str = ""


def main_headlines(
    map_summary: pl.DataFrame, alignment_summary: pl.DataFrame, oracle_agreement: pl.DataFrame
) -> tuple[Headline, Headline, Headline]:
    """Return one number a lens.

    Parameters
    ----------
    map_summary : DataFrame
        `lens_tables.MAP_SUMMARY`.
    alignment_summary : DataFrame
        `lens_tables.ALIGNMENT_SUMMARY`.
    oracle_agreement : DataFrame
        `lens_tables.ORACLE_AGREEMENT`.

    Returns
    -------
    tuple of Headline
        Cultural map, alignment, morality.
    """
    alignments = alignment_headlines(alignment_summary)
    return (
        map_headline(map_summary),
        # Where it exists, the version without the questions that configured the personas:
        # agreement on those is partly circular.
        alignments[min(1, len(alignments) - 1)],
        oracle_headline(oracle_agreement),
    )


def map_headline(map_summary: pl.DataFrame) -> Headline:
    """Return the share of personas that answer like some country.

    Parameters
    ----------
    map_summary : DataFrame
        `lens_tables.MAP_SUMMARY`.

    Returns
    -------
    Headline
        Shares, in [0, 1].
    """
    rows = _by_key(map_summary.filter(pl.col("measure") == "hull_share"), "object")
    persona = rows.get("persona", {})
    spreads = [_spread(map_summary, who) for who in ("persona", "design")]
    return Headline(
        "Cultural map",
        "Share of personas whose answers lie within the convex hull of the countries (0 to 1)",
        persona.get("estimate"),
        persona.get("ci_low"),
        persona.get("ci_high"),
        rows.get("design", {}).get("estimate"),
        "all configurations, projected without any LLM",
        rows.get("country", {}).get("estimate"),
        "the countries themselves",
        # Answering alike inside the hull would give 1: only the spread tells that apart.
        f"SD on the two axes {spreads[0]}, of the configurations {spreads[1]}"
        if all(spreads)
        else "",
    )


def _spread(map_summary: pl.DataFrame, who: str) -> str:
    rows = _by_key(map_summary.filter(pl.col("object") == who), "measure")
    found = [rows.get(f"sd_{axis}", {}).get("estimate") for axis in ("self_expression", "secular")]
    return "" if None in found else " and ".join(f"{sd:.2f}" for sd in found)


def alignment_headlines(alignment_summary: pl.DataFrame) -> list[Headline]:
    """Return the alignment with human answers, by set of questions.

    Parameters
    ----------
    alignment_summary : DataFrame
        `lens_tables.ALIGNMENT_SUMMARY`.

    Returns
    -------
    list of Headline
        Means over cells, in [0, 1], the greatest set first; one undefined headline if no cell
        is complete.
    """
    means = alignment_summary.filter(pl.col("aggregate") == "cell_mean")
    sizes: list[int | None] = list(means["questions"].unique().sort(descending=True))
    found = []
    for size in sizes or [None]:
        rows = _by_key(means.filter(pl.col("questions").eq_missing(size)), "answerer")
        persona, pooled = rows.get("persona", {}), rows.get("human_pooled", {}).get("alignment")
        questions = "no question" if size is None else f"{size} questions"
        found.append(
            Headline(
                "Alignment",
                f"1 - EMD from human answers, mean over groups and {questions} (0 to 1)",
                persona.get("alignment"),
                persona.get("ci_low"),
                persona.get("ci_high"),
                rows.get("uniform", {}).get("alignment"),
                "every option equally likely",
                rows.get("human_floor", {}).get("alignment"),
                "another draw of the same humans",
                "" if pooled is None else f"humans of the other groups reach {pooled:.3f}",
            )
        )
    return found


def worth_headlines(
    scores: pl.DataFrame, discrimination: pl.DataFrame
) -> tuple[Headline, Headline]:
    """Return what the alignment is worth: near its ceiling, and nearer to the own group.

    Parameters
    ----------
    scores : DataFrame
        `alignment_tables.ALIGNMENT_SCORES`.
    discrimination : DataFrame
        `alignment_tables.DISCRIMINATION`.

    Returns
    -------
    tuple of Headline
        The score between uniform answers and the noise floor, without the questions that
        configured the personas where such a set exists; the discrimination index.
    """
    means = scores.filter(aggregate="cell_mean", score="normalised")
    sizes = means["questions"].unique().sort(descending=True).to_list()
    size = sizes[min(1, len(sizes) - 1)] if sizes else None
    rows = _by_key(means.filter(pl.col("questions").eq_missing(size)), "answerer")
    persona, pooled = rows.get("persona", {}), rows.get("human_pooled", {}).get("estimate")
    questions = "no question" if size is None else f"{size} questions"
    told = _by_key(discrimination, "measure")
    index, order = told.get("index", {}), told.get("rank_correlation", {}).get("estimate")
    return (
        Headline(
            "Alignment to its ceiling",
            f"From uniform answers (0) to the noise floor (1), mean over groups and {questions}",
            persona.get("estimate"),
            persona.get("ci_low"),
            persona.get("ci_high"),
            0.0,
            "every option equally likely",
            1.0,
            "as near as the noise of personas and humans allows",
            "" if pooled is None else f"humans of the other groups reach {pooled:.3f}",
            "so few personas answered that chance alone keeps even a perfect answerer as far from "
            "the humans as uniform answers",
        ),
        Headline(
            "Discrimination of groups",
            "1 - EMD from the own group's humans / EMD from other groups' (0: tells none apart)",
            index.get("estimate"),
            index.get("ci_low"),
            index.get("ci_high"),
            index.get("null"),
            "95th percentile with groups shuffled",
            index.get("best"),
            "another draw of the same humans",
            "" if order is None else f"rank correlation over groups, mean of questions {order:.3f}",
        ),
    )


def oracle_headline(oracle_agreement: pl.DataFrame) -> Headline:
    """Return how well the LLM's ratings of levels foretell its personas' morality.

    Parameters
    ----------
    oracle_agreement : DataFrame
        `lens_tables.ORACLE_AGREEMENT`.

    Returns
    -------
    Headline
        Correlations, in [-1, 1].
    """
    row = _by_key(oracle_agreement, "foundation").get(ALL, {})
    explained, ceiling = row.get("r2_personas"), row.get("r2_additive_ceiling")
    return Headline(
        "Morality",
        "Pearson r of the oracle's ratings and measured level effects, all foundations (-1 to 1)",
        row.get("pearson"),
        row.get("ci_low"),
        row.get("ci_high"),
        row.get("null_pearson"),
        "95th percentile of |r| with levels shuffled within variables",
        1.0,
        "ratings in proportion to the effects",
        ""
        if explained is None or ceiling is None
        else f"they explain {explained:.3f} of the personas' variance, of at most {ceiling:.3f}",
        "a level of a cultural variable has no persona with scores, or nothing varies",
    )


def core_headlines(core_variables: pl.DataFrame) -> list[Headline]:
    """Return what the cultural variable that ranks first explains alone.

    Parameters
    ----------
    core_variables : DataFrame
        `moral_tables.CORE_VARIABLES`.

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
            row["null_share"],
            "95th percentile with shuffled personas",
            1.0,
            "nothing else matters",
            f"its rank is 1, 95 % interval {row['rank_low']} to {row['rank_high']}{next_is}",
        )
    ]


def _by_key(frame: pl.DataFrame, key: str) -> Mapping[str, dict[str, Any]]:
    return {row[key]: row for row in frame.iter_rows(named=True)}
