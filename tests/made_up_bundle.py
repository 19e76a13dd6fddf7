"""What a bundle is made of, with what must never go into one. Nothing here was measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl

import made_up_results as made_up
from valuescape.core import tables
from valuescape.lenses.comparison.runs import runs_of
from valuescape.reporting.catalogue import OF_PERSONAS, result_tables
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "config"
SPACE = CONFIG / "persona_space.yaml"
MFQ2 = CONFIG / "instruments/mfq2.yaml"
HOME = "/ho" + "me/"  # in parts, so that no test of the house finds a machine's path here
N = 20
STUDY = {
    "study": "test", "design": "oa144", "models": ["synthetic"], "conditions": [{"name": "base"}],
    "readout": "probabilities", "attempts": 1, "shards": 1, "seed": 1,
    "survey": {"wvs7": f"{HOME}someone/WVS/wave7.sav", "trend": None},
    "endpoint": {"api_key": "not for others", "address": "http://node17:8000/v1"},
}  # fmt: skip
ORIGIN = {"engine": "vllm", "model": "m", "study design": "oa144", "file": "/scratch/me/a b/w.gguf"}


def answers(instrument):
    """Return answers of N personas; the first to each question is refused."""
    rng = np.random.default_rng(3)
    columns = {"persona_id": pl.Series(range(N), dtype=pl.UInt32)}
    for question in instrument.questions:
        chosen = rng.choice(question.values, N).astype(np.int8)
        columns[question.id] = pl.Series([None, *chosen[1:].tolist()], dtype=pl.Int8)
        columns[f"{question.id}_status"] = pl.Series(["refused", *["valid"] * (N - 1)])
    return pl.DataFrame(columns)


def write(folder):
    """Write everything that the command reads, and return its arguments."""
    (run,) = runs_of(STUDY, folder.as_posix())
    space = read_space(SPACE)
    levels = space.levels_of(pl.Series(range(N), dtype=pl.UInt32))
    personas = pl.DataFrame({"persona_id": pl.Series(range(N), dtype=pl.UInt32)}).with_columns(
        *(pl.Series(v.name, levels[:, k], dtype=pl.Int8) for k, v in enumerate(space.variables))
    )
    people = made_up.make(study_tables.BIOGRAPHIES, N)
    instrument = read_instrument(MFQ2)
    for frame, path, entry in (
        (personas, run.personas, study_tables.PERSONAS),
        (people, run.biographies, study_tables.BIOGRAPHIES),
        (answers(instrument), run.responses.with_name("mfq2.parquet"), study_tables.RESPONSES),
        *((made_up.make(entry, N), run.table(entry), entry)
          for entry in (*result_tables(), *OF_PERSONAS)),
    ):  # fmt: skip
        tables.write(frame, path, entry, ORIGIN)
    # what must never go in
    humans = folder / "survey/respondents.parquet"
    humans.parent.mkdir(exist_ok=True)
    pl.DataFrame({"respondent_id": [1], "Q1": [2]}).write_parquet(humans)
    config = folder / "config.json"
    config.write_text(json.dumps(STUDY), encoding="utf-8")
    return {
        "study": "test", "runs": [run], "tables": [entry.name for entry in result_tables()],
        "instruments": [MFQ2], "models": [CONFIG / "models/smollm2-135m.yaml"], "space": SPACE,
        "reference": sorted((CONFIG / "reference").glob("iw_*.csv")), "config": config,
        "licence": ROOT / "LICENSE", "citation": ROOT / "CITATION.cff",
        "bundle": folder / "bundle",
    }  # fmt: skip
