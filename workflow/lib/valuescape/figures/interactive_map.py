"""Interactive map: personas and countries on one HTML page that needs no network.

A reader points at a persona or a country, filters by level, and sees the ellipse follow. What an
LLM wrote is put on the page as text, never as markup.
"""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from valuescape.core import tables, wording
from valuescape.core.command import command, run
from valuescape.core.files import write_text
from valuescape.core.reference import read_reference
from valuescape.figures import country_map, labels, style
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.study import tables as study_tables
from valuescape.study.space import PersonaSpace, read_space

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl
    from numpy.typing import NDArray

FIELDS = ("name", "age", "sex", "country", "settlement", "education", "occupation", "household",
          "religion")  # fmt: skip
# Personas whose biographies are unpacked together: some 100 kB of text.
BLOCK = 512
MARKERS = {"o": "circle", "s": "square", "D": "diamond", "^": "triangle-up", "v": "triangle-down",
           "P": "cross", "X": "x", "p": "pentagon", "*": "star"}  # fmt: skip


def _packed(values: NDArray[Any]) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")


def packed_biographies(biographies: pl.DataFrame) -> list[str]:
    """Pack demographics and biographies in blocks that a page unpacks when they are asked for.

    Parameters
    ----------
    biographies : DataFrame
        Columns `FIELDS` and ``biography``, one row a persona; null where not valid.

    Returns
    -------
    list of str
        gzip of JSON, in base64; equal input gives equal text.
    """
    rows = biographies.select(*FIELDS, "biography").rows()
    return [
        base64.b64encode(
            gzip.compress(json.dumps(rows[start : start + BLOCK]).encode(), mtime=0)
        ).decode("ascii")
        for start in range(0, len(rows), BLOCK)
    ]


def figure(centroids: pl.DataFrame) -> go.Figure:
    """Return the map without its personas, whom the page itself adds and filters.

    Parameters
    ----------
    centroids : DataFrame
        `country_map.CENTROIDS`.

    Returns
    -------
    Figure
        Traces 0 to 3 are filled by the page: personas, their ellipse, that of their
        configurations, their mean. The others are countries by region.
    """
    # All by WebGL: its layer hides whatever is not.
    drawn = go.Figure()
    drawn.add_trace(
        go.Scattergl(mode="markers", name="Personas", hoverinfo="none",
                     marker={"size": 4, "color": style.GREY, "opacity": 0.5})
    )  # fmt: skip
    for name, colour, dash in (
        ("95 % of personas shown", style.BLUE, "solid"),
        ("95 % of their configurations, no LLM", style.BLACK, "dash"),
    ):
        drawn.add_trace(
            go.Scattergl(mode="lines", name=name, hoverinfo="skip",
                       line={"color": colour, "dash": dash, "width": 2})
        )  # fmt: skip
    drawn.add_trace(
        go.Scattergl(
            mode="markers",
            name="Mean of personas shown",
            hoverinfo="skip",
            marker={"size": 11, "color": "white", "line": {"color": style.BLUE, "width": 3}},
        )
    )
    for (region,), rows in centroids.sort("region").group_by("region", maintain_order=True):
        colour, marker = country_map.REGIONS.get(str(region), country_map.OTHER_REGION)
        drawn.add_trace(
            go.Scattergl(
                x=rows["self_expression"].to_list(),
                y=rows["secular"].to_list(),
                text=rows["country"].to_list(),
                mode="markers",
                name=str(region),
                hovertemplate="%{text}<br>(%{x:.2f}, %{y:.2f})<extra>%{fullData.name}</extra>",
                marker={"size": 8, "color": colour, "symbol": MARKERS[marker],
                        "line": {"color": style.BLACK, "width": 0.5}},
            )
        )  # fmt: skip
    drawn.update_layout(
        template="plotly_white",
        hovermode="closest",
        margin={"l": 60, "r": 10, "t": 10, "b": 50},
        legend={"orientation": "h", "y": -0.12},
        xaxis={"title": {"text": country_map.X_LABEL}},
        yaxis={"title": {"text": country_map.Y_LABEL}, "scaleanchor": "x"},
    )
    return drawn


def contents(
    positions: pl.DataFrame,
    biographies: pl.DataFrame,
    space: PersonaSpace,
    centroids: pl.DataFrame,
) -> dict[str, Any]:
    """Return what the page's script reads.

    Parameters
    ----------
    positions : DataFrame
        Table POSITIONS.
    biographies : DataFrame
        Table BIOGRAPHIES.
    space : PersonaSpace
        The variables and levels; a persona's number tells its configuration.
    centroids : DataFrame
        `country_map.CENTROIDS`.

    Returns
    -------
    dict
        Arrays are base64 of little-endian bytes.
    """
    in_order = positions.select("persona_id").join(
        biographies, on="persona_id", how="left", maintain_order="left"
    )

    def places(prefix: str) -> list[str]:
        columns = (f"{prefix}self_expression", f"{prefix}secular")
        return [
            _packed(positions[name].fill_null(float("nan")).to_numpy().astype("<f4"))
            for name in columns
        ]

    return {
        "ids": _packed(positions["persona_id"].to_numpy().astype("<u4")),
        "answered": places(""),
        "configured": places("design_"),
        "variables": [
            {
                "name": variable.name,
                "label": labels.variable_label(variable),
                "levels": [labels.level_label(variable, level) for level in variable.levels],
            }
            for variable in space.variables
        ],
        "fields": FIELDS,
        "block_size": BLOCK,
        "biographies": packed_biographies(in_order),
        "figure": json.loads(figure(centroids).to_json()),
    }


def render(content: Mapping[str, Any], provenance: Mapping[str, str]) -> str:
    """Return the page.

    Parameters
    ----------
    content : mapping of str to value
        From `contents`.
    provenance : mapping of str to str
        Of the tables read.

    Returns
    -------
    str
        HTML that names no address; the library's script stands in it.
    """
    environment = Environment(
        loader=PackageLoader("valuescape.figures"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # No text within may end the script that holds it.
    text = json.dumps(content).replace("<", "\\u003c")
    return environment.get_template("interactive_map.html.j2").render(
        title=provenance.get("model", "personas"),
        origin=wording.origin(provenance),
        synthetic=wording.synthetic_marks(provenance),
        wording=wording,
        plotly=get_plotlyjs(),
        content=text,
    )


@command
def main(*, positions: Path, biographies: Path, space: Path, centroids: Path, html: Path) -> None:
    """Read places and biographies, write the page."""
    content = contents(
        tables.read(positions, map_tables.POSITIONS),
        tables.read(biographies, study_tables.BIOGRAPHIES),
        read_space(space),
        read_reference(centroids, country_map.CENTROIDS),
    )
    write_text(html, render(content, tables.joined_provenance([positions, biographies])))


if __name__ == "__main__":
    run(main)
