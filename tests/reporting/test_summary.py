"""Closing summary: what was made and where, what was asked, how fast, and what came out."""

from __future__ import annotations

import json

import polars as pl
import pytest

import made_up_results as made_up
from valuescape.core import tables
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.reporting import headlines, summary

TABLES = {
    "map_summary": ("map/summary.parquet", map_tables.MAP_SUMMARY),
    "alignment_summary": ("alignment/summary.parquet", alignment_tables.ALIGNMENT_SUMMARY),
    "alignment_scores": ("alignment/scores.parquet", alignment_tables.ALIGNMENT_SCORES),
    "discrimination": ("alignment/discrimination.parquet", alignment_tables.DISCRIMINATION),
    "oracle_agreement": ("morality/oracle_agreement.parquet", moral_tables.ORACLE_AGREEMENT),
    "validity": ("quality/validity.parquet", quality_tables.VALIDITY),
}


@pytest.fixture
def text(tmp_path, monkeypatch):
    """Summarise a study of a real and a synthetic model, two conditions each."""
    monkeypatch.chdir(tmp_path)
    arguments = {name: [] for name in TABLES}
    for model, engine in (("gpt", "vllm"), ("synthetic", "synthetic")):
        for condition in ("base", "reversed"):
            made = made_up.write_all(tmp_path / "made", {"engine": engine})
            for name, (place, table) in TABLES.items():
                path = tmp_path / "results/test" / model / condition / place
                tables.write(tables.read(made[name], table), path, table, {"engine": engine})
                arguments[name].append(path.relative_to(tmp_path))
    shard = {
        "stage": "responses", "model": "gpt", "n_requests": 1000, "prompt_tokens": 50_000,
        "output_tokens": 2_000, "cached_prompt_tokens": 5_000, "seconds_load": 10,
        "seconds_ask": 40, "n_answers": 820, "answers_per_persona": 82,
        "n_personas": 15,
    }  # fmt: skip
    for number in range(2):
        (tmp_path / f"{number}.json").write_text(json.dumps(shard))
    command = ["--study", "test", "--stats", "0.json", "1.json"]
    for name, paths in arguments.items():
        command += [f"--{name.replace('_', '-')}", *map(str, paths)]
    folder = "results/test/gpt/base/figures"
    command += ["--figures", f"{folder}/cultural_map.pdf", f"{folder}/mft_effects.pdf"]
    command += ["--reports", "results/test/gpt/base/report.html"]
    speeds = {"responses": 1000, "biographies": 1}
    command += ["--projection", json.dumps({"personas": 36_000, "tokens_per_second": speeds})]
    summary.main([*command, "--output", "results/test/summary.txt"])
    return (tmp_path / "results/test/summary.txt").read_text(encoding="utf-8")


def test_every_model_and_condition_has_its_three_numbers(text):
    for model in ("gpt", "synthetic"):
        for condition in ("base", "reversed"):
            assert f"Model {model}, condition {condition}" in text
    # each section has them, and once more they stand side by side
    assert text.count("Cultural map: ") == 4 + 1
    assert text.count("Alignment: 1 - EMD from human answers, mean over groups and 33") == 4 + 1
    assert text.count("Alignment to its ceiling: ") == 4 + 1
    assert text.count("Discrimination of groups: ") == 4 + 1
    assert text.count("Morality: ") == 4 + 1
    assert text.count("no skill 0.262") == 4
    assert text.count("best     0.991") == 4


def test_models_stand_side_by_side_and_the_synthetic_one_says_so(text):
    beside = text.partition("Side by side")[2].partition("Cost (")[0]
    lines = [line for line in beside.splitlines() if line.startswith("  ")]
    assert len(lines) == 5 * 4
    assert all(("SYNTHETIC" in line) == line.startswith("  synthetic") for line in lines)
    # the numbers are those of the sections
    estimate = text.partition("  estimate ")[2].split()[0]
    assert lines[0].split()[2] == estimate


def test_answers_and_costs_are_counted(text):
    assert "mfq2: 5,184 asked, 5,148 valid (99.3 %), 36 refused" in text
    assert "gpt, responses: 2 shards, 2,000 requests, 100,000 prompt and 4,000 output" in text
    assert "; 820 answers of earlier jobs taken over, their cost not counted" in text
    assert "0.10 of the prompts from the prefix cache" in text
    assert "80 s asking and 20 s loading, 50.0 output tokens/s" in text


def test_the_full_study_is_projected_from_the_tokens_of_an_answer(text):
    # 47,000 tokens computed for 820 answers, so 4,700 a persona of 82; 36,000 personas
    assert "36,000 personas" in text
    assert "gpt, responses: 47.0 GPU hours at 1,000 tokens/s" in text


def test_places_are_relative_and_figures_named(text):
    assert "results/test/gpt/base/report.html" in text
    assert "results/test/gpt/base/figures/\n  cultural_map, mft_effects" in text


def test_only_the_synthetic_model_is_marked(text):
    # in its two sections, and on each of its lines side by side
    assert text.count("SYNTHETIC RESPONDENT - not an LLM") == 2 + 5 * 2
    assert text.index("SYNTHETIC RESPONDENT") > text.index("Model synthetic")
    assert "LLM personas are not people." in text


def test_a_number_that_is_not_defined_says_why():
    nothing = pl.DataFrame(schema=moral_tables.ORACLE_AGREEMENT.columns)
    told = summary.headline_lines(headlines.oracle_headline(nothing))
    why = "a level of a cultural variable has no persona with scores, or nothing varies"
    assert told[-1] == f"  not defined where {why}"
