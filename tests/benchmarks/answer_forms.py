"""In which form does a model's answer follow its persona? Print one JSON line a form.

    envs/inference-cpu/bin/python tests/benchmarks/answer_forms.py \
        results/models/smollm2-135m/model.json

For some configurations, each of the ten cultural variables is set to its lowest and to its
highest level, all else equal, and the map's own question about it is asked. `right`: share of
pairs in which the mean answer moves in the right direction (0.5 is chance); `effect`: mean move
as a share of the scale (1 is perfect).
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import sys
import time
from pathlib import Path

import numpy as np

from valuescape import asking
from valuescape.engine import Choice, open_engine
from valuescape.instruments import read_instrument
from valuescape.models import read_prepared_model
from valuescape.prompts import (
    CHAT_SECTIONS,
    INTERVIEW_SECTIONS,
    Template,
    choice_prompt,
    persona_text,
    question_values,
    statements,
)
from valuescape.space import read_space

FORMS = tuple(itertools.product(("option_text", "label_token"), ("interview", "chat")))


def main() -> None:
    """Ask the pairs in every form and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="prepared model (JSON)")
    parser.add_argument("--configurations", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    space = read_space(Path("config/persona_space.yaml"))
    instrument = read_instrument(Path("config/instruments/iw.yaml"))
    questions = {question.variable: question for question in instrument.questions}
    sections = ("persona", *INTERVIEW_SECTIONS, *CHAT_SECTIONS)
    template = Template(Path("config/prompts/answer.md"), sections)
    model = read_prepared_model(args.model)
    engine = open_engine(model, "config/persona_space.yaml")
    rng = np.random.default_rng(args.seed)
    ids = rng.choice(space.n_personas, args.configurations, replace=False).astype(np.uint32)
    base = space.levels_of(ids)
    for form, layout in FORMS:
        answer = {"form": form, "layout": layout}
        asked = []
        for number, (column, variable) in itertools.product(
            range(len(base)), enumerate(space.variables)
        ):
            for end in (0, len(variable.levels) - 1):
                levels = base[number].copy()
                levels[column] = end
                said = statements(space, int(space.ids_of(levels[None])[0]))
                told = persona_text(template, "configuration", said, None)
                question = questions[variable.name]
                values = question_values(told, instrument, question)
                prompt, options = choice_prompt(template, answer, question, values)
                key = (number, column, int(end > 0))
                asked.append(Choice(key, 0, question.id, prompt, options))
        started = time.monotonic()
        means = {}
        for chosen in engine.choose(iter(asked)):
            number, column, end = chosen.key
            question = questions[space.variables[column].name]
            shares, _ = asking.option_shares(chosen.log_probabilities)
            means[chosen.key] = float(shares @ question.scaled)
        seconds = time.monotonic() - started
        moves = np.array(
            [
                [means[number, column, 1] - means[number, column, 0] for column in range(10)]
                for number in range(len(base))
            ]
        )
        moves *= [np.sign(v.levels[-1].value - v.levels[0].value) for v in space.variables]
        line = {
            "model": model.name,
            **answer,
            "pairs": moves.size,
            "right": round(float((moves > 0).mean()), 3),
            "effect": round(float(moves.mean()), 4),
            "right_by_variable": dict(
                zip(
                    [v.name for v in space.variables],
                    (moves > 0).mean(axis=0).round(2).tolist(),
                    strict=True,
                )
            ),
            "answers_per_second": round(len(asked) / seconds, 1),
        }
        sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.write(json.dumps(dataclasses.asdict(engine.usage)) + "\n")


if __name__ == "__main__":
    main()
