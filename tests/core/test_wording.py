"""Wording: whose answers these are, and numbers in print."""

from __future__ import annotations

import json

import pytest

from valuescape.core.wording import (
    NO_LLM,
    UNKNOWN,
    cell,
    interval,
    number,
    origin,
    synthetic_marks,
)


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0.12345, "0.123"),
        (-0.0001, "0.000"),
        (None, UNKNOWN),
        (float("nan"), UNKNOWN),
        (2.0, "2.000"),
    ],
)
def test_numbers_in_print(value, printed):
    assert number(value) == printed


def test_cells_and_intervals_in_print():
    assert [cell(each) for each in (93312, 0.5, None, "Asia", True)] == [
        "93,312", "0.500", UNKNOWN, "Asia", "True",
    ]  # fmt: skip
    assert interval(0.1, 0.25) == "[0.100, 0.250]"
    assert interval(None, 0.25) == UNKNOWN


def test_one_synthetic_table_among_others_is_enough():
    assert list(synthetic_marks({"engine": "synthetic | vllm"})) == [
        "SYNTHETIC RESPONDENT - not an LLM"
    ]
    both = {"engine": "synthetic", "wvs7 version": "SYNTHETIC 1"}
    assert len(synthetic_marks(both)) == 2
    assert synthetic_marks({"engine": "vllm", "wvs7 version": "6.0"}) == {}


def test_an_origin_names_model_design_and_condition():
    provenance = {"engine": "vllm", "model": "small", "study design": "oa144",
                  "condition": json.dumps({"name": "base"}) + " | reversed"}  # fmt: skip
    assert origin(provenance) == (
        "LLM personas are not people. model: small, design: oa144, condition: base | reversed"
    )
    assert origin({"study design": "oa144"}) == NO_LLM
