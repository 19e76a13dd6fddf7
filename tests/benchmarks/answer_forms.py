"""In which form does a model's answer follow its persona? Print one JSON line a form and scoring.

    envs/inference-cpu/bin/python tests/benchmarks/answer_forms.py \
        results/models/smollm2-135m/model.json

For some configurations, each of the ten cultural variables is set to its lowest and to its
highest level, all else equal, and the map's own question about it is asked. `right`: share of
pairs in which the mean answer moves in the right direction (0.5 is chance); `effect`: mean move
as a share of the scale (1 is perfect). The scorings of a form read the same log-probabilities;
calibrated asks each question once more, under the null prompt.
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

from valuescape.asking.elicitation import labels_of
from valuescape.asking.elicitation.scoring import scored
from valuescape.asking.job import option_shares
from valuescape.asking.phrasing import (
    Phrasing,
    answer_sections,
    persona_text,
    question_values,
    statements,
)
from valuescape.engine import Choice, open_engine
from valuescape.study.instruments import read_instrument
from valuescape.study.models import read_prepared_model
from valuescape.study.space import read_space
from valuescape.study.templates import Template

FORMS = tuple(itertools.product(("option_text", "label_token"), ("interview", "chat")))
SCORINGS = ("raw", "length_normalised", "calibrated")


def main() -> None:
    """Ask the pairs in every form and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="prepared model (JSON)")
    parser.add_argument("--configurations", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    space = read_space(Path("config/persona_space.yaml"))
    instrument = read_instrument(Path("config/instruments/iw.yaml"))
    condensed = read_instrument(Path("config/instruments/iw_condensed.yaml"))
    questions = {
        question.variable: condensed.question(question.id) if question.rule else question
        for question in instrument.questions
    }
    layouts = ({"layout": layout} for layout in ("interview", "chat"))
    sections = dict.fromkeys(
        name for layout in layouts for name in answer_sections(layout, context=["configuration"])
    )
    template = Template(Path("config/prompts/answer.md"), list(sections))
    model = read_prepared_model(args.model)
    engine = open_engine(model, space)
    rng = np.random.default_rng(args.seed)
    ids = rng.choice(space.n_personas, args.configurations, replace=False).astype(np.uint32)
    base = space.levels_of(ids)
    for form, layout in FORMS:
        phrasing = Phrasing(template, {"form": form, "layout": layout})
        labels = labels_of(engine, [instrument], form)[instrument.name]

        def choice(key, question, context, phrasing=phrasing, labels=labels, form=form):
            values = question_values(context, instrument, question)
            prompt, options = phrasing.question(question, values, labels)
            return Choice(key, None, question.id, prompt, options, form)

        choices = [
            choice((None, column, 0), questions[variable.name], "")
            for column, variable in enumerate(space.variables)
        ]
        for number, (column, variable) in itertools.product(
            range(len(base)), enumerate(space.variables)
        ):
            for end in (0, len(variable.levels) - 1):
                levels = base[number].copy()
                levels[column] = end
                said = statements(space, int(space.ids_of(levels[None])[0]))
                context = persona_text(template, ["configuration"], said, None)
                key = (number, column, int(end > 0))
                choices.append(choice(key, questions[variable.name], context))
        started = time.monotonic()
        known = {chosen.key: chosen for chosen in engine.choose(iter(choices))}
        seconds = time.monotonic() - started
        for scoring in SCORINGS:

            def mean(number, column, end, known=known, scoring=scoring):
                chosen, null_prompt = known[number, column, end], known[None, column, 0]
                values = chosen.log_probabilities, null_prompt.log_probabilities
                shares, _ = option_shares(scored(values[0], scoring, chosen.n_tokens, values[1]))
                return float(shares @ questions[space.variables[column].name].scaled)

            moves = np.array(
                [
                    [mean(number, column, 1) - mean(number, column, 0) for column in range(10)]
                    for number in range(len(base))
                ]
            )
            moves *= [np.sign(v.levels[-1].value - v.levels[0].value) for v in space.variables]
            right = (moves > 0).mean(axis=0).round(2).tolist()
            line = {
                "model": model.name,
                **phrasing.answer,
                "scoring": scoring,
                "pairs": moves.size,
                "right": round(float((moves > 0).mean()), 3),
                "effect": round(float(moves.mean()), 4),
                "right_by_variable": dict(
                    zip([v.name for v in space.variables], right, strict=True)
                ),
                "answers_per_second": round(len(choices) / seconds, 1),
            }
            sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.write(json.dumps(dataclasses.asdict(engine.usage)) + "\n")


if __name__ == "__main__":
    main()
