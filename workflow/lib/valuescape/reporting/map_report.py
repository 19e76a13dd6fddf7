"""Tables of the cultural map that the report prints, of long ones what a reader looks for first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from valuescape.lenses.cultural_map import tables as map_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLES = {
    "map_recovery": map_tables.MAP_RECOVERY,
    "nearest": map_tables.NEAREST,
    "stated_country": map_tables.STATED_COUNTRY,
    "map_uncertainty": map_tables.UNCERTAINTY,
    "map_sensitivity": map_tables.SENSITIVITY,
    "weighted_positions": map_tables.WEIGHTED_POSITIONS,
    "extremes": map_tables.EXTREMES,
}
"""What is read, by the name of its argument."""
MOST_NEAREST, MOST_MOVED = 5, 8
WEIGHTED_MEASURES = (
    "n_effective", "mean_self_expression", "mean_secular", "correlation", "hull_share",
)  # fmt: skip


def shortened(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return the tables as they are printed.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        By the names of `TABLES`, among others.

    Returns
    -------
    dict of str to DataFrame
        By the same names; of long tables the largest rows.
    """
    moved = frames["map_sensitivity"].filter(pl.col("object") == "persona")
    near = frames["nearest"].sort("share", "name", descending=[True, False])
    weighted = frames["weighted_positions"].filter(pl.col("measure").is_in(WEIGHTED_MEASURES))
    return {name: frames[name] for name in TABLES} | {
        "nearest": near.group_by("kind", maintain_order=True).head(MOST_NEAREST),
        "weighted_positions": weighted.drop("name"),
        "map_sensitivity": moved.sort("displacement", descending=True, nulls_last=True).head(
            MOST_MOVED
        ),
    }
