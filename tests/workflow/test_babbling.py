"""A respondent that babbles: the study ends, with a report and with tables that say why."""

from __future__ import annotations

import polars as pl
import pytest
import yaml

from conftest import ROOT, copy

pytestmark = pytest.mark.workflow


def test_a_study_of_a_babbling_respondent_ends_with_a_report(tmp_path):
    """Referee A4: one refused question ended the study; here most answers are none at all."""
    checkout = copy(ROOT, tmp_path / "checkout")
    model = checkout.path / "config/models/synthetic.yaml"
    entry = yaml.safe_load(model.read_text(encoding="utf-8")) | {"settings": {"babble": 0.9}}
    model.write_text(yaml.safe_dump(entry), encoding="utf-8")
    # it goes on, however little is valid
    regardless = {"valid": 0, "option_mass": 0}
    checkout.configure(design="handful", shards=1, stop_below=regardless)
    run = checkout.snakemake()
    assert run.returncode == 0, run.stdout
    study = checkout.path / "results/test"
    assert "not defined" in (study / "summary.txt").read_text(encoding="utf-8")
    assert list(study.rglob("report.html"))
    # eight personas separate no variables: nothing is claimed of their levels
    effects = pl.read_parquet(study / "synthetic/base/morality/effects.parquet")
    assert effects["p_holm"].null_count() == effects["ci_low"].null_count() == effects.height
    assert effects["interval_from"].str.starts_with("not defined").all()
    core = pl.read_parquet(study / "core_variables.parquet")
    assert core["rank"].null_count() == core.height
