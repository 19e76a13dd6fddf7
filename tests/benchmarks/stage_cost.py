"""Time the responses stage with an engine that answers at once: what the stage itself costs.

    PYTHONPATH=workflow/lib envs/inference-cpu/bin/python tests/benchmarks/stage_cost.py \
        results/models/smollm2-135m/model.json

Prints one JSON line of processor milliseconds: an answer by label in the chat layout, without what
a run costs once; and the tokens of its prompt, as the engine makes them and encoded whole.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from one_shard import ANSWER_PROMPT, INSTRUMENTS, SPACE, Shard

from valuescape.asking.phrasing import Phrasing, answer_sections, question_values, statements
from valuescape.engine import Chosen, Usage
from valuescape.engine.harmony import read_rendering
from valuescape.study.instruments import read_instrument
from valuescape.study.models import read_prepared_model
from valuescape.study.space import read_space
from valuescape.study.templates import Template

FORM = {"form": "label_token", "layout": "chat"}
LETTERS = tuple("ABCDEFGHIJKLMNOP")


class AtOnce:
    """An engine that finds all options equally likely, and computes nothing."""

    def __init__(self) -> None:
        self.usage = Usage(device="none")

    def labels(self, n_options: int) -> tuple[str, ...]:
        return LETTERS[:n_options]

    def choose(self, choices):
        for each in choices:
            n_options = len(each.options)
            yield Chosen(each.key, np.full(n_options, -np.log(n_options)), (1,) * n_options)


def stage_seconds(model_file: Path, n_personas: int) -> tuple[float, int]:
    """Return processor seconds of a shard, and how many answers it holds."""
    shard = Shard(model_file, n_personas, "label_token")
    started = time.process_time()
    shard.seconds(AtOnce())
    return time.process_time() - started, shard.n_answers


def prompt_milliseconds(model_file: Path, n_personas: int) -> dict[str, float]:
    """Return what the tokens of a prompt cost, in pieces that are kept and as a whole."""
    space = read_space(SPACE)
    rendering = read_rendering(read_prepared_model(model_file))
    phrasing = Phrasing(Template(ANSWER_PROMPT, answer_sections(FORM)), FORM)
    prompts = [
        phrasing.question(each, question_values(said, instrument, each), LETTERS)[0]
        for said in (" ".join(statements(space, number)) for number in range(n_personas))
        for instrument in map(read_instrument, INSTRUMENTS)
        for each in instrument.asked
    ]
    texts = [rendering.text(prompt) for prompt in prompts]
    found = {}
    for name, encode, said in (
        ("in_pieces", rendering.tokens, prompts),
        ("whole", rendering.encoded, texts),
    ):
        started = time.process_time()
        for each in said:
            encode(each)
        found[name] = 1000 * (time.process_time() - started) / len(prompts)
    return found


def main() -> None:
    """Print the costs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--personas", type=int, default=400)
    given = parser.parse_args()
    model = json.loads(given.model.read_text(encoding="utf-8"))
    model["answer"] |= FORM
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(model, file)
        file.flush()
        path = Path(file.name)
        few, n_few = stage_seconds(path, given.personas // 4)
        many, n_many = stage_seconds(path, given.personas)
        tokens = prompt_milliseconds(path, 20)
    line = {"stage": 1000 * (many - few) / (n_many - n_few), **tokens}
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
