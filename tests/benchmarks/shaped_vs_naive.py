"""What does the shape of the requests gain? Print one JSON line.

    envs/inference-cpu/bin/python tests/benchmarks/shaped_vs_naive.py \
        results/models/smollm2-135m/model.json

Shaped: the stage as it is, from an emptied prefix cache; an answer is a distribution over all
options, by their texts or by their labels (`shaped`). Naive: one `LLM.chat` call an item that
generates the label of one option and neither reads nor fills a shared prefix; either one call
after the other (`loop`), as most scripts do, or all conversations in one call (`batch`).
`ratio_*`: answers a second, shaped over naive.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from one_shard import ANSWER_PROMPT, INSTRUMENTS, SPACE, Shard, open_engine

from valuescape.asking.phrasing import (
    Phrasing,
    answer_sections,
    persona_text,
    question_values,
    statements,
)
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space
from valuescape.study.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterator

LETTERS = "ABCDEFGHIJ"
FORMS = ("option_text", "label_token")
NAIVE = {"form": "label_token", "layout": "chat"}


def conversations(persona_ids: list[int]) -> list[tuple[list[dict[str, str]], tuple[str, ...]]]:
    """Return the chat messages and the labels of every item for every persona."""
    space = read_space(SPACE)
    template = Template(ANSWER_PROMPT, answer_sections(NAIVE, context=["configuration"]))
    phrasing = Phrasing(template, NAIVE)
    found = []
    for persona_id in persona_ids:
        said = statements(space, persona_id)
        context = persona_text(template, ["configuration"], said, None)
        for instrument in map(read_instrument, INSTRUMENTS):
            for question in instrument.asked:
                values = question_values(context, instrument, question)
                prompt, labels = phrasing.question(question, values, LETTERS)
                messages = [{"role": role, "content": text} for role, text in prompt.messages]
                found.append((messages, labels))
    return found


def measure(
    engine: Any, model_file: Path, n_personas: int, n_looped: int
) -> Iterator[dict[str, object]]:
    """Yield the benchmark's line of each form, asked of a loaded engine."""
    # after the engine is open, which sets vLLM's environment first
    from vllm import SamplingParams  # noqa: PLC0415
    from vllm.sampling_params import StructuredOutputsParams  # noqa: PLC0415

    llm = engine._llm
    shards = {form: Shard(model_file, n_personas, form) for form in FORMS}
    messages, labels = zip(*conversations(shards[FORMS[0]].persona_ids), strict=True)
    params = [
        SamplingParams(
            temperature=0.0,
            max_tokens=4,
            skip_reading_prefix_cache=True,
            structured_outputs=StructuredOutputsParams(choice=list(each)),
        )
        for each in labels
    ]
    llm.chat(messages[0], params[0], use_tqdm=False)  # what is compiled at a first request
    shaped = {}
    for form, shard in shards.items():
        llm.reset_prefix_cache()
        shaped[form] = shard.n_answers / shard.seconds(engine)
    started = time.perf_counter()
    llm.chat(list(messages), params, use_tqdm=False)
    batch = len(messages) / (time.perf_counter() - started)
    started = time.perf_counter()
    for each, own in zip(messages[:n_looped], params[:n_looped], strict=True):
        llm.chat(each, own, use_tqdm=False)
    loop = min(n_looped, len(messages)) / (time.perf_counter() - started)
    for form, answers in shaped.items():
        yield {
            "benchmark": "shaped_vs_naive",
            "goal": 4,
            "shaped": form,
            "ratio_loop": round(answers / loop, 2),
            "ratio_batch": round(answers / batch, 2),
            "shaped_answers_per_second": round(answers, 2),
            "loop_answers_per_second": round(loop, 2),
            "batch_answers_per_second": round(batch, 2),
            "personas": n_personas,
            "versions": engine.usage.versions,
            "device": engine.usage.device,
        }


def main() -> None:
    """Ask the same personas in each shape and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="prepared model (JSON)")
    parser.add_argument("--personas", type=int, default=4)
    parser.add_argument("--looped", type=int, default=82, help="items asked one after the other")
    args = parser.parse_args()
    for line in measure(open_engine(args.model), args.model, args.personas, args.looped):
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
