"""A study in a folder, without Snakemake: its shards asked, its tables gathered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from valuescape.asking import biographies, gather, responses
from valuescape.engine import prepare
from valuescape.study import demographics, designs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuescape.study.conditions import Condition

CONFIG = Path(__file__).parents[1] / "config"
SPACE = CONFIG / "persona_space.yaml"
WHOLE = "0001-of-0001"


@dataclass(frozen=True)
class SmallStudy:
    """Files of a study, each under its name in the folder."""

    folder: Path

    @property
    def model(self) -> Path:
        """The prepared model."""
        return self.folder / "model.json"

    @property
    def personas(self) -> Path:
        """The personas of the design."""
        return self.folder / "personas.parquet"

    @property
    def stats(self) -> Path:
        """What the last job's engine did."""
        return self.folder / "stats.json"

    def begin(self, model_file: Path, design: str) -> None:
        """Prepare the model and enumerate the personas."""
        prepare.main(file=model_file, model=self.model, step="fetch")
        designs.main(space=SPACE, design=design, personas=self.personas)

    @property
    def demographics(self) -> Path:
        """Who the personas are by design, if that is assigned."""
        return self.folder / "demographics.parquet"

    def assign(self) -> None:
        """Draw who the personas are."""
        demographics.main(
            personas=self.personas,
            margins=CONFIG / "reference/wvs7_country_margins.csv",
            countries=CONFIG / "reference/countries.csv",
            drawn="balanced",
            seed=1,
            demographics=self.demographics,
        )

    def written(self, shard: str = WHOLE) -> Path:
        """The biographies of a shard."""
        return self.folder / f"biographies-{shard}.parquet"

    def write(self, shard: str = WHOLE, attempts: int = 1, **further: object) -> None:
        """Let the model write the biographies of a shard."""
        biographies.main(
            **self.job(shard, self.folder / "biographies", flush_rows=100),
            prompt=CONFIG / "prompts/biography.md",
            fields=CONFIG / "biography.yaml",
            countries=CONFIG / "reference/countries.csv",
            attempts=attempts,
            biographies=self.written(shard),
            **further,
            demographics=[self.demographics] if self.demographics.is_file() else [],
        )

    def ask(
        self,
        condition: Condition,
        instruments: Sequence[str],
        outputs: Sequence[Path],
        parts: Path,
        shard: str = WHOLE,
        **further: object,
    ) -> None:
        """Let the personas of a shard answer."""
        responses.main(
            **self.job(shard, parts, flush_rows=9),
            prompt=CONFIG / "prompts/answer.md",
            biographies=self.written(shard),
            instruments=[CONFIG / f"instruments/{name}.yaml" for name in instruments],
            condition=condition,
            demographics="assigned" if self.demographics.is_file() else "written",
            responses=list(outputs),
            **further,
        )

    def gather(self, shards: Sequence[Path], gathered: Path, instrument: str | None = None) -> None:
        """Join the shards of the biographies, or of the responses to an instrument."""
        file = CONFIG / f"instruments/{instrument}.yaml" if instrument else None
        gather.main(personas=self.personas, shards=list(shards), gathered=gathered, instrument=file)

    def job(self, shard: str, parts: Path, flush_rows: int) -> dict[str, object]:
        """Return what every job that asks takes."""
        return {
            "personas": self.personas,
            "shard": shard,
            "space": SPACE,
            "model": self.model,
            "seed": 1,
            "parts": parts,
            "flush_rows": flush_rows,
            "flush_seconds": 1000.0,
            "stats": self.stats,
        }
