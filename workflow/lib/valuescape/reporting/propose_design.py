r"""Propose how many personas to ask, from what a pilot answered and how sure the result should be.

    python -m valuescape.reporting.propose_design --configfile pilot.yaml \
        --half-width map=0.05 hull=0.02 morality=0.03

The pilot is a study that was asked, such as one of `design: oa144`. How far its answers hang on the
configuration, and how much is left, says what the interval of each headline would be if another
design were asked and read with `answers: surface`: errors follow from the design alone.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from valuescape.answers.inputs import read_persona_responses
from valuescape.answers.scales import scale_scores
from valuescape.core.command import run_as_is
from valuescape.core.errors import UserError
from valuescape.lenses.comparison.costs import read_costs
from valuescape.lenses.cultural_map.clouds import inside_hull
from valuescape.lenses.cultural_map.positions import (
    project_answers,
    read_centroids,
    read_projection,
)
from valuescape.lenses.cultural_map.tables import AXES
from valuescape.lenses.surface.cells import as_if_asked, drawn_cells, fit_scores
from valuescape.lenses.surface.fit import Z
from valuescape.stats.resampling import Draws
from valuescape.study import designs
from valuescape.study.check import read_study
from valuescape.study.conditions import Condition
from valuescape.study.instruments import FOUNDATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuescape.answers.expected import Readout
    from valuescape.lenses.comparison.costs import Cost
    from valuescape.lenses.surface.cells import ScoreSurface

    Array = NDArray[np.float64]

HEADLINES = {
    "map": "mean of the personas on either axis of the map, in its units",
    "hull": "share of personas between the countries, 0 to 1",
    "morality": "mean of any of the six moral foundations, in scale points",
}
"""What a half width can be wanted for."""
TRIED = ("oa144", "oa288", "random288", "oa1728", "random1728", "oa5184", "random5184")
"""Designs that are compared, from cheap to dear."""
# A proposal needs no second digit of a half width.
DRAWS = 40


@dataclass(frozen=True)
class Pilot:
    """What a pilot answered, and what it cost.

    Attributes
    ----------
    by_map, by_morality : ScoreSurface
        Surfaces of positions on the map, and of foundation scores.
    corners : ndarray of float64, shape (m, 2)
        Countries on the map.
    seed : int
        The study's.
    costs : list of Cost
        Of its stages.
    """

    by_map: ScoreSurface
    by_morality: ScoreSurface
    corners: Array
    seed: int
    costs: list[Cost]


def half_widths(pilot: Pilot, ids: NDArray[np.uint32]) -> dict[str, float]:
    """Return half the 95 % interval of each headline, if these personas were asked.

    Parameters
    ----------
    pilot : Pilot
        What is known.
    ids : ndarray of uint32, shape (n,)
        The personas of a design.

    Returns
    -------
    dict of str to float
        By name of `HEADLINES`; 0 if every configuration is asked.
    """
    if len(ids) == pilot.by_map.space.n_personas:
        return dict.fromkeys(HEADLINES, 0.0)
    draws = Draws(DRAWS, pilot.seed)
    means, shares = [], []
    for points in drawn_cells(as_if_asked(pilot.by_map, ids), draws, "proposal/map"):
        means.append(points.mean(axis=0))
        shares.append(inside_hull(points, pilot.corners).mean())
    moral = [
        scores.mean(axis=0)
        for scores in drawn_cells(as_if_asked(pilot.by_morality, ids), draws, "proposal/morality")
    ]
    return {
        "map": float(Z * np.std(means, axis=0, ddof=1).max()),
        "hull": float(Z * np.std(shares, ddof=1)),
        "morality": float(Z * np.std(moral, axis=0, ddof=1).max()),
    }


def gpu_hours(costs: Sequence[Cost], personas: int, projection: Mapping[str, Any]) -> float | None:
    """Return the GPU hours of so many personas, all stages together; None if nothing was asked."""
    hours = [
        cost.projected_hours(
            personas,
            projection["tokens_per_second"][cost.stage.split()[0]],
            projection["requests_per_second"],
        )
        for cost in costs
    ]
    known = [each for each in hours if each is not None]
    return sum(known) if known else None


def read_pilot(config: Mapping[str, Any], model: str, condition: Condition, results: Path) -> Pilot:
    """Read what a pilot answered to the questions of the map and to those on morality.

    Parameters
    ----------
    config : mapping
        The pilot's study.
    model : str
        One of its models.
    condition : Condition
        One of its conditions.
    results : Path
        Where studies lie.

    Returns
    -------
    Pilot
        With surfaces of its scores.

    Raises
    ------
    UserError
        If it was not asked yet, or too few answers are valid.
    """
    home = results / config["study"]
    answers = home / model / condition.name / "responses"
    if not (answers / "iw.parquet").is_file():
        msg = f"{answers}: the pilot has not been asked"
        raise UserError(msg, hint="run it first: snakemake --configfile <pilot>")
    readout: Readout = "probabilities" if condition.has_probabilities else "drawn"
    space, personas = Path(config["persona_space"]), home / "personas.parquet"
    read, moral = (
        read_persona_responses(
            space,
            personas,
            Path(f"config/instruments/{name}.yaml"),
            answers / f"{name}.parquet",
            readout,
        )
        for name in ("iw", "mfq2")
    )
    ids = read.personas["persona_id"].to_numpy()
    points = project_answers(read, read_projection(Path(config["reference"]["projection"])))
    scores = scale_scores(moral.responses, moral.instrument, readout).select(FOUNDATIONS)
    by_map = fit_scores(read.space, ids, points)
    by_morality = fit_scores(read.space, ids, scores.to_numpy())
    if by_map is None or by_morality is None:
        msg = f"{answers}: too few personas of the pilot answered all questions"
        raise UserError(msg, hint="ask a larger pilot, or a model that answers")
    corners = read_centroids(Path(config["reference"]["centroids"])).select(AXES).to_numpy()
    stages = [*home.glob(f"{model}/biographies/*.json"), *answers.glob("*.json")]
    return Pilot(by_map, by_morality, corners, config["seed"], read_costs(sorted(stages)))


def wanted_of(texts: Sequence[str]) -> dict[str, float]:
    """Return the half widths that are wanted, from texts such as ``map=0.05``.

    Raises
    ------
    UserError
        If one is no headline with a positive number.
    """
    found = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            found[name] = float(number)
        except ValueError:
            found[name] = -1.0
        if name not in HEADLINES or not found[name] > 0:
            msg = f"--half-width: {text!r} is no headline with a number above 0"
            hint = "such as map=0.05; headlines are " + "; ".join(
                f"{key} ({what})" for key, what in HEADLINES.items()
            )
            raise UserError(msg, hint=hint)
    return found


def proposal_lines(
    pilot: Pilot, wanted: Mapping[str, float], projection: Mapping[str, Any]
) -> list[str]:
    """Return what each design would give and cost, and which one to take.

    Parameters
    ----------
    pilot : Pilot
        What is known.
    wanted : mapping of str to float
        Half widths by headline.
    projection : mapping
        The config's: speeds of a GPU.

    Returns
    -------
    list of str
        A line a design, and the proposal.
    """
    space = pilot.by_map.space
    lines = [
        f"{len(pilot.by_map.ids):,} personas answered; half of the 95 % interval by design:",
        f"{'design':12}{'personas':>9}" + "".join(f"{name:>10}" for name in HEADLINES) + "  hours",
    ]
    proposed = ""
    for design in (*TRIED, "full"):
        try:
            ids = designs.persona_ids(space, design, pilot.seed)
        except UserError:
            continue  # this space has no such fraction
        found = half_widths(pilot, ids)
        hours = gpu_hours(pilot.costs, len(ids), projection)
        told = "-" if hours is None else f"{hours:.2f}"
        numbers = "".join(f"{found[name]:>10.4f}" for name in HEADLINES)
        lines.append(f"{design:12}{len(ids):>9,}{numbers}  {told}")
        if not proposed and all(found[name] <= most for name, most in wanted.items()):
            proposed = design
    said = ", ".join(f"{name} within {most:g}" for name, most in wanted.items())
    return [*lines, f"design: {proposed}   # the cheapest of these with {said}"]


def parser(name: str, description: str) -> argparse.ArgumentParser:
    """Return the options of a command that names a pilot."""
    command = argparse.ArgumentParser(
        prog=f"python -m valuescape.reporting.{name}", description=description
    )
    command.add_argument("--configfile", type=Path, nargs="+", default=[], help="of the pilot")
    command.add_argument("--model", help="one of the pilot's models; the first unless given")
    command.add_argument("--condition", help="one of its conditions; the first unless given")
    command.add_argument("--results", type=Path, default=Path("results"), help="where it lies")
    return command


def pilot_of(args: argparse.Namespace) -> tuple[dict[str, Any], str, Pilot]:
    """Return the study, the name of model and condition, and what the pilot answered.

    Parameters
    ----------
    args : Namespace
        Of `parser`.

    Returns
    -------
    (dict, str, Pilot)
        The study's config first.

    Raises
    ------
    UserError
        If the study has no such model or condition.
    """
    config = read_study(args.configfile)
    conditions = {each["name"]: Condition.of(each, config) for each in config["conditions"]}
    name, model = args.condition or next(iter(conditions)), args.model or config["models"][0]
    for given, known, what in ((name, conditions, "condition"), (model, config["models"], "model")):
        if given not in known:
            msg = f"--{what}: the study has no {what} {given!r}"
            raise UserError(msg, hint=f"it has {', '.join(known)}")
    pilot = read_pilot(config, model, conditions[name], args.results)
    return config, f"{model}, {name}", pilot


def main(argv: Sequence[str] | None = None) -> None:
    """Read the pilot and print the proposal."""
    command = parser("propose_design", "Propose how many personas to ask.")
    command.add_argument("--half-width", nargs="+", required=True, help="such as map=0.05")
    args = command.parse_args(argv)
    wanted = wanted_of(args.half_width)
    config, name, pilot = pilot_of(args)
    lines = proposal_lines(pilot, wanted, config["projection"])
    sys.stdout.write("\n".join([name, *lines]) + "\n")


if __name__ == "__main__":
    run_as_is(main)
