"""Closing summary: what was made and where, what was asked, how fast, and what came out."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import made_up_results as made_up
from valuescape.core import tables
from valuescape.lenses.comparison import headlines
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.quality.tables import VALIDITY
from valuescape.reporting import summary


@pytest.fixture
def text(tmp_path, monkeypatch):
    """Summarise a study of a real and a synthetic model, two conditions each."""
    monkeypatch.chdir(tmp_path)
    given = {name: [] for name in summary.SUMMARISED}
    for model, engine in (("gpt", "vllm"), ("synthetic", "synthetic")):
        for condition in ("base", "reversed"):
            for name, table in summary.SUMMARISED.items():
                place = table.path.format(model=model, condition=condition)
                path = tmp_path / "results/test" / place
                tables.write(made_up.make(table), path, table, {"engine": engine})
                given[name].append(path.relative_to(tmp_path))
    shard = {
        "stage": "responses", "model": "gpt", "n_requests": 1000, "prompt_tokens": 50_000,
        "output_tokens": 2_000, "cached_prompt_tokens": 5_000, "seconds_load": 10,
        "seconds_ask": 40, "n_answers": 820, "answers_per_persona": 82,
        "n_personas": 15,
    }  # fmt: skip
    for number in range(2):
        (tmp_path / f"{number}.json").write_text(json.dumps(shard))
    judge = shard | {"stage": "judge", "model": "other", "answers_per_persona": 10}
    judge |= {"n_personas": 100, "n_answers": 820}
    (tmp_path / "judge.json").write_text(json.dumps(judge))
    folder = Path("results/test/gpt/base")
    summary.main(
        study="test",
        **given,
        stats=[Path("0.json"), Path("1.json"), Path("judge.json")],
        figures=[folder / "figures/cultural_map.pdf", folder / "figures/mft_effects.pdf"],
        reports=[folder / "report.html"],
        projection=summary.Projection.parse(
            '{"personas": 36000, "tokens_per_second": {"responses": 1000, "biographies": 1},'
            ' "requests_per_second": 1e6}'
        ),
        summary=tmp_path / "results/test/summary.txt",
    )
    return (tmp_path / "results/test/summary.txt").read_text(encoding="utf-8")


def test_every_model_and_condition_has_its_headline_numbers(text):
    for model in ("gpt", "synthetic"):
        for condition in ("base", "reversed"):
            assert f"Model {model}, condition {condition}" in text
    # each section has them, and once more they stand side by side
    assert text.count("Cultural map: ") == 4 + 1
    assert text.count("Alignment: Nearness to human answers") == 4 + 1
    assert text.count("Alignment, rescaled: ") == 4 + 1
    assert text.count("Groups told apart: ") == 4 + 1
    assert text.count("Morality: ") == 4 + 1
    assert text.count("no-skill baseline  0.262") == 4
    assert text.count("ceiling            0.345") == 4


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
    # the judge reads 100 biographies, however many there are: 57,317 tokens, 57 seconds
    assert "other, judge: 0.0 GPU hours at 1,000 tokens/s" in text


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
    lines = summary.headline_lines(headlines.oracle_headline(nothing))
    why = "the valid answers do not separate the variables, nothing varies, the language of the "
    assert lines[-1].startswith(f"  not defined: {why}")


def test_a_single_condition_stands_beside_nothing():
    only = summary.ConditionResults("gpt", "base", {}, made_up.make(VALIDITY), [])
    assert summary.side_by_side([only]) == []
    assert summary.side_by_side([only, only])
