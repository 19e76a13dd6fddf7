"""A study with a survey file of the user's own, from the file to groups, figures and report."""

from __future__ import annotations

import polars as pl
import pytest

import survey_fixture
from conftest import ROOT, copy

pytestmark = pytest.mark.workflow
OWN = {
    "survey": {"wvs7": "SYNTHETIC_wvs7.sav", "trend": None},
    "grouping": ["continent", "settlement", "education"],
}
BASE = "results/test/synthetic/base"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Return a checkout with a SYNTHETIC survey file, in which the alignment lens has run."""
    checkout = copy(ROOT, tmp_path_factory.mktemp("own") / "checkout")
    survey_fixture.write(survey_fixture.wvs7(3000), checkout.path / "SYNTHETIC_wvs7.sav")
    checkout.configure(**OWN)
    run = checkout.snakemake(
        f"{BASE}/alignment/summary.parquet",
        f"{BASE}/tables/coverage.md",
        f"{BASE}/tables/joint_transport.md",
        f"{BASE}/figures/alignment_baselines.pdf",
    )
    assert run.returncode == 0, run.stdout
    return checkout


def test_without_a_file_no_rule_that_cuts_one_is_planned(fresh):
    assert not {"cut_respondents", "cut_indicators"} & set(fresh.plan())


def test_the_46_groups_go_through_the_lens(own):
    humans = pl.read_parquet(own.path / "results/test/humans.parquet")
    groups = humans.filter(pl.col("grouping") == "continent+settlement+education")["group"]
    assert groups.n_unique() == 46
    cells = pl.read_parquet(own.path / BASE / "alignment/cells.parquet")
    assert set(cells["group"]) == {*groups, "all"}
    # countries are known in every group that lies in more than one
    assert cells["emd_floor_countries"].is_not_null().mean() > 0.9


def test_whole_persons_are_matched_beside_halves_of_the_humans(own):
    table = pl.read_csv(own.path / BASE / "tables/joint_transport.csv", comment_prefix="#")
    whole = {row["measure"]: row for row in table.filter(group="all").iter_rows(named=True)}
    assert set(whole) == {"joint", "marginal", "dependence_gap", "sliced"}
    assert whole["joint"]["n"] == 144
    # the synthetic respondent is no sample of these humans, whose halves differ by chance alone
    assert whole["joint"]["above_null"] > 0
    assert whole["marginal"]["above_null"] > 0


def test_everything_made_from_a_synthetic_survey_says_so(own):
    table = (own.path / BASE / "tables/coverage.md").read_text()
    assert table.startswith("SYNTHETIC SURVEY - not humans.")
    assert "wvs7 file: SYNTHETIC_wvs7.sav" in table
    drawn = (own.path / BASE / "figures/alignment_baselines.csv").read_text()
    assert drawn.startswith(
        "# SYNTHETIC RESPONDENT - not an LLM\n# SYNTHETIC SURVEY - not humans\n"
    )


def test_a_mistaken_survey_file_is_told_and_leaves_nothing(own):
    path = own.path / "SYNTHETIC_other.csv"
    wrong = survey_fixture.wvs7(1).with_columns(A_WAVE=pl.lit(6, pl.Int32))
    survey_fixture.write(wrong, path)
    own.configure(**OWN | {"study": "mistaken", "survey": {"wvs7": path.name, "trend": None}})
    run = own.snakemake("results/mistaken/humans.parquet")
    assert run.returncode == 1
    assert "SYNTHETIC_other.csv: column 'A_WAVE', respondent 1: 6, not 7" in run.stdout
    assert "Hint: take the cross-national file of WVS wave 7" in run.stdout
    assert "Traceback" not in run.stdout
    assert not list((own.path / "results/mistaken").rglob("*.parquet*"))
