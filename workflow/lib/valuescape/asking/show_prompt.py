"""Prompts: print exactly what a persona is asked under a condition of a study.

    python -m valuescape.asking.show_prompt show --persona 4711 --instrument mfq2 --item MFQ1 --condition base

The study is config/demo.yaml, or what `--configfile` lays over it. Where the model is prepared and
its environment installed, chats are shown as the model's own template renders them.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import yaml

from valuescape.asking.elicitation import Round, battery, single, written
from valuescape.asking.phrasing import (
    Phrasing,
    answer_sections,
    demographics_of,
    persona_text,
    statements,
)
from valuescape.core import tables
from valuescape.core.documents import read_document
from valuescape.core.errors import UserError, run
from valuescape.engine import Choice
from valuescape.engine.labels import LABEL_SETS
from valuescape.engine.rendering import Rendering
from valuescape.study import tables as study_tables
from valuescape.study.check import check_config
from valuescape.study.conditions import TOLD_OF_A_LIFE, Condition
from valuescape.study.instruments import Instrument, read_instrument
from valuescape.study.models import Model, read_model, read_prepared_model
from valuescape.study.space import read_space
from valuescape.study.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from valuescape.engine import Writing
    from valuescape.study.templates import Prompt

DEMO = Path("config/demo.yaml")
THOUGHT = " (its reasoning)"


def laid_over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config with another laid over it, key by key, as Snakemake does."""
    merged = dict(base)
    for key, value in own.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = laid_over(merged[key], value) if both else value
    return merged


def read_config(files: Sequence[Path]) -> dict[str, Any]:
    """Return the config of a study.

    Parameters
    ----------
    files : sequence of Path
        The demo's first, then those laid over it.

    Returns
    -------
    dict
        Checked.

    Raises
    ------
    UserError
        If a file is missing or the config is mistaken.
    """
    config: dict[str, Any] = {}
    for file in files:
        if not file.is_file():
            msg = f"{file}: there is no such file here"
            raise UserError(msg, hint="run this in the folder of the Snakefile")
        config = laid_over(config, yaml.safe_load(file.read_text(encoding="utf-8")) or {})
    check_config(config, list(reversed(files)))
    return config


def one_of(wanted: str | None, known: Mapping[str, Any], what: str) -> str:
    """Return the wanted name if it is known; the first known one if none is wanted.

    Raises
    ------
    UserError
        If it is not known.
    """
    if wanted is None:
        return next(iter(known))
    if wanted not in known:
        msg = f"the study has no {what} {wanted!r}"
        raise UserError(msg, hint=f"its {what}s are {', '.join(known)}")
    return wanted


def told_to(
    args: argparse.Namespace,
    config: Mapping[str, Any],
    condition: Condition,
    model: Model,
    template: Template,
) -> str:
    """Return what the persona is told; its biography is the given text, or that of the results.

    Raises
    ------
    UserError
        If a biography is told and none is known.
    """
    said = statements(read_space(Path(config["persona_space"])), args.persona)
    life: Mapping[str, Any] = {"biography": args.biography}
    is_read = args.biography is None or condition.told == "demographics"
    if is_read and condition.told in TOLD_OF_A_LIFE:
        entry = next(each for each in config["conditions"] if each["name"] == condition.name)
        number = entry.get("biographies", 0)
        writing = f"biographies_{number}" if number else "biographies"
        file = Path(f"results/{config['study']}/{model.name}/{writing}.parquet")
        rows = tables.read(file, study_tables.BIOGRAPHIES) if file.is_file() else None
        if rows is None or rows.filter(persona_id=args.persona).is_empty():
            msg = f"{condition.name} tells a biography, and {file} has none of {args.persona}"
            or_text = "" if condition.told == "demographics" else ", or give its text: --biography"
            raise UserError(msg, hint=f"run snakemake first{or_text}")
        life = rows.row(by_predicate=pl.col("persona_id") == args.persona, named=True)
    return persona_text(template, condition.told, said, life["biography"], demographics_of(life))


def requests_of(asked: Round) -> list[Choice | Writing]:
    """Return the requests of a round, as they are asked; where reasoning comes first, both."""
    ((persona_id, (instrument,)),) = asked.missing.items()
    if asked.condition.mode == "single":
        return list(single.requests(asked))
    if asked.condition.mode == "battery":
        return [battery.request_of(asked, persona_id, instrument)]
    question = instrument.questions[0]
    request = written.first(asked, persona_id, instrument, question)
    if request.kind != "reasoning":
        return [request]
    turn = written.Turn(persona_id, instrument.name, question.id, 1, reasons=True)
    return [request, written.answering(asked, turn, instrument, question, THOUGHT)]


def shown(request: Choice | Writing, rendering: Rendering | None) -> Iterator[str]:
    """Yield the lines that show a request: the prompt, then what its answer may be."""
    yield "--- prompt"
    yield rendering.text(request.prompt) if rendering else plain(request.prompt)
    yield ""
    if isinstance(request, Choice):
        yield "--- options, of which the probabilities are read"
        yield from map(repr, request.options)
        return
    how = f"temperature {request.sampling.temperature:g}, at most {request.sampling.max_tokens}"
    if request.posed:
        yield f"--- the model writes one of these ({how} tokens)"
    else:
        yield f"--- the model reasons ({how} tokens)"
    for posed in request.posed:
        if request.kind == "battery":
            yield f"{posed.question}: {', '.join(map(repr, posed.options))}"
        else:
            yield from map(repr, posed.options)


def plain(prompt: Prompt) -> str:
    """Return a prompt as a reader can see it without the model's chat template."""
    said = "\n".join(f"[{role}]\n{text}" for role, text in prompt.messages)
    opened = f"\n[assistant]\n{prompt.prefill}" if prompt.prefill else ""
    return prompt.text or said + opened


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(
        prog="python -m valuescape.asking.show_prompt",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("action", choices=["show"])
    command.add_argument("--persona", type=int, required=True, help="persona_id, from 0")
    command.add_argument("--instrument", required=True, help="name, such as mfq2")
    command.add_argument("--item", help="code of the question; the first one unless given")
    command.add_argument("--condition", help="of the study; its first one unless given")
    command.add_argument("--model", help="of the study; its first one unless given")
    command.add_argument("--configfile", type=Path, nargs="+", default=[], help="study file")
    command.add_argument("--biography", help="text of the biography, if one is told")
    return command


def model_rendering(
    model: Model, interpreter: str, arguments: Sequence[str]
) -> tuple[Rendering | None, str]:
    """Return the model's rendering, or why there is none.

    It needs the model's environment: if that is another one, this command is run there instead.

    Raises
    ------
    SystemExit
        After it ran there, with its status.
    """
    if model.harmony and importlib.util.find_spec("openai_harmony"):
        return Rendering.read(model), ""  # needs no weights
    if model.engine == "endpoint":
        return None, "its server renders them"
    if model.engine != "vllm":
        return None, f"the engine {model.engine} has no template here"
    prepared = Path(f"results/models/{model.name}/model.json")
    if not prepared.is_file():
        return None, f"{model.name} is not prepared; run snakemake --cores 1 {prepared} first"
    if importlib.util.find_spec("transformers"):
        return Rendering.read(read_prepared_model(prepared)), ""
    if not Path(interpreter).is_file():
        return None, f"no interpreter {interpreter}; envs/install.sh makes it"
    library = str(Path(__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": library, "HF_HUB_OFFLINE": "1"}
    command = [interpreter, "-m", "valuescape.asking.show_prompt", *arguments]
    done = subprocess.run(command, env=environment, check=False)  # noqa: S603 - the study's own
    raise SystemExit(done.returncode)


def checked_labels(
    answer: Mapping[str, str], instrument: Instrument, rendering: Rendering | None
) -> tuple[tuple[str, ...], str]:
    """Return the labels of an instrument's options, and what was done about them, in words."""
    if answer["form"] != "label_token":
        return (), ""
    n_options = max(question.n_options for question in instrument.questions)
    if rendering:
        return rendering.labels(n_options)
    return LABEL_SETS[answer.get("labels", "letters")][:n_options], "not checked by a tokenizer"


def main(argv: Sequence[str] | None = None) -> None:
    """Print the requests of a persona and a question."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    args = parser().parse_args(arguments)
    config = read_config([DEMO, *args.configfile])
    conditions = {entry["name"]: entry for entry in config["conditions"]}
    name = one_of(args.condition, conditions, "condition")
    condition = Condition.read({**conditions[name], "attempts": config["attempts"]})
    file = Path(
        f"config/models/{one_of(args.model, dict.fromkeys(config['models']), 'model')}.yaml"
    )
    model, environment = read_model(file), read_document(file, "model").content["environment"]
    rendering, why_not = model_rendering(model, config["pythons"][environment], arguments)
    instruments = dict.fromkeys(config["instruments"])
    source = Path(f"config/instruments/{one_of(args.instrument, instruments, 'instrument')}.yaml")
    instrument = read_instrument(source)
    answer = condition.form_of(model.answer)
    labels, checked = checked_labels(answer, instrument, rendering)
    template = Template(
        Path(config["prompts"]["answer"]), answer_sections(answer, condition.mode, condition.told)
    )
    told = {args.persona: told_to(args, config, condition, model, template)}
    if condition.mode != "battery":
        asked = instrument.question(args.item or instrument.questions[0].id)
        instrument = dataclasses.replace(instrument, questions=(asked,))
    asked_round = Round(
        condition,
        Phrasing(template, answer, condition.option_order),
        config["seed"],
        told,
        {args.persona: [instrument]},
        {instrument.name: labels},
    )
    lines = [f"{model.title}, condition {name}, mode {condition.mode}"]
    lines += [f"labels: {checked}"] if checked else []
    if why_not and answer["layout"] == "chat":
        lines.append(f"messages, not as the model's own template renders them: {why_not}")
    for request in requests_of(asked_round):
        lines += shown(request, rendering)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    run(main)
