"""A shard of the responses stage for the benchmarks, asked by an engine that is loaded already."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import polars as pl

from valuescape.asking import responses
from valuescape.core import tables
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.designs import persona_ids
from valuescape.study.instruments import read_instrument
from valuescape.study.models import read_prepared_model
from valuescape.study.space import read_space

INSTRUMENTS = [Path(f"config/instruments/{name}.yaml") for name in ("iw", "wvb_probe", "mfq2")]
SPACE = Path("config/persona_space.yaml")
ANSWER_PROMPT = Path("config/prompts/answer.md")
CONDITION = Condition("base", ("configuration",))


def open_engine(model_file: Path):
    """Return the model's engine as the stage opens it, which takes its environment from there."""
    return responses.open_engine(read_prepared_model(model_file), read_space(SPACE))


@dataclass(frozen=True)
class Shard:
    """Some personas, spread over the space, and a model that is to answer as them.

    Attributes
    ----------
    model_file : Path
        The prepared model.
    n_personas : int
        How many.
    form : str, optional
        ``option_text`` or ``label_token``; the model file's own if None.
    design : str, optional
        Of which the personas are drawn.
    """

    model_file: Path
    n_personas: int
    form: str | None = None
    design: str = "full"

    @property
    def persona_ids(self) -> list[int]:
        """Evenly spaced configurations of the design."""
        ids = persona_ids(read_space(SPACE), self.design)
        step = len(ids) / self.n_personas
        return [int(ids[int(step * (number + 0.5))]) for number in range(self.n_personas)]

    @property
    def n_answers(self) -> int:
        """All questions of all instruments, for every persona."""
        return self.n_personas * sum(len(read_instrument(path).asked) for path in INSTRUMENTS)

    def seconds(self, engine: object, keep: Path | None = None) -> float:
        """Run the whole stage (reading, prompts, asking, parts, tables) on a loaded engine.

        The tables of responses are kept in the folder `keep`, if one is given.
        """
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            personas, biographies = self._write_inputs(folder)
            given = {
                "personas": personas,
                "biographies": biographies,
                "shard": "0001-of-0001",
                "space": SPACE,
                "seed": 1,
                "model": self.model_file,
                "prompt": ANSWER_PROMPT,
                "instruments": INSTRUMENTS,
                "condition": replace(CONDITION, options=self.form),
                "demographics": "written",
                "parts": folder / "parts",
                "flush_rows": 100,
                "flush_seconds": 30.0,
                "responses": [folder / f"{path.stem}.parquet" for path in INSTRUMENTS],
                "stats": folder / "stats.json",
            }
            with mock.patch.object(responses, "open_engine", return_value=engine):
                started = time.perf_counter()
                responses.main(**given)
                seconds = time.perf_counter() - started
            for path in given["responses"] if keep else ():
                shutil.copy(path, keep)
            return seconds

    def _write_inputs(self, folder: Path) -> tuple[Path, Path]:
        space = read_space(SPACE)
        ids = pl.Series("persona_id", self.persona_ids, dtype=pl.UInt32)
        levels = space.levels_of(ids.to_numpy())
        columns = {v.name: levels[:, place] for place, v in enumerate(space.variables)}
        personas, biographies = folder / "personas.parquet", folder / "biographies.parquet"
        tables.write(
            pl.DataFrame({"persona_id": ids, **columns}), personas, study_tables.PERSONAS, {}
        )
        empty = {name: None for name in study_tables.BIOGRAPHIES.columns if name != "persona_id"}
        rows = pl.DataFrame({"persona_id": ids}).with_columns(
            pl.lit(value, dtype=study_tables.BIOGRAPHIES.columns[name]).alias(name)
            for name, value in (empty | {"status": "malformed"}).items()
        )
        tables.write(rows, biographies, study_tables.BIOGRAPHIES, {})
        return personas, biographies
