"""Check a model: print what it is asked, in tokens, and what it says, before a shard is spent.

    python -m valuescape.engine.check_model NAME

prints a question as the model reads it and its tokens, what is forced to read the probability of
each option, the labels, the option mass, and with what the model would go on by itself; then
whether it answers as it should. The model must be prepared
(`snakemake --cores 1 results/models/NAME/model.json`). It is loaded, in its own environment.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from valuescape.core.command import run_as_is
from valuescape.core.documents import read_document
from valuescape.core.errors import UserError
from valuescape.engine.interpreter import run_there
from valuescape.engine.mass import gain, masses, unrelated
from valuescape.engine.smoke import QUESTIONS, question_of, sound
from valuescape.study.check import read_study
from valuescape.study.models import Model, read_model, read_prepared_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from valuescape.engine import Choice
    from valuescape.engine.endpoint import EndpointEngine
    from valuescape.engine.vllm_engine import VllmEngine

# Tokens with which the model goes on by itself that are shown.
FURTHER = 24


def report(engine: VllmEngine | EndpointEngine, model: Model) -> Iterator[str]:
    """Yield the lines that show what a model is asked, and what it says.

    Parameters
    ----------
    engine : VllmEngine or EndpointEngine
        Loaded.
    model : Model
        Its form of an answer is shown.

    Yields
    ------
    str
        One line; a prompt has several.
    """
    answer = model.answer
    yield f"{model.title}: engine {model.engine}, {answer['form']}, {answer['layout']}"
    asked = [question_of(engine, model, question) for question in QUESTIONS]
    yield from engine.usage.labels.values()
    if model.endpoint.get("api") == "chat":
        yield "the server renders messages and tells no tokens"
        yield from (f"[{role}] {text}" for role, text in asked[0].prompt.messages)
    else:
        yield from _tokens(engine, asked[0])
    given = {chosen.key: chosen for chosen in engine.choose(asked)}
    for choice in asked:
        chosen = given[choice.key]
        shares = ", ".join(
            f"{option!r} {value:.2f}"
            for option, value in zip(choice.options, chosen.log_probabilities, strict=True)
        )
        yield f"log-probabilities of {choice.question!r}: {shares}"
    found = masses(list(given.values()))
    yield f"option mass, median: {np.median(found) if found else float('nan'):.3g}"
    if asked[0].form == "option_text":
        begun = np.median([chosen.begun for chosen in given.values()])
        yield f"probability to begin as an option does, median: {begun:.3g}"
        prompt = unrelated(answer)
        apart = [dataclasses.replace(choice, prompt=prompt) for choice in asked]
        elsewhere = {chosen.key: chosen for chosen in engine.choose(apart)}
        gains = [gain(given[key], elsewhere[key]) for key in given]
        yield (
            f"a token of an option is {np.median(gains):.2f} nats likelier after its question "
            "than after an unrelated prompt (median)"
        )


def _tokens(engine: VllmEngine | EndpointEngine, choice: Choice) -> Iterator[str]:
    """Yield the lines that show the tokens of a question and of its options."""
    prompt, options = engine.explained(choice)
    yield "--- the prompt, as the model reads it"
    yield "".join(text for _, text in prompt)
    yield f"--- its {len(prompt)} tokens"
    yield " ".join(f"{token}:{text!r}" for token, text in prompt)
    yield "--- forced after it, to read the probability of each option"
    for option, tokens in zip(choice.options, options, strict=True):
        yield f"{option!r}: " + " ".join(f"{token}:{text!r}" for token, text in tokens)
    said = engine.said(choice.prompt, FURTHER)
    yield "--- with what the model goes on by itself, likeliest first"
    yield repr(engine.decoded(said))


def opened(model: Model) -> VllmEngine | EndpointEngine:
    """Load a model without asking it anything.

    Raises
    ------
    UserError
        If it is no language model.
    """
    if model.engine == "vllm":
        from valuescape.engine.vllm_engine import VllmEngine

        return VllmEngine(model)
    if model.engine == "endpoint":
        from valuescape.engine.endpoint import EndpointEngine

        return EndpointEngine(model)
    msg = f"model {model.name!r}: engine {model.engine} is no language model"
    raise UserError(msg, hint="name a model of engine vllm or endpoint")


def main(argv: Sequence[str] | None = None) -> None:
    """Print what a model is asked and says, and whether it answers as it should.

    Raises
    ------
    UserError
        If it does not, or is not prepared.
    SystemExit
        After it ran in the model's own environment, with its status.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    parser = argparse.ArgumentParser(
        prog="python -m valuescape.engine.check_model",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", help="of the model: config/models/NAME.yaml")
    parser.add_argument("--configfile", type=Path, nargs="+", default=[], help="study file")
    given = parser.parse_args(arguments)
    file = Path(f"config/models/{given.name}.yaml")
    known = read_model(file)
    prepared = Path(f"results/models/{known.name}/model.json")
    if not prepared.is_file():
        msg = f"model {known.name!r} is not prepared: there is no {prepared}"
        raise UserError(msg, hint=f"snakemake --cores 1 {prepared}")
    if known.engine == "vllm" and not importlib.util.find_spec("vllm"):
        environment = read_document(file, "model").content["environment"]
        interpreter = read_study(given.configfile)["pythons"][environment]
        raise SystemExit(run_there(interpreter, "valuescape.engine.check_model", arguments))
    model = read_prepared_model(prepared)
    engine = opened(model)
    for line in report(engine, model):
        sys.stdout.write(f"{line}\n")
    sound(engine, model)
    sys.stdout.write("it answers as it should\n")


if __name__ == "__main__":
    run_as_is(main)
