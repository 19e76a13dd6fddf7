"""A study with a survey file of the user's own, from the file to groups, figures and report."""

from __future__ import annotations

import polars as pl
import pytest

import survey_fixture
from conftest import ROOT, copy

pytestmark = pytest.mark.workflow
OWN = {
    "survey": {"wvs7": "SYNTHETIC_wvs7.sav", "trend": "SYNTHETIC_trend.sav"},
    "grouping": ["continent", "settlement", "education"],
    "projection_from": "refit",
}
BASE = "results/test/synthetic/base"
# Figures of groups, of the refitted map and of waves: each reads what only such files hold.
DRAWN = ("alignment_baselines", "group_geometry", "cultural_map", "wave_drift")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Return a checkout with a SYNTHETIC survey file, in which the alignment lens has run."""
    checkout = copy(ROOT, tmp_path_factory.mktemp("own") / "checkout")
    survey_fixture.write(survey_fixture.wvs7(3000), checkout.path / "SYNTHETIC_wvs7.sav")
    survey_fixture.write(
        survey_fixture.trend(6000, n_countries=24), checkout.path / "SYNTHETIC_trend.sav"
    )
    checkout.configure(**OWN)
    run = checkout.snakemake(
        f"{BASE}/alignment/summary.parquet",
        f"{BASE}/tables/alignment",
        *(f"{BASE}/figures/{name}.pdf" for name in DRAWN),
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
    # countries are known in every group that lies in more than one; few humans have no floor
    enough = pl.col("n_respondents") >= 30
    assert cells.filter(enough)["emd_floor_countries"].is_not_null().mean() > 0.9
    assert cells.filter(~enough)["emd_floor_countries"].null_count() == cells.filter(~enough).height


def test_whole_persons_are_matched_beside_halves_of_the_humans(own):
    table = pl.read_csv(own.path / BASE / "tables/alignment/joint_transport.csv")
    whole = {row["measure"]: row for row in table.filter(group="all").iter_rows(named=True)}
    assert set(whole) == {"joint", "marginal", "dependence_gap", "sliced"}
    assert whole["joint"]["n"] == 144
    # the synthetic respondent is no sample of these humans, whose halves differ by chance alone
    assert whole["joint"]["above_null"] > 0
    assert whole["marginal"]["above_null"] > 0


def test_everything_made_from_a_synthetic_survey_says_so(own):
    table = (own.path / BASE / "tables/alignment/coverage.md").read_text()
    assert table.startswith("SYNTHETIC SURVEY - not humans.")
    assert "wvs7 file: SYNTHETIC_wvs7.sav" in table
    for name in DRAWN:
        said = (own.path / BASE / f"figures/{name}.source.txt").read_text()
        marks = "SYNTHETIC RESPONDENT - not an LLM\nSYNTHETIC SURVEY - not humans\n"
        assert said.startswith(marks), name


def test_no_answer_of_a_model_moves_the_axes(own):
    plan = own.plan("results/test/survey/map/projection.csv", "--forceall")
    assert plan == {"cut_indicators": 1, "refit_map": 1}
    # the personas are then placed on these very axes
    assert "refit_map" in own.plan(f"{BASE}/map/positions.parquet", "--forceall")


def test_personas_are_drawn_from_the_respondents_of_the_file(own):
    own.configure(**OWN | {"study": "people", "design": "respondents40"})
    run = own.snakemake("results/people/personas.parquet")
    assert run.returncode == 0, run.stdout
    personas = pl.read_parquet(own.path / "results/people/personas.parquet")
    assert personas["persona_id"].n_unique() == 40
    answer = own.plan("results/people/synthetic/base/responses/iw.parquet")
    assert "enumerate_personas" not in answer


def test_a_mistaken_survey_file_is_told_and_leaves_nothing(own):
    path = own.path / "SYNTHETIC_other.csv"
    wrong = survey_fixture.wvs7(1).with_columns(A_WAVE=pl.lit(6, pl.Int32))
    survey_fixture.write(wrong, path)
    survey = OWN["survey"] | {"wvs7": path.name}
    own.configure(**OWN | {"study": "mistaken", "survey": survey})
    run = own.snakemake("results/mistaken/humans.parquet")
    assert run.returncode == 1
    assert "SYNTHETIC_other.csv: column 'A_WAVE', respondent 1: 6, not 7" in run.stdout
    assert "Hint: take the cross-national file of WVS wave 7" in run.stdout
    assert "Traceback" not in run.stdout
    assert not list((own.path / "results/mistaken").rglob("*.parquet*"))
