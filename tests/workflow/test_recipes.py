"""The recipes of CONTRIBUTING.md, followed to the letter, and nothing more added."""

from __future__ import annotations

import polars as pl
import pytest
import yaml

from conftest import ROOT, copy

pytestmark = pytest.mark.workflow
BASE = "results/test/synthetic/base"
OPTIONS = ["not like me at all", "a little like me", "like me", "very much like me"]
ITEMS = [
    "It is important to this person to live in safe surroundings.",
    "This person looks for adventures.",
    "This person avoids anything that might be a danger.",
    "This person likes each day to be as the one before.",
]
# In the manner of a portrait values questionnaire.
INSTRUMENT = {
    "name": "portraits",
    "title": "Made-up portraits",
    "source": "made up for a test",
    "licence": "none needed",
    "instruction": "How much are you like this person?",
    "scales": {
        "security": {"items": ["P1", "P3"]},
        "stimulation": {"items": ["P2", "P4"], "reversed": ["P4"]},
    },
    "questions": [
        {
            "id": f"P{number}",
            "text": text,
            "options": [{"value": n, "label": label} for n, label in enumerate(OPTIONS, 1)],
        }
        for number, text in enumerate(ITEMS, 1)
    ],
}
FIGURE = '''"""Figure: how many personas answer in each group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from valuescape.figures import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plotted(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the number of personas by group."""
    return cells.group_by("group").agg(pl.col("n_personas").max()).sort("group")


@style.styled
def draw(cells: pl.DataFrame) -> Figure:
    """Draw a bar a group."""
    figure = style.new_figure(style.WIDTH_DOUBLE, 3)
    rows = plotted(cells)
    figure.add_subplot().bar(rows["group"].to_list(), rows["n_personas"].to_list())
    return figure


def footer(cells: pl.DataFrame) -> str:
    """Return how many groups there are."""
    return f"{cells['group'].n_unique()} groups"
'''
ENTRY = """    Figure(
        name="group_sizes",
        shows="How many personas answer in each group.",
        section="alignment",
        inputs={"cells": alignment_tables.ALIGNMENT_CELLS},
        caption="How many personas answer in each group. LLM personas are not people.",
    ),
"""
TABLE = """

GROUP_SIZES = Table(
    "group_sizes",
    {"group": pl.String, "n_personas": pl.Int64},
    ("group",),
    path="{model}/{condition}/alignment/group_sizes.parquet",
    title="How many personas answer in each group",
    section="alignment",
    note="Counted for a test.",
)
"""
LENS = '''"""Sizes of groups.."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from valuescape.core import tables
from valuescape.core.command import command, run
from valuescape.lenses.alignment import tables as alignment_tables


@command
def main(*, cells: Path, sizes: Path) -> None:
    """Read the cells, count, write the sizes."""
    frame = tables.read(cells, alignment_tables.ALIGNMENT_CELLS)
    found = frame.group_by("group").agg(pl.col("n_personas").max())
    tables.write(found, sizes, alignment_tables.GROUP_SIZES, tables.provenance(cells))


if __name__ == "__main__":
    run(main)
'''
RULE = '''

rule count_group_sizes:
    """How many personas answer in each group."""
    input:
        cells="results/{study}/{model}/{condition}/alignment/cells.parquet",
    output:
        sizes="results/{study}/{model}/{condition}/alignment/group_sizes.parquet",
    log:
        "results/{study}/logs/count_group_sizes/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/count_group_sizes/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.alignment.group_sizes"),
    shell:
        "python -m valuescape.lenses.alignment.group_sizes {params.files} >{log:q} 2>&1"
'''


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """Return a checkout with an instrument, a figure, a table of a lens and a condition more."""
    checkout = copy(ROOT, tmp_path_factory.mktemp("recipes") / "checkout")
    library = checkout.path / "workflow/lib/valuescape"
    # an instrument: one YAML file, and one line of the study below
    text = yaml.safe_dump(INSTRUMENT, sort_keys=False)
    (checkout.path / "config/instruments/portraits.yaml").write_text(text, encoding="utf-8")
    # a figure: two files
    (library / "figures/group_sizes.py").write_text(FIGURE, encoding="utf-8")
    add(library / "figures/catalogue.py", ENTRY, behind="FIGURES = (\n")
    # a table of a lens: three files
    add(library / "lenses/alignment/tables.py", TABLE)
    (library / "lenses/alignment/group_sizes.py").write_text(LENS, encoding="utf-8")
    add(checkout.path / "workflow/rules/alignment.smk", RULE)
    # a condition: one line
    checkout.configure(
        design="handful",
        shards=1,
        instruments=["iw", "wvb_probe", "mfq2", "portraits"],
        conditions=[
            {"name": "base", "context": ["demographics", "configuration"]},
            {"name": "alone", "context": []},
        ],
    )
    return checkout


def add(file, text, behind=None):
    """Add a text to a file: behind a line that stands there once, or at the end."""
    before = file.read_text(encoding="utf-8")
    if behind is None:
        file.write_text(before.rstrip() + "\n" + text, encoding="utf-8")
        return
    head, line, tail = before.partition(behind)
    assert line
    file.write_text(head + line + text + tail, encoding="utf-8")


@pytest.fixture(scope="module")
def base(extended):
    run = extended.snakemake(f"{BASE}/report.html", f"{BASE}/tables/alignment")
    assert run.returncode == 0, run.stdout
    return extended.path / BASE


def test_an_instrument_is_asked_scored_by_its_scales_and_shown(base):
    responses = pl.read_parquet(base / "responses/portraits.parquet")
    assert responses.height == 8
    assert set(responses["P4_status"]) == {"valid"}
    summary = pl.read_parquet(base / "scales/summary.parquet").filter(instrument="portraits")
    # each by expected answers, and by one option drawn of each
    assert summary["scale"].to_list() == ["security"] * 2 + ["stimulation"] * 2
    assert set(summary["n_items"]) == {2}
    asked = pl.read_parquet(base / "quality/validity.parquet").filter(stage="portraits")
    assert asked["asked"].sum() == 8 * 4
    report = (base / "report.html").read_text(encoding="utf-8")
    assert "portraits" in report
    assert "stimulation" in report


def test_a_figure_appears_everywhere(extended, base):
    assert "figure_group_sizes (How many personas" in extended.snakemake("--list").stdout
    for suffix in ("pdf", "png", "csv"):
        assert (base / f"figures/group_sizes.{suffix}").stat().st_size
    report = (base / "report.html").read_text(encoding="utf-8")
    assert 'id="figure-group_sizes"' in report


def test_a_table_of_a_lens_is_rendered_and_shown(base):
    assert "How many personas answer" in (base / "tables/alignment/group_sizes.md").read_text(
        "utf-8"
    )
    assert "Counted for a test." in (base / "report.html").read_text(encoding="utf-8")


def test_a_condition_has_its_own_results(extended, base):
    # its answers are there already: the base stands beside a prompt without a persona
    assert (base.parent / "alone/responses/wvb_probe.parquet").exists()
    plan = extended.plan("report")
    assert plan["locate_personas"] == plan["write_report"] == 1
    assert "write_biographies" not in plan
