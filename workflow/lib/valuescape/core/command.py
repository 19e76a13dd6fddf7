"""Commands: how a rule runs a module, declared once, by the parameters of its `main`.

A module that a rule runs has a function ``main`` whose parameters are all named::

    @command
    def main(*, responses: Path, humans: Path, seed: int, cells: Path) -> None:
        ...

    if __name__ == "__main__":
        run(main)

Each parameter is an option of the same name (``--responses F``), required unless it has a
default. Rules hand over their named inputs and outputs under these names.
"""

from __future__ import annotations

import argparse
import inspect
import io
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from valuescape.core.errors import UserError
from valuescape.core.files import disk_error, require_space
from valuescape.core.progress import set_up_logging

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RESULTS = Path("results")
INTERRUPTED = 130  # exit status as a shell gives it for SIGINT

Main = TypeVar("Main", bound="Callable[..., None]")


def command(main: Main) -> Main:
    """Mark the function that a command line runs; its annotations are read when it runs."""
    return main


def parser_of(main: Callable[..., None]) -> argparse.ArgumentParser:
    """Return the command line of a function, with an option for each of its parameters.

    Parameters
    ----------
    main : callable
        All its parameters are keyword-only. A parameter's annotation says what may be given: a
        Path, str, int or float; one of the values of a Literal; ``list`` of one of these for
        any number of values; ``| None`` for at most one; or a class with a method ``parse`` that
        makes its value from a text.

    Returns
    -------
    ArgumentParser
        Its description is the first line of the module's docstring.
    """
    module = sys.modules[main.__module__]
    parser = argparse.ArgumentParser(
        description=(module.__doc__ or "").partition("\n")[0], allow_abbrev=False
    )
    hints = get_type_hints(main)
    for name, parameter in inspect.signature(main).parameters.items():
        required = parameter.default is inspect.Parameter.empty
        options: dict[str, Any] = _options(hints[name])
        if not required:
            options["default"] = parameter.default
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, required=required, **options)
    return parser


def _options(annotation: Any) -> dict[str, Any]:  # noqa: ANN401 - any annotation
    """Return what `argparse` needs to read a value of a type."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is list:
        return {"nargs": "*", **_options(inner[0])}
    if origin in {Union, types.UnionType}:
        (kind,) = (each for each in inner if each is not type(None))
        return {"nargs": "?", **_options(kind)}
    if origin is Literal:
        return {"choices": inner, "type": type(inner[0])}
    return {"type": getattr(annotation, "parse", annotation), "metavar": _metavar(annotation)}


def _metavar(kind: type) -> str:
    return {Path: "F", int: "N", float: "X"}.get(kind, "TEXT")


def call(main: Callable[..., None], argv: Sequence[str] | None = None) -> None:
    """Call a command's function with what a command line says.

    Parameters
    ----------
    main : callable
        As in `parser_of`.
    argv : sequence of str, optional
        Arguments; those of the process if None.
    """
    main(**vars(parser_of(main).parse_args(argv)))


def run(main: Callable[..., None]) -> None:
    """Run what a rule runs, with its log; what a user can correct ends it with exit status 1.

    Parameters
    ----------
    main : callable
        As in `parser_of`.
    """

    def job() -> None:
        require_space(RESULTS)
        call(main)

    set_up_logging()
    run_as_is(job)


def run_as_is(main: Callable[[], None]) -> None:
    """Run what a user calls; a `UserError` ends it with its two lines and exit status 1.

    Parameters
    ----------
    main : callable
        It reads its own command line, which has more to say to a user than file names.

    Raises
    ------
    SystemExit
        With status 1 after a `UserError` or a full disk, 130 after an interrupt.
    """  # noqa: DOC501 - what is not about a disk passes through
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a terminal that knows ASCII alone is shown question marks
        sys.stdout.reconfigure(errors="replace")
    try:
        main()
    except UserError as error:
        sys.stderr.write(f"Error: {error}\n")
        raise SystemExit(1) from None
    except OSError as error:
        told = disk_error(error, error.filename or RESULTS)
        if told is None:
            raise
        sys.stderr.write(f"Error: {told}\n")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted. What is finished is kept; run it again to go on.\n")
        raise SystemExit(INTERRUPTED) from None
