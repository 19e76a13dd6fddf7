"""Render a table of results for readers: CSV with all digits, Markdown with three decimals.

    python -m valuescape.reporting.rendered_tables --table F.parquet --name NAME --csv F --md F

Both open with what the table is, whose answers it holds, and its provenance.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from valuescape.core import tables
from valuescape.core.errors import run
from valuescape.core.wording import cell, origin, synthetic_marks
from valuescape.humans import tables as human_tables
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.lenses.weights import tables as weight_tables
from valuescape.study import tables as study_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

RENDERED = {
    "coverage": (
        human_tables.COVERAGE,
        "How many humans, of how many countries, stand behind each question and group",
    ),
    "map_summary": (map_tables.MAP_SUMMARY, "Positions on the Inglehart-Welzel map, in map units"),
    "recovery_matrix": (
        map_tables.RECOVERY_MATRIX,
        "Probability of the answered level by configured level, and over all personas",
    ),
    "recovery": (map_tables.RECOVERY, "Agreement of answered with configured levels (kappa)"),
    "map_recovery": (
        map_tables.MAP_RECOVERY,
        "Answered against configured place on the map, and nearness to the middle of all scales",
    ),
    "nearest": (map_tables.NEAREST, "To which country and region personas lie nearest"),
    "stated_country": (
        map_tables.STATED_COUNTRY,
        "Personas against the country they say they live in, in map units",
    ),
    "map_uncertainty": (
        map_tables.UNCERTAINTY,
        "Four uncertainties of the personas' place, as 95 % ellipses in map units",
    ),
    "map_sensitivity": (
        map_tables.SENSITIVITY,
        "Where the mean lies under other makings of the map, in map units",
    ),
    "weighted_positions": (
        map_tables.WEIGHTED_POSITIONS,
        "Where personas and their configurations lie under each scheme of weights, in map units",
    ),
    "extremes": (
        map_tables.EXTREMES,
        "Extreme configurations beside all personas, on the map and in the moral lens",
    ),
    "map_refit": (
        map_tables.MAP_REFIT,
        "The map refitted to single respondents, against the published one",
    ),
    "map_constraint": (map_tables.CONSTRAINT, "How tied the ten answers are to each other"),
    "alignment_cells": (
        alignment_tables.ALIGNMENT_CELLS,
        "EMD from human answers by group and question (0 = same, 1 = farthest), with baselines",
    ),
    "alignment_summary": (
        alignment_tables.ALIGNMENT_SUMMARY,
        "Alignment (1 - EMD) of personas and baselines, with 95 % intervals",
    ),
    "alignment_scores": (
        alignment_tables.ALIGNMENT_SCORES,
        "What each alignment is worth: 0 for uniform answers (or other groups), 1 at best",
    ),
    "dispersion": (
        alignment_tables.DISPERSION,
        "Why answers differ from humans: other means, or too little spread, by question",
    ),
    "thresholds": (
        alignment_tables.THRESHOLDS,
        "Share of questions answered up to a distance (EMD) from humans",
    ),
    "quantiles": (
        alignment_tables.QUANTILES,
        "How far the nearest and the farthest cells lie from humans (EMD)",
    ),
    "discrimination": (
        alignment_tables.DISCRIMINATION,
        "Do personas answer like their own group's humans rather than others'?",
    ),
    "question_order": (
        alignment_tables.QUESTION_ORDER,
        "Do personas put the groups in the humans' order? (Spearman, by question)",
    ),
    "human_worth": (
        alignment_tables.HUMAN_WORTH,
        "How many humans drawn at random would answer as near to their group",
    ),
    "group_geometry": (
        alignment_tables.GROUP_GEOMETRY,
        "Do persona groups lie to each other as human groups do?",
    ),
    "joint_transport": (
        alignment_tables.JOINT_TRANSPORT,
        "Whole answer vectors of personas against humans', beside two halves of the humans",
    ),
    "group_positions": (
        alignment_tables.GROUP_POSITIONS,
        "Groups of humans and personas in one plane (EMD units)",
    ),
    "effects": (
        moral_tables.LEVEL_EFFECTS,
        "Effect of each cultural level on each moral foundation, in scale points, centred",
    ),
    "shares": (
        moral_tables.VARIANCE_SHARES,
        "Share of the personas' variance in a foundation that a cultural variable explains",
    ),
    "profiles": (
        moral_tables.FOUNDATION_PROFILES,
        "Moral foundations of personas and of humans (scale 1 to 5)",
    ),
    "oracle_agreement": (
        moral_tables.ORACLE_AGREEMENT,
        "The oracle's ratings of levels against measured effects",
    ),
    "oracle_stability": (
        moral_tables.ORACLE_STABILITY,
        "Whether the oracle's ratings come back in other wordings and other draws (ICC)",
    ),
    "anova_shares": (
        moral_tables.ANOVA_SHARES,
        "Share of each cultural variable in the personas' variance: alone, total, Shapley",
    ),
    "anova_orders": (
        moral_tables.ANOVA_ORDERS,
        "The personas' variance by the number of cultural variables that interact",
    ),
    "anova_pairs": (moral_tables.ANOVA_PAIRS, "Interactions of two cultural variables"),
    "trends": (
        moral_tables.TRENDS,
        "How foundations run over graded levels: line, bend, mutual information",
    ),
    "invariance": (
        moral_tables.INVARIANCE,
        "Range of each foundation over the levels of a variable against human margins",
    ),
    "culture_fit": (
        moral_tables.CULTURE_FIT,
        "How well a persona's culture foretells its foundations: map, variables, pairs",
    ),
    "moral_slopes": (
        moral_tables.MORAL_SLOPES,
        "Foundations along the axes of the cultural map: countries of people, and personas",
    ),
    "country_morality": (
        moral_tables.COUNTRY_MORALITY,
        "Foundations of people beside personas weighted to their country's place on the map",
    ),
    "reliability": (
        moral_tables.RELIABILITY,
        "Do the items of a foundation hang together, and as in people? (raw and ipsatised)",
    ),
    "constraint": (moral_tables.CONSTRAINT, "How far one dimension decides all answers"),
    "gstudy": (
        moral_tables.GSTUDY,
        "What of a foundation score is configuration, biography, answer and option order",
    ),
    "acquiescence": (
        moral_tables.ACQUIESCENCE,
        "Saying yes to moral statements and to their negations, in scale points",
    ),
    "core_variables": (
        moral_tables.CORE_VARIABLES,
        "Cultural variables by how far they move morality alone, with intervals of the rank",
    ),
    "foundation_variation": (
        moral_tables.FOUNDATION_VARIATION,
        "How far culture moves each foundation, in personas and between human countries",
    ),
    "country_fit": (
        moral_tables.COUNTRY_FIT,
        "How near personas weighted to a country's place come to its people",
    ),
    "oracle": (study_tables.ORACLE, "The oracle's ratings of cultural levels (1 to 5)"),
    "demographics": (quality_tables.DEMOGRAPHICS, "What the biographies say, beside human shares"),
    "validity": (
        quality_tables.VALIDITY,
        "Outcomes of everything asked; asked = sum of the outcomes",
    ),
    "adherence": (quality_tables.ADHERENCE, "Do personas answer as configured?"),
    "weights_diagnostics": (
        weight_tables.WEIGHTS_DIAGNOSTICS,
        "How well weighted personas stand for the humans of the world, by weighting scheme",
    ),
    "poststratification": (
        weight_tables.POSTSTRATIFICATION,
        "Personas weighted to a country against its humans, beside other weights (EMD, 0 best)",
    ),
    "respondent_personas": (
        weight_tables.RESPONDENT_PERSONAS,
        "Personas against the respondents whose configuration they have, and the ceiling",
    ),
    "wave_shifts": (
        weight_tables.WAVE_SHIFTS,
        "Shifts of countries between waves, and of personas weighted to them",
    ),
    "wave_drift": (
        weight_tables.WAVE_DRIFT,
        "Do weighted personas move between waves as people did?",
    ),
    "country_ranks": (
        weight_tables.COUNTRY_RANKS,
        "Do weighted personas rank the countries as humans do? (Spearman)",
    ),
}
"""What each name stands for: its table and a title."""


def opening_lines(name: str, provenance: Mapping[str, str]) -> list[str]:
    """Return what stands above a rendered table.

    Parameters
    ----------
    name : str
        A name of `RENDERED`.
    provenance : mapping of str to str
        Of the table.

    Returns
    -------
    list of str
        What it is, whose answers, and its whole provenance; what is synthetic is said first.
    """
    lines = [f"{mark}. {meaning}" for mark, meaning in synthetic_marks(provenance).items()]
    lines += [RENDERED[name][1], origin(provenance)]
    lines += [f"{key}: {value}" for key, value in sorted(provenance.items())]
    return [" ".join(line.split()) for line in lines]


def as_csv(frame: pl.DataFrame, lines: Sequence[str]) -> str:
    """Return a table as CSV below ``#`` lines.

    Parameters
    ----------
    frame : DataFrame
        The rows.
    lines : sequence of str
        What stands above.

    Returns
    -------
    str
        All digits are kept; null is empty.
    """
    return "".join(f"# {line}\n" for line in lines) + frame.write_csv()


def as_markdown(frame: pl.DataFrame, lines: Sequence[str]) -> str:
    """Return a table as Markdown below its opening lines.

    Parameters
    ----------
    frame : DataFrame
        The rows.
    lines : sequence of str
        What stands above.

    Returns
    -------
    str
        Numbers with three decimals, right-aligned; null is an en dash.
    """
    numeric = [dtype.is_numeric() for dtype in frame.dtypes]
    rule = ["---:" if number else ":---" for number in numeric]
    rows = [[_escaped(value) for value in row] for row in frame.iter_rows()]
    body = [f"| {' | '.join(row)} |" for row in [list(frame.columns), rule, *rows]]
    return "\n\n".join(lines) + "\n\n" + "\n".join(body) + "\n"


def _escaped(value: object) -> str:
    return cell(value).replace("|", "\\|").replace("\n", " ")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--table", type=Path, required=True)
    options.add_argument("--name", choices=sorted(RENDERED), required=True)
    options.add_argument("--csv", type=Path, required=True)
    options.add_argument("--md", type=Path, required=True)
    return options


def main(argv: Sequence[str] | None = None) -> None:
    """Read a table and write both renderings."""
    arguments = parser().parse_args(argv)
    frame = tables.read(arguments.table, RENDERED[arguments.name][0])
    lines = opening_lines(arguments.name, tables.provenance(arguments.table))
    for path, text in (
        (arguments.csv, as_csv(frame, lines)),
        (arguments.md, as_markdown(frame, lines)),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(main)
