"""Study: is a configuration sound, before anything runs? What a schema says, and what it cannot."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from valuescape.core.errors import UserError, refuse
from valuescape.core.schemas import Place, closest, dotted, plain_yaml, problems
from valuescape.study import designs
from valuescape.study.conditions import (
    BOTH_ORDERS,
    BY_COUNTRY,
    OF_SPEECH,
    READ_ALONE,
    Condition,
)
from valuescape.study.contents import LENS_INSTRUMENTS, MODELS, content_errors, is_file
from valuescape.study.languages import language_codes, wording_names
from valuescape.study.models import is_asked_here, read_model
from valuescape.study.space import read_space
from valuescape.study.study_files import BASE, read_study_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from valuescape.core.documents import Document

    FurtherCheck = Callable[[Mapping[str, Any], Path], Iterator[UserError]]

SCHEMA = Path("workflow/schemas/config.schema.yaml")
# Folders that lie where a study, model or condition of that name would lie.
TAKEN_NAMES = {
    "study": ("models", "slurm-logs"),
    "models": (
        "logs",
        "benchmarks",
        "survey",
        "weights",
        "models",
        "preflight",
        "surface",
        "comparison",
        "bundle",
    ),
    "conditions": ("biographies", "oracle"),
}
BIOGRAPHIES = re.compile(r"biographies(_[0-9]+)?")
# Keys of before, by where they stood, and what to write in their place.
RENAMED = {
    ("answers",): "write asked or surface; what is read of a response stands under readout",
    ("conditions", "told"): (
        "write context: [] (nothing), or any of demographics, configuration and biography, such as "
        "[configuration, biography] (both)"
    ),
    ("conditions", "answers"): "write readout: probabilities, modal or drawn",
    ("conditions", "choose"): "write readout: modal (most_probable) or drawn",
    ("conditions", "biographies"): "write biography_replicate",
    ("oracle", "scale"): "write instrument",
    ("oracle", "seeds"): "write draws",
}
# Fields whose crossing public tables know, in any order; others need single respondents.
PUBLIC_GROUPINGS = (
    ("continent",),
    ("country",),
    ("continent", "settlement", "education"),
    *(
        (*place, attribute)
        for place in ((), ("continent",), ("country",))
        for attribute in ("settlement", "education", "sex")
    ),
)


@dataclass(frozen=True)
class Fault:
    """One mistake in a configuration.

    Attributes
    ----------
    place : tuple of str or int
        Keys and positions that lead to it.
    reason : str
        What stands there and what should.
    hint : str
        What the user can do.
    """

    place: Place
    reason: str
    hint: str


def read_study(files: Sequence[Path], further: Sequence[FurtherCheck] = ()) -> dict[str, Any]:
    """Return a study's configuration, merged and checked as Snakemake does it.

    Parameters
    ----------
    files : sequence of Path
        What is given with --configfile, each laid over `BASE` and those before it.
    further : sequence of callable
        As for `check_config`.

    Returns
    -------
    dict
        The configuration.

    Raises
    ------
    UserError
        If a file is not there, or holds a mistake.
    """  # noqa: DOC502 - raised by what is called
    config: dict[str, Any] = {}
    for file in [BASE, *files]:
        config = _laid_over(config, read_study_file(file).content)
    check_config(config, [*reversed(files), BASE], further=further)
    return with_home(config)


def with_home(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration in which ``~`` before a survey file is the user's home."""
    survey = {
        name: file and str(Path(file).expanduser()) for name, file in config["survey"].items()
    }
    return {**config, "survey": survey}


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    laid = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(laid.get(key), dict)
        laid[key] = _laid_over(laid[key], value) if both else value
    return laid


def check_config(
    config: Mapping[str, Any],
    files: Sequence[Path],
    root: Path = Path(),
    further: Sequence[FurtherCheck] = (),
) -> None:
    """Refuse a mistaken study, naming every mistake by file, line and key.

    Parameters
    ----------
    config : mapping
        The configuration as Snakemake merged it.
    files : sequence of Path
        The files it was merged from; the user's own first.
    root : Path
        The folder that holds the Snakefile.
    further : sequence of callable
        What rooms above this one check of the study: from the configuration and `root` to mistakes.
        They are asked if nothing else is wrong.

    Raises
    ------
    UserError
        If a file is no YAML, a key is unknown, missing, double or of a wrong kind, a name is double
        or taken, a file that the configuration names does not exist or is mistaken, groups or the
        design need a survey file that is not named, or there are more shards than personas.
    """  # noqa: DOC502 - raised by what is called
    documents = [read_study_file(file) for file in files]
    misshapen = list(problems(config, _schema(root)))
    # what a study needs can only be asked of a configuration that has the right form
    faults = [
        Fault(
            problem.place,
            problem.reason,
            RENAMED.get(_keys(problem.place)) or problem.hint or f"{SCHEMA} describes every key",
        )
        for problem in misshapen
    ] or list(_study_faults(config, root))
    errors = [
        UserError(f"{_where(fault.place, config, documents)}: {fault.reason}", hint=fault.hint)
        for fault in faults
    ]
    if not misshapen:
        errors += content_errors(config, root)
    refuse(errors)
    refuse(error for check in further for error in check(with_home(config), root))


@cache
def _schema(root: Path) -> dict[str, Any]:
    return plain_yaml((root / SCHEMA).read_text("utf-8"))


def _keys(place: Place) -> tuple[str, ...]:
    return tuple(step for step in place if isinstance(step, str))


def _study_faults(config: Mapping[str, Any], root: Path) -> Iterator[Fault]:
    yield from _name_faults(config)
    yield from _missing_files(config, root)
    yield from _interpreter_faults(config, root)
    yield from _survey_faults(config, root)
    yield from _instrument_faults(config, root)
    yield from _missing_models(config, root)
    yield from _design_faults(config, root)
    yield from _condition_faults(config)
    yield from _doubled_conditions(config)
    yield from _chat_faults(config, root)
    yield from _language_faults(config, root)
    yield from _order_faults(config)
    yield from _judge_faults(config, root)
    if config["projection_from"] == "refit" and not config["survey"]["trend"]:
        reason = (
            "projection_from: refit needs the EVS/WVS trend file, but survey.trend names no file"
        )
        yield Fault(("projection_from",), reason, "name it in survey.trend, or take published")


def _judge_faults(config: Mapping[str, Any], root: Path) -> Iterator[Fault]:
    judge = config["judge"]["model"]
    if judge is None:
        return
    if judge not in config["models"]:
        reason = f"judge.model: {judge!r} is none of the study's models"
        yield Fault(("judge", "model"), reason, closest(judge, config["models"]))
    elif judge in _answered_elsewhere(config, root):
        reason = f"judge.model: the answers of {judge!r} were given elsewhere: it cannot be asked"
        yield Fault(("judge", "model"), reason, "name a model that is asked, or null")


def _answered_elsewhere(config: Mapping[str, Any], root: Path) -> list[str]:
    """Return the models that are not asked; one whose file is mistaken counts as asked."""
    found = []
    for name in config["models"]:
        with suppress(UserError):
            if not is_asked_here(root / MODELS / f"{name}.yaml"):
                found.append(name)
    return found


def _condition_faults(config: Mapping[str, Any]) -> Iterator[Fault]:
    for position, entry in enumerate(config["conditions"]):
        place: Place = ("conditions", position)
        condition = Condition.of(entry, config)
        this = f"conditions: {condition.name!r} is of mode {condition.mode}"
        if condition.biography_replicate and not condition.tells_a_biography:
            reason = f"conditions: {condition.name!r} has a context without a biography"
            hint = "remove biography_replicate, or add biography or demographics to its context"
            yield Fault((*place, "biography_replicate"), reason, hint)
        read = {*condition.determining(), *OF_SPEECH, *READ_ALONE}
        for key in entry.keys() - read:
            reason = f"{this}, which does not read {key}"
            yield Fault((*place, key), reason, f"remove {key} from {condition.name!r}")
        every = [Condition.of(each, config) for each in config["conditions"]]
        if condition.answered_in(every) is None:
            reason = (
                f"conditions: {condition.name!r} keeps only consistent personas, and no condition "
                "asks the same of all"
            )
            hint = "add one with the same keys, another name and without only_consistent"
            yield Fault((*place, "only_consistent"), reason, hint)
        if condition.readout != "drawn" and not condition.has_probabilities:
            reason = f"{this}, in which the model writes an option: no {condition.readout} to read"
            yield Fault(place, reason, f"add readout: drawn to {condition.name!r}")
        if (condition.scoring, condition.context) == ("calibrated", ()):
            reason = f"{this}, has an empty context, and would be calibrated against itself"
            yield Fault((*place, "scoring"), reason, "write scoring: raw")


def _doubled_conditions(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield conditions that would repeat another one's answers, and tell of no chance at all."""
    seen: dict[str, str] = {}
    for position, entry in enumerate(config["conditions"]):
        condition = Condition.of(entry, config)
        first = seen.setdefault(condition.answers_key(), condition.name)
        if first != condition.name:
            reason = f"conditions: {condition.name!r} would have the very answers of {first!r}"
            hint = f"remove {condition.name!r}"
            if condition.replicate:
                reason += ", for another seed changes no probability"
                hint += ", or write readout: drawn, mode: sampled or another biography_replicate"
            yield Fault(("conditions", position), reason, hint)


def _chat_faults(config: Mapping[str, Any], root: Path) -> Iterator[Fault]:
    """Yield conditions that want of a chat server the probability of a whole text."""
    conditions = [Condition.of(entry, config) for entry in config["conditions"]]
    for name in config["models"]:
        with suppress(UserError):  # what is wrong in the file itself is told with its own line
            model = read_model(root / MODELS / f"{name}.yaml")
            if model.endpoint.get("api") != "chat":
                continue
            for position, each in enumerate(conditions):
                if each.mode == "single" and each.form_of(model.answer)["form"] == "option_text":
                    reason = f"conditions: {each.name!r} scores the texts of options, "
                    reason += f"and {name!r} (api: chat) gives no probability of a whole text"
                    place: Place = ("conditions", position, "options")
                    yield Fault(place, reason, "write options: label_token, or mode: sampled")


def _language_faults(config: Mapping[str, Any], root: Path) -> Iterator[Fault]:
    codes = language_codes(root)
    for position, entry in enumerate(config["conditions"]):
        place: Place = ("conditions", position)
        condition = Condition.of(entry, config)
        this = f"conditions: {condition.name!r}"
        known = {"language": codes, "context_language": [*codes, BY_COUNTRY]}
        for key, names in known.items():
            given = getattr(condition, key)
            if given not in names:
                reason = f"{this} has the {key} {given!r}, which is no folder of config/languages"
                yield Fault((*place, key), reason, f"there are {', '.join(names)}")
        if condition.language in codes:
            wordings = wording_names(condition.language, root)
            if condition.wording not in wordings:
                reason = f"{this} has the wording {condition.wording!r}, "
                reason += f"which {condition.language} does not have"
                yield Fault((*place, "wording"), reason, f"it has {', '.join(wordings)}")
        if condition.context_language == BY_COUNTRY and not condition.tells_demographics:
            reason = f"{this} tells personas of itself in the language of a country, and tells none"
            hint = "add demographics to its context, or name a language as context_language"
            yield Fault((*place, "context_language"), reason, hint)
        if condition.context_language != "en" and "biography" in condition.context:
            reason = f"{this} tells a biography, which is written in English, "
            reason += f"with the context_language {condition.context_language}"
            hint = "leave biography out of its context: it is not written anew in another language"
            yield Fault((*place, "context"), reason, hint)


def _order_faults(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield conditions of both orders without the two whose mean they are."""
    conditions = [Condition.of(entry, config) for entry in config["conditions"]]
    for position, condition in enumerate(conditions):
        if condition.option_order != BOTH_ORDERS or condition.only_consistent:
            continue
        place: Place = ("conditions", position)
        this = f"conditions: {condition.name!r} is the mean of two orders"
        if not condition.has_probabilities or condition.readout == "drawn":
            reason = f"{this}, and answers that are options have no mean"
            yield Fault(place, reason, "take mode: single, and readout: probabilities")
        for order in ("forward", "reversed"):
            if not condition.in_order(order, conditions):
                reason = f"{this}, and none differs from it in option_order: {order} alone"
                yield Fault((*place, "option_order"), reason, f"add such a condition, {order}")


def _design_faults(config: Mapping[str, Any], root: Path) -> Iterator[Fault]:
    try:
        space = read_space(root / config["persona_space"])
    except UserError:
        return  # told with the file's own line
    yield from _surface_faults(config)
    key = "design"
    try:
        n_personas = designs.size(space, config["design"])
        key = "holdout"
        n_personas += len(designs.beside_ids(space, config))
    except UserError as error:
        yield Fault((key,), error.message, error.hint)
        return
    if config["shards"] > n_personas:
        reason = f"shards: {config['shards']} shards for the {n_personas} personas of the design"
        yield Fault(("shards",), reason, f"take at most {n_personas} shards, or a larger design")


def _surface_faults(config: Mapping[str, Any]) -> Iterator[Fault]:
    predicted = config["answers"] == "surface"
    if predicted and not config["design"].startswith(designs.FOR_A_SURFACE):
        reason = f"answers: surface, but the design is {config['design']!r}"
        hint = (
            "take a balanced fraction (oa144 to oa5184) or random<N>: others show not every effect"
        )
        yield Fault(("answers",), reason, hint)
    if config["holdout"] and not predicted:
        reason = f"holdout: {config['holdout']} personas, but nothing is predicted that they check"
        hint = "set `answers: surface`, or `holdout: 0`: personas more would unbalance the design"
        yield Fault(("holdout",), reason, hint)
    if config["second_stage"] and not predicted:
        reason = "second_stage: personas beside the design, but nothing is predicted from them"
        yield Fault(("second_stage",), reason, "set `answers: surface`, or `second_stage: null`")


def _name_faults(config: Mapping[str, Any]) -> Iterator[Fault]:
    names = {
        "study": [config["study"]],
        "models": config["models"],
        "conditions": [condition["name"] for condition in config["conditions"]],
    }
    for key, given in names.items():
        for name, times in Counter(given).items():
            if times > 1:
                yield Fault((key,), f"{key}: {name!r} stands there {times} times", "name each once")
            if name in TAKEN_NAMES[key] or (key == "conditions" and BIOGRAPHIES.fullmatch(name)):
                reason = f"{key}: a folder of results is called {name!r} already"
                yield Fault((key,), reason, "take another name")


def _missing_files(config: Mapping[str, Any], root: Path) -> Iterator[Fault]:
    files = ("persona_space", "biography_fields")
    named: list[tuple[Place, str]] = [((key,), config[key]) for key in files]
    for section in ("reference", "prompts"):
        named += [((section, key), path) for key, path in config[section].items()]
    named.append((("oracle", "instrument"), config["oracle"]["instrument"]))
    wordings = enumerate(config["oracle"]["wordings"])
    named += [(("oracle", "wordings", number), path) for number, path in wordings]
    for place, path in named:
        if not is_file(root / path):
            found = [str(file.relative_to(root)) for file in (root / path).parent.glob("*.*")]
            close = get_close_matches(path, found, n=1)
            hint = f"{BASE} names the files that come with this project"
            hint = f"did you mean {close[0]!r}?" if close else hint
            yield Fault(place, f"{dotted(place)}: no file {path}", hint)


def _interpreter_faults(config: Mapping[str, Any], root: Path) -> Iterator[Fault]:
    for name, python in config["pythons"].items():
        if "/" not in python:
            found = shutil.which(python) is not None
        else:
            # envs/install.sh makes those of this project, also after a plan was asked for
            found = python.startswith("envs/") or is_file(root / Path(python).expanduser())
        if not found:
            reason = f"pythons.{name}: there is no interpreter {python}"
            hint = f"bash envs/install.sh makes them; {BASE} names where"
            yield Fault(("pythons", name), reason, hint)


def _survey_faults(config: Mapping[str, Any], root: Path) -> Iterator[Fault]:
    for name, file in config["survey"].items():
        if file is not None and not is_file(root / Path(file).expanduser()):
            reason = f"survey.{name}: no file {file}"
            hint = "docs/data.md tells where to get the file; null if you have none"
            yield Fault(("survey", name), reason, hint)
    if config["survey"]["wvs7"] is None and not any(
        set(config["grouping"]) == set(fields) for fields in PUBLIC_GROUPINGS
    ):
        reason = f"grouping: no public table knows groups by {', '.join(config['grouping'])}"
        hint = "name your file of WVS wave 7 at survey.wvs7, or take [continent]"
        yield Fault(("grouping",), reason, hint)
    if config["survey"]["wvs7"] is None and designs.n_drawn(config["design"]):
        reason = f"design: {config['design']!r} draws respondents, but survey.wvs7 names no file"
        hint = "name your file of WVS wave 7 at survey.wvs7, or take a design that needs none"
        yield Fault(("design",), reason, hint)


def _instrument_faults(config: Mapping[str, Any], root: Path) -> Iterator[Fault]:
    folder = root / "config" / "instruments"
    for position, name in enumerate(config["instruments"]):
        if not is_file(folder / f"{name}.yaml"):
            reason = f"instruments: no file config/instruments/{name}.yaml"
            yield Fault(("instruments", position), reason, closest(name, _stems(folder)))
    for name, lens in LENS_INSTRUMENTS.items():
        if name not in config["instruments"]:
            reason = f"instruments: {name!r} is missing, which the lens {lens} reads"
            yield Fault(("instruments",), reason, f"add {name} to instruments")


def _missing_models(config: Mapping[str, Any], root: Path) -> Iterator[Fault]:
    folder = root / "config" / "models"
    for position, name in enumerate(config["models"]):
        if not is_file(folder / f"{name}.yaml"):
            reason = f"models: no file config/models/{name}.yaml"
            yield Fault(("models", position), reason, closest(name, _stems(folder)))


def _stems(folder: Path) -> list[str]:
    return [file.stem for file in folder.glob("*.yaml")]


def _where(place: Place, config: Mapping[str, Any], documents: Sequence[Document]) -> str:
    """Return the file and line that set what the configuration holds at a place."""
    given = _at(place, config)
    for document in documents:
        found = _at(place, document.content)
        # a section is merged from several files: the first that has it is the user's own
        if found is not _NOTHING and (found == given or isinstance(found, dict)):
            return f"{document.path}, line {document.line(*place)}" if place else str(document.path)
    return f"--config, {dotted(place)}" if place else "--config"


_NOTHING = object()


def _at(place: Place, content: Any) -> Any:  # noqa: ANN401
    """Return what stands at a place, `_NOTHING` if nothing does."""
    for step in place:
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            return _NOTHING
    return content
