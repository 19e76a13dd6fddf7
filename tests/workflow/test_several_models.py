"""Several models in one study: each gets all its results, and none of another's."""

from __future__ import annotations

import re

import polars as pl
import pytest
import yaml

from conftest import ROOT, Checkout, copy
from valuescape.core import tables

pytestmark = pytest.mark.workflow
PLANTED = yaml.safe_load((ROOT / "tests/data/planted_effects.yaml").read_text(encoding="utf-8"))
RESULTS = ("map/summary.parquet", "alignment/summary.parquet", "morality/effects.parquet")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Return the results of a study of two synthetic models, of which one is planted inversely."""
    checkout = copy(ROOT, tmp_path_factory.mktemp("several") / "checkout")
    inverse = PLANTED | {
        "foundations": {
            foundation: {name: [-effect for effect in effects] for name, effects in planted.items()}
            for foundation, planted in PLANTED["foundations"].items()
        }
    }
    # the order of the foundations says which items are theirs
    text = yaml.safe_dump(inverse, sort_keys=False)
    (checkout.path / "inverse.yaml").write_text(text, encoding="utf-8")
    models = checkout.path / "config/models"
    text = (models / "synthetic.yaml").read_text(encoding="utf-8")
    text = text.replace("name: synthetic", "name: inverse").replace(
        "tests/data/planted_effects.yaml", "inverse.yaml"
    )
    (models / "inverse.yaml").write_text(text, encoding="utf-8")
    checkout.configure(models=["synthetic", "inverse"], shards=1)
    targets = [
        f"results/test/{model}/base/{table}"
        for model in ("synthetic", "inverse")
        for table in RESULTS
    ]
    run = checkout.snakemake(*targets)
    assert run.returncode == 0, run.stdout
    return checkout.path / "results/test"


def test_each_model_shows_its_own_effects(results):
    found = {
        model: pl.read_parquet(results / f"{model}/base/morality/effects.parquet")["effect"]
        for model in ("synthetic", "inverse")
    }
    assert found["synthetic"].abs().max() > 0.1  # scale points
    # effects are kept to 1e-4 of a share, on five points
    assert found["inverse"].to_list() == pytest.approx((-found["synthetic"]).to_list(), abs=1e-3)


def test_each_result_names_its_own_model(results):
    for model in ("synthetic", "inverse"):
        for table in RESULTS:
            assert tables.provenance(results / f"{model}/base/{table}")["model"] == model


def test_models_of_two_environments_are_planned_side_by_side(results):
    checkout = Checkout(results.parents[1])
    checkout.configure(models=["smollm2-135m", "gpt-oss-20b"], shards=2)
    run = checkout.snakemake("--dry-run", "--printshellcmds")
    assert run.returncode == 0, run.stdout
    asking = re.findall(
        r"(\S+) -m valuescape\.asking\.(biographies|responses|oracle)",
        run.stdout,
    )
    # of each model: two shards of biographies and of responses, and the oracle
    stages = ["biographies"] * 2 + ["oracle"] + ["responses"] * 2
    for environment in ("cpu", "gpu"):
        python = f"envs/inference-{environment}/bin/python"
        assert sorted(stage for found, stage in asking if found == python) == stages
    for model in ("smollm2-135m", "gpt-oss-20b"):
        assert f"results/test/{model}/base/report.html" in run.stdout
