"""Prompts: print exactly what a persona is asked under a condition of a study.

    python -m valuescape.asking.show_prompt --persona 4711 --instrument mfq2 --item MFQ1

The study is config/demo.yaml, or what `--configfile` lays over it. Where the model is prepared and
its environment installed, chats are shown as the model's own template renders them.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from valuescape.asking.elicitation import AskingPlan
from valuescape.asking.phrasing import Phrasing, answer_sections, demographics_of
from valuescape.asking.prompt_check import (
    labels_without_tokenizer,
    plain,
    prompt_errors,
    requests_of,
)
from valuescape.asking.telling import Telling
from valuescape.core import tables
from valuescape.core.command import run_as_is
from valuescape.core.documents import read_document
from valuescape.core.errors import UserError
from valuescape.engine import Choice
from valuescape.engine.harmony import read_rendering
from valuescape.engine.interpreter import run_there
from valuescape.study import tables as study_tables
from valuescape.study.check import read_study
from valuescape.study.conditions import Condition, biographies_name
from valuescape.study.demographics import assign_demographics, read_continents, read_margins
from valuescape.study.instruments import Instrument, read_instrument
from valuescape.study.languages import ENGLISH, Language
from valuescape.study.models import Model, is_asked_here, read_model, read_prepared_model
from valuescape.study.space import read_space
from valuescape.study.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from valuescape.engine import Writing
    from valuescape.engine.rendering import Rendering


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


def known_biography(
    persona_id: int,
    given: str | None,
    config: Mapping[str, Any],
    condition: Condition,
    model: str,
) -> Mapping[str, Any]:
    """Return the persona's biography: the given text, or its row in the results of the study.

    Raises
    ------
    UserError
        If a biography is told and none is known.
    """
    assigned = config["demographics"] == "assigned"
    who = assigned_to(persona_id, config) if assigned and condition.tells_demographics else {}
    by_demographics = condition.tells_demographics and not assigned
    by_text = "biography" in condition.context and given is None
    if not by_demographics and not by_text:
        return {**who, "biography": given}
    name = biographies_name(condition.biography_replicate)
    file = Path(f"results/{config['study']}/{model}/{name}.parquet")
    rows = tables.read(file, study_tables.BIOGRAPHIES) if file.is_file() else None
    if rows is None or rows.filter(persona_id=persona_id).is_empty():
        msg = f"{condition.name} tells a biography, and {file} has none of {persona_id}"
        or_text = "" if by_demographics else ", or give its text: --biography"
        raise UserError(msg, hint=f"run snakemake first{or_text}")
    row = rows.row(by_predicate=pl.col("persona_id") == persona_id, named=True)
    return row if given is None else {**row, "biography": given}


def assigned_to(persona_id: int, config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return who a persona is in a study that assigns it."""
    reference = config["reference"]
    drawn = assign_demographics(
        [persona_id],
        read_margins(Path(reference["margins"])),
        read_continents(Path(reference["countries"])),
        config["seed"],
        config["assigned_countries"],
    )
    return drawn.row(0, named=True)


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
    if request.kind == "shares":
        yield f"--- the model writes how many people choose each of these ({how} tokens)"
    elif request.posed:
        yield f"--- the model writes one of these ({how} tokens)"
    else:
        yield f"--- the model reasons ({how} tokens)"
    for posed in request.posed:
        if request.kind == "battery":
            yield f"{posed.question}: {', '.join(map(repr, posed.options))}"
        else:
            yield from map(repr, posed.options)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    command = argparse.ArgumentParser(
        prog="python -m valuescape.asking.show_prompt",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
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
        return read_rendering(model), ""  # needs no weights
    if model.engine == "endpoint":
        return None, "its server renders them"
    if model.engine != "vllm":
        return None, f"the engine {model.engine} has no template here"
    prepared = Path(f"results/models/{model.name}/model.json")
    if not prepared.is_file():
        return None, f"{model.name} is not prepared; run snakemake --cores 1 {prepared} first"
    if importlib.util.find_spec("transformers"):
        return read_rendering(read_prepared_model(prepared)), ""
    if not Path(interpreter).is_file():
        return None, f"no interpreter {interpreter}; envs/install.sh makes it"
    raise SystemExit(run_there(interpreter, "valuescape.asking.show_prompt", arguments))


def checked_labels(
    answer: Mapping[str, str], n_options: int, rendering: Rendering | None
) -> tuple[tuple[str, ...], str]:
    """Return the labels of an instrument's options, and what was done about them, in words."""
    if answer["form"] != "label_token":
        return (), ""
    if rendering:
        return rendering.labels(n_options)
    return labels_without_tokenizer(answer, n_options), "not checked by a tokenizer"


def chosen_condition(wanted: str | None, config: Mapping[str, Any]) -> Condition:
    """Return the wanted condition of a study, or its first one.

    Raises
    ------
    UserError
        If the study has none of this name, or it asks nothing.
    """
    conditions = {entry["name"]: Condition.of(entry, config) for entry in config["conditions"]}
    chosen = conditions[one_of(wanted, conditions, "condition")]
    if not chosen.is_asked:
        msg = f"{chosen.name} asks nothing: it is read from what other conditions ask"
        raise UserError(msg, hint="show a condition with option_order: forward, or reversed")
    return chosen


def chosen_instrument(
    wanted: str, item: str | None, condition: Condition, config: Mapping[str, Any]
) -> tuple[Instrument, int]:
    """Return the wanted instrument of a study, and the most options of any of its questions.

    Only the wanted question is left in it, unless the whole instrument is asked at once.

    Raises
    ------
    UserError
        If the study asks no such instrument, it no such question, or the language has none of it.
    """
    name = one_of(wanted, dict.fromkeys(config["instruments"]), "instrument")
    whole = read_instrument(Path(f"config/instruments/{name}.yaml"))
    n_options = max(question.n_options for question in whole.asked)
    language = Language.of(condition.language)
    instrument = language.instrument(whole, condition.wording)
    known = {question.id: question for question in instrument.asked}
    if not known or (item in {question.id for question in whole.asked} and item not in known):
        msg = f"{item or name} is not asked in {language.name}, which has no wording of it"
        hint = f"it has {', '.join(known)}" if known else "docs/languages.md tells what there is"
        raise UserError(msg, hint=hint)
    if condition.mode == "battery":
        return instrument, n_options
    question = known.get(item or next(iter(known))) or whole.question(str(item))
    if question.rule:
        msg = f"{question.id} of {instrument.name} is not asked: it is derived from other answers"
        raise UserError(msg, hint=f"it follows from {', '.join(question.rule.parts)}; show these")
    return dataclasses.replace(instrument, questions=(question,), parts=()), n_options


def main(argv: Sequence[str] | None = None) -> None:
    """Print the requests of a persona and a question.

    Raises
    ------
    UserError
        If the model is not asked here.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    args = parser().parse_args(arguments)
    config = read_study(args.configfile, [prompt_errors])
    condition = chosen_condition(args.condition, config)
    name = one_of(args.model, dict.fromkeys(config["models"]), "model")
    file = Path(f"config/models/{name}.yaml")
    if not is_asked_here(file):
        msg = f"model {name!r}: its answers were given elsewhere, and no prompt is known here"
        raise UserError(msg, hint="name a model that is asked")
    model, environment = read_model(file), read_document(file, "model").content["environment"]
    rendering, why_not = model_rendering(model, config["pythons"][environment], arguments)
    instrument, n_options = chosen_instrument(args.instrument, args.item, condition, config)
    answer = condition.form_of(model.answer)
    labels, remark = checked_labels(answer, n_options, rendering)
    english = Path(config["prompts"]["answer"])
    telling = Telling.read(condition, read_space(Path(config["persona_space"])), english)
    language = telling.asked
    sections = answer_sections(answer, condition.mode)
    template = Template(language.prompt(english, condition.wording), sections)
    known = known_biography(args.persona, args.biography, config, condition, model.name)
    who = demographics_of(known, config["demographics"])
    context = telling.text(args.persona, known["biography"], who)
    plan = AskingPlan(
        condition,
        Phrasing(template, answer, condition.option_order),
        config["seed"],
        {args.persona: context},
        {args.persona: [instrument]},
        {instrument.name: labels},
    )
    lines = [f"{model.title}, condition {condition.name}, mode {condition.mode}"]
    if (told := telling.language(who)) != language.code or language.code != ENGLISH:
        lines.append(f"asked in {language.name}, told of itself in {Language.of(told).name}")
    lines += [f"labels: {remark}"] if remark else []
    if why_not and answer["layout"] == "chat":
        lines.append(f"messages, not as the model's own template renders them: {why_not}")
    for request in requests_of(plan):
        lines += shown(request, rendering)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    run_as_is(main)
