"""Tables of weights of personas, and of what weighting them gains: columns, dtypes and keys."""

from __future__ import annotations

import polars as pl

from valuescape.tables import Table

ESTIMATE = {"estimate": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64}

WEIGHTS = Table(
    "weights",
    {"scheme": pl.String, "persona_id": pl.UInt32, "weight": pl.Float64},
    ("scheme", "persona_id"),
    {"weight": (0.0, 1.0)},
)
"""Weights that make the personas stand for a human population; they sum to 1 within a scheme.
`scheme`: uniform (all alike), raking (the share of each level), ipf_pairs (of each pair of levels),
joint (smoothed shares of whole configurations), semi_relaxed_ot (humans moved to near personas). A
scheme that these humans, or these personas, do not allow has no rows.
"""

WEIGHTS_DIAGNOSTICS = Table(
    "weights_diagnostics",
    {"scheme": pl.String, "measure": pl.String, "value": pl.Float64, "floor": pl.Float64},
    ("scheme", "measure"),
)
"""How good weights are (T23). kish_effective_n of the personas; largest_weight; residual_levels and
residual_pairs (largest difference from a human share of a level, of a pair of levels);
weight_where_no_human (on configurations that no respondent has); held_out_configurations and
held_out_pairs (total variation, 0 same, 1 apart, of weights fitted to one half of the respondents
from the other half; `floor`: of as many respondents drawn from these very weights). `scheme`
humans: n_respondents, n_complete (all ten answers), n_variables whose shares are known and
covered_share (of humans whose configuration is among the personas). Null where single respondents
would be needed; a scheme that is not possible has one row, with a null.
"""
