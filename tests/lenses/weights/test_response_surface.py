"""The human response surface: a country is predicted from other countries alone."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import made_up_survey as survey
from valuescape.lenses.weights import response_surface
from valuescape.stats.emd import grid_of
from valuescape.stats.level_effects import membership
from valuescape.stats.resampling import Draws

PROBE = survey.PROBE
SPACE = survey.SPACE


def test_the_surface_of_a_country_is_fitted_to_others():
    people, grid = survey.six_countries(), grid_of(PROBE)
    answers = people.with_columns(
        Q1=pl.when(pl.col("country") == "Egypt").then(4).otherwise(1).cast(pl.Int8)
    )
    means = np.full((len(survey.COUNTRIES), int(SPACE.radices.sum())), 0.0)
    levels = people.select(v.name for v in SPACE.variables).to_numpy()
    means[:] = membership(SPACE, levels).matrix.mean(axis=0)
    found = response_surface.predict_countries(
        answers, SPACE, grid, (survey.COUNTRIES, means), Draws(1, 1)
    )
    egypt = survey.COUNTRIES.index("Egypt")
    question = grid.questions.index("Q1")
    # nobody else gives Egypt's answer, so its surface cannot know it
    assert found[egypt, question, 0] == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(found.sum(axis=-1), 1)


def test_one_country_alone_cannot_be_predicted():
    people = survey.six_countries().filter(country="Chile")
    means = np.zeros((1, int(SPACE.radices.sum())))
    grid = grid_of(PROBE)
    found = response_surface.predict_countries(
        people, SPACE, grid, (("Chile",), means), Draws(1, 1)
    )
    assert np.isnan(found).all()
