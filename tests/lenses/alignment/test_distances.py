"""Distances of every comparator, against what was published, and their bias."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import made_up_groups as groups
import public_tables
from valuescape.answers.distributions import HumanAnswers, human_arrays
from valuescape.core import tables
from valuescape.humans import distributions as human_distributions
from valuescape.humans import tables as human_tables
from valuescape.lenses.alignment.distances import (
    BLOCK,
    UNITS,
    corrected_distances,
    distances,
    expected_excess,
    folded_mean,
    in_blocks,
    replicated_distances,
)
from valuescape.stats.emd import emd, grid_of
from valuescape.stats.resampling import interval
from valuescape.study.instruments import read_instrument

CONFIG = Path(__file__).parents[3] / "config"
PROBE = CONFIG / "instruments/wvb_probe.yaml"


def test_published_baselines_over_countries(tmp_path):
    human_distributions.main(
        **public_tables.HUMANS,
        instrument=PROBE,
        grouping=["continent"],
        humans=tmp_path / "humans.parquet",
    )
    grid = grid_of(read_instrument(PROBE))
    human_table = tables.read(tmp_path / "humans.parquet", human_tables.HUMANS)
    countries = human_arrays(human_table, "country", grid)
    found = distances(countries.shares, countries.shares, countries, grid)
    cells = countries.n_respondents > 0
    assert cells.sum() == 2065
    alignment = {comparator: 1 - values[cells].mean() for comparator, values in found.items()}
    assert alignment["persona"] == 1  # here: the humans themselves
    assert alignment["uniform"] == pytest.approx(0.792, abs=5e-4)
    assert alignment["human_pooled"] == pytest.approx(0.901, abs=5e-4)
    assert alignment["human_other_mean"] == pytest.approx(0.867, abs=2e-3)
    # even the country farthest from it tells more of a country than uniform answers do
    assert alignment["human_other_worst"] > alignment["uniform"] + 0.01
    assert alignment["majority"] == pytest.approx(0.7385, abs=5e-4)
    # with all countries alike
    equal = distances(
        countries.shares,
        countries.shares,
        HumanAnswers(countries.groups, countries.shares, *[cells.astype(float)] * 3),
        grid,
    )
    assert 1 - equal["majority"][cells].mean() == pytest.approx(0.7385, abs=5e-4)
    assert 1 - equal["human_pooled"][cells].mean() == pytest.approx(0.9016, abs=5e-4)
    # one draw against the truth is 0.9924; two draws are sqrt(2) as far apart
    assert 1 - (1 - alignment["human_floor"]) / np.sqrt(2) == pytest.approx(0.9924, abs=5e-4)


def test_a15_docs_and_report_say_one_number_for_one_thing(tmp_path):
    """The table of docs/alignment.md, measured anew; paper.md and the report repeat it."""
    root = CONFIG.parent
    rows = re.findall(
        r"^\| .*?\| (0\.\d{3}) \| (0\.\d{3}) \| (0\.\d{3}) \|$",
        (root / "docs/alignment.md").read_text("utf-8"),
        re.MULTILINE,
    )
    comparators = (
        "majority", "uniform", "human_other_worst", "human_other_mean", "human_pooled",
        "human_floor",
    )  # fmt: skip
    assert len(rows) == len(comparators)
    printed = np.array(rows, dtype=np.float64).T
    grid = grid_of(read_instrument(PROBE))
    groupings = (["country"], ["continent"], ["continent", "settlement", "education"])
    for grouping, column in zip(groupings, printed, strict=True):
        output = tmp_path / "humans.parquet"
        human_distributions.main(
            **public_tables.HUMANS, instrument=PROBE, grouping=grouping, humans=output
        )
        table = tables.read(output, human_tables.HUMANS)
        humans = human_arrays(table, "+".join(grouping), grid)
        cells = humans.n_respondents > 0
        found = distances(humans.shares, humans.shares, humans, grid)
        measured = [1 - found[name][cells].mean() for name in comparators]
        assert column == pytest.approx(measured, abs=6e-4)
    elsewhere = ("docs/paper.md", "workflow/lib/valuescape/reporting/templates/report.html.j2")
    for path in elsewhere:
        text = (root / path).read_text("utf-8")
        for name in ("uniform", "human_pooled", "human_floor"):
            assert f"{printed[0][comparators.index(name)]:.3f}" in text, path


def test_replicates_are_the_distances_of_each_draw():
    found = groups.group_draws(lambda truth: truth, draws=BLOCK + 1)
    size = np.full((groups.G, groups.Q), 1000.0)
    humans = HumanAnswers(tuple("abcdefg"), found.humans, size, size, np.ones_like(size))
    drawn = replicated_distances(found.drawn_personas, found.drawn_humans, humans, found.grid)
    last = distances(found.drawn_personas[-1], found.drawn_humans[-1], humans, found.grid)
    assert set(drawn) == set(last)
    for name, values in drawn.items():
        assert len(values) == BLOCK + 1
        np.testing.assert_allclose(values[-1], last[name])


def test_blocks_hold_every_replicate_once():
    numbers = np.arange(2 * BLOCK + 3)
    assert [len(numbers[block]) for block in in_blocks(len(numbers))] == [BLOCK, BLOCK, 3]


def test_the_mean_of_a_folded_normal_is_that_of_its_draws():
    rng = np.random.default_rng(6)
    for difference in (-1.5, 0.0, 0.5):
        drawn = np.abs(rng.normal(difference, 1, 400_000)).mean()
        assert folded_mean(np.array(difference)) == pytest.approx(drawn, rel=5e-3)


@pytest.mark.parametrize("spread", [0.0, 0.7, 2.0])
def test_what_noise_added_is_taken_off_in_the_mean(spread):
    rng = np.random.default_rng(7)
    true = np.abs(rng.normal(0, spread, 4000))
    observed = np.abs(true + rng.normal(size=4000))
    found = observed - np.interp(observed, UNITS, expected_excess(observed), right=0.0)
    added = (observed - true).mean()
    # next to perfect agreement a fifth of the floor remains, else hardly anything
    left = (found - true).mean()
    assert abs(left) < (0.3 * added if spread == 0 else 0.05)
    assert added > 0.15
    assert expected_excess(np.array([observed, observed])).shape == (2, len(UNITS))


@pytest.mark.long
def test_corrected_intervals_cover_the_planted_distance_at_their_nominal_rate():
    rng, gaps = np.random.default_rng(12), groups.DRAWN_GRID.gaps
    truth = rng.dirichlet(np.ones(groups.K), (groups.G, groups.Q))
    persona_truth = 0.6 * truth + 0.4 * rng.dirichlet(np.ones(groups.K), truth.shape[:2])
    planted = emd(persona_truth, truth, gaps).mean()
    hits, errors, naive = [], [], []
    for _ in range(100):
        both = groups.drawn_shares(rng, persona_truth, 150), groups.drawn_shares(rng, truth, 400)
        drawn = (
            groups.drawn_shares(rng, side, n, (100,))
            for side, n in zip(both, (150, 400), strict=True)
        )
        (personas, drawn_personas), (humans, drawn_humans) = zip(both, drawn, strict=True)
        distance, replicates = corrected_distances(
            (personas * 150, drawn_personas * 150), (humans, drawn_humans), gaps
        )
        low, high = interval(distance.mean(), replicates.mean(axis=(1, 2)))
        hits.append(low <= planted <= high)
        errors.append(distance.mean() - planted)
        naive.append(emd(personas, humans, gaps).mean() - planted)
    # 95 of 100 with a standard error of 2.2: outside 89 to 99 about once in 200 seeds
    assert 0.89 <= np.mean(hits) <= 0.99
    # noise only adds to a distance; most of that is taken off
    assert np.mean(naive) > 0
    assert abs(np.mean(errors)) < np.mean(naive) / 2
