"""What the workflow promises: what runs, what runs again, and what does not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT
from valuescape.cluster.stages import stages
from valuescape.figures.catalogue import FIGURES
from valuescape.study.check import read_study

pytestmark = pytest.mark.workflow
BASE = "results/test/synthetic/base"
# Made from humans, or from configurations, alone.
NOBODY_ANSWERS = {"design_null_map.source.txt", "coverage.md", "weights_diagnostics.md"}
ENGINE_RULES = {"prepare_model", "write_biographies", "answer_instruments", "ask_oracle"}


@pytest.mark.parametrize(
    ("arguments", "n_shards"),
    [([], 2), (["--configfile", "config/paper.yaml"], 128)],
    ids=["demo", "paper"],
)
def test_a_new_checkout_has_a_plan(fresh, arguments, n_shards):
    plan = fresh.plan(*arguments)
    assert plan["write_biographies"] == plan["answer_instruments"] == n_shards
    assert plan["prepare_model"] == plan["ask_oracle"] == plan["write_report"] == 1


def test_a_surface_reads_what_was_asked_and_asks_nothing_more(fresh, tmp_path):
    asked = fresh.plan()
    (tmp_path / "mine.yaml").write_text("answers: surface\n", encoding="utf-8")
    plan = fresh.plan("--configfile", str(tmp_path / "mine.yaml"))
    asking = ("prepare_model", "ask_oracle", "write_biographies", "answer_instruments")
    assert {rule: plan[rule] for rule in asking} == {rule: asked[rule] for rule in asking}
    assert plan["predict_responses"] == plan["measure_surface"] == plan["map_personas"] == 1
    assert "predict_responses" not in asked
    # what is published are the tables that the report shows, and the answers that were asked
    plan = fresh.plan("bundle", "--configfile", str(tmp_path / "mine.yaml"))
    assert plan["write_bundle"] == plan["predict_responses"] == plan["map_personas"] == 1


def test_status_looks_for_jobs_where_the_plan_has_them(fresh):
    run = fresh.snakemake("--dry-run", "--configfile", "config/replicates.yaml")
    planned = {}
    for block in re.split(r"^(?=(?:local)?rule \w+:$)", run.stdout, flags=re.MULTILINE)[1:]:
        told = dict(re.findall(r"^    (output|log|wildcards): (.+)$", block, re.MULTILINE))
        values = [each.partition("=")[2] for each in told.get("wildcards", "").split(", ")]
        comment = f"{block.partition('rule ')[2].partition(':')[0]}_wildcards_{'_'.join(values)}"
        planned[comment] = told
    study = read_study([ROOT / "config/replicates.yaml"])
    jobs = {key: work for stage in stages(study) for key, work in stage.work.items()}
    assert any("biographies_1" in comment for comment in jobs)
    for comment, work in jobs.items():
        assert str(work.output) in planned[comment]["output"].split(", ")
        assert str(work.log) == planned[comment]["log"]


def test_every_figure_is_listed_by_name_and_in_words(fresh):
    run = fresh.snakemake("--list")
    assert run.returncode == 0, run.stdout
    # the waves of the surveys need a survey file of the user's, a comparison a second condition
    for figure in (each for each in FIGURES if not any(table.needs for table in each.tables)):
        assert f"figure_{figure.name} ({figure.shows})" in run.stdout


def test_a_mistaken_config_is_told_in_words(fresh, tmp_path):
    (tmp_path / "mine.yaml").write_text("shard: 4\n", encoding="utf-8")
    run = fresh.snakemake("--dry-run", "--configfile", str(tmp_path / "mine.yaml"))
    assert run.returncode == 1
    assert "mine.yaml, line 1: unknown key 'shard'\nHint: did you mean 'shards'?" in run.stdout
    assert "Traceback" not in run.stdout


def test_a_target_after_the_study_is_told_in_words(fresh, tmp_path):
    (tmp_path / "mine.yaml").write_text("study: mine\n", encoding="utf-8")
    run = fresh.snakemake("-n", "--configfile", str(tmp_path / "mine.yaml"), "figure_cultural_map")
    assert run.returncode == 1
    assert "write it before --configfile: snakemake figure_cultural_map" in run.stdout
    assert "Traceback" not in run.stdout


def test_snakemake_called_from_elsewhere_is_told_in_words(fresh, tmp_path):
    command = [sys.executable, "-m", "snakemake", "-n", "-s", str(fresh.path / "Snakefile")]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert f"Hint: cd {fresh.path}, and call it there without -s" in run.stderr


def test_a_failed_shard_shows_its_log_and_the_others_finish(failed_then_finished):
    run = failed_then_finished.failed
    assert run.returncode == 1
    assert "this shard breaks" in run.stdout
    assert len(failed_then_finished.made_before) == 2


def test_a_failed_shard_alone_runs_again(failed_then_finished):
    assert failed_then_finished.finished.returncode == 0, failed_then_finished.finished.stdout
    before = failed_then_finished.made_before
    folder = failed_then_finished.checkout.path / "results/test/synthetic/biographies"
    after = {shard: shard.stat().st_mtime_ns for shard in folder.glob("*.parquet")}
    assert len(after) == 3
    assert before.items() <= after.items()


def test_a_run_ends_with_its_summary(failed_then_finished):
    summary = failed_then_finished.checkout.path / "results/test/summary.txt"
    assert summary.read_text(encoding="utf-8").strip() in failed_then_finished.finished.stdout


def test_what_a_synthetic_respondent_answered_says_so(failed_then_finished):
    base = failed_then_finished.checkout.path / BASE
    rendered = [*base.glob("figures/*.source.txt"), *base.glob("tables/*/*.md")]
    for path in [base / "report.html", *rendered]:
        if path.name in NOBODY_ANSWERS:
            continue
        assert "synthetic" in path.read_text(encoding="utf-8").lower(), path


def test_a_new_checkout_runs_nothing_again(finished):
    later = time.time() + 10
    for folder in ("config", "workflow", "profiles", "envs"):
        for file in (finished.path / folder).rglob("*.*"):
            os.utime(file, (later, later))
    assert finished.plan() == {}


def test_results_that_were_moved_are_taken_as_they_are(finished, tmp_path):
    disk = tmp_path / "another disk"
    (finished.path / "results").rename(disk)
    (finished.path / "results").symlink_to(disk)
    assert finished.plan() == {}
    # without what Snakemake noted of them
    shutil.rmtree(finished.path / ".snakemake")
    touched = finished.snakemake("--touch", "--forceall")
    assert touched.returncode == 0, touched.stdout
    assert finished.plan() == {}
    # and what is edited from then on is noticed again
    module = finished.path / "workflow/lib/valuescape/lenses/morality/reliability.py"
    module.write_text(module.read_text(encoding="utf-8") + "# otherwise\n", encoding="utf-8")
    assert "check_reliability" in finished.plan()


def test_snakemakes_own_report_holds_every_figure(finished, tmp_path):
    report = tmp_path / "report.zip"
    run = finished.snakemake("--report", str(report))
    assert run.returncode == 0, run.stdout
    with zipfile.ZipFile(report) as whole:
        names = {Path(name).name for name in whole.namelist()}
    drawn = {path.name for path in (finished.path / BASE / "figures").glob("*.pdf")}
    assert drawn
    assert drawn <= names


def test_another_interpreter_runs_nothing_again(finished):
    interpreters = dict.fromkeys(["controller", "inference-cpu", "inference-gpu"], sys.executable)
    finished.configure(pythons=interpreters, threads=2)
    assert finished.plan() == {}


def test_one_figure_is_made_from_responses_without_the_engine(finished):
    for file in [
        *(finished.path / BASE / "map").iterdir(),
        *finished.path.glob(f"{BASE}/figures/*"),
    ]:
        file.unlink()
    by_name = finished.plan("figure_cultural_map")
    made = {"map_personas": 1, "locate_personas": 1, "draw_figure": 1}
    assert by_name == made | {"figure_cultural_map": 1}
    by_path = finished.plan(f"{BASE}/figures/cultural_map.pdf")
    assert by_path == made


def test_an_edited_prompt_asks_again_exactly_what_reads_it(finished):
    prompt = finished.path / "config/prompts/answer.md"
    prompt.write_text(prompt.read_text(encoding="utf-8") + "Please.\n", encoding="utf-8")
    plan = finished.plan()
    assert ENGINE_RULES & plan.keys() == {"answer_instruments"}
    assert plan["answer_instruments"] == 3


def test_an_edited_figure_draws_that_figure_alone(finished):
    module = finished.path / "workflow/lib/valuescape/figures/mft_effects.py"
    module.write_text(module.read_text(encoding="utf-8") + "# another colour\n", encoding="utf-8")
    assert finished.plan("figures") == {"draw_figure": 1, "figures": 1}


def test_another_condition_is_asked_with_the_same_biographies(finished):
    base = {"name": "base", "context": ["demographics", "configuration"]}
    who = {"name": "who", "context": ["demographics"]}
    finished.configure(conditions=[base, {"name": "alone", "context": []}, who])
    plan = finished.plan()
    assert plan["answer_instruments"] == 6
    assert ENGINE_RULES & plan.keys() == {"answer_instruments"}


def test_every_rule_that_ran_left_a_log_and_a_benchmark(failed_then_finished):
    results = failed_then_finished.checkout.path / "results"
    ran = set(re.findall(r"\(Rule: (\w+)\)", failed_then_finished.finished.stdout))
    for kind in ("logs", "benchmarks"):
        left = {path.stem for path in results.rglob(f"{kind}/*")}
        assert {rule for rule in ran if rule != "all"} <= left
