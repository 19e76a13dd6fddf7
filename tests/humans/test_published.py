"""Public tables of humans: each read by its reader, and traced to its source."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from valuescape.core.errors import UserError
from valuescape.core.reference import read_reference
from valuescape.humans import published

REFERENCE = Path(__file__).parents[2] / "config/reference"
TABLES = {
    "wvs7_country_distributions.csv": published.read_country_distributions,
    "wvs7_country_distributions_weighted.csv": published.read_country_distributions,
    "wvs7_country_bins.csv": published.read_country_bins,
    "wvs7_n.csv": published.read_answered,
    "wvs7_country_margins.csv": published.read_country_margins,
    "wvs7_country_question_by_group.parquet": published.read_question_by_group,
    "wvs7_group_distributions.csv": published.read_group_distributions,
    "wvs7_indicator_joint.parquet": published.read_indicator_joint,
    "iw_individual_moments.csv": published.read_individual_moments,
    "iw_waves.csv": published.read_waves,
    "iw_waves_distributions.csv": published.read_waves_distributions,
}


def sources() -> set[str]:
    names = ("source", "kind", "repository", "licence_file", "survey_version")
    found = read_reference(REFERENCE / "wvs7_sources.csv", dict.fromkeys(names, pl.String))
    return set(found["source"])


@pytest.mark.parametrize("name", TABLES)
def test_every_number_is_traced_to_its_source(name: str) -> None:
    table = TABLES[name](REFERENCE / name)
    assert table.height > 30
    if "source" in table.columns:
        named = {each for cell in table["source"].unique() for each in cell.split("+")}
        assert named - {"wvs7_country_distributions.csv"} <= sources()


def test_a_cell_that_is_no_number_is_told_even_where_cells_may_be_empty(tmp_path: Path) -> None:
    broken = tmp_path / "wvs7_n.csv"
    broken.write_text(
        "question,country,n,n_effective,source\nQ1,Chile,1000,,x\nQ2,Chile,9,many,x\n"
    )
    with pytest.raises(UserError, match="row 2, column 'n_effective': 'many' is no Float64"):
        published.read_answered(broken)
