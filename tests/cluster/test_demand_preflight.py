"""Demand a preflight: a study that requires it asks no model that did not pass."""

from __future__ import annotations

import polars as pl
import pytest

from valuescape.cluster.demand_preflight import main
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.study import tables as study_tables


def test_a_study_that_demands_it_stops_where_a_model_does_not_pass(tmp_path):
    path, passed = tmp_path / "judged.parquet", tmp_path / "passed.txt"
    for reason in ("too little", ""):
        row = {"model": "m", "stage": "base", "n_asked": 100, "reason": reason}
        frame = pl.DataFrame([row], schema=dict(study_tables.PREFLIGHT.columns))
        tables.write(frame, path, study_tables.PREFLIGHT, {})
        if reason:
            with pytest.raises(
                UserError, match="'m' does not pass its preflight: base: too little"
            ):
                main(judged=path, passed=passed)
            assert not passed.exists()
    main(judged=path, passed=passed)
    assert passed.read_text(encoding="utf-8") == "base: passes\n"
