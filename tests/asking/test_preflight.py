"""Preflight: the handful and the extremes, and instruments that stay instruments."""

from __future__ import annotations

import pytest

from small_study import CONFIG, SPACE
from valuescape.asking.preflight import FEW, main, preflight_ids
from valuescape.core import tables
from valuescape.study import tables as study_tables
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

NAMES = ("iw", "iw_condensed", "wvb_probe", "mfq2", "mfq2_inverted")


def test_a_handful_and_both_extremes_are_asked():
    space = read_space(SPACE)
    ids = preflight_ids(space)
    assert len(ids) == 10
    assert (ids[0], ids[-1]) == (0, space.n_personas - 1)


@pytest.fixture(scope="module")
def chosen(tmp_path_factory):
    """Return the folder of personas and cut instruments."""
    folder = tmp_path_factory.mktemp("preflight")
    main(
        space=SPACE,
        instruments=[CONFIG / f"instruments/{name}.yaml" for name in NAMES],
        personas=folder / "personas.parquet",
        few=[folder / f"{name}.yaml" for name in NAMES],
    )
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_cut_instrument_asks_a_few_of_the_same_questions(chosen, name):
    whole = {q.id: q for q in read_instrument(CONFIG / f"instruments/{name}.yaml").asked}
    few = {q.id: q for q in read_instrument(chosen / f"{name}.yaml").asked}
    assert len(few) == (len(whole) if name == "iw" else min(FEW, len(whole)))
    for key, question in few.items():
        assert (question.text, question.options) == (whole[key].text, whole[key].options)


def test_personas_are_a_table_of_the_study(chosen):
    assert tables.read(chosen / "personas.parquet", study_tables.PERSONAS).height == 10
