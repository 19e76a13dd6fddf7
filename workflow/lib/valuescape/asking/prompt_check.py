"""Prompts of a study, put into words once before anything runs: what they leave unsaid.

Every condition is asked of every model and instrument, for one persona, without any engine. What a
prompt leaves unsaid (a question, the statements of a configuration) could not be seen in answers.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from valuescape.asking import judge, oracle
from valuescape.asking.biographies import BiographyRequests, read_fields
from valuescape.asking.biographies import sections as sections_of_biographies
from valuescape.asking.elicitation import AskingPlan, battery, single, verbalised, written
from valuescape.asking.phrasing import (
    DEMOGRAPHICS,
    Phrasing,
    answer_sections,
    spoken,
    statements,
)
from valuescape.asking.telling import Telling
from valuescape.core.errors import UserError
from valuescape.engine.labels import LABEL_SETS
from valuescape.study.conditions import Condition
from valuescape.study.demographics import ASSIGNED
from valuescape.study.instruments import Instrument, read_instrument
from valuescape.study.models import Model, is_asked_here, read_model
from valuescape.study.persona_words import form_of
from valuescape.study.space import PersonaSpace, read_space
from valuescape.study.templates import Template

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from valuescape.engine import Choice, Writing
    from valuescape.study.templates import Prompt

THOUGHT = " (its reasoning)"
PERSONA = 0
# What nobody writes into a prompt: found there, it was put in.
BIOGRAPHY = "You are Ada, of whom this biography tells."
KNOWN: dict[str, object] = {name: f"some {name}" for name in DEMOGRAPHICS["written"]} | {"age": 44}


def prompt_errors(config: Mapping[str, Any], root: Path = Path()) -> Iterator[UserError]:
    """Yield what is wrong with the prompts of a study: variables, sections, things left unsaid.

    Parameters
    ----------
    config : mapping
        A study whose other files are sound.
    root : Path
        The folder that holds the Snakefile.

    Yields
    ------
    UserError
        With file, section and variable.
    """
    space = read_space(root / config["persona_space"])
    files = [root / f"config/models/{name}.yaml" for name in config["models"]]
    models = [read_model(file) for file in files if is_asked_here(file)]
    if not models:
        return
    conditions = _different(Condition.of(entry, config) for entry in config["conditions"])
    instruments = [
        read_instrument(root / f"config/instruments/{name}.yaml") for name in config["instruments"]
    ]
    sentences = oracle.read_sentences(root / config["oracle"]["instrument"])
    wordings = [root / path for path in config["oracle"]["wordings"]]
    # people of a continent are told their country
    grouped = ["country" if field == "continent" else field for field in config["grouping"]]
    yield from _biography_errors(config, root, models, space)
    yield from _judge_errors(config, space, models, root)
    english = root / config["prompts"]["answer"]
    tellings = {}
    for condition in conditions:
        try:
            tellings[condition.name] = Telling.read(condition, space, english, root)
        except UserError as error:
            yield error
    for model in models:
        for condition in (each for each in conditions if each.name in tellings):
            for instrument in instruments:
                yield from _answer_errors(
                    tellings[condition.name], english, model, instrument, grouped=grouped
                )
        yield from _oracle_errors(wordings, sentences, model, space)


def _judge_errors(
    config: Mapping[str, Any], space: PersonaSpace, models: Sequence[Model], root: Path
) -> Iterator[UserError]:
    """Yield what is wrong with the judge's prompt for each model that may judge, if any does."""
    if not config["judge"]["biographies"]:
        return
    named = config["judge"]["model"]
    path = root / config["prompts"]["judge"]
    for model in (each for each in models if named in {None, each.name}):
        form = judge.CONDITION.form_of(model.answer)
        try:
            sections = judge.sections(form)
            template = Template(path, sections)
            instrument = judge.asked_of(space, template)
            n_options = max(question.n_options for question in instrument.asked)
            labels = _marks(labels_without_tokenizer(form, n_options))
            plan = AskingPlan(
                judge.CONDITION,
                Phrasing(template, form),
                0,
                {PERSONA: template.section("biography", biography=BIOGRAPHY)},
                {PERSONA: [instrument]},
                {instrument.name: labels},
            )
            text = "\n".join(plain(request.prompt) for request in requests_of(plan))
            told = {**_asked(judge.CONDITION, instrument, labels), "biography": [BIOGRAPHY]}
            yield from _unsaid(path, text, told, sections)
        except UserError as error:
            yield error


def _different(conditions: Iterable[Condition]) -> list[Condition]:
    """Return conditions that differ in their prompts: seeds and readouts stand in none."""
    return list(
        {
            (
                *(each.mode, each.context, each.options),
                *(each.language, each.context_language, each.wording),
            ): each
            for each in conditions
        }.values()
    )


def _known(telling: Telling, code: str) -> dict[str, object]:
    """Return somebody of whom all is known, and who is told of it in a language."""
    lists = telling.words[code].lists
    known = KNOWN | {field: next(iter(words)) for field, words in lists.items()}
    country = next((name for name, own in telling.languages.items() if own == code), None)
    return known | ({"country": country} if country else {})


def _answer_errors(
    telling: Telling,
    english: Path,
    model: Model,
    instrument: Instrument,
    *,
    grouped: Sequence[str],
) -> Iterator[UserError]:
    """Yield what is wrong with the prompts for one condition, model and instrument."""
    condition = telling.condition
    form = condition.form_of(model.answer)
    language = telling.asked
    n_options = max(q.n_options for q in instrument.asked)
    try:
        instrument = language.instrument(instrument, condition.wording)
        if not instrument.asked:
            return
        if condition.mode != "battery":
            instrument = dataclasses.replace(instrument, questions=instrument.asked[:1], parts=())
        path = language.prompt(english, condition.wording)
        sections = answer_sections(form, condition.mode)
        template = Template(path, sections)
        labels = _marks(labels_without_tokenizer(form, n_options))
        for code in telling.templates:
            known = _known(telling, code)
            context = telling.text(PERSONA, BIOGRAPHY, known)
            plan = AskingPlan(
                condition,
                Phrasing(template, form, condition.option_order),
                0,
                {PERSONA: context},
                {PERSONA: [instrument]},
                {instrument.name: labels},
            )
            text = "\n".join(plain(request.prompt) for request in requests_of(plan))
            yield from _unsaid(path, text, _asked(condition, instrument, labels), sections)
            yield from _unsaid(
                telling.templates[code].path,
                text,
                _told(telling, code, known, grouped),
                condition.context,
            )
    except UserError as error:
        yield error


def _biography_errors(
    config: Mapping[str, Any], root: Path, models: Sequence[Model], space: PersonaSpace
) -> Iterator[UserError]:
    """Yield what is wrong with the prompt of biographies, in each layout that a model takes."""
    prompt = root / config["prompts"]["biography"]
    said = statements(space, PERSONA)
    assigned = (
        {name: KNOWN[name] for name in ASSIGNED} if config["demographics"] == "assigned" else {}
    )
    told = {"statements": said} | {name: [str(value)] for name, value in assigned.items()}
    known = {PERSONA: assigned} if assigned else {}
    try:
        fields = read_fields(
            root / config["biography_fields"], root / config["reference"]["countries"]
        )
        for model in {each.writing_layout: each for each in models}.values():
            sections = sections_of_biographies(model, assigned=bool(assigned))
            template = Template(prompt, sections)
            asked = BiographyRequests({PERSONA: said}, template, fields, model, 0, assigned=known)
            yield from _unsaid(prompt, plain(asked.request(PERSONA).prompt), told, sections)
    except UserError as error:
        yield error


def _oracle_errors(
    wordings: Sequence[Path], sentences: Instrument, model: Model, space: PersonaSpace
) -> Iterator[UserError]:
    """Yield what is wrong with the wordings of the oracle, when a model is asked by them."""
    form = model.answer
    said = statements(space, PERSONA)
    try:
        phrasings = oracle.read_wordings(wordings, form)
        labels = _marks(labels_without_tokenizer(form, sentences.questions[0].n_options))
        for path in wordings:
            only = {path.stem: phrasings[path.stem]}
            request = next(oracle.requests(space, sentences, only, labels))
            told = {"statement": said[:1], "sentence": [sentences.questions[0].text]}
            if labels:
                told["options"] = [spoken(option) for option in sentences.questions[0].options]
                told["label"] = list(labels)
            yield from _unsaid(path, plain(request.prompt), told, answer_sections(form))
    except UserError as error:
        yield error


def _marks(labels: Sequence[str]) -> tuple[str, ...]:
    """Return labels of the same kind that stand in no text, so that they are found where listed."""
    return tuple((f"98765{each}" if each.isdigit() else f"Zzyzx{each}") for each in labels)


def _asked(
    condition: Condition, instrument: Instrument, labels: Sequence[str]
) -> dict[str, Iterable[str]]:
    """Return what a prompt must say of the questions, by variable."""
    asked: dict[str, Iterable[str]] = {"question": [q.text for q in instrument.asked]}
    if instrument.instruction:
        asked["instruction"] = [instrument.instruction.strip()]
    if labels or condition.mode in {"battery", "reasoned", "verbalised"}:
        asked["options"] = [spoken(o) for q in instrument.asked for o in q.options]
    if condition.mode == "battery":
        asked["question.id"] = [question.id for question in instrument.asked]
    asked["label"] = labels[: instrument.asked[0].n_options]
    return asked


def _told(
    telling: Telling, code: str, known: Mapping[str, object], grouped: Sequence[str]
) -> dict[str, Iterable[str]]:
    """Return what a prompt must say of the persona, by variable."""
    condition, words = telling.condition, telling.words[code]
    shown = known if "demographics" in condition.context else {}
    told: dict[str, Iterable[str]] = {}
    if shown:
        told |= {field: [str(words.demographics(known)[field])] for field in grouped}
    if "configuration" in condition.context:
        levels = telling.space.levels_of([PERSONA])[0]
        told["statements"] = words.said(levels, form_of(shown))
    if "biography" in condition.context:
        told["biography"] = [BIOGRAPHY]
    return told


def _unsaid(
    path: Path, text: str, told: Mapping[str, Iterable[str]], sections: Sequence[str]
) -> Iterator[UserError]:
    """Yield variables whose values do not stand in a prompt."""
    for variable, values in told.items():
        missing = next((value for value in values if value not in text), None)
        if missing is not None:
            used = ", ".join(f"'## {name}'" for name in sections)
            msg = f"{path}, sections {used}: leave {variable} unsaid ({missing[:40]!r})"
            yield UserError(msg, hint=f"put {{{{ {variable} }}}} into one of them")


def requests_of(plan: AskingPlan) -> list[Choice | Writing]:
    """Return the requests of a plan, as they are asked; where reasoning comes first, both.

    Parameters
    ----------
    plan : AskingPlan
        For one persona and one instrument.

    Returns
    -------
    list of Choice or Writing
        In order.
    """
    ((persona_id, (instrument,)),) = plan.missing.items()
    if plan.condition.mode == "single":
        return list(single.requests(plan))
    if plan.condition.mode == "battery":
        return [battery.request_of(plan, persona_id, instrument)]
    question = instrument.asked[0]
    if plan.condition.mode == "verbalised":
        return [verbalised.request_of(plan, persona_id, instrument, question, 1)]
    request = written.first(plan, persona_id, instrument, question)
    if request.kind != "reasoning":
        return [request]
    turn = written.Turn(persona_id, instrument.name, question.id, 1, reasons=True)
    return [request, written.answering(plan, turn, instrument, question, THOUGHT)]


def labels_without_tokenizer(answer: Mapping[str, str], n_options: int) -> tuple[str, ...]:
    """Return the labels of listed options as a form of answer names them; none without labels."""
    if answer["form"] != "label_token":
        return ()
    return LABEL_SETS[answer.get("labels", "letters")][:n_options]


def plain(prompt: Prompt) -> str:
    """Return a prompt as a reader can see it without the model's chat template."""
    said = "\n".join(f"[{role}]\n{text}" for role, text in prompt.messages)
    opened = f"\n[assistant]\n{prompt.prefill}" if prompt.prefill else ""
    return prompt.text or said + opened
