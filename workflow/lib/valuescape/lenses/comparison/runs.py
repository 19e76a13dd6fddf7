"""Runs that are compared: a model under a condition, of this study or of another one beside it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from valuescape.core.errors import UserError
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.study.conditions import Condition, biographies_name
from valuescape.study.contents import LENS_INSTRUMENTS
from valuescape.study.languages import asks_instrument
from valuescape.study.shards import shard_names

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from valuescape.core.tables import Respondents, Table

INSTRUMENT = "wvb_probe"
"""The instrument whose answers are compared person by person."""
RESULTS = (
    map_tables.POSITIONS,
    map_tables.MAP_SUMMARY,
    alignment_tables.ALIGNMENT_CELLS,
    alignment_tables.ALIGNMENT_SUMMARY,
    alignment_tables.ALIGNMENT_SCORES,
    alignment_tables.DISCRIMINATION,
    moral_tables.FOUNDATION_SCORES,
    moral_tables.FOUNDATION_PROFILES,
    moral_tables.ORACLE_AGREEMENT,
)
"""The tables of a run that are read."""


@dataclass(frozen=True)
class Run:
    """A model under a condition.

    Attributes
    ----------
    folder : str
        The study's results, ``results/<study>``.
    model : str
        Its name.
    condition : Condition
        How it was asked.
    shards : int
        How many jobs asked it.
    lenses : str
        The folder below `folder` that holds the tables of results: ``surface`` for those of all
        configurations, nothing for those of the personas that were asked.
    respondents : {'asked', 'configured', 'other'}
        Whose answers they are: of personas that this study asked, of personas whose answers were
        given elsewhere, or of other respondents.
    """

    folder: str
    model: str
    condition: Condition
    shards: int
    lenses: str = ""
    respondents: Respondents = "asked"

    @classmethod
    def parse(cls, text: str) -> Run:
        """Return the run that `json` wrote; so it passes through a command line."""
        known = json.loads(text)
        return cls(**known | {"condition": Condition.read(known["condition"])})

    def json(self) -> str:
        """Return all of it as one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def study(self) -> str:
        """Name of its study."""
        return Path(self.folder).name

    @property
    def name(self) -> str:
        """The folders of its results: ``study/model/condition``."""
        return f"{self.study}/{self.model}/{self.condition.name}"

    @property
    def is_asked(self) -> bool:
        """Whether this study asked, and did not take answers that were given elsewhere."""
        return self.respondents == "asked"

    @property
    def personas(self) -> Path:
        """The table of those whose answers they are."""
        if self.is_asked:
            return Path(self.folder, "personas.parquet")
        return Path(self.folder, self.model, "respondents.parquet")

    @property
    def biographies(self) -> Path:
        """The table of the biographies that it tells, or of what is known of who answered."""
        number = self.condition.biography_replicate if self.is_asked else 0
        return Path(self.folder, self.model, f"{biographies_name(number)}.parquet")

    @property
    def responses(self) -> Path:
        """The table of its answers to `INSTRUMENT`."""
        return self._own("responses", f"{INSTRUMENT}.parquet")

    @property
    def stats(self) -> list[Path]:
        """What each job that asked it cost; none where nothing was asked for this run itself."""
        if not (self.is_asked and self.condition.is_asked):
            return []
        return [self._own("responses", f"{shard}.json") for shard in shard_names(self.shards)]

    @property
    def results(self) -> list[Table]:
        """Those of `RESULTS` that are made of such respondents."""
        return [entry for entry in RESULTS if entry.made_of(self.respondents)]

    def table(self, entry: Table) -> Path:
        """Return where a table of its results lies."""
        place = entry.path.format(model=self.model, condition=self.condition.name)
        return Path(self.folder, self.lenses, place)

    def files(self) -> list[Path]:
        """Return every file of its that is read."""
        read = [self.table(entry) for entry in self.results]
        return [self.personas, self.biographies, self.responses, *read, *self.stats]

    def _own(self, *parts: str) -> Path:
        return Path(self.folder, self.model, self.condition.name, *parts)


def runs_of(
    config: Mapping[str, Any],
    folder: str,
    elsewhere: Mapping[str, tuple[Respondents, Collection[str]]] | None = None,
) -> list[Run]:
    """Return every model under every condition of a study that all lenses have answers of.

    Parameters
    ----------
    config : mapping
        The study.
    folder : str
        Its results.
    elsewhere : mapping of str to (str, collection of str), optional
        By model whose answers were given elsewhere: whose they are, as in `Run`, and the
        conditions under which they stand.

    Returns
    -------
    list of Run
        Models in their order, and in each the conditions in theirs; without conditions whose
        language lacks an instrument of a lens.
    """
    every = [entry["name"] for entry in config["conditions"]]
    conditions = [
        condition
        for condition in (Condition.of(entry, config) for entry in config["conditions"])
        if all(asks_instrument(condition, instrument) for instrument in LENS_INSTRUMENTS)
    ]
    answered: dict[str, tuple[Respondents, Collection[str]]]
    answered = dict.fromkeys(config["models"], ("asked", every)) | dict(elsewhere or {})
    return [
        Run(folder, model, condition, int(config["shards"]), respondents=answered[model][0])
        for model in config["models"]
        for condition in conditions
        if condition.name in answered[model][1]
    ]


def answered_elsewhere(
    config: Mapping[str, Any], folder: Path
) -> dict[str, tuple[Respondents, list[str]]]:
    """Return which models of a finished study were not asked, by what lies in its results.

    Parameters
    ----------
    config : mapping
        The study.
    folder : Path
        Its results.

    Returns
    -------
    dict of str to (str, list of str)
        As `runs_of` takes it.
    """
    found: dict[str, tuple[Respondents, list[str]]] = {}
    for model in config["models"]:
        people = folder / model / "respondents.parquet"
        if people.is_file():
            configured = len(pl.read_parquet_schema(people)) > 1
            places = sorted((folder / model).glob("*/external_answers.parquet"))
            names = [place.parent.name for place in places]
            found[model] = ("configured" if configured else "other", names)
    return found


def other_runs(config: Mapping[str, Any]) -> list[Run]:
    """Return the runs of the studies that are laid beside one.

    Parameters
    ----------
    config : mapping
        The study; its key `compare_with` names folders of results.

    Returns
    -------
    list of Run
        In the order of the folders.

    Raises
    ------
    UserError
        If a folder is the study's own, lacks what is to be read, or was compared with humans in
        other groups.
    """
    found: list[Run] = []
    for folder in config["compare_with"]:
        where = f"compare_with: {folder}"
        place = Path(folder)
        if place.name == config["study"]:
            msg = f"{where} is this study itself"
            raise UserError(msg, hint="name the results of another study, such as results/other")
        if place.name in {each.study for each in found}:
            msg = f"{where}: another folder with the name {place.name} stands there already"
            raise UserError(msg, hint="runs are told apart by the name of their study's folder")
        known = place / "config.json"
        if not known.is_file():
            msg = f"{where} holds no config.json, so it is no finished study"
            raise UserError(msg, hint="run that study first, to its reports: snakemake report")
        other = json.loads(known.read_text(encoding="utf-8"))
        runs = runs_of(other, place.as_posix(), answered_elsewhere(other, place))
        missing = [file for run in runs for file in run.files() if not file.is_file()]
        if missing:
            msg = f"{where}: {len(missing)} files are missing, the first is {missing[0]}"
            raise UserError(msg, hint="run that study first, to its reports: snakemake report")
        if other["grouping"] != config["grouping"]:
            msg = f"{where} has grouping {other['grouping']}, this study {config['grouping']}"
            raise UserError(msg, hint="give both studies the same `grouping` and run them again")
        found += runs
    return found


def pairs_of(runs: Sequence[Run]) -> list[tuple[int, int]]:
    """Return which runs are compared with each other: those that differ in one thing.

    Parameters
    ----------
    runs : sequence of Run
        All of them.

    Returns
    -------
    list of (int, int)
        Numbers of two runs of one model in two conditions, or of two models (a model of another
        study is another one) in conditions that differ in their name at most. How answers given
        elsewhere were asked for is not known: they stand under a condition by its name.
    """
    return [
        (first, second)
        for first, second in combinations(range(len(runs)), 2)
        if (_source(runs[first]) == _source(runs[second])) or _alike(runs[first], runs[second])
    ]


def _source(run: Run) -> tuple[str, str]:
    return run.folder, run.model


def _alike(first: Run, second: Run) -> bool:
    """Return whether two runs were asked in the same way, as far as that is known."""
    if not (first.is_asked and second.is_asked):
        return first.condition.name == second.condition.name
    ways = [asdict(run.condition) | {"name": ""} for run in (first, second)]
    return ways[0] == ways[1]
