"""Made-up tables of the lens languages: six languages in seven cells. Nothing was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from valuescape.lenses.languages import tables as language_tables
from valuescape.study.instruments import FOUNDATIONS, read_instrument

CONFIG = Path(__file__).parents[1] / "config/instruments"
LANGUAGES = ("de", "de-AT", "es", "fr", "ru", "tr")
CELLS = (
    ("nobody", False), ("question", True), ("question", False), ("persona", True),
    ("persona", False), ("both", True), ("both", False),
)  # fmt: skip
LACKING = ("Q112", "Q113", "Q114", "Q122", "Q200")


def contrasts() -> list[dict]:
    """Return the contrasts of a study: seven cells of six languages."""
    return [
        {
            "condition": f"{language}_{cell}_{'told' if told else 'untold'}",
            "twin": f"base_{'told' if told else 'untold'}",
            "contrast": "language",
            "cell": cell,
            "language": language,
            "demographics_told": told,
            "model_knows": language != "tr",
        }
        for cell, told in CELLS
        for language in LANGUAGES
    ]


def language_shift(seed: int = 6) -> pl.DataFrame:
    """Return displacements: largest where persona and question are in the language."""
    rng = np.random.default_rng(seed)
    size = {"nobody": 0.3, "question": 0.2, "persona": 0.1, "both": 0.4}
    rows = []
    for contrast in contrasts():
        x, y = rng.normal(0, size[contrast["cell"]], 2)
        length = float(np.hypot(x, y))
        # nobody is told of: all answer alike, and nothing is drawn
        radius = None if contrast["cell"] == "nobody" else 0.08
        floors = {
            "floor_replicate": 0.04, "floor_option_order": 0.11,
            "floor_wording": 0.15 if contrast["demographics_told"] else None,
        }  # fmt: skip
        for measure, value in (("self_expression", x), ("secular", y), ("length", length)):
            rows.append(
                contrast
                | floors
                | {
                    "measure": measure,
                    "estimate": float(value),
                    "ci_low": None if radius is None else max(length - radius, 0.0),
                    "ci_high": None if radius is None else length + radius,
                    "beyond_floors": length - 0.08 > 0.15,
                    "n_personas": 141,
                    "items": "A008 A165 E018 E025 F063 F118 F120 G006 Y002 Y003",
                    "remark": "",
                }
            )
    schema = dict(language_tables.LANGUAGE_SHIFT.columns)
    return pl.DataFrame(rows, schema=schema, orient="row")


def language_items(seed: int = 7) -> pl.DataFrame:
    """Return shifts of questions, foundations and whole instruments."""
    rng = np.random.default_rng(seed)
    units = [
        (instrument.name, "question", question.id)
        for instrument in (read_instrument(CONFIG / f"{name}.yaml") for name in ("iw", "wvb_probe"))
        for question in instrument.questions
    ]
    units += [("mfq2", "foundation", name) for name in FOUNDATIONS]
    rows = []
    for contrast in contrasts():
        in_language = contrast["cell"] != "persona"
        for instrument, unit, item in units:
            row = contrast | {"instrument": instrument, "unit": unit, "item": item}
            if in_language and (instrument == "mfq2" or item in LACKING):
                rows.append(row | {"remark": "not_asked"})
                continue
            z = float(rng.normal(0, 0.7))
            rows.append(
                row
                | {
                    "shift": z / 6, "z_shift": z, "emd": abs(z) / 6, "n_personas": 141,
                    "beyond_floors": abs(z) > 1, "correlation": 0.6, "valid_share": 1.0,
                    "valid_share_twin": 1.0, "refused_share": 0.0, "remark": "",
                }
            )  # fmt: skip
        rows += [
            contrast
            | {
                "instrument": instrument, "unit": "all", "item": "all", "emd": 0.1,
                "correlation": float(rng.uniform(0.1, 0.5)), "correlation_raw": 0.9,
                "valid_share": float(rng.uniform(0.8, 1.0)), "remark": "",
            }
            for instrument in ("iw", "wvb_probe")
        ]  # fmt: skip
    schema = dict(language_tables.LANGUAGE_ITEMS.columns)
    return pl.DataFrame(rows, schema=schema, orient="row")
