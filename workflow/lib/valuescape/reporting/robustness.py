"""Each headline number under each way in which the same personas were asked."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.comparison.headlines import Headline, by_key, condition_headlines
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.robustness import tables as robustness_tables
from valuescape.lenses.robustness.tables import ALL_WORDINGS
from valuescape.lenses.robustness.wordings import FEWEST, over_wordings
from valuescape.lenses.weights import tables as weight_tables
from valuescape.study.conditions import Condition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

logger = logging.getLogger(__name__)

READ = {
    "map_summary": map_tables.MAP_SUMMARY,
    "alignment_summary": alignment_tables.ALIGNMENT_SUMMARY,
    "alignment_scores": alignment_tables.ALIGNMENT_SCORES,
    "discrimination": alignment_tables.DISCRIMINATION,
    "oracle_agreement": moral_tables.ORACLE_AGREEMENT,
    "extremes": robustness_tables.EXTREMES,
    "invariance": moral_tables.INVARIANCE,
    "respondent_personas": weight_tables.RESPONDENT_PERSONAS,
}
REPLICATED = ("wording", "replicate", "biography_replicate")
"""In what the conditions differ that a number over wordings is the mean of."""
SHOWN = ("wording", "mode", "readout", "option_order", "biography_replicate", "replicate")
"""What of a condition stands beside its headlines."""
TOO_FEW = f"fewer than {FEWEST} wordings: no interval over them"


def extremes_headline(extremes: pl.DataFrame) -> Headline:
    """Return how far out extreme configurations answer.

    Parameters
    ----------
    extremes : DataFrame
        `lenses.robustness.tables.EXTREMES`.

    Returns
    -------
    Headline
        A ratio, 0 or more.
    """
    rows = by_key(extremes.filter(set="corner"), "measure")
    answered = rows.get("distance_from_mean", {})
    configured = rows.get("configured_distance_from_mean", {}).get("estimate")
    ends = (answered.get(key) for key in ("estimate", "ci_low", "ci_high"))
    estimate, low, high = (
        end / configured if end is not None and configured else None for end in ends
    )
    return Headline(
        "Extreme configurations",
        "How far from the middle of the map personas with every variable at an end answer, over "
        "how far they are configured to (1: just as far)",
        estimate,
        low,
        high,
        0.0,
        "everybody answers alike",
        1.0,
        "answers just as configured",
        undefined_because="no persona is a corner, or none has a valid answer to all ten questions",
        name="extremes",
        bounds=(0.0, math.inf),
    )


def invariance_headline(invariance: pl.DataFrame) -> Headline:
    """Return how many effects of variables on foundations are negligible by human margins.

    Parameters
    ----------
    invariance : DataFrame
        `lenses.morality.tables.INVARIANCE`.

    Returns
    -------
    Headline
        A share, in [0, 1], without an interval: each verdict is a test by itself.
    """
    drawn = invariance.filter(readout="drawn").drop_nulls("verdict_within")
    invariant = drawn.filter(verdict_within="invariant").height
    share = invariant / drawn.height if drawn.height else None
    return Headline(
        "Invariance",
        "Share of the effects of a variable on a foundation that are negligible by the margin of "
        "people within a country (0 to 1)",
        share,
        None,
        None,
        None,
        "none: a model without any effect has 1",
        None,
        "none",
        undefined_because="nothing varies",
        name="invariant_share",
    )


def respondents_headline(respondent_personas: pl.DataFrame) -> Headline:
    """Return how near human-derived personas come to the respondents with their configuration.

    Parameters
    ----------
    respondent_personas : DataFrame
        `lenses.weights.tables.RESPONDENT_PERSONAS`.

    Returns
    -------
    Headline
        From anyone (0) to another respondent with the same configuration (1).
    """
    rows = respondent_personas.filter(comparator="persona", measure="share_of_ceiling")
    means = rows.filter(pl.col("question").str.contains(r"^\d+$")).sort(
        pl.col("question").cast(pl.Int64, strict=False), descending=True
    )
    row = means.row(min(1, means.height - 1), named=True) if means.height else {}
    return Headline(
        "Human-derived personas",
        "How often a persona chooses as the respondents with its configuration, from anyone (0) to "
        f"another respondent with the same one (1), {row.get('question', 'no')} questions",
        row.get("estimate"),
        row.get("ci_low"),
        row.get("ci_high"),
        0.0,
        "anyone",
        1.0,
        "another respondent with the same configuration",
        undefined_because="no respondent has the configuration of a persona",
        name="respondents",
        bounds=(-math.inf, math.inf),
    )


def headlines_of(frames: Mapping[str, pl.DataFrame]) -> list[Headline]:
    """Return the headlines of a condition, those of the robustness lens among them."""
    found = [
        *condition_headlines(frames),
        extremes_headline(frames["extremes"]),
        invariance_headline(frames["invariance"]),
    ]
    if "respondent_personas" in frames:
        found.append(respondents_headline(frames["respondent_personas"]))
    return found


def same_but_for_wording(one: Condition, other: Condition) -> bool:
    """Return whether two conditions differ in nothing but `REPLICATED`."""
    keys = [key for key in vars(one) if key not in {*REPLICATED, "name"}]
    return all(getattr(one, key) == getattr(other, key) for key in keys)


def robustness_table(
    conditions: Sequence[Condition], headlines: Sequence[Sequence[Headline]], this: str
) -> pl.DataFrame:
    """Return every headline under every condition, and over all wordings.

    Parameters
    ----------
    conditions : sequence of Condition
        Those that ask the same personas in other ways.
    headlines : sequence of sequence of Headline
        Of each condition.
    this : str
        The condition whose wordings are taken together.

    Returns
    -------
    DataFrame
        Table ROBUSTNESS.
    """
    rows = [
        _row(each) | {key: getattr(condition, key) for key in ("name", *SHOWN)}
        for condition, found in zip(conditions, headlines, strict=True)
        for each in found
    ]
    names = [condition.name for condition in conditions]
    chosen = conditions[names.index(this)]
    taken = [
        (condition, {each.name: each for each in found})
        for condition, found in zip(conditions, headlines, strict=True)
        if same_but_for_wording(condition, chosen)
    ]
    for each in headlines[names.index(this)]:
        same = [(condition, found[each.name]) for condition, found in taken if each.name in found]
        pooled = over_wordings(
            [condition.wording for condition, _ in same],
            [headline.estimate for _, headline in same],
            [own_interval(headline) for _, headline in same],
            each.bounds,
        )
        own = _row(each)
        too_few = TOO_FEW if pooled.n else own["remark"]  # without any, the reason is another
        rows.append(
            {
                **own, "name": ALL_WORDINGS, "estimate": pooled.estimate,
                "ci_low": pooled.low, "ci_high": pooled.high, "sd_wordings": pooled.sd,
                "n_wordings": pooled.n, "remark": too_few if pooled.low is None else "",
            }
        )  # fmt: skip
    renamed = [{**row, "condition": row.pop("name")} for row in rows]
    return pl.DataFrame(renamed, schema=dict(robustness_tables.ROBUSTNESS.columns))


def own_interval(headline: Headline) -> tuple[float, float] | None:
    """Return the interval of a headline, None where it has none."""
    if headline.ci_low is None or headline.ci_high is None:
        return None
    return headline.ci_low, headline.ci_high


def _row(headline: Headline) -> dict[str, object]:
    missing = f"not defined: {headline.undefined_because}" if headline.estimate is None else ""
    return {
        "headline": headline.name, "measure": headline.measure, "estimate": headline.estimate,
        "ci_low": headline.ci_low, "ci_high": headline.ci_high, "baseline": headline.baseline,
        "ceiling": headline.ceiling, "remark": missing,
    }  # fmt: skip


@command
def main(
    *,
    map_summary: list[Path],
    alignment_summary: list[Path],
    alignment_scores: list[Path],
    discrimination: list[Path],
    oracle_agreement: list[Path],
    extremes: list[Path],
    invariance: list[Path],
    respondent_personas: list[Path] | None = None,
    conditions: list[Condition],
    condition: str,
    robustness: Path,
) -> None:
    """Read the tables that headlines come from, each a file a condition; write all headlines."""
    paths = {
        "map_summary": map_summary,
        "alignment_summary": alignment_summary,
        "alignment_scores": alignment_scores,
        "discrimination": discrimination,
        "oracle_agreement": oracle_agreement,
        "extremes": extremes,
        "invariance": invariance,
    }
    if respondent_personas:
        paths["respondent_personas"] = respondent_personas
    found = [
        headlines_of({name: tables.read(files[place], READ[name]) for name, files in paths.items()})
        for place in range(len(conditions))
    ]
    table = robustness_table(conditions, found, condition)
    logger.info("%d headlines under %d conditions", len(found[0]), len(conditions))
    read = [path for files in paths.values() for path in files]
    provenance = tables.joined_provenance(read)
    tables.write(table, robustness, robustness_tables.ROBUSTNESS, provenance)


if __name__ == "__main__":
    run(main)
