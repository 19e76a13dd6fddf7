"""What does the stage cost beside the bare engine? Print one JSON line.

    envs/inference-cpu/bin/python tests/benchmarks/stage_vs_bare.py \
        results/models/smollm2-135m/model.json

In turn, with one loaded engine and an emptied prefix cache each time: the whole stage (reading,
prompts, asking, parts, tables), and `vllm.LLM.generate` on the very same token ids and sampling
parameters. `ratio`: tokens a second of the stage over those of bare vLLM, median over turns.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock

from one_shard import Shard, open_engine


def measure(engine: Any, shard: Shard, n_turns: int) -> dict[str, object]:
    """Return the benchmark's line: the stage and bare vLLM in turn on a loaded engine."""
    llm = engine._llm
    llm_engine = llm.llm_engine
    recorded = []

    def record(number, prompt, params, *further, **named):
        recorded.append((prompt, params.clone()))
        return add_request(number, prompt, params, *further, **named)

    add_request = llm_engine.add_request
    with mock.patch.object(llm_engine, "add_request", record):
        shard.seconds(engine)  # also warms what is compiled or cached at a first request
    prompts, params = zip(*recorded, strict=True)
    n_tokens = sum(len(p["prompt_token_ids"]) + q.max_tokens for p, q in recorded)
    turns = []
    for _ in range(n_turns):
        llm.reset_prefix_cache()
        stage = shard.seconds(engine)
        llm.reset_prefix_cache()
        started = time.perf_counter()
        llm.generate(list(prompts), list(params), use_tqdm=False)
        turns.append((stage, time.perf_counter() - started))
    return {
        "benchmark": "stage_vs_bare",
        "goal": 0.97,
        "ratio": round(statistics.median(bare / stage for stage, bare in turns), 3),
        "ratios": [round(bare / stage, 3) for stage, bare in turns],
        "stage_tokens_per_second": [round(n_tokens / stage) for stage, _ in turns],
        "bare_tokens_per_second": [round(n_tokens / bare) for _, bare in turns],
        "requests": len(recorded),
        "personas": shard.n_personas,
        "versions": engine.usage.versions,
        "device": engine.usage.device,
    }


def main() -> None:
    """Run both in turn and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="prepared model (JSON)")
    parser.add_argument("--personas", type=int, default=4)
    parser.add_argument("--turns", type=int, default=3)
    args = parser.parse_args()
    engine = open_engine(args.model)
    line = measure(engine, Shard(args.model, args.personas), args.turns)
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
