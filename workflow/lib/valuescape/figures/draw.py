"""Draw a figure of the catalogue, with the numbers that it shows as CSV."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.core.reference import carried_provenance, read_reference
from valuescape.core.tables import Table
from valuescape.figures import style
from valuescape.figures.catalogue import FIGURES, Figure
from valuescape.figures.country_map import CENTROIDS
from valuescape.lenses.cultural_map.positions import read_projection
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NORMS = {"country": pl.String, "foundation": pl.String, "mean": pl.Float64}
"""Columns of the reference file of human moral foundations."""

READERS: dict[str, Callable[[Path], Any]] = {
    "space": read_space,
    "wvb_probe": read_instrument,
    "projection": read_projection,
    "centroids": lambda path: read_reference(path, CENTROIDS),
    "norms": lambda path: read_reference(path, NORMS),
}
"""How each of the catalogue's `FILES` is read."""


def read_inputs(entry: Figure, paths: Mapping[str, Path]) -> dict[str, Any]:
    """Read what a figure is drawn from.

    Parameters
    ----------
    entry : Figure
        Of the catalogue.
    paths : mapping of str to Path
        The file of each of its inputs.

    Returns
    -------
    dict of str to value
        A DataFrame, PersonaSpace, Instrument or Projection by the name of the input.
    """
    return {
        name: tables.read(paths[name], source)
        if isinstance(source, Table)
        else READERS[source](paths[name])
        for name, source in entry.inputs.items()
    }


def call_with(function: Callable[..., Any], inputs: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Call a function of a figure's module with those inputs that are parameters of it."""
    return function(**{name: inputs[name] for name in inspect.signature(function).parameters})


def provenance_of(
    entry: Figure, paths: Mapping[str, Path], inputs: Mapping[str, Any]
) -> dict[str, str]:
    """Return where a figure comes from: its tables, or space and projection if it reads none.

    Parameters
    ----------
    entry : Figure
        Of the catalogue.
    paths : mapping of str to Path
        The file of each of its inputs.
    inputs : mapping of str to value
        From `read_inputs`.

    Returns
    -------
    dict of str to str
        For the footer and the text beside the CSV.
    """
    read = [paths[name] for name, source in entry.inputs.items() if isinstance(source, Table)]
    if read:
        return tables.joined_provenance(read)
    return {"space": inputs["space"].name} | carried_provenance(paths["projection"])


@command
def main(*, figure: str, inputs: list[Path], pdf: Path, png: Path, csv: Path, source: Path) -> None:
    """Read the inputs of a figure, in the order of its entry; draw it; write it and its numbers."""
    entry = {each.name: each for each in FIGURES}[figure]
    paths = dict(zip(entry.inputs, inputs, strict=True))
    given = read_inputs(entry, paths)
    module = import_module(f"valuescape.figures.{figure}")
    style.save(
        call_with(module.draw, given),
        call_with(module.plotted, given),
        style.Targets(pdf=pdf, png=png, csv=csv, source=source),
        provenance_of(entry, paths, given),
        call_with(module.footer, given),
    )


if __name__ == "__main__":
    run(main)
