"""Plans of the map's ten questions, and the synthetic respondent that answers them."""

from __future__ import annotations

from pathlib import Path

import yaml

from valuescape.asking.elicitation import (
    AskingPlan,
    battery,
    labels_of,
    single,
    verbalised,
    written,
)
from valuescape.asking.phrasing import Phrasing, answer_sections, statements
from valuescape.engine.synthetic import SyntheticEngine
from valuescape.study.conditions import Condition
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space
from valuescape.study.templates import Template

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "config"
SPACE = read_space(CONFIG / "persona_space.yaml")
PLANTED = yaml.safe_load((ROOT / "tests/data/planted_effects.yaml").read_text(encoding="utf-8"))
IW = read_instrument(CONFIG / "instruments/iw.yaml")
ASK = {"single": single, "sampled": written, "battery": battery, "reasoned": written,
       "verbalised": verbalised}  # fmt: skip
IDS = range(0, 93_312, 622)  # 151 personas


def ask(mode, **keys):
    """Return the answers to the questions of the map, by persona and question."""
    plan, engine = plan_of(mode, **keys)
    answers = list(ASK[mode].ask(engine, plan))
    found = {(a.persona_id, a.question): a for a in answers}
    assert len(found) == len(answers) == len(plan.contexts) * len(IW.asked)
    return found, engine


def plan_of(mode, *, babble=0.0, form="label_token", layout="interview", ids=IDS, **keys):
    """Return what is asked of personas, and who answers."""
    condition = Condition("test", mode=mode, **keys)
    answer = {"layout": layout, "form": form}
    engine = SyntheticEngine(SPACE, PLANTED, answer, babble)
    template = Template(CONFIG / "prompts/answer.md", answer_sections(answer, mode))
    contexts = {number: " ".join(statements(SPACE, number)) for number in ids}
    missing = dict.fromkeys(ids, (IW,))
    phrasing = Phrasing(template, answer, condition.option_order)
    labels = labels_of(engine, [IW], form)
    return AskingPlan(condition, phrasing, 1, contexts, missing, labels), engine
