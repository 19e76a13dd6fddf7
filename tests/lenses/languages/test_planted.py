"""Planted truth: a language, a wording and a position bias are each found by their own contrast.

The synthetic respondent is asked by the code that asks a model, in a language of config/languages.
It reads phrases: one of the interviewer in Turkish, one of what a persona is told in Turkish, one
of another wording in English.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from small_study import CONFIG, SmallStudy
from valuescape.core import tables
from valuescape.lenses.cultural_map.positions import read_projection
from valuescape.lenses.languages.inputs import Gathered
from valuescape.lenses.languages.items import items_table
from valuescape.lenses.languages.shift import shift_table
from valuescape.stats.resampling import Draws
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.instruments import read_instrument

IW = CONFIG / "instruments/iw.yaml"
PERSONAS = 48
BASE = Condition("base", context=("configuration",), options="label_token", readout="drawn")
TURKISH = replace(BASE, name="question", language="tr")
NOBODY = replace(BASE, name="english_nobody", context=())
CONDITIONS = (
    BASE,
    TURKISH,
    replace(BASE, name="persona", context_language="tr"),
    replace(TURKISH, name="both", context_language="tr"),
    NOBODY,
    replace(NOBODY, name="nobody", language="tr"),
    replace(BASE, name="replicate", replicate=1),
    replace(BASE, name="option_order", option_order="reversed"),
    replace(BASE, name="wording", wording="formal"),
)
PLANTED = {
    "phrases": {
        "Görüşmeci:": {"F118": 0.3},
        "Genel olarak": {"F063": -0.3},
        "I should now like to put a question to you.": {"F120": -0.3},
    },
    # the option that stands first is nearer by this: options reversed, the mean moves by twice it
    "first_listed": 0.15,
}
# From the lowest to the highest answer of each indicator that is asked in one question.
POINTS = {"A008": 3, "A165": 1, "E018": 2, "E025": 2, "F063": 9, "F118": 9, "F120": 9, "G006": 3}
FOUND = {
    "question": {"F118": 0.3},
    "nobody": {"F118": 0.3},
    "persona": {"F063": -0.3},
    "both": {"F118": 0.3, "F063": -0.3},
    "replicate": {},
    # every question; the four qualities of autonomy move alike, so that their index does not
    "option_order": dict.fromkeys(POINTS, 0.3),
    "wording": {"F120": -0.3},
}
NEAR = 0.13


def asked(planted: dict, folder: Path) -> Gathered:
    """Return the answers of a respondent with planted effects, under all conditions."""
    effects = yaml.safe_load(Path("tests/data/planted_effects.yaml").read_text(encoding="utf-8"))
    # answers that nothing pushes to an end of the scale
    effects |= {"shifts": {}, "slope": 0.2} | planted
    (folder / "planted.yaml").write_text(yaml.safe_dump(effects, allow_unicode=True))
    model = yaml.safe_load((CONFIG / "models/synthetic.yaml").read_text(encoding="utf-8"))
    model["source"] = {"planted": str(folder / "planted.yaml")}
    (folder / "synthetic.yaml").write_text(yaml.safe_dump(model))
    study = SmallStudy(folder)
    study.begin(folder / "synthetic.yaml", "oa144")
    few = tables.read(study.personas, study_tables.PERSONAS).gather_every(144 // PERSONAS)
    tables.write(few, study.personas, study_tables.PERSONAS, tables.provenance(study.personas))
    study.write()
    paths = []
    for condition in CONDITIONS:
        shard, whole = (folder / f"{condition.name}{k}.parquet" for k in ("-shard", ""))
        study.ask(condition, ["iw"], [shard], folder / f"parts-{condition.name}")
        study.gather([shard], whole, "iw")
        paths.append(whole)
    return Gathered.of(CONDITIONS, [read_instrument(IW)], paths)


def on_the_map(shifts: dict[str, float]) -> np.ndarray:
    """Return how far shifts of answers lead on the map, from the published coefficients."""
    rows = pl.read_csv(CONFIG / "reference/iw_projection.csv", comment_prefix="#").to_dicts()
    sds = {
        row["ivs"]: shifts[row["ivs"]] * POINTS[row["ivs"]] / row["sd"]
        for row in rows
        if row["ivs"] in shifts
    }
    return np.array([
        factor * sum(sds.get(row["ivs"], 0) * row[f"weight_{axis}"] for row in rows)
        for axis, factor in (("self_expression", 1.81), ("secular", 1.61))
    ])  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("planted", [True, False], ids=["planted", "without"])
def test_what_is_planted_is_found_by_its_own_contrast_and_by_no_other(planted, tmp_path):
    gathered = asked(PLANTED if planted else {}, tmp_path)
    projection = read_projection(CONFIG / "reference/iw_projection.csv")
    whole = shift_table(gathered, projection, None, Draws(300, 1))
    of_map = whole.filter(measure="length")
    items = items_table(gathered, None, Draws(300, 1)).filter(unit="question")
    assert set(of_map["condition"]) == set(FOUND)
    for name, expected in FOUND.items():
        (row,) = of_map.filter(condition=name).iter_rows(named=True)
        assert row["n_personas"] == PERSONAS
        (found,) = (
            whole.filter(condition=name)
            .pivot("measure", index="condition", values="estimate")
            .select("self_expression", "secular")
            .rows()
        )
        # as near as its own interval says
        away = np.hypot(*(found - on_the_map(expected if planted else {})))
        assert away < 1.25 * (row["ci_high"] - row["estimate"]), name
        own = items.filter(pl.col("item").is_in(["F118", "F063", "F120"]), condition=name)
        for item, shift in own.select("item", "shift").iter_rows():
            wanted = expected.get(item, 0.0) if planted else 0.0
            assert shift == pytest.approx(wanted, abs=NEAR), (name, item)
        if not planted:
            # within the floors of luck, order and wording; the nobody has none
            assert not row["beyond_floors"], name
