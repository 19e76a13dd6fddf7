"""Predicted responses: asked ones kept, others as they were planted, and what cannot be is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from made_up_answers import instrument, question, responses
from planted_cube import together
from valuescape.core import tables
from valuescape.core.wording import PREDICTED, marks, origin
from valuescape.lenses.surface import predict
from valuescape.lenses.surface import tables as surface_tables
from valuescape.lenses.surface.fit import fit_questions
from valuescape.lenses.surface.predict import (
    HOLDOUT,
    LEFT_OUT,
    NO_BETTER,
    PREDICTS,
    Asked,
    holdout_rows,
    question_table,
)
from valuescape.study import tables as study_tables
from valuescape.study.conditions import Condition
from valuescape.study.designs import persona_table, study_ids
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

CONFIG = Path(__file__).parents[3] / "config"
SPACE = read_space(CONFIG / "persona_space.yaml")
CONDENSED = CONFIG / "instruments/iw_condensed.yaml"
N_HELD_OUT, SEED = 40, 7
DESIGN, DRAWN = study_ids(SPACE, "oa144", N_HELD_OUT, SEED)
IDS = np.sort(np.concatenate([DESIGN, DRAWN]))


def of_two(p):
    return np.column_stack([1 - p, p])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """What is predicted of two questions: one hangs on two variables, one on none."""
    folder = tmp_path_factory.mktemp("surface")
    levels, asked = SPACE.levels_of(IDS), read_instrument(CONDENSED)
    rng = np.random.default_rng(1)
    answers = {}
    for number, each in enumerate(asked.questions):
        lean = rng.normal(0, 0.02, len(IDS))
        if number == 0:
            lean += 0.1 * (levels[:, 4] - 1.5) + 0.1 * (levels[:, 1] - 0.5)
        middle = np.full((len(IDS), each.n_options), 1 / each.n_options)
        middle[:, 0] += lean
        middle[:, -1] -= lean
        answers[each.id] = middle
    statuses = {asked.questions[0].id: ["refused"] * 3 + ["valid"] * (len(IDS) - 3)}
    provenance = {"engine": "synthetic", "study design": "oa144"}
    frame = responses(asked, answers, statuses, IDS)
    tables.write(frame, folder / "asked", study_tables.RESPONSES, provenance)
    tables.write(persona_table(SPACE, IDS), folder / "personas", study_tables.PERSONAS, provenance)
    predict.main(
        space=CONFIG / "persona_space.yaml",
        personas=folder / "personas",
        instruments=[CONDENSED],
        responses=[folder / "asked"],
        condition=Condition("base"),
        design="oa144",
        holdout=N_HELD_OUT,
        seed=SEED,
        predicted=[folder / "predicted"],
        questions=folder / "questions",
    )
    return folder, asked


def test_every_configuration_has_an_answer_and_asked_ones_keep_theirs(written):
    folder, asked = written
    found = tables.read(folder / "predicted", study_tables.RESPONSES)
    assert found["persona_id"].to_list() == list(range(SPACE.n_personas))
    own = tables.read(folder / "asked", study_tables.RESPONSES)
    kept = found.filter(pl.col("persona_id").is_in(IDS.tolist()))
    assert kept.equals(own.select(kept.columns))
    others = found.filter(~pl.col("persona_id").is_in(IDS.tolist()))
    first = asked.questions[0]
    assert (others[f"{first.id}_status"] == "valid").all()
    assert (others[f"{first.id}_attempts"] == 0).all()
    units = others.select(f"{first.id}_p{k + 1}" for k in range(first.n_options))
    assert units.sum_horizontal().is_between(9_998, 10_002).all()


def test_predictions_follow_what_was_planted(written):
    folder, asked = written
    found = tables.read(folder / "predicted", study_tables.RESPONSES)
    levels = SPACE.levels_of(found["persona_id"].to_numpy())
    first = asked.questions[0]
    share = found[f"{first.id}_p1"].to_numpy() / 10_000
    planted = 1 / first.n_options + 0.1 * (levels[:, 4] - 1.5) + 0.1 * (levels[:, 1] - 0.5)
    assert np.corrcoef(share, planted)[0, 1] > 0.95
    # what the surface leaves is given back: personas scatter as those that were asked
    assert np.std(share - planted) == pytest.approx(0.02, rel=0.4)


def test_what_hangs_on_nothing_is_no_better_than_the_mean(written):
    folder, asked = written
    table = tables.read(folder / "questions", surface_tables.SURFACE_QUESTIONS)
    verdicts = {(row["question"], row["checked_on"]): row for row in table.iter_rows(named=True)}
    first, second = (each.id for each in asked.questions)
    for checked_on in (LEFT_OUT, HOLDOUT):
        assert verdicts[first, checked_on]["verdict"] == PREDICTS
        assert verdicts[first, checked_on]["r2"] > 0.8
        assert verdicts[second, checked_on]["verdict"] == NO_BETTER
    assert verdicts[first, LEFT_OUT]["n_personas"] == len(IDS) - 3
    assert verdicts[first, LEFT_OUT]["coverage"] is None
    assert verdicts[first, HOLDOUT]["coverage"] > 0.8


def test_what_is_predicted_says_so(written):
    folder, _ = written
    provenance = tables.provenance(folder / "predicted")
    assert provenance[PREDICTED] == "184 asked personas"
    assert "answers predicted from 184 asked personas, design: oa144" in origin(provenance)
    assert "Answers predicted from 184 asked personas" in marks(provenance)
    assert not marks({"engine": "vllm"})


def made_of(design, n_held_out, p_of_all):
    inside, drawn = study_ids(SPACE, design, n_held_out, SEED)
    ids = np.sort(np.concatenate([inside, drawn]))
    asked = instrument(question("Q", (0, 1)))
    frame = responses(asked, {"Q": of_two(p_of_all[ids])}, persona_ids=ids)
    made = Asked(SPACE, persona_table(SPACE, ids), (asked,), (frame,), "probabilities")
    return made, np.isin(ids, drawn)


def test_a_pure_three_way_interaction_is_called_unpredictable():
    effect = together(SPACE, (0, 3, 8), np.random.default_rng(2))
    asked, held_out = made_of("oa288", 100, 0.5 + 0.4 * effect / np.abs(effect).max())
    [row] = question_table(holdout_rows(asked, held_out)).iter_rows(named=True)
    assert row["verdict"] == NO_BETTER


def test_pairs_are_predicted_where_the_personas_show_them():
    effect = together(SPACE, (0, 4), np.random.default_rng(2))
    asked, held_out = made_of("random1728", 100, 0.5 + 0.3 * effect / np.abs(effect).max())
    [row] = question_table(holdout_rows(asked, held_out)).iter_rows(named=True)
    assert row["verdict"] == PREDICTS
    assert row["form"] == "main effects and pairs"
    assert row["r2"] > 0.9


def test_answers_without_probabilities_are_drawn_from_the_surface():
    levels = SPACE.levels_of(IDS)
    chosen = (levels[:, 1] == 1).astype(float)
    asked = question("Q", (0, 1))
    [fitted] = fit_questions(levels, SPACE.radices, [asked], [of_two(chosen)])
    condition = Condition("written", mode="sampled", readout="drawn")
    shares = predict.predicted_shares(fitted, np.zeros((500, 238)), None, 2)
    columns = predict.response_columns(asked, shares, condition, np.random.default_rng(1))
    frame = pl.DataFrame(columns)
    assert frame["Q"].mean() == pytest.approx(0.5, abs=0.07)
    assert frame["Q_p1"].is_null().all()
