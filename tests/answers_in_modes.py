"""Ask a few questions of a real model in every mode: a command for its environment.

    envs/inference-cpu/bin/python tests/answers_in_modes.py model.json

prints as JSON, by layout and form, what each mode makes of the answers, how long it took, and
what was done about labels.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from pathlib import Path

from valuescape.asking.elicitation import (
    AskingPlan,
    battery,
    labels_of,
    single,
    verbalised,
    written,
)
from valuescape.asking.phrasing import Phrasing, answer_sections, statements
from valuescape.engine.rendering import Rendering
from valuescape.engine.vllm_engine import VllmEngine
from valuescape.study.conditions import OF_MODE, Condition
from valuescape.study.instruments import read_instrument
from valuescape.study.models import read_prepared_model
from valuescape.study.space import read_space
from valuescape.study.templates import Template

ASK = {"single": single, "sampled": written, "battery": battery, "reasoned": written,
       "verbalised": verbalised}  # fmt: skip
PERSONAS = (0, 93_311)
FORMS = (("interview", "option_text"), ("chat", "label_token"))


def main():
    """Print what came out."""
    model = read_prepared_model(Path(sys.argv[1]))
    engine = VllmEngine(model)
    whole = read_instrument(Path("config/instruments/iw.yaml"))
    space = read_space(Path("config/persona_space.yaml"))
    contexts = {number: " ".join(statements(space, number)) for number in PERSONAS}
    found = {}
    for layout, form in FORMS:
        answer = {"layout": layout, "form": form}
        # the engine reads from its model where an answer begins
        engine._rendering = Rendering(
            dataclasses.replace(model, answer=answer), engine._rendering._tokenizer
        )
        for mode in OF_MODE:
            instrument = whole
            if mode != "battery":
                instrument = dataclasses.replace(whole, questions=whole.questions[:3], parts=())
            for scoring in ("raw", "length_normalised", "calibrated"):
                if mode != "single" and scoring != "raw":
                    continue
                condition = Condition(
                    "test", mode=mode, scoring=scoring, reasoning_tokens=24, attempts=2
                )
                template = Template(Path("config/prompts/answer.md"), answer_sections(answer, mode))
                plan = AskingPlan(
                    condition,
                    Phrasing(template, answer),
                    1,
                    contexts,
                    dict.fromkeys(PERSONAS, (instrument,)),
                    labels_of(engine, [instrument], form),
                )
                started = time.monotonic()
                answers = [
                    (a.persona_id, a.question, a.status, a.option, a.attempts, shares(a))
                    for a in ASK[mode].ask(engine, plan)
                ]
                seconds = round(time.monotonic() - started, 2)
                found[f"{layout} {form} {mode} {scoring}"] = {"s": seconds, "answers": answers}
    tokenizer = engine._rendering._tokenizer
    wanted = dataclasses.replace(model, answer={"layout": "interview", "labels": "numbers"})
    labels = {n: Rendering(wanted, tokenizer).labels(n) for n in (5, 10)}
    sys.stdout.write(
        json.dumps({"modes": found, "labels": labels, "taken": engine.usage.labels}) + "\n"
    )


def shares(answer):
    """Return the shares of an answer as plain numbers, None if there are none."""
    return None if answer.shares is None else answer.shares.tolist()


if __name__ == "__main__":
    main()
