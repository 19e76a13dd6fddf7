"""Which context makes a persona's answers follow it? Print one JSON line a context.

    envs/inference-cpu/bin/python tests/benchmarks/contexts.py \
        results/models/smollm2-135m/model.json results/demo/smollm2-135m/biographies.parquet

Personas with a valid biography answer ten questions of the map, its two indices condensed to one
question each, in every context: told any of their demographics, configuration and biography, or
nothing. `correlation`: mean over the ten
cultural variables of the correlation between the configured and the answered value over personas
(0 is no skill).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np

from valuescape.asking.elicitation import labels_of
from valuescape.asking.job import option_shares
from valuescape.asking.phrasing import (
    Phrasing,
    answer_sections,
    demographics_of,
    persona_text,
    question_values,
    statements,
)
from valuescape.core import tables
from valuescape.engine import Choice, open_engine
from valuescape.study import tables as study_tables
from valuescape.study.conditions import CONTEXT_PARTS
from valuescape.study.instruments import read_instrument
from valuescape.study.models import read_prepared_model
from valuescape.study.space import read_space
from valuescape.study.templates import Template


def main() -> None:
    """Ask the same personas in each context and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="prepared model (JSON)")
    parser.add_argument("biographies", type=Path, help="gathered biographies")
    parser.add_argument("--personas", type=int, default=48)
    args = parser.parse_args()
    space = read_space(Path("config/persona_space.yaml"))
    instrument = read_instrument(Path("config/instruments/iw.yaml"))
    condensed = read_instrument(Path("config/instruments/iw_condensed.yaml"))
    direct = [question for question in instrument.questions if not question.rule]
    indices = [
        replace(question, variable=instrument.question(question.id).variable)
        for question in condensed.questions
    ]
    instrument = replace(instrument, questions=(*direct, *indices), parts=())
    model = read_prepared_model(args.model)
    template = Template(
        Path("config/prompts/answer.md"), answer_sections(model.answer, context=CONTEXT_PARTS)
    )
    rows = tables.read(args.biographies, study_tables.BIOGRAPHIES)
    rows = rows.filter(rows["status"] == "valid").gather_every(max(1, len(rows) // args.personas))
    rows = rows.head(args.personas)
    ids = rows["persona_id"].to_numpy()
    configured = space.values_of(space.levels_of(ids))
    places = {variable.name: column for column, variable in enumerate(space.variables)}
    engine = open_engine(model, space)
    phrasing = Phrasing(template, model.answer)
    labels = labels_of(engine, [instrument], model.answer["form"])[instrument.name]
    for context in (some for n in range(4) for some in combinations(CONTEXT_PARTS, n)):
        choices = []
        for number, biography in enumerate(rows.iter_rows(named=True)):
            persona_id = biography["persona_id"]
            said, who = statements(space, persona_id), demographics_of(biography)
            persona = persona_text(template, context, said, biography["biography"], who)
            for question in instrument.asked:
                values = question_values(persona, instrument, question)
                prompt, options = phrasing.question(question, values, labels)
                key, form = (number, question.id), model.answer["form"]
                choices.append(Choice(key, persona_id, question.id, prompt, options, form))
        started = time.monotonic()
        answered = np.full(configured.shape, np.nan)
        for chosen in engine.choose(iter(choices)):
            number, code = chosen.key
            question = instrument.question(code)
            shares, _ = option_shares(chosen.log_probabilities)
            answered[number, places[str(question.variable)]] = shares @ question.values
        with np.errstate(invalid="ignore"):
            by_variable = [
                float(np.nan_to_num(np.corrcoef(configured[:, v], answered[:, v])[0, 1]))
                for v in range(len(places))
            ]
        line = {
            "model": model.name,
            "context": ", ".join(context) or "nothing",
            "personas": len(ids),
            "correlation": round(float(np.mean(by_variable)), 3),
            "by_variable": dict(zip(places, np.round(by_variable, 2).tolist(), strict=True)),
            "answers_per_second": round(len(choices) / (time.monotonic() - started), 1),
        }
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
