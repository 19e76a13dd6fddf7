"""What do repeats, other shards and other batch limits change? Print one JSON line a comparison.

    envs/inference-cpu/bin/python tests/benchmarks/determinism.py \
        results/models/smollm2-135m/model.json

For each dtype, some personas answer the ten questions of the map and write a short greedy text,
in processes of their own: `first`; `again`, the same; `shards`, each persona alone, from an emptied
prefix cache; `batch`, at most 8 requests at once. Each is compared with `first`:
`largest_difference` of an option's probability, share of `choices_equal` (the most probable
option) and of `texts_equal`. `elsewhere`: what `--run first` printed on another machine into the
file that `--beside` names.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from one_shard import ANSWER_PROMPT, INSTRUMENTS, SPACE, Shard

from valuescape.asking.job import option_shares
from valuescape.asking.phrasing import (
    Phrasing,
    answer_sections,
    persona_text,
    question_values,
    statements,
)
from valuescape.engine import Choice, Queue, Sampling, Writing, open_engine
from valuescape.study.instruments import read_instrument
from valuescape.study.models import read_prepared_model
from valuescape.study.space import read_space
from valuescape.study.templates import Template

RUNS = {"first": {}, "again": {}, "shards": {}, "batch": {"max_num_seqs": 8}}
GREEDY = Sampling(temperature=0.0, top_p=1.0, max_tokens=40)


def answers(model_file: Path, n_personas: int, run: str, dtype: str) -> dict[str, object]:
    """Ask in this process; return probabilities and texts by persona and question."""
    model = read_prepared_model(model_file)
    settings = {**model.settings, "dtype": dtype, **RUNS[run]}
    model = dataclasses.replace(model, settings=settings)
    space, instrument = read_space(SPACE), read_instrument(INSTRUMENTS[0])
    engine = open_engine(model, space)
    template = Template(ANSWER_PROMPT, answer_sections(model.answer, context=["configuration"]))
    phrasing = Phrasing(template, model.answer)
    choices, texts = {}, {}
    for persona_id in Shard(model_file, n_personas).persona_ids:
        said = statements(space, persona_id)
        context = persona_text(template, ["configuration"], said, None)
        for question in instrument.asked:
            values = question_values(context, instrument, question)
            prompt, options = phrasing.question(question, values, "ABCDEFGHIJ")
            key = f"{persona_id} {question.id}"
            choices[key] = Choice(
                key, persona_id, question.id, prompt, options, model.answer["form"]
            )
        texts[f"{persona_id}"] = Writing(
            f"{persona_id}", persona_id, prompt, "", 1, GREEDY, kind="reasoning"
        )
    found: dict[str, object] = {}
    alone = [[persona] for persona in texts] if run == "shards" else [list(texts)]
    for personas in alone:
        engine._llm.reset_prefix_cache()
        own = [choice for key, choice in choices.items() if key.split()[0] in personas]
        for chosen in engine.choose(iter(own)):
            found[chosen.key] = option_shares(chosen.log_probabilities)[0].tolist()
        for written in engine.write(Queue([texts[persona] for persona in personas])):
            found[written.key] = written.text
    return found


def compared(first: dict[str, object], other: dict[str, object]) -> dict[str, float]:
    """Return how far two runs agree."""
    shares = [key for key in first if " " in key]
    texts = [key for key in first if " " not in key]
    gaps = [np.abs(np.subtract(first[key], other[key])).max() for key in shares]
    equal = [np.argmax(first[key]) == np.argmax(other[key]) for key in shares]
    return {
        "largest_difference": float(f"{max(gaps):.3g}"),
        "choices_equal": round(float(np.mean(equal)), 4),
        "texts_equal": round(float(np.mean([first[key] == other[key] for key in texts])), 4),
    }


def main() -> None:
    """Run every comparison in processes of its own and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="prepared model (JSON)")
    parser.add_argument("--personas", type=int, default=6)
    parser.add_argument("--dtypes", nargs="+", default=["bfloat16", "float32"])
    parser.add_argument("--runs", nargs="+", choices=RUNS, default=list(RUNS))
    parser.add_argument("--run", choices=RUNS, help="print the answers of this one run")
    parser.add_argument("--beside", type=Path, help="what --run printed elsewhere")
    args = parser.parse_args()
    if args.run:
        found = answers(args.model, args.personas, args.run, args.dtypes[0])
        sys.stdout.write("\n" + json.dumps(found) + "\n")
        return
    elsewhere = json.loads(args.beside.read_text().splitlines()[-1]) if args.beside else None
    for dtype in args.dtypes:
        found = {}
        for run in args.runs:
            command = [sys.executable, __file__, str(args.model), "--run", run]
            command += ["--personas", str(args.personas), "--dtypes", dtype]
            printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
            found[run] = json.loads(printed.splitlines()[-1])
            others = {run: found[run]} if run != "first" else {}
            if run == "first" and elsewhere:
                others = {"elsewhere": elsewhere}
            for name, other in others.items():
                line = {"benchmark": "determinism", "dtype": dtype, "compared": name}
                line |= {"personas": args.personas, **compared(found["first"], other)}
                sys.stdout.write(json.dumps(line) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
