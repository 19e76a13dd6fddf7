"""The small language model on the CPU: its answers are its own, and the whole workflow runs on it.

Nothing is claimed of what it answers: 135 million parameters hold no opinions.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from conftest import ROOT, copy
from valuescape.asking.phrasing import Phrasing, question_values, statements
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.engine import Choice, Queue, Sampling, Writing, open_engine
from valuescape.engine.endpoint import told_of_itself
from valuescape.engine.vllm_engine import CPU_ENVIRONMENT
from valuescape.figures.catalogue import FIGURES
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument
from valuescape.study.models import Model, read_model, read_prepared_model
from valuescape.study.space import read_space
from valuescape.study.templates import Prompt, Template

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKER = ROOT / "envs/inference-cpu/bin/python"
CONFIG = ROOT / "config"
MODEL = "smollm2-135m"
KEY = "sk-planted-4711"
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


# Where Triton is there, as on a GPU machine, vLLM chooses its second model runner by itself.
ON_A_GPU_MACHINE = """
import os
from types import SimpleNamespace
from valuescape.engine.vllm_engine import ENVIRONMENT
os.environ.update(ENVIRONMENT)
import vllm.config.vllm as config
from vllm.v1.sample.logits_processor import _load_custom_logitsprocs
from valuescape.engine.forced_tokens import ForcedTokens
config.HAS_TRITON = True
study = SimpleNamespace(
    attention_config=SimpleNamespace(hisparse_config=None),
    _get_v2_model_runner_unsupported_features=list,
)
chosen = config.VllmConfig.use_v2_model_runner.fget
print(chosen(study), _load_custom_logitsprocs([ForcedTokens]) == [ForcedTokens])
del os.environ["VLLM_USE_V2_MODEL_RUNNER"]
print(chosen(study))
"""


def test_a_gpu_machine_takes_the_model_runner_that_forces_tokens() -> None:
    printed = ask_worker("-c", ON_A_GPU_MACHINE).split()
    assert printed[:2] == ["False", "True"]
    assert printed[2] == "True"  # and would not without our environment


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
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the model file, prepared as the study prepares it."""
    path = tmp_path_factory.mktemp("model") / "model.json"
    file = str(CONFIG / f"models/{MODEL}.yaml")
    ask_worker(
        "-m", "valuescape.engine.prepare", "--step", "fetch", "--file", file, "--model", str(path)
    )
    return path


@pytest.fixture(scope="module")
def model(prepared: Path) -> Model:
    """Return the small model, prepared, in float32."""
    known = read_prepared_model(prepared)
    # all then round alike; bfloat16, which the demo takes, is about 0.1 off
    return dataclasses.replace(known, settings={**known.settings, "dtype": "float32"})


@pytest.fixture(scope="module")
def answered(model: Model, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list]:
    """Return what vLLM and transformers say to the same questions."""
    folder = tmp_path_factory.mktemp("answered")
    exact_model, asked = folder / "model.json", folder / "asked.json"
    exact_model.write_text(json.dumps(dataclasses.asdict(model)), encoding="utf-8")
    writing = {"messages": [["user", "Who are you?"]], "patterns": PATTERNS}
    wanted = {
        "asked": [(form, p.text, p.messages, p.prefill, o) for form, p, o in questions()],
        "writing": writing,
    }
    asked.write_text(json.dumps(wanted), encoding="utf-8")
    script = str(ROOT / "tests/answers_of_transformers.py")
    return json.loads(ask_worker(script, str(exact_model), str(asked)).splitlines()[-1])


def test_log_probabilities_are_those_of_transformers(answered):
    for asked, vllm, transformers in zip(
        questions(), answered["vllm"], answered["transformers"], strict=True
    ):
        # natural logarithms, summed over up to ten tokens in float32
        assert vllm == pytest.approx(transformers, abs=1e-3), asked
        assert np.exp(vllm).sum() <= 1


@pytest.fixture(scope="module")
def server(model: Model) -> Iterator[Model]:
    """Serve the small model on this machine, behind a key; return how to ask it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = f"--host 127.0.0.1 --port {port} --served-model-name small --api-key {KEY}"
    for name, value in model.settings.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            arguments += f" --{flag}" if value else f" --no-{flag}"
        else:
            arguments += f" --{flag} {value}"
    command = [WORKER, "-m", "vllm.entrypoints.openai.api_server", "--model", model.weights]
    own = {"OMP_NUM_THREADS": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "HF_HUB_OFFLINE": "1"}
    with subprocess.Popen(
        [*command, *arguments.split()],
        env=os.environ | CPU_ENVIRONMENT | own,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as running:
        try:
            yield served(running, port)
        finally:
            os.killpg(running.pid, signal.SIGTERM)


def served(running: subprocess.Popen[bytes], port: int) -> Model:
    """Return the model file of a server that has come up."""
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        assert running.poll() is None, "the server has ended"
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                break
        except OSError:
            time.sleep(1)
    source = {"base_url": f"{address}/v1", "model": "small", "key_from": "SERVER_KEY"}
    endpoint = {"api": "vllm", "concurrency": 4, "attempts": 3, "timeout_seconds": 120}
    answer = {"form": "option_text", "layout": "interview"}
    return Model("served", "Served", "endpoint", source, answer=answer, endpoint=endpoint)


# The package's own tokenizer and chat template, and the same without a template: a base model.
REAL_TOKENIZER = """
import dataclasses, json, sys
from pathlib import Path
from valuescape.engine.harmony import read_rendering
from valuescape.engine.rendering import Rendering
from valuescape.study.models import read_prepared_model
from valuescape.study.templates import Prompt
model = read_prepared_model(Path(sys.argv[1]))
rendering = read_rendering(dataclasses.replace(model, answer=dict(model.answer, layout="chat")))
tokenizer = rendering._tokenizer
prompt = Prompt(text="Interviewer: Are you happy?\\nYou:")
texts = [" Very happy", " Ni hao, 10 \u00e9t\u00e9"]
tokens, options = rendering.answers(prompt, texts, whole=True)
found = {"told": rendering.told(), "back": [rendering.decoded(tokens + o) for o in options]}
chat = Prompt(messages=(("system", "Be"), ("user", "Well?")))
found["chat"] = rendering.decoded(rendering.tokens(chat))
tokenizer.chat_template = None
base = Rendering(model, tokenizer)
found["base"] = [base.has_template, base.decoded(base.tokens(prompt)), base.stops]
print(json.dumps(found))
"""


def test_the_real_tokenizer_gives_prompts_and_options_back(prepared):
    found = json.loads(ask_worker("-c", REAL_TOKENIZER, str(prepared)).splitlines()[-1])
    asked = "Interviewer: Are you happy?\nYou:"
    assert found["back"] == [f"{asked} Very happy\n", f"{asked} Ni hao, 10 \u00e9t\u00e9\n"]
    assert "a turn ends with '<|im_end|>', think block none" in found["told"]
    assert found["chat"] == (
        "<|im_start|>system\nBe<|im_end|>\n<|im_start|>user\nWell?<|im_end|>\n<|im_start|>assistant\n"
    )
    assert found["base"] == [False, asked, []]


def test_a_server_gives_the_same_log_probabilities(answered, server, monkeypatch):
    monkeypatch.setenv("SERVER_KEY", KEY)
    prepared = dataclasses.replace(server, fingerprint=told_of_itself(server))
    assert KEY not in prepared.fingerprint
    engine = open_engine(prepared, "")
    asked = [
        Choice(number, 0, "Q1", prompt, tuple(options), form)
        for number, (form, prompt, options) in enumerate(questions())
    ]
    found = {answer.key: answer.log_probabilities for answer in engine.choose(asked)}
    for number, in_process in enumerate(answered["vllm"]):
        assert found[number] == pytest.approx(in_process, abs=1e-3)
    prompt = Prompt(messages=(("user", "Who are you?"),))
    assert engine.said(prompt, 8) == answered["said"]
    sampling = Sampling(temperature=0.7, top_p=0.9, max_tokens=60)
    queue = Queue(
        Writing(seed, 0, prompt, pattern, seed, sampling) for seed, pattern in enumerate(PATTERNS)
    )
    texts = {written.key: written.text for written in engine.write(queue)}
    for seed, pattern in enumerate(PATTERNS):
        assert re.fullmatch(pattern, texts[seed])
    assert engine.usage.n_requests > len(asked)


def test_a_wrong_key_is_refused_without_being_repeated(server, monkeypatch):
    monkeypatch.setenv("SERVER_KEY", "sk-wrong-0815")
    with pytest.raises(UserError, match="refuses the key") as caught:
        told_of_itself(server)
    assert "0815" not in str(caught.value)


def test_the_options_of_a_question_read_the_prefix_cache(answered):
    assert answered["cached"] > 0


def test_what_is_written_matches_its_pattern(answered):
    for (text, finished), pattern in zip(answered["texts"], PATTERNS, strict=True):
        assert finished
        assert re.fullmatch(pattern, text)


@pytest.fixture(scope="module")
def in_modes(prepared: Path) -> dict[str, dict]:
    """Return a few answers of two personas in every mode, in two forms."""
    script = str(ROOT / "tests/answers_in_modes.py")
    return json.loads(ask_worker(script, str(prepared)).splitlines()[-1])


def test_every_mode_gets_valid_answers_out_of_the_model(in_modes):
    n_asked = len(read_instrument(CONFIG / "instruments/iw.yaml").asked)
    assert len(in_modes["modes"]) == 2 * 7
    for name, found in in_modes["modes"].items():
        answers = found["answers"]
        assert len(answers) == 2 * (n_asked if " battery " in name else 3), name
        for _, _, status, option, attempts, shares in answers:
            if " verbalised " in name:  # the form is enforced, that percentages sum to 100 is not
                assert status in {"valid", "malformed"}
                assert (shares is not None) == (status == "valid")
                continue
            # all are constrained to the options, and have room for them
            assert (status, attempts) == ("valid", 1), name
            assert option >= 0
            assert (shares is not None) == (" single " in name)
            assert shares is None or sum(shares) == pytest.approx(1)


def test_unsafe_labels_are_replaced_and_told(in_modes):
    # this tokenizer puts the space before a digit into a token of its own
    labels, told = in_modes["labels"]["10"]
    assert labels == list("ABCDEFGHIJ")
    assert "numbers: ' 1' is 2 tokens, so not taken" in told
    assert in_modes["taken"]["4"].startswith("letters A B C D: each one token")


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
    # without what needs a survey file of the user's or a second condition, and what is a page
    own = (each for each in FIGURES if not any(table.needs for table in each.tables))
    drawn = {each.name for each in own if "pdf" in each.suffixes}
    assert {path.stem for path in base.glob("figures/*.pdf")} == drawn
    assert list(base.rglob("interactive_map.html"))
    for text in [report, *(file.read_text(encoding="utf-8") for file in base.glob("*/*.md"))]:
        assert "synthetic" not in text.lower()

    # of iw 17 questions, and two indicators that are derived from nine of them
    for name, n_questions in (("iw", 19), ("iw_condensed", 2), ("wvb_probe", 36), ("mfq2", 36)):
        file = base / f"responses/{name}.parquet"
        assert tables.provenance(file)["engine"] == "vllm"
        assert tables.read(file, study_tables.RESPONSES).select("^.*_mass$").shape == (
            8,
            n_questions,
        )
    validity = pl.read_parquet(base / "quality/validity.parquet")
    outcomes = ("valid", "refused", "malformed", "truncated", "out_of_range")
    assert (validity["asked"] == validity.select(pl.sum_horizontal(outcomes)).to_series()).all()
    assert (validity["asked"] == 8).all()
    mass = validity.filter(pl.col("stage") != "biographies")["option_mass"]
    assert mass.is_between(0, 1, closed="right").all()
    stats = json.loads((base / "responses/0001-of-0001.json").read_text(encoding="utf-8"))
    assert stats["cached_prompt_tokens"] > 0
