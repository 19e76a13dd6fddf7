"""Elicitation: every mode, asked of the synthetic respondent, babbling or not."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest
import yaml

from made_up_plan import ASK, CONFIG, IDS, IW, ROOT, ask, plan_of
from small_study import SmallStudy
from valuescape.answers.expected import STATUSES, outcome_counts
from valuescape.asking.checkpoint import of_shard
from valuescape.asking.elicitation import labels_of
from valuescape.core import tables
from valuescape.engine import Usage
from valuescape.lenses.quality import measure as quality
from valuescape.study import tables as study_tables
from valuescape.study.conditions import OF_MODE, WITH_PROBABILITIES, Condition

N = 48  # personas of a study that babbles
MODES_THAT_WRITE = tuple(mode for mode in OF_MODE if mode != "single")


@pytest.mark.parametrize("mode", OF_MODE)
def test_when_it_is_over_what_was_begun_is_finished(mode):
    plan, engine = plan_of(mode, ids=range(100))
    over = iter([False, False, True])  # asked before each questionnaire
    plan = dataclasses.replace(plan, is_over=lambda: next(over))
    counts = Counter(answer.persona_id for answer in ASK[mode].ask(engine, plan))
    assert counts == {0: len(IW.asked), 1: len(IW.asked)}


@pytest.mark.parametrize("layout", ["interview", "chat"])
@pytest.mark.parametrize("form", ["option_text", "label_token"])
@pytest.mark.parametrize("order", ["forward", "reversed"])
@pytest.mark.parametrize("mode", OF_MODE)
def test_every_mode_answers_in_every_form_and_order(mode, order, form, layout):
    answers, engine = ask(mode, form=form, layout=layout, option_order=order, ids=range(3))
    assert {answer.status for answer in answers.values()} == {"valid"}
    shares = mode in WITH_PROBABILITIES
    assert all((answer.shares is not None) == shares for answer in answers.values())
    n_requests = {"battery": 3, "reasoned": 102}.get(mode, 51)  # with reasoning, two an answer
    # whole texts of every third question are read after an unrelated prompt, too
    n_apart = 6 if (mode, form) == ("single", "option_text") else 0
    assert engine.usage.n_requests == n_requests + n_apart


@pytest.mark.parametrize("mode", MODES_THAT_WRITE)
def test_who_babbles_is_asked_again_as_often_as_allowed(mode):
    ids = IDS if mode == "battery" else IDS[::2]  # a battery fails as a whole
    once, _ = ask(mode, babble=0.2, ids=ids)
    statuses = Counter(answer.status for answer in once.values())
    # shares that are none are malformed, whatever their numbers; nobody is set aside while asked
    missing = {"set_aside", "out_of_range"} if mode == "verbalised" else {"set_aside"}
    assert set(statuses) == set(STATUSES) - missing
    assert 0.1 < 1 - statuses["valid"] / len(once) < 0.3
    thrice, _ = ask(mode, babble=0.2, ids=ids, attempts=3)
    left = sum(answer.status != "valid" for answer in thrice.values()) / len(thrice)
    assert left < 0.05  # 0.2 x 0.2 x 0.2 = 0.008; a battery's answers fail together
    attempts = Counter(answer.attempts for answer in thrice.values())
    assert set(attempts) == {1, 2, 3}
    for key, answer in thrice.items():
        # what was valid at the first attempt is the same answer
        if answer.attempts == 1:
            assert (answer.status, answer.option) == (once[key].status, once[key].option)
        else:
            assert once[key].status != "valid"
        if answer.status != "valid":
            assert answer.attempts == 3


class Labelled:
    """An engine whose labels are numbers."""

    usage = Usage()

    def labels(self, n_options):
        return tuple(map(str, range(1, n_options + 1)))


def test_an_instrument_has_one_set_of_labels_and_texts_need_none():
    most = max(question.n_options for question in IW.questions)
    assert labels_of(Labelled(), [IW], "label_token") == {"iw": tuple(map(str, range(1, most + 1)))}
    assert labels_of(Labelled(), [IW], "option_text") == {"iw": ()}


@pytest.fixture(scope="module")
def babbling(tmp_path_factory):
    """Return a folder with a model that babbles a fifth of the time, and its biographies."""
    folder = tmp_path_factory.mktemp("babbling")
    entry = yaml.safe_load((CONFIG / "models/synthetic.yaml").read_text(encoding="utf-8"))
    entry |= {"name": "babbling", "settings": {"babble": 0.2}}
    entry["source"]["planted"] = str(ROOT / entry["source"]["planted"])
    (folder / "babbling.yaml").write_text(yaml.safe_dump(entry), encoding="utf-8")
    study = SmallStudy(folder)
    study.begin(folder / "babbling.yaml", f"random{N}")
    study.write(attempts=2)
    return study


@pytest.mark.parametrize("mode", OF_MODE)
def test_a_babbling_respondent_completes_and_reconciles(babbling, mode):
    readout = "probabilities" if mode in WITH_PROBABILITIES else "drawn"
    condition = Condition(mode, mode=mode, readout=readout, attempts=2)
    shard, gathered = (babbling.folder / f"{mode}{end}.parquet" for end in ("-shard", ""))
    babbling.ask(condition, ["iw"], [shard], babbling.folder / mode)
    babbling.gather([shard], gathered, "iw")
    answered = tables.read(gathered, study_tables.RESPONSES)
    assert answered.height == N
    counts = Counter()
    for question in IW.asked:
        own = outcome_counts(answered, question.id)
        assert sum(own.values()) == N
        counts.update(own)
        attempts = answered[f"{question.id}_attempts"]
        assert attempts.is_between(1, 1 if mode == "single" else 2).all()
        chosen = answered[question.id].is_not_null()
        assert chosen.equals(answered[f"{question.id}_status"] == "valid")
    assert counts["valid"] < N * len(IW.asked)
    for question in IW.questions:  # derived indicators too
        assert sum(outcome_counts(answered, question.id).values()) == N
    biographies = tables.read(babbling.written(), of_shard(study_tables.BIOGRAPHIES))
    found = quality.validity_table(biographies, [(IW, answered)])
    assert (found["asked"] == N).all()
    assert found.filter(stage="iw").select(STATUSES).sum().row(0) == tuple(
        counts[status] for status in STATUSES
    )
    assert (found.filter(stage="iw")["option_mass"].null_count() == 0) == (mode == "single")
    assert biographies["attempts"].max() == 2
    assert 0 < biographies.filter(status="valid").height < N
