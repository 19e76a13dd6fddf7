"""Variance components: planted ones come back, as least squares has them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import anova_lm

from valuescape.stats import variance_components

PLANTED = {"configuration": 0.5, "biography": 0.2, "order": 0.0, "configuration x order": 0.1,
           "biography x order": 0.05, "answer": 0.3}  # fmt: skip


def planted(n: int, b: int, o: int, r: int, seed: int = 1) -> np.ndarray:
    """Return scores of six foundations with the planted components, orders 0.4 apart."""
    rng = np.random.default_rng(seed)

    def noise(name, *shape):
        return rng.normal(0, np.sqrt(PLANTED[name]), (*shape, 6))

    shift = np.linspace(-0.2, 0.2, o)[None, None, :, None, None] if o > 1 else 0.0
    return (
        3 + shift + noise("configuration", n, 1, 1, 1) + noise("biography", n, b, 1, 1)
        + noise("configuration x order", n, 1, o, 1) + noise("biography x order", n, b, o, 1)
        + noise("answer", n, b, o, r)
    )  # fmt: skip


def parts_of(scores: np.ndarray) -> dict[str, np.ndarray]:
    found = variance_components.Crossed(scores)
    sums = variance_components.square_columns(found).sum(axis=0)
    return variance_components.components(sums, len(scores), found.sizes)


def test_planted_components_come_back():
    found = parts_of(planted(6000, 3, 2, 2))
    assert set(found) == set(variance_components.COMPONENTS)
    for name, value in PLANTED.items():
        # the order is fixed at +-0.2: the unbiased variance of two is 0.08
        expected = 0.08 if name == "order" else value
        assert found[name] == pytest.approx(np.full(6, expected), abs=0.03), name


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


def test_coefficients_by_hand():
    parts = {name: np.array([value]) for name, value in PLANTED.items()}
    found = variance_components.coefficients(parts, (2, 2, 2))
    assert found["explainable_share"] == pytest.approx(0.5 / 1.15)
    assert found["g_coefficient"] == pytest.approx(
        0.5 / (0.5 + 0.2 / 2 + 0.1 / 2 + 0.05 / 4 + 0.3 / 8)
    )


def test_conditions_are_arranged_by_facet():
    def condition(b, o, r):
        return {"biography_replicate": b, "option_order": o, "replicate": r}

    keys = [(0, "forward", 0), (0, "reversed", 0), (0, "forward", 1), (0, "reversed", 1),
            (1, "forward", 0)]  # fmt: skip
    scores = [np.full((3, 6), float(k)) for k in range(5)]
    scores[2][1] = np.nan
    found = variance_components.crossed(scores, [condition(*key) for key in keys])
    # the second biography has no scores in the other order: it cannot be crossed with both
    assert found.sizes in {(1, 2, 2), (2, 1, 1)}
    alone = variance_components.crossed(scores[:4], [condition(*key) for key in keys[:4]])
    assert alone.sizes == (1, 2, 2)
    assert len(alone.scores) == 2  # who has no score somewhere is left out
    assert alone.scores[0, 0, :, :, 0].tolist() == [[0, 2], [1, 3]]
