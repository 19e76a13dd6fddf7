"""Scores of six foundations with planted variance components."""

from __future__ import annotations

import numpy as np

SIZES = dict.fromkeys(("biography", "order", "wording", "mode", "answer"), 1)
PLANTED = {
    "configuration": 0.5, "biography": 0.2, "order": 0.08, "wording": 0.2 / 3,
    "configuration x order": 0.1, "configuration x wording": 0.12, "biography x order": 0.05,
    "answer": 0.3,
}  # fmt: skip


def planted(n: int, b: int, o: int, r: int, w: int = 1, seed: int = 1) -> np.ndarray:
    """Return scores, shape (n, b, o, w, 1, r, 6): orders 0.4 apart, wordings over 0.6."""
    rng = np.random.default_rng(seed)

    def noise(name, *shape):
        return rng.normal(0, np.sqrt(PLANTED[name]), (*shape, 6))

    def spread(k, width, axis):
        values = np.linspace(-width / 2, width / 2, k) if k > 1 else np.zeros(1)
        return np.expand_dims(values, [place for place in range(7) if place != axis])

    wordings = noise("configuration x wording", n, 1, 1, w, 1, 1) if w > 1 else 0.0
    return (
        3 + spread(o, 0.4, 2) + spread(w, 0.6, 3) + wordings
        + noise("configuration", n, 1, 1, 1, 1, 1) + noise("biography", n, b, 1, 1, 1, 1)
        + noise("configuration x order", n, 1, o, 1, 1, 1)
        + noise("biography x order", n, b, o, 1, 1, 1) + noise("answer", n, b, o, w, 1, r)
    )  # fmt: skip
