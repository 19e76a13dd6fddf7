"""The small language model on the CPU: its answers are its own, and the whole workflow runs on it.

Nothing is claimed of what it answers: 135 million parameters hold no opinions.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from conftest import ROOT, copy
from valuescape import tables
from valuescape.instruments import read_instrument
from valuescape.models import read_model, read_prepared_model
from valuescape.phrasing import Phrasing, question_values, statements
from valuescape.space import read_space
from valuescape.templates import Prompt, Template

WORKER = ROOT / "envs/inference-cpu/bin/python"
CONFIG = ROOT / "config"
MODEL = "smollm2-135m"
PATTERNS = [r'\{"name": "[A-Z][a-z]{2,9}", "age": (18|19|20)\}', "(Yes|No), I am a [a-z]{3,12}[.]"]

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        not WORKER.exists(),
        reason="envs/inference-cpu is not installed (bash envs/install.sh inference-cpu)",
    ),
]


def ask_worker(*arguments: str) -> str:
    """Run a command in the environment of the small model; return what it prints."""
    # one thread: two that wait for each other on busy cores take ten times as long
    own = {"PYTHONPATH": str(ROOT / "workflow/lib"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [WORKER, *arguments], env=os.environ | own, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def questions() -> list[tuple[str, Prompt, tuple[str, ...]]]:
    """Return real questions to a persona, short ones, with the form of their answers."""
    template = Template(CONFIG / "prompts/answer.md", ["interview", "chat system", "chat user"])
    said = " ".join(statements(read_space(CONFIG / "persona_space.yaml"), 4711)[:3])
    asked = []
    for name, code, form, layout in (
        ("mfq2", "MFQ1", "option_text", "interview"),
        ("iw", "A165", "option_text", "chat"),
        ("iw", "A165", "label_token", "chat"),
    ):
        instrument = read_instrument(CONFIG / f"instruments/{name}.yaml")
        question = instrument.question(code)
        values = question_values(said, instrument, question)
        answer = {"form": form, "layout": layout}
        asked.append((form, *Phrasing(template, answer).question(question, values, "ABCDE")))
    return asked


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list]:
    """Return what vLLM and transformers say to the same questions, in float32."""
    folder = tmp_path_factory.mktemp("model")
    prepared, asked = folder / "model.json", folder / "asked.json"
    file = str(CONFIG / f"models/{MODEL}.yaml")
    command = ("-m", "valuescape.engine.prepare", "--model", file, "--output", str(prepared))
    ask_worker(*command)
    model = read_prepared_model(prepared)
    # both then round alike; bfloat16, which the demo takes, is about 0.1 off
    exact = dataclasses.replace(model, settings={**model.settings, "dtype": "float32"})
    prepared.write_text(json.dumps(dataclasses.asdict(exact)), encoding="utf-8")
    writing = {"messages": [["user", "Who are you?"]], "patterns": PATTERNS}
    wanted = {
        "asked": [(form, p.text, p.messages, p.prefill, o) for form, p, o in questions()],
        "writing": writing,
    }
    asked.write_text(json.dumps(wanted), encoding="utf-8")
    script = str(Path(__file__).with_name("answers_of_transformers.py"))
    return json.loads(ask_worker(script, str(prepared), str(asked)).splitlines()[-1])


def test_log_probabilities_are_those_of_transformers(answered):
    for asked, vllm, transformers in zip(
        questions(), answered["vllm"], answered["transformers"], strict=True
    ):
        # natural logarithms, summed over up to ten tokens in float32
        assert vllm == pytest.approx(transformers, abs=1e-3), asked
        assert np.exp(vllm).sum() <= 1


def test_the_options_of_a_question_read_the_prefix_cache(answered):
    assert answered["cached"] > 0


def test_what_is_written_matches_its_pattern(answered):
    for (text, finished), pattern in zip(answered["texts"], PATTERNS, strict=True):
        assert finished
        assert re.fullmatch(pattern, text)


def test_the_whole_workflow_runs_on_the_small_model(tmp_path):
    checkout = copy(ROOT, tmp_path / "checkout")
    pythons = {"controller": "python", "inference-cpu": str(WORKER), "inference-gpu": str(WORKER)}
    checkout.configure(
        models=[MODEL],
        design="handful",
        shards=1,
        bootstrap_replicates=50,
        pythons=pythons,
    )
    run = checkout.snakemake()
    assert run.returncode == 0, run.stdout

    base = checkout.path / f"results/test/{MODEL}/base"
    report = (base / "report.html").read_text(encoding="utf-8")
    assert read_model(CONFIG / f"models/{MODEL}.yaml").title in report
    captions = {figure.stem for figure in (checkout.path / "workflow/report").glob("*.rst")}
    assert {path.stem for path in base.glob("figures/*.pdf")} == captions - {"interactive_map"}
    assert list(base.rglob("interactive_map.html"))
    for text in [report, *(file.read_text(encoding="utf-8") for file in base.glob("*/*.md"))]:
        assert "synthetic" not in text.lower()

    for name, n_questions in (("iw", 10), ("wvb_probe", 36), ("mfq2", 36)):
        file = base / f"responses/{name}.parquet"
        assert tables.provenance(file)["engine"] == "vllm"
        assert tables.read(file, tables.RESPONSES).select("^.*_mass$").shape == (8, n_questions)
    validity = pl.read_parquet(base / "quality/validity.parquet")
    outcomes = ("valid", "refused", "malformed", "truncated", "out_of_range")
    assert (validity["asked"] == validity.select(pl.sum_horizontal(outcomes)).to_series()).all()
    assert (validity["asked"] == 8).all()
    mass = validity.filter(pl.col("stage") != "biographies")["option_mass"]
    assert mass.is_between(0, 1, closed="right").all()
    stats = json.loads((base / "responses/0001-of-0001.json").read_text(encoding="utf-8"))
    assert stats["cached_prompt_tokens"] > 0
