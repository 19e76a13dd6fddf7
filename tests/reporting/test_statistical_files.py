"""Files of SPSS and Stata: read back by pyreadstat, with words, and why an answer is missing."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyreadstat

from made_up_bundle import MFQ2
from valuescape.reporting.statistical_files import _cut
from valuescape.study.instruments import read_instrument


def test_answers_are_read_back_with_their_words(made):
    base = made / "answers/synthetic/base"
    whole = pl.read_parquet(base / "mfq2.parquet")
    question = read_instrument(MFQ2).questions[0]
    for read, ending in ((pyreadstat.read_sav, "sav"), (pyreadstat.read_dta, "dta")):
        frame, meta = read(base / f"mfq2.{ending}")
        assert frame[question.id].dropna().astype(int).tolist() == whole[question.id][1:].to_list()
        assert pd.isna(frame[question.id][0])
        assert meta.column_names_to_labels[question.id][:40] == question.text[:40]
        words = meta.variable_value_labels[question.id]
        assert words[question.options[0].value] == question.options[0].label
        assert meta.variable_value_labels["level_god"][0]
    frame, meta = pyreadstat.read_sav(base / "mfq2.sav", user_missing=True)
    assert frame[question.id][0] == -1
    assert meta.variable_value_labels[question.id][-1] == "refused"
    frame, meta = pyreadstat.read_dta(base / "mfq2.dta")
    assert meta.variable_value_labels[f"{question.id}_why"][frame[f"{question.id}_why"][0]] == (
        "refused"
    )


def test_a_label_takes_no_more_bytes_than_the_format():
    assert _cut("two\n lines", 9) == "two lines"
    # an e with an accent is two bytes: none is cut in half
    cut = _cut("\N{LATIN SMALL LETTER E WITH ACUTE}" * 6, 10)
    assert cut == "\N{LATIN SMALL LETTER E WITH ACUTE}" * 3 + "..."
    assert len(cut.encode()) <= 10
