"""Stages: which jobs a study consists of, where each leaves its result and its log.

They are named as Snakemake names them, so that a job in Slurm's queue, which tells its rule and
wildcards in its comment, can be found among them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from valuescape.study.shards import shard_names

if TYPE_CHECKING:
    from collections.abc import Mapping

# One file that each lens is known by, and the rule that makes it.
LENSES = {
    "map_personas": "map/summary.parquet",
    "measure_alignment": "alignment/summary.parquet",
    "measure_morality": "morality/oracle_agreement.parquet",
    "check_quality": "quality/validity.parquet",
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


def stages(config: Mapping[str, Any]) -> list[Stage]:
    """Return the stages of a study in the order in which they run.

    Parameters
    ----------
    config : mapping
        The study.

    Returns
    -------
    list of Stage
        What asks the model, and what is made from its answers.
    """
    found = []
    for model in config["models"]:
        found += [_biographies(config, model, writing) for writing in _writings(config)]
        found.append(_oracle(config["study"], model))
        for condition in config["conditions"]:
            found += _condition(config, model, condition["name"])
    return found


def _writings(config: Mapping[str, Any]) -> list[str]:
    """Return the names of the study's biographies: one, or several where conditions ask so."""
    numbers = {0, *(condition.get("biographies", 0) for condition in config["conditions"])}
    return [f"biographies_{number}" if number else "biographies" for number in sorted(numbers)]


def _biographies(config: Mapping[str, Any], model: str, writing: str) -> Stage:
    home = Path("results", config["study"], model, writing)
    outputs: Outputs = {
        (model, writing, shard): home / f"{shard}.json" for shard in shard_names(config["shards"])
    }
    work = _work("write_biographies", config["study"], outputs)
    return Stage(f"{model} {writing}", work, home / "parts", "personas")


def _oracle(study: str, model: str) -> Stage:
    output = Path("results", study, model, "oracle.parquet")
    work = _work("ask_oracle", study, {(model,): output})
    return Stage(f"{model} oracle", work, output.with_suffix(""))


def _condition(config: Mapping[str, Any], model: str, condition: str) -> list[Stage]:
    study, place = config["study"], (model, condition)
    home = Path("results", study, *place)
    asked: Outputs = {
        (*place, shard): home / f"responses/{shard}.json" for shard in shard_names(config["shards"])
    }
    gathered: Outputs = {
        (*place, instrument): home / f"responses/{instrument}.parquet"
        for instrument in config["instruments"]
    }
    lenses: dict[str, Work] = {}
    for rule, file in LENSES.items():
        lenses |= _work(rule, study, {place: home / file})
    name = " ".join(place)
    return [
        Stage(
            f"{name} responses",
            _work("answer_instruments", study, asked),
            home / "responses/parts",
            "answers",
        ),
        Stage(f"{name} gathered", _work("gather_responses", study, gathered)),
        Stage(f"{name} lenses", lenses),
        Stage(f"{name} report", _work("write_report", study, {place: home / "report.html"})),
    ]
