"""Human answers of a study, looked at before anything runs: public tables, survey files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from valuescape.core.errors import UserError
from valuescape.humans import indicators, published, respondents
from valuescape.humans.files import check_columns
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


READERS: dict[str, Callable[[Path], object]] = {
    "answered": published.read_answered,
    "bins": published.read_country_bins,
    "distributions_weighted": published.read_country_distributions,
    "group_distributions": published.read_group_distributions,
    "individual_moments": published.read_individual_moments,
    "margins": published.read_country_margins,
    "waves": published.read_waves,
    "waves_distributions": published.read_waves_distributions,
}
"""How the public tables are read that `study.contents` does not know."""


def reference_errors(config: Mapping[str, Any], root: Path = Path()) -> Iterator[UserError]:
    """Yield what is wrong with the public tables that a study names.

    Parameters
    ----------
    config : mapping
        A study whose other files are sound.
    root : Path
        The folder that holds the Snakefile.

    Yields
    ------
    UserError
        With the file.
    """
    for name, path in config["reference"].items():
        try:
            READERS.get(name, Path.exists)(root / path)
        except UserError as error:
            yield UserError(f"reference.{name}: {error.message}", hint=error.hint)


def survey_errors(config: Mapping[str, Any], root: Path = Path()) -> Iterator[UserError]:
    """Yield why a survey file cannot be what the study takes it for; respondents are not read.

    Parameters
    ----------
    config : mapping
        A study whose other files are sound.
    root : Path
        The folder that holds the Snakefile.

    Yields
    ------
    UserError
        With the file and the columns that it lacks.
    """
    files = config["survey"]
    if not any(files.values()):
        return
    space = read_space(root / config["persona_space"])
    probe = read_instrument(root / "config/instruments/wvb_probe.yaml")
    needed = {
        "wvs7": respondents.columns_needed(space, probe),
        "trend": indicators.columns_needed(space),
    }
    for name, columns in needed.items():
        if files[name] is not None:
            try:
                check_columns(root / files[name], columns)
            except UserError as error:
                yield UserError(f"survey.{name}: {error.message}", hint=error.hint)
