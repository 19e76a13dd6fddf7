"""Croissant: what a data set is and what its columns hold, for machines (mlcommons.org/croissant).

Written by hand after version 1.0 of the format; its own library, which is not among what the
workflow needs, validates it (docs/publishing.md).
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TYPES = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
    "md": "text/markdown",
    "sav": "application/x-spss-sav",
    "dta": "application/x-stata-dta",
}
OTHER = "text/plain"


def metadata(
    name: str,
    description: str,
    licence: str,
    files: Mapping[str, str],
    columns: Mapping[str, pl.Schema],
) -> dict[str, Any]:
    """Return the metadata of a folder of files.

    Parameters
    ----------
    name, description, licence : str
        Of the data set.
    files : mapping of str to str
        SHA-256 of each file, by its path in the folder.
    columns : mapping of str to Schema
        The columns of each CSV among them.

    Returns
    -------
    dict
        JSON-LD: each file, and each CSV as a set of records.
    """
    context = json.loads(
        resources.files("valuescape.reporting")
        .joinpath("templates/croissant_context.json")
        .read_text(encoding="utf-8")
    )
    return {
        "@context": context,
        "@type": "sc:Dataset",
        "name": name,
        "description": description,
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": licence,
        "url": "https://arxiv.org/abs/2601.22396",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": path,
                "name": path,
                "contentUrl": path,
                "encodingFormat": TYPES.get(path.rpartition(".")[2], OTHER),
                "sha256": sha256,
            }
            for path, sha256 in files.items()
        ],
        "recordSet": [_records(path, list(schema.items())) for path, schema in columns.items()],
    }


def _records(path: str, columns: Sequence[tuple[str, pl.DataType]]) -> dict[str, Any]:
    own = path.removesuffix(".csv")
    return {
        "@type": "cr:RecordSet",
        "@id": own,
        "name": own,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{own}/{name}",
                "name": name,
                "dataType": _type(dtype),
                "source": {"fileObject": {"@id": path}, "extract": {"column": name}},
            }
            for name, dtype in columns
        ],
    }


def _type(dtype: pl.DataType) -> str:
    if dtype.is_integer():
        return "sc:Integer"
    if dtype.is_float():
        return "sc:Float"
    return "sc:Boolean" if dtype == pl.Boolean else "sc:Text"
