"""Made-up tables of weighted personas; nothing here was measured."""

from __future__ import annotations

import numpy as np
import polars as pl

from valuescape.core import tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.weights import tables as weight_tables

INDICATORS = ("A008", "A165", "E018", "E025", "F063", "F118", "F120", "G006", "Y002", "Y003")
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
            counts = {"n_questions": size, "residual_levels": 0.1 if country < "C" else 0.0}
            rows += [(country, size, name, float(v), None, None) for name, v in counts.items()]
    schema = dict(weight_tables.POSTSTRATIFICATION.columns)
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return tables.check(frame, weight_tables.POSTSTRATIFICATION, "made-up")


def wave_shifts(countries: tuple[str, ...]) -> pl.DataFrame:
    """Return countries that move, and personas that keep 40 % of it."""
    rng = np.random.default_rng(58)
    rows = []
    for country in countries:
        for wave in (5, 6):
            for quantity in ("self_expression", "secular", *INDICATORS):
                human = float(rng.normal(0, 0.3))
                predicted = (rate * human + float(rng.normal(0, 0.05)) for rate in (0.4, 0.95))
                lost = 0.1 * human + float(rng.normal(0, 0.02)) if quantity in INDICATORS else None
                values = (human, 0.03, *predicted, lost, 0.02 if lost else None, 0.05)
                rows.append((country, wave, wave + 1, quantity, *values))
    schema = dict(map_tables.WAVE_SHIFTS.columns)
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return tables.check(frame, map_tables.WAVE_SHIFTS, "made-up")


def wave_drift(shifts: pl.DataFrame) -> pl.DataFrame:
    """Return slopes and correlations of these shifts, with made-up intervals."""
    rows = []
    for (quantity,), found in shifts.group_by("quantity", maintain_order=True):
        for predictor in ("persona", "design", "persona_left_out", "design_left_out"):
            known = found.drop_nulls(predictor)
            if known.is_empty():
                continue
            human, predicted = known["human"].to_numpy(), known[predictor].to_numpy()
            slope = float(np.polyfit(human, predicted, 1)[0])
            varies = predicted.std() > 0
            r = float(np.corrcoef(human, predicted)[0, 1]) if varies else 0.0
            rows += [
                (str(quantity), predictor, "slope", slope, slope - 0.08, slope + 0.08, None),
                (str(quantity), predictor, "correlation", r, r - 0.1, min(r + 0.1, 1.0), 0.4),
                (str(quantity), predictor, "sign_agreement", 0.8, 0.7, 0.9, 0.62),
            ]
        rows.append((str(quantity), "world_mean", "sign_agreement", 0.55, 0.4, 0.7, 0.62))
    schema = dict(map_tables.WAVE_DRIFT.columns)
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return tables.check(frame, map_tables.WAVE_DRIFT, "made-up")
