"""Survey files of a study, looked at before anything runs: their kind, columns and first rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from valuescape.core.errors import UserError


def survey_errors(config: Mapping[str, Any], root: Path) -> Iterator[UserError]:
    """Yield what is wrong with the survey files."""
    del config, root
    yield from ()
