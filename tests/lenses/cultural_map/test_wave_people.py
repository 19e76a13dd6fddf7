"""People of waves 5 to 7: places of public means, errors, shares of levels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import made_up_survey as survey
from valuescape.humans.published import (
    read_answered,
    read_country_distributions,
    read_individual_moments,
    read_waves,
    read_waves_distributions,
)
from valuescape.lenses.cultural_map import wave_people
from valuescape.lenses.cultural_map.positions import read_projection
from valuescape.lenses.cultural_map.tables import AXES

REFERENCE = Path(__file__).parents[3] / "config/reference"
SPACE = survey.SPACE
PROJECTION = read_projection(REFERENCE / "iw_projection.csv")


@pytest.fixture(scope="module")
def published():
    earlier = read_waves_distributions(REFERENCE / "iw_waves_distributions.csv")
    latest = read_country_distributions(REFERENCE / "wvs7_country_distributions.csv")
    return wave_people.PublishedWaves(
        read_waves(REFERENCE / "iw_waves.csv"),
        wave_people.public_shares(earlier, latest, SPACE),
        wave_people.public_counts(earlier, read_answered(REFERENCE / "wvs7_n.csv")),
        wave_people.scatter_of_people(
            read_individual_moments(REFERENCE / "iw_individual_moments.csv")
        ),
    )


def test_who_was_asked_all_ten_lies_where_the_published_map_has_it(published):
    """Places of means follow from the projection: near those of the published centroids."""
    people = wave_people.people_of_aggregates(published, SPACE, PROJECTION)
    ten = [variable.ivs for variable in SPACE.variables]
    placed = published.means.drop_nulls(ten)
    assert placed.height == 129
    states = {key: each.state[: len(AXES)] for key, each in people.items()}
    assert sum(np.isfinite(state).all() for state in states.values()) == 129
    # wave 7 is the only one of these two, so that the centroid is of the same people
    centroids = pl.read_csv(REFERENCE / "iw_country_centroids.csv", comment_prefix="#")
    for country in ("Bangladesh", "Venezuela"):
        centroid = centroids.filter(pl.col("country") == country).select(AXES).row(0)
        assert states[country, 7] == pytest.approx(centroid, abs=0.1)
    algeria = people["Algeria", 6]
    assert algeria.means[4].mean == pytest.approx(9.5591)
    # trust of 1,149 respondents: 17.93 and 82.07 per cent
    assert algeria.shares[1].shares == pytest.approx([0.1793, 0.8207], abs=1e-4)
    assert algeria.error[0] == pytest.approx(1.3834 / np.sqrt(1149), rel=0.05)


def test_shares_and_means_of_a_country_agree(published):
    """Of variables whose levels are single codes, the mean follows from the shares."""
    for (country, wave), shares in published.shares.items():
        row = published.means.filter(country=country, wave=wave)
        for column in (0, 1, 7):
            mean = row[SPACE.variables[column].ivs].item() if row.height else None
            if column not in shares or mean is None:
                continue
            values = np.array([level.value for level in SPACE.variables[column].levels])
            assert shares[column].shares @ values == pytest.approx(mean, abs=0.021)


def test_standard_errors_are_those_of_simulation():
    rng = np.random.default_rng(6)
    weights = rng.uniform(0.2, 2, 400)
    draws = rng.normal(3, 2, (400, 2000))
    means = weights @ draws / weights.sum()
    found = wave_people.standard_errors(draws[:, :5], weights)
    assert found.mean() == pytest.approx(means.std(), rel=0.08)
