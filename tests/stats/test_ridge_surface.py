"""The ridge: each left out without a second fit, variances found, errors of what is aliased."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from made_up_effects import cube
from valuescape.stats.interactions import EffectColumns, effect_columns, three_way_kernel
from valuescape.stats.ridge_surface import (
    CANDIDATES,
    MAIN,
    MEAN,
    PAIRS,
    Candidate,
    fit_surface,
    leave_one_out,
    log_evidence,
    three_way_share,
)
from valuescape.study.designs import persona_ids
from valuescape.study.space import read_space

SPACE = read_space(Path(__file__).parents[2] / "config/persona_space.yaml")
SMALL = cube(3, 2, 4, 3)
CHOSEN = Candidate(PAIRS, 2.0, 0.1)


@pytest.fixture(scope="module")
def asked():
    """Columns and answers of 40 of 72 configurations."""
    rng = np.random.default_rng(2)
    ids = np.sort(rng.choice(SMALL.n_personas, 40, replace=False))
    columns = effect_columns(SMALL.levels_of(ids), SMALL.radices)
    answers = columns.matrix[:, :3] @ rng.normal(0, 1, (3, 2)) + rng.normal(0, 0.3, (40, 2))
    return columns, answers


@pytest.mark.parametrize("candidate", [CHOSEN, Candidate(MAIN, 0.5, 0.0), Candidate(MEAN, 1, 0)])
def test_left_out_is_what_a_fit_to_the_others_predicts(asked, candidate):
    columns, answers = asked
    [found] = leave_one_out(columns, answers, [candidate])
    for left in (0, 17):
        others = np.delete(np.arange(40), left)
        fitted = fit_surface(
            EffectColumns(columns.matrix[others], columns.pair), answers[others], candidate
        )
        assert found.predicted[left] == pytest.approx(fitted.predict(columns.matrix[left]))


def test_evidence_is_that_of_the_normal_distribution(asked):
    # the restricted likelihood by its definition: of contrasts that no mean enters
    columns, answers = asked
    contrast = np.linalg.svd(np.ones((1, 40)))[2][1:]
    found = []
    for candidate in (CHOSEN, Candidate(MAIN, 0.5, 0.0)):
        prior = candidate.prior(columns.pair)
        covariance = np.eye(40) + columns.matrix * prior @ columns.matrix.T
        inner = contrast @ covariance @ contrast.T
        whole = 0.0
        for own in (contrast @ answers).T:
            noise = own @ np.linalg.solve(inner, own) / 39
            whole += -0.5 * (39 * np.log(noise) + np.linalg.slogdet(inner)[1])
        found.append(whole)
    first, second = log_evidence(columns, answers, [CHOSEN, Candidate(MAIN, 0.5, 0.0)])
    assert first - second == pytest.approx(found[0] - found[1])


def test_strong_effects_are_found_and_hardly_shrunk():
    columns = effect_columns(SPACE.levels_of(persona_ids(SPACE, "oa144")), SPACE.radices)
    rng = np.random.default_rng(3)
    effects = np.where(columns.pair, 0.0, rng.normal(0, 1, len(columns.pair)))
    answers = (0.5 + columns.matrix @ effects + rng.normal(0, 0.1, 144))[:, None]
    best = CANDIDATES[int(np.argmax(log_evidence(columns, answers)))]
    found = fit_surface(columns, answers, best)
    assert found.coefficients[0, 0] == pytest.approx(0.5, abs=0.05)
    assert found.coefficients[1:23, 0] == pytest.approx(effects[:22], abs=0.08)


def test_an_effect_that_looks_like_another_is_not_known():
    # on half of a 2 x 2 x 2 cube the third main effect is the interaction of the others
    space = cube(2, 2, 2)
    levels = space.levels_of(np.arange(8))
    half = levels[levels.sum(axis=1) % 2 == 0]
    columns = effect_columns(half, space.radices)
    candidate = Candidate(PAIRS, 1e-3, 1.0)
    covariance = fit_surface(columns, np.arange(4.0)[:, None], candidate).unit_covariance
    # prior variance 1000 of both; their sum is known, each alone is not
    assert covariance[3, 3] == pytest.approx(500, rel=0.01)
    assert covariance[0, 0] == pytest.approx(0.25)


def test_the_share_of_three_variables_is_found_where_there_are_enough():
    rng = np.random.default_rng(4)
    ids = np.sort(rng.choice(SPACE.n_personas, 900, replace=False))
    levels = SPACE.levels_of(ids)
    matrix = effect_columns(levels, SPACE.radices).matrix
    kernel = three_way_kernel(levels, SPACE.radices)
    root = np.linalg.cholesky(kernel + 1e-8 * np.eye(900))
    shares = []
    for share in (0.0, 0.5, 0.9):
        together, noise = rng.standard_normal((2, 900, 3))
        answers = matrix[:, :5].sum(axis=1, keepdims=True)
        answers = answers + np.sqrt(share) * root @ together + np.sqrt(1 - share) * noise
        shares.append(three_way_share(matrix, answers, kernel))
    assert shares == pytest.approx([0.0, 0.5, 0.9], abs=0.15)
    few = slice(0, 300)
    assert three_way_share(matrix[few], answers[few], kernel[few, few]) is None
    assert three_way_share(matrix, matrix[:, :1] * 2, kernel) == 0.0
