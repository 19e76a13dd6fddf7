"""Quality: who personas say they are, what became of each question, who answers as configured.

    python -m valuescape.lenses.quality.measure --space F --personas F --biographies F --countries F \
        --respondents F --responses F F --instruments F F --answers KIND --seed N \
        --replicates N --demographics F --validity F --adherence F

Human margins are those of the WVS-7 respondents by country: whom the survey interviewed.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers import expected as answers
from valuescape.answers.inputs import CONFIGURED, parser_of_answers, read_configured
from valuescape.core import tables
from valuescape.core.errors import UserError, run
from valuescape.core.reference import read_reference
from valuescape.lenses.quality import tables as quality_tables
from valuescape.stats import resampling
from valuescape.study import tables as study_tables
from valuescape.study.instruments import Instrument, read_instrument

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuescape.answers.expected import AnswerKind
    from valuescape.stats.resampling import Draws
    from valuescape.study.space import PersonaSpace

logger = logging.getLogger(__name__)

# Lower ends of the age bands; the WVS interviews people from 18 on.
AGE_BANDS = {"under 18": 0, "18-29": 18, "30-44": 30, "45-59": 45, "60 and older": 60}
ATTRIBUTES = ("sex", "continent", "country", "settlement", "education")
# Free words: the most frequent are listed, the rest is one category.
FREE_ATTRIBUTES = ("occupation", "household", "religion")
MOST_CATEGORIES = 20
OTHER = "other"
NOT_STATED = "not stated"
# A variance below this is rounding: an answer that does not vary has no slope.
LEAST_VARIANCE = 1e-12


def human_margins(countries: pl.DataFrame, respondents: pl.DataFrame) -> pl.DataFrame:
    """Return how the WVS-7 respondents divide over countries and continents.

    Parameters
    ----------
    countries : DataFrame with country, continent
        Continent of each country.
    respondents : DataFrame with country, n
        Number of respondents.

    Returns
    -------
    DataFrame with attribute, category, human_share
        Every country that has respondents. This is whom the survey interviewed, not how the
        world's people divide.
    """
    counted = respondents.join(countries, on="country", how="left")
    total = pl.col("n").sum() / counted["n"].sum()
    return pl.concat(
        counted.drop_nulls(attribute)
        .group_by(pl.col(attribute).alias("category"))
        .agg(human_share=total)
        .with_columns(attribute=pl.lit(attribute))
        for attribute in ("country", "continent")
    )


def demographics(biographies: pl.DataFrame, margins: pl.DataFrame) -> pl.DataFrame:
    """Count what the valid biographies say of their personas.

    Parameters
    ----------
    biographies : DataFrame
        Table BIOGRAPHIES; its texts are not read.
    margins : DataFrame
        As from `human_margins`; its categories are listed even without a persona.

    Returns
    -------
    DataFrame
        Table DEMOGRAPHICS, with Wilson intervals.
    """
    valid = biographies.filter(pl.col("status") == "valid")
    described = valid.select(
        *ATTRIBUTES,
        *(_most_frequent(valid[name]) for name in FREE_ATTRIBUTES),
        age=_age_band(),
    ).select(pl.all().cast(pl.String).fill_null(NOT_STATED))
    counts = (
        described.unpivot(variable_name="attribute", value_name="category")
        .group_by("attribute", "category")
        .agg(n_personas=pl.len().cast(pl.Int64))
        .join(margins, on=["attribute", "category"], how="full", coalesce=True)
        .with_columns(pl.col("n_personas").fill_null(0))
    )
    if valid.is_empty():
        return counts.clear().match_to_schema(
            quality_tables.DEMOGRAPHICS.columns, missing_columns="insert"
        )
    low, high = resampling.wilson(counts["n_personas"].to_numpy(), valid.height)
    return counts.with_columns(
        share=pl.col("n_personas") / valid.height, ci_low=low, ci_high=high
    ).select(*quality_tables.DEMOGRAPHICS.columns)


def _age_band() -> pl.Expr:
    band = pl.lit(None, pl.String)
    for name, youngest in AGE_BANDS.items():
        band = pl.when(pl.col("age") >= youngest).then(pl.lit(name)).otherwise(band)
    return band


def _most_frequent(words: pl.Series) -> pl.Series:
    """Join all but the most frequent values."""
    tidy = words.str.strip_chars()
    ranked = tidy.drop_nulls().value_counts().sort(["count", tidy.name], descending=[True, False])
    kept = ranked[tidy.name].head(MOST_CATEGORIES).implode()
    frame = tidy.to_frame()
    named = pl.when(pl.col(tidy.name).is_in(kept) | pl.col(tidy.name).is_null())
    return frame.select(named.then(pl.col(tidy.name)).otherwise(pl.lit(OTHER))).to_series()


def validity(
    biographies: pl.DataFrame, responses: Sequence[tuple[Instrument, pl.DataFrame]]
) -> pl.DataFrame:
    """Account for everything that was asked.

    Parameters
    ----------
    biographies : DataFrame
        Table BIOGRAPHIES.
    responses : sequence of (Instrument, DataFrame)
        Instruments and their RESPONSES.

    Returns
    -------
    DataFrame
        Table VALIDITY; `option_mass` is the mean probability on all options together, over the
        answers for which it is known.
    """
    written = biographies.select(biography_status="status")
    rows: list[dict[str, str | int | float | None]] = [
        {
            "stage": "biographies",
            "question": "biography",
            **answers.outcome_counts(written, "biography"),
            "option_mass": None,
        }
    ]
    for instrument, answered in responses:
        for question in instrument.questions:
            mass = answered.select(pl.col(f"{question.id}_mass").cast(pl.Float64).mean()).item()
            rows.append(
                {
                    "stage": instrument.name,
                    "question": question.id,
                    **answers.outcome_counts(answered, question.id),
                    "option_mass": mass,
                }
            )
    columns = {
        name: dtype for name, dtype in quality_tables.VALIDITY.columns.items() if name != "asked"
    }
    counted = pl.DataFrame(rows, schema=columns)
    return counted.with_columns(asked=pl.sum_horizontal(answers.STATUSES))


def _moment_columns(
    configured: NDArray[np.float64], answered: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Columns whose sums determine slopes; six for each variable, zero without an answer."""
    known = ~np.isnan(answered)
    x, y = np.where(known, configured, 0.0), np.where(known, answered, 0.0)
    return np.stack([known, x, y, x * x, y * y, x * y], axis=-1).reshape(len(x), -1)


def _slopes(sums: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slopes and correlations, each of shape (..., n_variables)."""
    moments = sums.reshape(*sums.shape[:-1], -1, 6)
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y, xx, yy, xy = np.moveaxis(moments[..., 1:], -1, 0) / moments[..., 0]
        covariance, spread = xy - x * y, xx - x * x
        slope = np.where(spread > LEAST_VARIANCE, covariance / spread, np.nan)
        varies = (spread > LEAST_VARIANCE) & (yy - y * y > LEAST_VARIANCE)
        correlation = np.where(varies, covariance / np.sqrt(spread * (yy - y * y)), np.nan)
    return slope, np.clip(correlation, -1, 1)


def top_above_bottom(configured: NDArray[np.float64], answered: NDArray[np.float64]) -> float:
    """Return how often a persona of the top level answers higher than one of the bottom level.

    Parameters
    ----------
    configured : ndarray of float64, shape (n,)
        Survey values of the configured levels.
    answered : ndarray of float64, shape (n,)
        Answers; nan where not valid.

    Returns
    -------
    float
        Probability over all pairs, a tie counting half; 0.5 = no skill; nan without pairs.
    """
    known = ~np.isnan(answered)
    top = answered[known & (configured == configured.max(initial=-np.inf))]
    bottom = np.sort(answered[known & (configured == configured.min(initial=np.inf))])
    if not len(top) or not len(bottom):
        return float("nan")
    below = np.searchsorted(bottom, top, side="left")
    not_above = np.searchsorted(bottom, top, side="right")
    return float((below + not_above).mean() / (2 * len(bottom)))


def adherence(
    variables: Sequence[str],
    configured: NDArray[np.float64],
    answered: NDArray[np.float64],
    draws: Draws,
) -> pl.DataFrame:
    """Compare what personas answer with how they were configured.

    Parameters
    ----------
    variables : sequence of str
        Names of the variables.
    configured, answered : ndarray of float64, shape (n_personas, n_variables)
        Survey values; an answer is nan where it is not valid.
    draws : Draws
        Bootstrap draws, and shuffles of the null.

    Returns
    -------
    DataFrame
        Table ADHERENCE; null where an answer does not vary.
    """
    columns = _moment_columns(configured, answered)
    slope, correlation = _slopes(columns.sum(axis=0))
    sums = resampling.resampled_sums(columns, draws, "quality/personas")
    low, high = resampling.interval(slope, _slopes(sums)[0])
    frame = pl.DataFrame(
        {
            "variable": variables,
            "slope": slope,
            "ci_low": low,
            "ci_high": high,
            "correlation": correlation,
            "null_correlation": _null_correlation(configured, answered, draws),
            "top_above_bottom": [
                top_above_bottom(x, y) for x, y in zip(configured.T, answered.T, strict=True)
            ],
        },
        schema=quality_tables.ADHERENCE.columns,
    )
    return frame.fill_nan(None)


def _null_correlation(
    configured: NDArray[np.float64], answered: NDArray[np.float64], draws: Draws
) -> NDArray[np.float64]:
    """95th percentile of |r| when answers are shuffled over personas, by variable."""
    known = (~np.isnan(answered)).sum(axis=0)
    x, y = _standardised(configured), _standardised(answered)
    # Missing answers weigh nothing; the configured values left beside the others keep mean 0
    # and variance 1 in expectation, so r is their mean product.
    products = [
        np.einsum("ij,ij->j", x, shuffled)
        for shuffled in resampling.shuffles(y, draws, "quality/shuffles")
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        return resampling.null_bound(np.abs(np.stack(products)) / known)


def _standardised(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns of mean 0 and variance 1, 0 where nan; nan throughout if a column does not vary."""
    known = ~np.isnan(columns)
    n = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, columns - np.where(known, columns, 0).sum(axis=0) / n, 0.0)
    sd = np.sqrt((centred**2).sum(axis=0) / n)
    return centred / np.where(sd**2 > LEAST_VARIANCE, sd, np.nan)


def configured_and_answered(
    space: PersonaSpace,
    personas: pl.DataFrame,
    responses: Sequence[tuple[Instrument, pl.DataFrame]],
    kind: AnswerKind,
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    """Return, for each question that measures a cultural variable, both values of each persona.

    Parameters
    ----------
    space : PersonaSpace
        The cultural variables.
    personas : DataFrame
        Table PERSONAS.
    responses : sequence of (Instrument, DataFrame)
        Instruments and their RESPONSES.
    kind : {"probabilities", "chosen"}
        Which kind of answer to read.

    Returns
    -------
    (list of str, ndarray, ndarray), the arrays of shape (n_personas, n_asked)
        Variables that were asked, their configured and their answered values.

    Raises
    ------
    UserError
        If a question measures a variable that the space does not have.
    """
    names = [variable.name for variable in space.variables]
    values = space.values_of(personas.select(names).to_numpy())
    asked: dict[str, NDArray[np.float64]] = {}
    for instrument, answered in responses:
        for question in instrument.questions:
            if question.variable is None:
                continue
            if question.variable not in names:
                msg = f"{instrument.name}, {question.id}: no variable {question.variable!r}"
                raise UserError(msg, hint=f"the persona space has {', '.join(names)}")
            asked[question.variable] = (
                answers.probabilities(answered, question, kind) @ question.values
            )
    columns = [values[:, names.index(name)] for name in asked]
    shape = (personas.height, len(asked))
    return (
        list(asked),
        np.array(columns).T.reshape(shape),
        np.array([*asked.values()]).T.reshape(shape),
    )


def _parser() -> argparse.ArgumentParser:
    files = ("biographies", "countries", "respondents", "demographics", "validity", "adherence")
    parser = parser_of_answers(__doc__, (*CONFIGURED, *files))
    for name in ("responses", "instruments"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True)
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Read what was asked and answered, write DEMOGRAPHICS, VALIDITY and ADHERENCE.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the command line if None.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    args = _parser().parse_args(argv)
    configured = read_configured(args)
    space, personas = configured.space, configured.personas
    columns = [name for name in study_tables.BIOGRAPHIES.columns if name != "biography"]
    biographies = tables.read(args.biographies, study_tables.BIOGRAPHIES, columns)
    responses = []
    for instrument, path in zip(args.instruments, args.responses, strict=True):
        answered = tables.read(path, study_tables.RESPONSES)
        answers.require_same_personas(personas, answered, f"{args.personas} and {path}")
        responses.append((read_instrument(instrument), answered))
    countries = read_reference(args.countries, {"country": pl.String, "continent": pl.String})
    respondents = read_reference(args.respondents, {"country": pl.String, "n": pl.Int64})
    margins = human_margins(countries, respondents)
    outcomes = validity(biographies, responses)
    asked, valid = outcomes["asked"].sum(), outcomes["valid"].sum()
    logger.info("%d of %d answers are valid", valid, asked)
    draws = resampling.Draws(args.replicates, args.seed)
    adhered = adherence(*configured_and_answered(space, personas, responses, args.answers), draws)
    provenance = tables.joined_provenance([args.personas, args.biographies, *args.responses])
    described = demographics(biographies, margins)
    tables.write(described, args.demographics, quality_tables.DEMOGRAPHICS, provenance)
    tables.write(outcomes, args.validity, quality_tables.VALIDITY, provenance)
    tables.write(adhered, args.adherence, quality_tables.ADHERENCE, provenance)


if __name__ == "__main__":
    run(main)
