"""Stages: the jobs of a study, as Snakemake names them."""

from __future__ import annotations

import re
from pathlib import Path

from conftest import ROOT
from valuescape.cluster.stages import LENSES, count_personas, stages
from valuescape.study.check import read_study

CONFIG = {
    "study": "test",
    "models": ["synthetic"],
    "conditions": [{"name": "base"}, {"name": "other", "biography_replicate": 1}],
    "instruments": ["iw"],
    "shards": 2,
    "readout": "probabilities",
    "attempts": 1,
    "answers": "asked",
    "judge": {"biographies": 8},
}
RULES = "".join(
    file.read_text(encoding="utf-8") for file in sorted((ROOT / "workflow/rules").glob("*.smk"))
)


def test_a_study_has_every_stage_of_every_model_and_condition():
    assert [stage.name for stage in stages(CONFIG)] == [
        "synthetic biographies",
        "synthetic biographies_1",
        "synthetic biographies judged",
        "synthetic biographies_1 judged",
        "synthetic oracle",
        *(
            f"synthetic {condition} {what}"
            for condition in ("base", "other")
            for what in ("responses", "gathered", "lenses", "report")
        ),
    ]


def test_a_job_is_known_by_its_rule_and_wildcards():
    (stage,) = [stage for stage in stages(CONFIG) if stage.name == "synthetic base responses"]
    key = "answer_instruments_wildcards_test_synthetic_base_0002-of-0002"
    work = stage.work[key]
    assert work.output == Path("results/test/synthetic/base/responses/0002-of-0002.json")
    assert work.log == Path("results/test/logs/answer_instruments/synthetic/base/0002-of-0002.log")
    assert stage.parts == Path("results/test/synthetic/base/responses/parts")


def test_a_judge_keeps_its_place_by_the_biographies_that_it_reads():
    (stage,) = [each for each in stages(CONFIG) if each.name == "synthetic biographies_1 judged"]
    work = stage.work["ask_judge_wildcards_test_synthetic_biographies_1"]
    assert work.output == Path("results/test/synthetic/biographies_1/judge.parquet")
    assert work.log == Path("results/test/logs/ask_judge/synthetic/biographies_1.log")
    assert stage.parts == Path("results/test/synthetic/biographies_1/judge")


def rule(name: str) -> str:
    """Return the text of a rule."""
    found = re.search(rf"^rule {name}:\n(.*?)(?=^rule |\Z)", RULES, re.MULTILINE | re.DOTALL)
    return found[1]


def test_every_stage_names_a_rule_that_makes_its_files_and_log():
    values = {"test": "{study}", "synthetic": "{model}", "base": "{condition}"}
    values |= {"0001-of-0002": "{shard}", "iw": "{instrument}"}
    for stage in stages(CONFIG):
        key, work = next(iter(stage.work.items()))
        name = key.partition("_wildcards_")[0]
        text = rule(name).replace("{{", "{").replace("}}", "}")
        if "other" in key or "biographies" in key:
            continue
        for path in (work.output, work.log):
            pattern = str(path.with_suffix(""))
            for value, wildcard in values.items():
                pattern = re.sub(rf"(?<=[/]){value}(?=/|$)", wildcard, pattern)
            if name in LENSES and path == work.output:
                continue  # the rule takes the path from the table, as the stage does
            assert pattern + path.suffix in text, (name, pattern)


def test_the_personas_are_those_of_the_design(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert count_personas(read_study([]) | {"design": "handful"}) == 8
