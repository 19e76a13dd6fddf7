"""Study files: what is given with `--configfile`, read before it is laid over the demo.

`profiles/default` asks for `refuse_mistaken_call`, since Snakemake itself reads these files before
the Snakefile can, and tells of a mistake without its line.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from valuescape.core.documents import read_yaml
from valuescape.core.errors import UserError, refuse
from valuescape.core.files import require_space

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from valuescape.core.documents import Document

OPTIONS = ("--configfile", "--configfiles")
NOTES, RESULTS = Path(".snakemake"), Path("results")
BASE = Path("config/demo.yaml")


def read_study_file(file: Path) -> Document:
    """Read one file of a study's keys, which may be some of them.

    Parameters
    ----------
    file : Path
        Such as ``config/paper.yaml``.

    Returns
    -------
    Document
        A mapping of keys.

    Raises
    ------
    UserError
        If it is not there, no YAML, or no mapping.
    """
    if not file.exists():
        msg = f"{file}: no such file"
        hint = "call from the folder of the Snakefile"
        if not file.suffix:
            hint = f"if {file} is a target, write it before --configfile: snakemake {file} ..."
        raise UserError(msg, hint=hint)
    document = read_yaml(file)
    if not isinstance(document.content, dict):
        reason = "a study is a mapping of keys to values"
        raise document.error(reason, hint=f"{BASE} shows the keys")
    return document


def refuse_mistaken_call(arguments: Sequence[str]) -> None:
    """End Snakemake with a sentence if a file of `--configfile` cannot be read, or nothing written.

    Parameters
    ----------
    arguments : sequence of str
        As of `sys.argv`.

    Raises
    ------
    SystemExit
        If one is not there, no YAML or no mapping; or if the checkout is somebody else's.
    """
    try:
        refuse([*_closed(), *_errors(configfiles(arguments))])
    except UserError as error:
        msg = f"Error: {error}"
        raise SystemExit(msg) from None


def refuse_elsewhere(home: Path) -> None:
    """Refuse to run anywhere but in the folder of the Snakefile, to which all paths are relative.

    Parameters
    ----------
    home : Path
        That folder.

    Raises
    ------
    UserError
        If the working directory is another.
    """
    if not Path.cwd().samefile(home):
        msg = f"Snakemake was called in {Path.cwd()}, and the Snakefile lies in {home}"
        raise UserError(msg, hint=f"cd {home}, and call it there without -s")


def _closed() -> Iterator[UserError]:
    """Yield why nothing can be written, of results or of what Snakemake notes when it plans.

    On a full disk a job's log would have no room for the sentence that says so.
    """
    try:
        require_space(RESULTS)
    except UserError as error:
        yield error
    if not os.access(NOTES if NOTES.is_dir() else Path(), os.W_OK | os.X_OK):
        msg = (
            f"{NOTES.resolve()}: you may not write, and Snakemake notes there what makes each file"
        )
        hint = "work in a checkout of your own; another's results can be copied there"
        yield UserError(msg, hint=hint)


def _errors(files: Sequence[str]) -> Iterator[UserError]:
    for file in files:
        try:
            read_study_file(Path(file))
        except UserError as error:
            yield error


def configfiles(arguments: Sequence[str]) -> list[str]:
    """Return what follows `--configfile` on a command line of Snakemake.

    Parameters
    ----------
    arguments : sequence of str
        As of `sys.argv`.

    Returns
    -------
    list of str
        Snakemake takes all that follows for files, up to the next option or ``--``.

    Examples
    --------
    >>> configfiles(["snakemake", "--configfile", "mine.yaml", "figure_cultural_map", "-n"])
    ['mine.yaml', 'figure_cultural_map']
    """
    found: list[str] = []
    reading = False
    for argument in arguments:
        option, _, value = argument.partition("=")
        if argument.startswith("-"):
            reading = option in OPTIONS
            found += [value] if reading and value else []
            reading = reading and not value
        elif reading:
            found.append(argument)
    return found
