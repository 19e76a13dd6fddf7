"""Measure the stage on a GPU with one loaded engine. Print a JSON line for each step.

    envs/inference-gpu/bin/python tests/gpu/measure.py results/models/<model>/model.json

`load`: attention backend, model runner, versions, card. `stage_vs_bare`, `shaped_vs_naive`: see
tests/benchmarks. `responses`: for each form of answers, as many personas of the design as fit into
`--seconds`, from an emptied prefix cache, through the whole stage; `gpu_busy_percent` is the share
of time in which a kernel ran, sampled by nvidia-smi ten times a second. The answers are kept under
`--keep`. How far they repeat: tests/benchmarks/determinism.py.

It also runs on the CPU build, where there is no card to be asked.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import shaped_vs_naive
import stage_vs_bare
from one_shard import SPACE, Shard, open_engine

from valuescape.study.designs import persona_ids
from valuescape.study.space import read_space

QUERY = "timestamp,utilization.gpu,power.draw,memory.used"
COUNTED = ("n_requests", "prompt_tokens", "cached_prompt_tokens", "output_tokens", "seconds_ask")


@dataclass
class Card:
    """What nvidia-smi says of the card while a block runs; nothing where there is none."""

    rows: list[list[float]]

    def __enter__(self) -> Self:
        self._begun = datetime.now(UTC)
        self._process = None
        if shutil.which("nvidia-smi"):
            command = ["nvidia-smi", f"--query-gpu={QUERY}", "--format=csv,noheader,nounits"]
            self._process = subprocess.Popen(
                [*command, "-lms", "100"], stdout=subprocess.PIPE, text=True
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is None:
            return
        ended = datetime.now(UTC)
        self._process.terminate()
        for line in self._process.communicate()[0].splitlines():
            when, *values = line.split(", ")
            try:
                time = datetime.strptime(when, "%Y/%m/%d %H:%M:%S.%f").astimezone(UTC)
                row = [float(value) for value in values]
            except ValueError:  # the line that was being written when it was stopped
                continue
            if self._begun <= time <= ended:
                self.rows.append(row)

    def mean(self, column: int) -> float | None:
        """Mean of a column of `QUERY` after the time; None without samples."""
        if not self.rows:
            return None
        return round(sum(row[column] for row in self.rows) / len(self.rows), 1)


def loaded(engine: Any) -> dict[str, object]:
    """Return what the engine took: runner, attention backend, limits, versions, card."""
    llm_engine = engine._llm.llm_engine
    config = llm_engine.vllm_config
    runner = llm_engine.model_executor.driver_worker.worker.model_runner
    groups = [group for groups in runner.attn_groups for group in groups]
    found = {
        "benchmark": "load",
        "seconds": round(engine.usage.seconds_load, 1),
        "runner": f"{type(runner).__module__}.{type(runner).__name__}",
        "attention": sorted({group.backend.get_name() for group in groups}),
        "async_scheduling": config.scheduler_config.async_scheduling,
        "max_num_seqs": config.scheduler_config.max_num_seqs,
        "max_num_batched_tokens": config.scheduler_config.max_num_batched_tokens,
        "dtype": str(config.model_config.dtype),
        "versions": engine.usage.versions,
        "device": engine.usage.device,
    }
    if shutil.which("nvidia-smi"):
        command = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
        printed = subprocess.run(command, capture_output=True, text=True, check=True)
        found["card"] = printed.stdout.strip()
    return found


def responses(engine: Any, pilot: Shard, seconds: float, keep: Path | None) -> dict[str, object]:
    """Return the line of a form: as many personas of the design as the pilot lets expect."""
    n_design = len(persona_ids(read_space(SPACE), pilot.design))
    engine._llm.reset_prefix_cache()
    personas_per_second = pilot.n_personas / pilot.seconds(engine)
    n_personas = max(pilot.n_personas, min(n_design, int(personas_per_second * seconds)))
    shard = replace(pilot, n_personas=n_personas)
    engine._llm.reset_prefix_cache()
    before = {name: getattr(engine.usage, name) for name in COUNTED}
    folder = keep / str(pilot.form) if keep else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    with Card([]) as card:
        taken = shard.seconds(engine, folder)
    done = {name: getattr(engine.usage, name) - before[name] for name in COUNTED}
    return {
        "benchmark": "responses",
        "design": shard.design,
        "form": shard.form,
        "personas": shard.n_personas,
        "answers": shard.n_answers,
        "seconds": round(taken, 2),
        "seconds_asking": round(done["seconds_ask"], 2),
        "answers_per_second": round(shard.n_answers / taken, 1),
        "requests_per_second": round(done["n_requests"] / taken, 1),
        "prompt_tokens_per_second": round(done["prompt_tokens"] / taken),
        "cached_share": round(done["cached_prompt_tokens"] / max(1, done["prompt_tokens"]), 3),
        "gpu_busy_percent": card.mean(0),
        "watts": card.mean(1),
        "samples": len(card.rows),
    }


def main() -> None:
    """Run every step asked for and print its line at once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="prepared model (JSON)")
    parser.add_argument("--personas", type=int, default=24, help="of the two ratios")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--design", default="oa1728")
    parser.add_argument("--seconds", type=float, default=40, help="of each form")
    parser.add_argument("--pilot", type=int, default=16, help="personas that tell the speed")
    parser.add_argument("--forms", nargs="*", default=["label_token", "option_text"])
    parser.add_argument("--keep", type=Path, help="folder for the answers")
    parser.add_argument("--without-ratios", action="store_true")
    args = parser.parse_args()

    def tell(line: dict[str, object]) -> None:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    engine = open_engine(args.model)
    tell(loaded(engine))
    if not args.without_ratios:
        tell(stage_vs_bare.measure(engine, Shard(args.model, args.personas), args.turns))
        for line in shaped_vs_naive.measure(engine, args.model, args.personas, n_looped=82):
            tell(line)
    for form in args.forms:
        pilot = Shard(args.model, args.pilot, form, args.design)
        tell(responses(engine, pilot, args.seconds, args.keep))


if __name__ == "__main__":
    main()
