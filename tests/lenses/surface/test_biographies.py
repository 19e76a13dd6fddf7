"""The biographies of all configurations: written ones kept, the others empty."""

from __future__ import annotations

import polars as pl

from valuescape.core import tables
from valuescape.lenses.surface import biographies
from valuescape.study import tables as study_tables


def test_personas_that_were_not_asked_have_no_biography():
    columns = dict(study_tables.BIOGRAPHIES.columns)
    written = pl.DataFrame(
        [{"persona_id": 2, "status": "valid", "country": "Chile", "attempts": 1}], schema=columns
    )
    found = biographies.with_all_configurations(written, 4)
    tables.check(found, study_tables.BIOGRAPHIES, "test")
    assert found["status"].to_list() == ["not_asked", "not_asked", "valid", "not_asked"]
    assert found["country"].to_list() == [None, None, "Chile", None]
    assert found["attempts"].to_list() == [0, 0, 1, 0]
