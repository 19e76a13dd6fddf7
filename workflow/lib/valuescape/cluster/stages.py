"""Stages: which jobs a study consists of, where each leaves its result and its log.

They are named as Snakemake names them, so that a job in Slurm's queue, which tells its rule and
wildcards in its comment, can be found among them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.lenses.quality import tables as quality_tables
from valuescape.study import designs
from valuescape.study.conditions import Condition, biographies_name
from valuescape.study.judging import NAME as JUDGE
from valuescape.study.models import is_asked_here
from valuescape.study.shards import shard_names
from valuescape.study.space import read_space

if TYPE_CHECKING:
    from collections.abc import Mapping

# The rule of each lens, and one of its tables: when it is there, the lens is done.
LENSES = {
    "map_personas": map_tables.MAP_SUMMARY,
    "measure_alignment": alignment_tables.ALIGNMENT_SUMMARY,
    "measure_morality": moral_tables.ORACLE_AGREEMENT,
    "check_quality": quality_tables.VALIDITY,
}
Outputs = dict[tuple[str, ...], Path]  # by the wildcards after the study


@dataclass(frozen=True)
class Work:
    """One job.

    Attributes
    ----------
    output : Path
        What it makes.
    log : Path
        Where it says what it does.
    """

    output: Path
    log: Path


@dataclass
class Stage:
    """A kind of jobs of a study.

    Attributes
    ----------
    name : str
        As the user reads it.
    work : dict of str to Work
        Its jobs, by rule and wildcards as they stand in the comment of a job of Slurm.
    parts : Path or None
        Where jobs that ask the model keep their leases, and what is finished.
    unit : str
        What is counted while shards are asked: ``personas`` or ``answers``; empty where there are
        no shards.
    states : dict of str to str
        What became of each job.
    """

    name: str
    work: dict[str, Work]
    parts: Path | None = None
    unit: str = ""
    states: dict[str, str] = field(default_factory=dict)


def comment(rule: str, *wildcards: str) -> str:
    """Return what the comment of a job says after ``rule_``.

    Parameters
    ----------
    rule : str
        Its rule.
    *wildcards : str
        Values, in the order of the output's pattern.

    Returns
    -------
    str
        As the executor for Slurm writes it.
    """
    return f"{rule}_wildcards_{'_'.join(wildcards)}"


def _work(rule: str, study: str, outputs: Outputs) -> dict[str, Work]:
    """Return jobs of a rule; what tells them apart are their wildcards after the study."""
    home = Path("results", study, "logs", rule)
    return {
        comment(rule, study, *wildcards): Work(
            output, home.joinpath(*wildcards[:-1]) / f"{wildcards[-1]}.log"
        )
        for wildcards, output in outputs.items()
    }


def count_personas(config: Mapping[str, Any]) -> int:
    """Return how many personas a study has; its persona space is read."""
    space = read_space(Path(config["persona_space"]))
    return designs.size(space, config["design"]) + len(designs.beside_ids(space, config))


def stages(config: Mapping[str, Any]) -> list[Stage]:
    """Return the stages of a study in the order in which they run.

    Parameters
    ----------
    config : mapping
        The study.

    Returns
    -------
    list of Stage
        What asks the models that are asked, and what is made from their answers.
    """
    found = []
    for model in config["models"]:
        if not is_asked_here(Path(f"config/models/{model}.yaml")):
            continue
        replicates = _biography_replicates(config)
        found += [_biographies(config, model, name) for name in replicates]
        if config["judge"]["biographies"]:
            found += [_judge(config["study"], model, name) for name in replicates]
        found.append(_oracle(config["study"], model))
        for condition in config["conditions"]:
            asked = Condition.of(condition, config).is_asked
            own = _condition(config, model, condition["name"])
            found += own if asked else own[2:]  # what reads others' answers asks nothing
    return found


def _biography_replicates(config: Mapping[str, Any]) -> list[str]:
    """Return the names of the study's biographies: one, or several where conditions ask so."""
    conditions = [Condition.of(entry, config) for entry in config["conditions"]]
    numbers = {0, *(condition.biography_replicate for condition in conditions)}
    return [biographies_name(number) for number in sorted(numbers)]


def _biographies(config: Mapping[str, Any], model: str, biographies: str) -> Stage:
    home = Path("results", config["study"], model, biographies)
    outputs: Outputs = {
        (model, biographies, shard): home / f"{shard}.json"
        for shard in shard_names(config["shards"])
    }
    work = _work("write_biographies", config["study"], outputs)
    return Stage(f"{model} {biographies}", work, home / "parts", "personas")


def _judge(study: str, model: str, biographies: str) -> Stage:
    output = Path("results", study, model, biographies, f"{JUDGE}.parquet")
    work = _work("ask_judge", study, {(model, biographies): output})
    return Stage(f"{model} {biographies} judged", work, output.with_suffix(""))


def _oracle(study: str, model: str) -> Stage:
    output = Path("results", study, model, "oracle.parquet")
    work = _work("ask_oracle", study, {(model,): output})
    return Stage(f"{model} oracle", work, output.with_suffix(""))


def _condition(config: Mapping[str, Any], model: str, condition: str) -> list[Stage]:
    study, place = config["study"], (model, condition)
    home = Path("results", study, *place)
    shards: Outputs = {
        (*place, shard): home / f"responses/{shard}.json" for shard in shard_names(config["shards"])
    }
    gathered: Outputs = {
        (*place, instrument): home / f"responses/{instrument}.parquet"
        for instrument in config["instruments"]
    }
    # what lenses read has another name where it is predicted from what was asked
    read = f"{study}/surface" if config["answers"] == "surface" else study
    lenses: dict[str, Work] = {}
    for rule, table in LENSES.items():
        file = Path("results", read, table.path.format(model=model, condition=condition))
        lenses |= _work(rule, read, {place: file})
    report = Path("results", read, *place, "report.html")
    name = " ".join(place)
    return [
        Stage(
            f"{name} responses",
            _work("answer_instruments", study, shards),
            home / "responses/parts",
            "answers",
        ),
        Stage(f"{name} gathered", _work("gather_responses", study, gathered)),
        Stage(f"{name} lenses", lenses),
        Stage(f"{name} report", _work("write_report", read, {place: report})),
    ]
