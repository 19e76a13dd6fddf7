"""Languages: which languages and wordings there are, each a folder of `config/languages`."""

from __future__ import annotations

from pathlib import Path

LANGUAGES = Path("config/languages")
BASE_WORDING = "base"


def language_codes(root: Path = Path()) -> list[str]:
    """Return the codes of all languages, sorted: folders that hold a `language.yaml`."""
    return sorted(file.parent.name for file in (root / LANGUAGES).glob("*/language.yaml"))


def wording_names(code: str, root: Path = Path()) -> list[str]:
    """Return the names of the wordings of a language, `BASE_WORDING` first."""
    folders = (root / LANGUAGES / code / "wordings").glob("*/")
    return [BASE_WORDING, *sorted(folder.name for folder in folders)]
