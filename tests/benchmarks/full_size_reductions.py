"""Run the workflow's lenses and figures on as many made-up personas as the persona space has.

    PYTHONPATH=workflow/lib .venv/bin/python tests/benchmarks/full_size_reductions.py

Biographies, answers and the oracle's ratings are made up at random where the workflow would write
them; Snakemake then makes every table and figure, one job after the other. Prints one JSON line
for each rule, the dearest last: jobs, processor seconds, largest memory in GB, as Snakemake's own
benchmarks have them; and at the end their sums, and how many files and bytes were left. What it
made stands in results/full_size until it is run again. Needs 1 GB there.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

from valuescape.answers.derived import with_derived
from valuescape.core import tables
from valuescape.study import tables as study_tables
from valuescape.study.check import read_study
from valuescape.study.instruments import FOUNDATIONS, Instrument, read_instrument
from valuescape.study.space import PersonaSpace, read_space

STUDY = "full_size"
MODEL = "synthetic"
INVALID = 0.01
SETTINGS = """\
study: {study}
models: [{model}]
design: {design}
shards: 1
instruments: [iw, wvb_probe, mfq2]
bootstrap_replicates: {replicates}
"""


def random_responses(
    instrument: Instrument, ids: np.ndarray, rng: np.random.Generator
) -> pl.DataFrame:
    """Return table RESPONSES: random probabilities, one answer in a hundred malformed."""
    n = len(ids)
    columns: dict[str, pl.Series] = {"persona_id": pl.Series(ids)}
    for question in instrument.asked:
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
    return with_derived(pl.DataFrame(columns), instrument)


def random_biographies(
    ids: np.ndarray, countries: pl.DataFrame, rng: np.random.Generator
) -> pl.DataFrame:
    """Return table BIOGRAPHIES with texts of 900 characters."""
    home = countries[rng.integers(0, countries.height, len(ids)).tolist()]
    words = [f"occupation {k}" for k in range(2000)]
    known = pl.DataFrame({
        "persona_id": ids,
        "country": home["country"],
        "continent": home["continent"],
        "age": pl.Series(rng.integers(18, 90, len(ids)), dtype=pl.Int16),
        "occupation": rng.choice(words, len(ids)),
    }).with_columns(
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
    )  # fmt: skip
    columns = study_tables.BIOGRAPHIES.columns
    rest = {name: pl.lit(None, columns[name]) for name in columns if name not in known.columns}
    return known.with_columns(**rest)


def random_oracle(space: PersonaSpace, rng: np.random.Generator) -> pl.DataFrame:
    """Return table ORACLE."""
    rows = [
        (variable.name, level, foundation, "oracle", "expected", float(rng.uniform(1, 5)))
        for variable in space.variables
        for level in range(len(variable.levels))
        for foundation in FOUNDATIONS
    ]
    return pl.DataFrame(rows, schema=study_tables.ORACLE.columns, orient="row")


def plant(folder: Path, settings: dict) -> None:
    """Write what the model would have said, beside the personas that are there."""
    rng = np.random.default_rng(1)
    space = read_space(Path(settings["persona_space"]))
    ids = tables.read(folder / "personas.parquet", study_tables.PERSONAS)["persona_id"].to_numpy()
    countries = pl.read_csv(settings["reference"]["countries"], comment_prefix="#")
    made_up = {"engine": "synthetic"}
    own = folder / MODEL
    biographies = random_biographies(ids, countries, rng)
    tables.write(biographies, own / "biographies.parquet", study_tables.BIOGRAPHIES, made_up)
    oracle = random_oracle(space, rng)
    tables.write(oracle, own / "oracle.parquet", study_tables.ORACLE, made_up)
    for name in settings["instruments"]:
        instrument = read_instrument(Path(f"config/instruments/{name}.yaml"))
        answered = random_responses(instrument, ids, rng)
        path = own / f"base/responses/{name}.parquet"
        tables.write(answered, path, study_tables.RESPONSES, made_up)


def snakemake(study_file: Path, *targets: str) -> None:
    """Make targets of the study; what is planted counts as made."""
    command = ["-m", "snakemake", "--cores", "1", "--quiet", "all", "--rerun-triggers", "mtime"]
    line = [sys.executable, *command, "--configfile", str(study_file), "--", *targets]
    subprocess.run(line, check=True)


def costs(benchmarks: Path) -> pl.DataFrame:
    """Return jobs, processor seconds and largest memory of each rule."""
    files = sorted(benchmarks.rglob("*.tsv"))
    rows = [
        pl.read_csv(file, separator="\t", null_values=["NA", "-"], infer_schema_length=None).select(
            pl.lit(file.relative_to(benchmarks).parts[0].removesuffix(".tsv")).alias("rule"),
            pl.col("cpu_time", "max_rss").cast(pl.Float64),
        )
        for file in files
    ]
    return (
        pl.concat(rows)
        .group_by("rule")
        .agg(
            jobs=pl.len(),
            cpu_seconds=pl.col("cpu_time").sum().round(1),
            peak_gb=(pl.col("max_rss").max() / 1024).round(2),
        )
        .sort("cpu_seconds")
    )


def main() -> None:
    """Plant the answers, make all that follows, print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--design", default="full")
    parser.add_argument("--replicates", type=int, default=1000)
    args = parser.parse_args()
    folder = Path("results") / STUDY
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    study_file = folder / "study.yaml"
    study_file.write_text(
        SETTINGS.format(study=STUDY, model=MODEL, design=args.design, replicates=args.replicates),
        encoding="utf-8",
    )
    snakemake(study_file, str(folder / "personas.parquet"))
    plant(folder, read_study([study_file]))
    snakemake(study_file, "tables", "figures")
    found = costs(folder / "benchmarks")
    for row in found.iter_rows(named=True):
        sys.stdout.write(json.dumps(row) + "\n")
    files = [file for file in folder.rglob("*") if file.is_file()]
    total = {
        "jobs": int(found["jobs"].sum()),
        "cpu_seconds": round(float(found["cpu_seconds"].sum()), 1),
        "peak_gb": float(found["peak_gb"].max()),
        "files": len(files),
        "megabytes": round(sum(file.stat().st_size for file in files) / 1e6, 1),
    }
    sys.stdout.write(json.dumps(total) + "\n")


if __name__ == "__main__":
    main()
