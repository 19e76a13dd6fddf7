"""Survey files: the same tables from every format, sentinels never counted, mistakes told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from polars.testing import assert_frame_equal

import survey_fixture
from valuescape import indicators, respondents, survey_tables, tables

if TYPE_CHECKING:
    import polars as pl

CONFIG = Path(__file__).parents[1] / "config"
SPACE = CONFIG / "persona_space.yaml"
PROBE = CONFIG / "instruments/wvb_probe.yaml"
COUNTRIES = CONFIG / "reference/countries.csv"
FORMATS = ("csv", "sav", "dta", "zip")


def cut_wvs7(survey: Path, output: Path) -> pl.DataFrame:
    respondents.main(
        ["--survey", str(survey), "--space", str(SPACE), "--instrument", str(PROBE),
         "--countries", str(COUNTRIES), "--output", str(output)]
    )  # fmt: skip
    return tables.read(output, survey_tables.RESPONDENTS)


def cut_trend(survey: Path, output: Path) -> pl.DataFrame:
    indicators.main(
        ["--survey", str(survey), "--space", str(SPACE), "--countries", str(COUNTRIES),
         "--output", str(output)]
    )  # fmt: skip
    return tables.read(output, survey_tables.INDICATORS)


@pytest.fixture(scope="module")
def wvs7():
    return survey_fixture.wvs7(2500)


@pytest.fixture(scope="module")
def trend():
    return survey_fixture.trend(3200)


@pytest.mark.parametrize("survey", ["wvs7", "trend"])
def test_every_format_gives_the_same_table(survey, request, tmp_path):
    frame = request.getfixturevalue(survey)
    cut = {"wvs7": cut_wvs7, "trend": cut_trend}[survey]
    found = []
    for suffix in FORMATS:
        path = survey_fixture.write(frame, tmp_path / f"SYNTHETIC_{survey}.{suffix}")
        output = tmp_path / f"{suffix}.parquet"
        found.append(cut(path, output))
        kept = tables.provenance(output)
        assert kept[f"{survey} file"] == path.name
        assert kept[f"{survey} rows"] == str(frame.height)
        assert len(kept[f"{survey} sha256"]) == 64
        assert "SYNTHETIC" in kept[f"{survey} version"]
    for other in found[1:]:
        assert_frame_equal(found[0], other, check_exact=True)
    assert found[0].height > 2000
