"""Variance components: planted ones come back, as least squares has them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import anova_lm

from made_up_scores import PLANTED, SIZES, planted
from valuescape.stats import variance_components


def parts_of(scores: np.ndarray) -> dict[str, np.ndarray]:
    found = variance_components.Crossed(scores)
    sums = variance_components.square_columns(found).sum(axis=0)
    return variance_components.components(sums, len(scores), found.sizes)


def test_planted_components_come_back():
    found = parts_of(planted(3000, 2, 2, 2, w=4))
    assert {"configuration x order x wording", "biography x wording", "order x wording"} < {*found}
    for name, value in found.items():
        # orders and wordings are fixed: theirs is the unbiased variance of what was planted
        expected = PLANTED.get(name, 0.0)
        assert value == pytest.approx(np.full(6, expected), abs=0.04), name


@pytest.mark.parametrize(
    "sizes", [(3, 2, 2), (1, 2, 3), (2, 1, 2), (1, 2, 1), (2, 2, 1), (1, 1, 3)]
)
def test_mean_squares_are_those_of_least_squares(sizes):
    scores = planted(8, *sizes)
    n, (b, o, r) = len(scores), sizes
    index = np.stack(np.meshgrid(range(n), range(b), range(o), range(r), indexing="ij"), axis=-1)
    frame = pd.DataFrame(index.reshape(-1, 4), columns=["p", "b", "o", "r"])
    frame["y"] = scores[..., 0].ravel()
    terms = ["C(p)"]
    terms += ["C(o)", "C(p):C(o)"] if o > 1 else []
    terms += ["C(p):C(b)"] if b > 1 else []
    terms += ["C(p):C(b):C(o)"] if o > 1 and b > 1 and r > 1 else []
    if r == 1:  # the last term is the residual
        terms = terms[:-1] if not (o > 1 and b > 1) else terms
    table = anova_lm(smf.ols("y ~ " + " + ".join(terms), frame).fit())
    ms = dict(zip(table.index, table["sum_sq"] / table["df"], strict=True))
    error = ms["Residual"]
    both = ms.get("C(p):C(b):C(o)", error)
    biography, pair = ms.get("C(p):C(b)", both), ms.get("C(p):C(o)", both)
    found = parts_of(scores)
    assert found["answer"][0] == pytest.approx(error)
    expected = max((ms["C(p)"] - biography - pair + both) / (b * o * r), 0.0)
    assert found["configuration"][0] == pytest.approx(expected)
    if "biography" in found:
        assert found["biography"][0] == pytest.approx(max((biography - both) / (o * r), 0))
    if "configuration x order" in found:
        assert found["configuration x order"][0] == pytest.approx(max((pair - both) / (b * r), 0))


def test_two_crossed_facets_are_those_of_least_squares():
    """Orders by wordings, one answer each: the highest interaction is the error."""
    scores = planted(6, 1, 2, 1, w=3)
    index = np.stack(np.meshgrid(range(6), range(2), range(3), indexing="ij"), axis=-1)
    frame = pd.DataFrame(index.reshape(-1, 3), columns=["p", "o", "w"])
    frame["y"] = scores[..., 0].ravel()
    table = anova_lm(smf.ols("y ~ (C(p) + C(o) + C(w)) ** 2", frame).fit())
    ms = table["sum_sq"] / table["df"]
    found = parts_of(scores)
    error = ms["Residual"]
    assert found["answer"][0] == pytest.approx(error)
    assert found["order x wording"][0] == pytest.approx(max((ms["C(o):C(w)"] - error) / 6, 0))
    assert found["configuration x wording"][0] == pytest.approx(
        max((ms["C(p):C(w)"] - error) / 2, 0)
    )
    others = ms["C(p):C(w)"] + ms["C(o):C(w)"] - error
    assert found["wording"][0] == pytest.approx(max((ms["C(w)"] - others) / 12, 0))


def test_coefficients_by_hand():
    parts = {name: np.array([value]) for name, value in PLANTED.items()}
    sizes = {"biography": 2, "order": 2, "wording": 3, "mode": 1, "answer": 2}
    found = variance_components.coefficients(parts, sizes)
    assert found["explainable_share"] == pytest.approx(0.5 / 1.27)
    error = 0.2 / 2 + 0.1 / 2 + 0.12 / 3 + 0.05 / 4 + 0.3 / 24
    assert found["g_coefficient"] == pytest.approx(0.5 / (0.5 + error))
    mean = variance_components.mean_error(parts, 10, sizes, of=40)
    assert mean == pytest.approx(0.5 / 10 * 0.75 + error / 10 + 0.08 / 2 + 0.2 / 3 / 3)


def test_conditions_are_arranged_by_facet():
    def condition(b, o, r):
        return {"biography": b, "order": o, "wording": "base", "mode": "single", "answer": r}

    keys = [(0, "forward", 0), (0, "reversed", 0), (0, "forward", 1), (0, "reversed", 1),
            (1, "forward", 0)]  # fmt: skip
    scores = [np.full((3, 6), float(k)) for k in range(5)]
    scores[2][1] = np.nan
    found = variance_components.crossed(scores, [condition(*key) for key in keys])
    # the second biography has no scores in the other order: it cannot be crossed with both
    assert found.sizes == SIZES | {"order": 2, "answer": 2}
    assert len(found.scores) == 2  # who has no score somewhere is left out
    assert found.scores[0, 0, :, 0, 0, :, 0].tolist() == [[0, 2], [1, 3]]
    alone = variance_components.crossed(scores, [condition(*key) for key in keys], ["biography"])
    assert alone.sizes == SIZES | {"biography": 2}
