"""Index forms: what it changes on the map to ask an index in one question, not by its battery."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuescape.answers.expected import Readout, expected_values, require_same_personas
from valuescape.answers.inputs import PersonaResponses, read_persona_responses
from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.cultural_map.positions import Projection, read_projection
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.stats import resampling
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.instruments import Instrument, read_instrument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LOG = logging.getLogger(__name__)
NOT_ASKED = "needs the instrument iw_condensed among `instruments`"
NO_PERSONA = "not defined: no persona answered both forms"
CONSTANT = "not defined: it does not vary"
# A variance below this is rounding.
LEAST_VARIANCE = 1e-12


def both_forms(
    survey: PersonaResponses,
    condensed: Instrument,
    condensed_responses: pl.DataFrame,
    projection: Projection,
) -> dict[str, tuple[Array, Array]]:
    """Return what personas answer and where they lie by each form of the indices.

    Parameters
    ----------
    survey : PersonaResponses
        The indicators of the map, the indices derived from their batteries.
    condensed : Instrument
        The same indices, each in one question.
    condensed_responses : DataFrame
        Table RESPONSES to it, of the same personas.
    projection : Projection
        The frozen projection.

    Returns
    -------
    dict of str to (ndarray, ndarray), each of shape (n,)
        By code of an index, and by axis of the map: by the battery, and by one question. nan where
        an answer is not valid.
    """
    codes = [question.id for question in survey.instrument.questions]
    by_battery = expected_values(survey.responses, survey.instrument, survey.readout)
    by_question = by_battery.copy()
    found = {}
    one_each = expected_values(condensed_responses, condensed, survey.readout)
    for column, question in zip(one_each.T, condensed.questions, strict=True):
        place = codes.index(question.id)
        by_question[:, place] = column
        found[question.id] = (by_battery[:, place], column)
    named_by = f"the instrument {survey.instrument.name!r}"
    places = [projection.positions(each, codes, named_by) for each in (by_battery, by_question)]
    return found | {axis: (places[0][:, k], places[1][:, k]) for k, axis in enumerate(AXES)}


def compare_forms(
    forms: Mapping[str, tuple[Array, Array]], configured: Mapping[str, Array], draws: Draws
) -> pl.DataFrame:
    """Compare both forms over the personas that answered both.

    Parameters
    ----------
    forms : mapping of str to (ndarray, ndarray), each of shape (n,)
        As from `both_forms`.
    configured : mapping of str to ndarray of float64, shape (n,)
        By code of an index, the value that each persona is configured to.
    draws : Draws
        Bootstrap draws; a persona takes both forms along.

    Returns
    -------
    DataFrame
        Table INDEX_FORMS.
    """
    names = [*forms, *(f"configured {code}" for code in configured)]
    values = np.column_stack([*(np.column_stack(pair) for pair in forms.values()),
                              *configured.values()])  # fmt: skip
    values = values[~np.isnan(values).any(axis=1)]
    if not len(values):
        return without_comparison(forms, configured, NO_PERSONA)
    n = values.shape[1]
    products = np.einsum("ij,ik->ijk", values, values).reshape(len(values), -1)
    sums = np.column_stack([np.ones(len(values)), values, products])
    place = {name: 2 * k for k, name in enumerate(forms)}
    place |= {name: 2 * len(forms) + k for k, name in enumerate(names[len(forms) :])}

    def moments(total: Array) -> tuple[Array, Array]:
        mean = total[..., 1 : n + 1] / total[..., :1]
        second = (total[..., n + 1 :] / total[..., :1]).reshape(*total.shape[:-1], n, n)
        return mean, second - mean[..., :, None] * mean[..., None, :]

    def statistics(total: Array) -> dict[str, Array]:
        """Return each quantity by both forms, shape (..., 2)."""
        mean, covariance = moments(total)
        variance = np.diagonal(covariance, axis1=-2, axis2=-1)
        found = {}
        for name in forms:
            both = slice(place[name], place[name] + 2)
            found[f"mean {name}"] = mean[..., both]
            found[f"sd {name}"] = np.sqrt(np.clip(variance[..., both], 0, None))
        for code in configured:
            own, other = place[f"configured {code}"], place[code]
            pairs = [_correlation(covariance, own, other + form) for form in (0, 1)]
            found[f"correlation of {code} with the configured level"] = np.stack(pairs, axis=-1)
        first, second = (place[axis] for axis in AXES)
        pairs = [_correlation(covariance, first + form, second + form) for form in (0, 1)]
        found["correlation of the axes"] = np.stack(pairs, axis=-1)
        return found

    estimates = statistics(sums.sum(axis=0))
    drawn = statistics(resampling.resampled_sums(sums, draws, "cultural_map/index_forms"))
    _, covariance = moments(sums.sum(axis=0))
    agreement = {
        f"mean {name}": _correlation(covariance, place[name], place[name] + 1) for name in forms
    }
    rows = []
    for quantity, (battery, question) in estimates.items():
        differences = drawn[quantity][:, 1] - drawn[quantity][:, 0]
        defined = np.isfinite(question - battery)
        low, high = (
            resampling.interval(question - battery, differences) if defined else (np.nan, np.nan)
        )
        rows.append({
            "quantity": quantity, "battery": battery, "one_question": question,
            "difference": question - battery, "ci_low": low, "ci_high": high,
            "correlation": agreement.get(quantity), "n_personas": len(values),
            "remark": "" if defined else CONSTANT,
        })  # fmt: skip
    return pl.DataFrame(rows, schema=map_tables.INDEX_FORMS.columns).fill_nan(None)


def without_comparison(
    forms: Mapping[str, object], configured: Mapping[str, object], remark: str
) -> pl.DataFrame:
    """Return the table INDEX_FORMS of a study where there is nothing to compare, and why."""
    quantities = [f"{what} {name}" for name in forms for what in ("mean", "sd")]
    quantities += [f"correlation of {code} with the configured level" for code in configured]
    rows = [{"quantity": each, "n_personas": 0, "remark": remark}
            for each in (*quantities, "correlation of the axes")]  # fmt: skip
    return pl.DataFrame(rows, schema=map_tables.INDEX_FORMS.columns)


def _correlation(covariance: Array, first: int, second: int) -> Array:
    """Return a correlation, shape (...); nan where one of the two does not vary."""
    product = covariance[..., first, first] * covariance[..., second, second]
    varies = product > LEAST_VARIANCE**2
    with np.errstate(invalid="ignore", divide="ignore"):
        found = covariance[..., first, second] / np.sqrt(np.where(varies, product, np.nan))
    return np.clip(found, -1, 1)


@command
def main(
    *,
    space: Path,
    personas: Path,
    responses: Path,
    instrument: Path,
    condensed_instrument: Path,
    projection: Path,
    readout: Readout,
    seed: int,
    replicates: int,
    index_forms: Path,
    condensed: Path | None = None,
) -> None:
    """Read the responses to both forms of the indices; write INDEX_FORMS."""
    survey = read_persona_responses(space, personas, instrument, responses, readout)
    one_each = read_instrument(condensed_instrument)
    values = survey.space.values_of(survey.levels)
    configured = {
        variable.ivs: values[:, column]
        for column, variable in enumerate(survey.space.variables)
        if variable.ivs in {question.id for question in one_each.questions}
    }
    if condensed is None:
        found = without_comparison(dict.fromkeys([*configured, *AXES]), configured, NOT_ASKED)
    else:
        answered = tables.read(condensed, study_tables.RESPONSES)
        require_same_personas(survey.personas, answered, f"{personas} and {condensed}")
        forms = both_forms(survey, one_each, answered, read_projection(projection))
        found = compare_forms(forms, configured, Draws(replicates, seed))
    provenance = tables.joined_provenance(
        [personas, responses, *([condensed] if condensed else [])]
    )
    tables.write(found, index_forms, map_tables.INDEX_FORMS, provenance)
    LOG.info("%d personas answered both forms", found["n_personas"].max())


if __name__ == "__main__":
    run(main)
