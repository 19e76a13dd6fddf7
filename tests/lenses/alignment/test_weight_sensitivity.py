"""Weight sensitivity: the same people counted once each, and by weight."""

from __future__ import annotations

import numpy as np
import pytest

import made_up_groups
import public_tables
from made_up_answers import instrument, question
from valuescape.answers.distributions import HumanAnswers
from valuescape.core import tables
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.alignment import weight_sensitivity
from valuescape.stats.emd import grid_of
from valuescape.stats.resampling import Draws
from valuescape.study.conditions import Condition

GRID = grid_of(instrument(question("Q1", (0, 1)), question("Q2", (0, 1))))


def humans(groups, first, n=100.0):
    """Return countries of which these shares choose the first option of each question."""
    of_first = np.array(first)
    size = np.full(of_first.shape, n) * np.isfinite(of_first)
    shares = np.stack([of_first, 1 - of_first], axis=-1)
    return HumanAnswers(groups, shares, size, size, np.ones_like(size))


def by_comparator(personas, alike, weighted):
    shares = np.array([[each, 1 - each] for each in personas])
    found = weight_sensitivity.weight_sensitivity(shares, (alike, weighted), GRID, Draws(200, 1))
    tables.check(found, alignment_tables.WEIGHT_SENSITIVITY, "the test")
    return {row["comparator"]: row for row in found.iter_rows(named=True)}


def test_weights_by_hand():
    """Two countries move; weights of C are all 1 and would only dilute, those of D are unknown."""
    alike = humans(("A", "B", "C", "D"), [[0.5, 0.2], [0.4, np.nan], [0.3, 0.3], [0.9, 0.9]])
    weighted = humans(("A", "B", "C"), [[0.6, 0.2], [0.2, np.nan], [0.3, 0.3]])
    of = by_comparator((0.5, 0.5), alike, weighted)
    persona = of["persona"]
    assert (persona["n_countries"], persona["n_questions"], persona["n_cells"]) == (2, 2, 3)
    # distances .0 .3 | .1, and by weight .1 .3 | .3
    assert persona["alignment_unweighted"] == pytest.approx(1 - 0.4 / 3)
    assert persona["alignment_weighted"] == pytest.approx(1 - 0.7 / 3)
    assert persona["difference"] == pytest.approx(-0.1)
    assert persona["largest"] == pytest.approx(0.2)  # B
    assert persona["ci_low"] <= persona["difference"] <= persona["ci_high"]
    assert of["uniform"]["difference"] == pytest.approx(persona["difference"])
    # in Q2 there is nobody else, in Q1 A and B stand against each other: .1, and by weight .4
    assert of["human_pooled"]["difference"] == pytest.approx(-0.3)
    assert of["human_unweighted"]["alignment_unweighted"] == 1
    assert of["human_unweighted"]["alignment_weighted"] == pytest.approx(1 - (0.1 + 0.2) / 3)


def test_what_cannot_be_told_is_null_with_a_reason():
    alike = humans(("A", "B"), [[0.5, 0.2], [0.4, 0.1]])
    nobody = by_comparator((0.5, 0.5), alike, alike)
    assert nobody["persona"]["difference"] is None
    assert nobody["persona"]["reason"] == weight_sensitivity.NOBODY
    one = by_comparator((0.5, 0.5), alike, humans(("A",), [[0.7, 0.2]]))
    assert one["persona"]["difference"] == pytest.approx(-0.1)
    assert one["persona"]["ci_low"] is None
    assert one["persona"]["reason"] == weight_sensitivity.ONE_COUNTRY


def test_the_command_measures_the_public_tables(tmp_path):
    made = made_up_groups.write_inputs(tmp_path)
    public = public_tables.HUMANS
    output = tmp_path / "table.parquet"
    weight_sensitivity.main(
        responses=made["responses"],
        instrument=made["instrument"],
        distributions=public["distributions"],
        distributions_weighted=public_tables.REFERENCE / "wvs7_country_distributions_weighted.csv",
        answered=public["answered"],
        interviewed=public["respondents"],
        countries=public["countries"],
        condition=Condition("base", ("configuration",)),
        seed=1,
        replicates=100,
        table=output,
    )
    found = tables.read(output, alignment_tables.WEIGHT_SENSITIVITY)
    of = {row["comparator"]: row for row in found.iter_rows(named=True)}
    # weights move a share by a few points, and the mean over questions by a few thousandths
    assert of["human_unweighted"]["n_countries"] == 30
    assert 0.985 < of["human_unweighted"]["alignment_weighted"] < 0.997
    assert abs(of["human_pooled"]["difference"]) < 0.005
