"""Time the lenses on as many made-up personas as the persona space has.

    PYTHONPATH=workflow/lib python tests/benchmarks/full_size_reductions.py

Each lens runs as its own command, as in the workflow, on random option probabilities. Prints one
JSON line: seconds and peak resident memory in GB for each. Needs 1 GB in the temporary folder.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from valuescape.core import tables
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.designs import persona_ids
from valuescape.study.instruments import FOUNDATIONS, Instrument, read_instrument
from valuescape.study.space import PersonaSpace, read_space

CONFIG = Path(__file__).parents[2] / "config"
REFERENCE = CONFIG / "reference"
SPACE = CONFIG / "persona_space.yaml"
INSTRUMENTS = {
    name: CONFIG / f"instruments/{name}.yaml"
    for name in ("iw", "wvb_probe", "mfq2", "mfq2_inverted")
}
INVALID = 0.01
# The conditions of a study of generalisability.
CONDITIONS = [
    Condition("base", option_order=order, replicate=replicate)
    for order in ("forward", "reversed")
    for replicate in (0, 1)
]


def random_responses(
    instrument: Instrument, ids: np.ndarray, rng: np.random.Generator
) -> pl.DataFrame:
    """Return table RESPONSES: random probabilities, one answer in a hundred malformed."""
    n = len(ids)
    columns: dict[str, pl.Series] = {"persona_id": pl.Series(ids)}
    for question in instrument.questions:
        shares = rng.exponential(1, (n, question.n_options))
        whole = (shares / shares.sum(axis=1, keepdims=True) * tables.PROBABILITY_UNIT).astype("u2")
        valid = pl.Series(rng.random(n) > INVALID)
        chosen = pl.Series("chosen", question.values[whole.argmax(axis=1)].astype("i1"))
        name = question.id
        columns[name] = pl.select(pl.when(valid).then(chosen)).to_series()
        columns[f"{name}_status"] = pl.select(
            pl.when(valid).then(pl.lit("valid")).otherwise(pl.lit("malformed"))
        ).to_series()
        columns[f"{name}_attempts"] = pl.Series(np.ones(n, dtype="u1"))
        columns[f"{name}_mass"] = pl.Series(np.full(n, 0.95, dtype="f4"))
        for k in range(question.n_options):
            columns[f"{name}_p{k + 1}"] = pl.Series(whole[:, k])
    return pl.DataFrame(columns)


def random_biographies(ids: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    """Return table BIOGRAPHIES with texts of 900 characters."""
    countries = pl.read_csv(REFERENCE / "countries.csv", comment_prefix="#")
    home = countries[rng.integers(0, countries.height, len(ids)).tolist()]
    words = [f"occupation {k}" for k in range(2000)]
    return pl.DataFrame(
        {
            "persona_id": ids,
            "country": home["country"],
            "continent": home["continent"],
            "age": pl.Series(rng.integers(18, 90, len(ids)), dtype=pl.Int16),
            "occupation": rng.choice(words, len(ids)),
        }
    ).with_columns(
        status=pl.lit("valid"),
        name=pl.lit("Ada"),
        sex=pl.lit("female"),
        settlement=pl.lit("urban"),
        education=pl.lit("Tertiary"),
        household=pl.lit("married"),
        religion=pl.lit("none"),
        biography=pl.lit("I was born. " * 75),
        n_tokens=pl.lit(200, pl.Int32),
        attempts=pl.lit(1, pl.UInt8),
    )


def random_oracle(space: PersonaSpace, rng: np.random.Generator) -> pl.DataFrame:
    """Return table ORACLE."""
    rows = [
        (variable.name, level, foundation, "oracle", "expected", float(rng.uniform(1, 5)))
        for variable in space.variables
        for level in range(len(variable.levels))
        for foundation in FOUNDATIONS
    ]
    return pl.DataFrame(rows, schema=study_tables.ORACLE.columns, orient="row")


def write_inputs(folder: Path, design: str) -> int:
    """Write what the lenses read and return the number of personas."""
    rng = np.random.default_rng(1)
    space = read_space(SPACE)
    ids = persona_ids(space, design)
    names = [variable.name for variable in space.variables]
    levels = dict(zip(names, space.levels_of(ids).T, strict=True))
    personas = pl.DataFrame({"persona_id": ids, **levels})
    made_up = {"engine": "synthetic"}
    tables.write(personas, folder / "personas", study_tables.PERSONAS, made_up)
    biographies = random_biographies(ids, rng)
    tables.write(biographies, folder / "biographies", study_tables.BIOGRAPHIES, made_up)
    tables.write(random_oracle(space, rng), folder / "oracle", study_tables.ORACLE, made_up)
    for name, path in INSTRUMENTS.items():
        answered = random_responses(read_instrument(path), ids, rng)
        tables.write(answered, folder / name, study_tables.RESPONSES, made_up)
    return personas.height


def commands(folder: Path, replicates: int) -> dict[str, dict[str, object]]:
    """Return what the command of each module is given, by the names of its parameters."""
    design = {"space": SPACE, "personas": folder / "personas"}
    seeded = {"seed": 1, "replicates": replicates}
    drawn = {**seeded, "readout": "probabilities"}
    answers = {
        name: {"responses": folder / name, "instrument": path} for name, path in INSTRUMENTS.items()
    }
    biographies = {"biographies": folder / "biographies"}
    positions, scores = {"positions": folder / "positions"}, {"scores": folder / "scores"}
    centroids = {"centroids": REFERENCE / "iw_country_centroids.csv"}
    projection = {"projection": REFERENCE / "iw_projection.csv"}
    norms = {"norms": REFERENCE / "mfq2_country_norms.csv"}
    countries = {"countries": REFERENCE / "countries.csv"}
    respondents = {"respondents": REFERENCE / "wvs7_respondents.csv"}
    compared = {
        **answers["wvb_probe"], **biographies, **countries, **seeded,
        "humans": folder / "humans", "grouping": ["continent"],
        "least": json.dumps({"humans": 30, "countries": 2, "personas": 20}),
        "condition": Condition("base", context=("demographics",)).json(),
    }  # fmt: skip

    def to(*names: str, prefix: str = "") -> dict[str, Path]:
        return {name: folder / f"{prefix}{name}" for name in names}

    return {
        "humans.distributions": {
            **respondents, **countries, **to("humans"), "grouping": ["continent"],
            "distributions": REFERENCE / "wvs7_country_distributions.csv",
            "instrument": INSTRUMENTS["wvb_probe"],
        },
        "lenses.cultural_map.positions": {
            **design, **answers["iw"], **biographies, **projection, **centroids, **drawn,
            **positions, "summary": folder / "map_summary",
        },
        "lenses.alignment.measure": {
            **compared, "baseline_responses": [], "baseline_conditions": [],
            "pooled_responses": [], "space": SPACE,
            **to("counts", "cells", "groups", "summary", "scores", "measures", "dispersion",
                 "thresholds", "quantiles", prefix="alignment_"),
        },
        "lenses.alignment.compare_groups": {
            **compared, **to("discrimination", "order", "equivalent_n", "geometry", "positions",
                             prefix="groups_"),
        },
        "lenses.morality.measure": {
            **design, **answers["mfq2"], **norms, **drawn, **scores, "oracle": folder / "oracle",
            "replicate_responses": [],
            **to("drawn_scores", "effects", "profiles", "oracle_agreement", "oracle_stability"),
        },
        "lenses.quality.measure": {
            "contradictions": folder / "contradictions",
            "demographics_from": "written",
            **design, **biographies, **drawn, **countries, **respondents,
            "responses": [folder / name for name in INSTRUMENTS],
            "instruments": [*INSTRUMENTS.values()],
            **to("demographics", "validity", "manipulation_check"),
        },
        "lenses.scales.summarise": {
            **design, **drawn, "responses": [folder / "mfq2"],
            "instruments": [INSTRUMENTS["mfq2"]], "summary": folder / "scale_summary",
        },
        "lenses.cultural_map.axis_recovery": {
            **design, **answers["iw"], **positions, **drawn, **to("matrix", "levels", "axes"),
        },
        "lenses.cultural_map.nearest": {
            **design, **answers["iw"], **positions, **centroids, **drawn,
            "pooled_positions": [folder / "positions"],
            **to("nearest", "stated", "uncertainty"),
        },
        "lenses.cultural_map.sensitivity": {
            **design, **answers["iw"], **projection, **drawn, "fit": "published",
            **to("sensitivity", "constraint"),
        },
        "lenses.morality.anova": {
            **design, **scores, "replicate_scores": [], "readout": "probabilities",
            **to("shares", "orders", "pairs", "trends", prefix="anova_"),
        },
        "lenses.morality.invariance": {
            **design, **scores, **norms, **drawn, "profiles": folder / "profiles",
            **to("drawn_scores", "invariance", "variation"),
        },
        "lenses.morality.slopes": {
            **design, **scores, **positions, **centroids, **norms, **drawn, **to("drawn_scores"),
            **to("fit", "slopes", "countries", "country_fit", prefix="slopes_"),
        },
        "lenses.morality.reliability": {
            **answers["mfq2"], **norms, **drawn, **to("reliability", "constraint", prefix="moral_"),
        },
        "lenses.morality.gstudy": {
            **answers["mfq2"], **drawn, "scores": [folder / "scores"] * len(CONDITIONS),
            "conditions": [each.json() for each in CONDITIONS], **to("gstudy"),
        },
        "lenses.morality.core_variables": {
            **design, **scores, **seeded, "anova_shares": folder / "anova_shares",
            "readouts": ["probabilities"],
            **to("core_variables"),
        },
        "lenses.morality.acquiescence": {
            **answers["mfq2"], **drawn, "inverted": folder / "mfq2_inverted",
            "inverted_instrument": INSTRUMENTS["mfq2_inverted"], **to("acquiescence"),
        },
    }  # fmt: skip


def options(given: dict[str, object]) -> list[str]:
    """Return the command line that gives these parameters."""
    line = []
    for name, value in given.items():
        values = value if isinstance(value, list) else [value]
        line += [f"--{name.replace('_', '-')}", *map(str, values)]
    return line


def measured(module: str, arguments: list[str]) -> dict[str, float]:
    """Run one command and return its seconds, those of the CPU, and its peak memory."""
    start = time.perf_counter()
    line = [sys.executable, "-m", f"valuescape.{module}", *arguments]
    # Snakemake gives a job of one thread this environment.
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    process = os.posix_spawn(sys.executable, line, os.environ | single)
    _, status, usage = os.wait4(process, 0)
    if status:
        sys.exit(f"{module} failed")
    seconds = time.perf_counter() - start
    # On a machine with other work the seconds of the clock tell of that; these do not.
    busy = usage.ru_utime + usage.ru_stime
    peak = usage.ru_maxrss / 1024**2
    return {"seconds": round(seconds, 1), "cpu": round(busy, 1), "peak_gb": round(peak, 2)}


def main() -> None:
    """Make the inputs, time each lens, print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--design", default="full")
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--only", nargs="*", help="lenses; after those whose tables they read")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        n_personas = write_inputs(folder, args.design)
        lenses = commands(folder, args.replicates)
        found = {}
        for module, given in lenses.items():
            if args.only and module not in args.only:
                continue
            found[module] = measured(module, options(given))
            sys.stderr.write(f"{module}: {found[module]}\n")
    sys.stdout.write(json.dumps({"n_personas": n_personas, "lenses": found}) + "\n")


if __name__ == "__main__":
    main()
