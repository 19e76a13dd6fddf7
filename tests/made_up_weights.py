"""Made-up tables of weighted personas; nothing here was measured."""

from __future__ import annotations

import numpy as np
import polars as pl

from valuescape import tables, weight_tables

LEVELS = {
    "emd_floor": 0.01, "emd_other_humans": 0.09, "emd_surface": 0.12, "emd_uniform": 0.21,
    "emd_world": 0.2, "emd_wrong": 0.2, "emd_own": 0.18,
}  # fmt: skip


def poststratification(countries: tuple[str, ...], *, surveyed: bool) -> pl.DataFrame:
    """Return own weights that gain a little, with a human surface only where surveyed."""
    rng = np.random.default_rng(48)
    rows = []
    for country in (*countries, "all"):
        for size in (33, 31):
            found = {name: level + rng.uniform(-0.005, 0.03) for name, level in LEVELS.items()}
            found["gain_over_uniform"] = found["emd_uniform"] - found["emd_own"]
            found["gain_over_wrong"] = found["emd_wrong"] - found["emd_own"]
            found["share_of_attainable"] = 0.3
            if not surveyed:
                found["emd_surface"] = found["share_of_attainable"] = None
            rows += [
                (
                    country,
                    size,
                    name,
                    value,
                    *((value - 0.03, value + 0.04) if value else (None,) * 2),
                )
                for name, value in found.items()
            ]
            told = {"n_questions": size, "residual_levels": 0.1 if country < "C" else 0.0}
            rows += [(country, size, name, float(v), None, None) for name, v in told.items()]
    schema = dict(weight_tables.POSTSTRATIFICATION.columns)
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return tables.check(frame, weight_tables.POSTSTRATIFICATION, "made-up")
