"""Rendering: a prompt as text and as tokens, by a tokenizer that knows characters."""

from __future__ import annotations

import pytest

from valuescape.core.errors import UserError
from valuescape.engine.rendering import Rendering
from valuescape.study.models import Model
from valuescape.study.templates import Prompt


class Characters:
    """A tokenizer whose tokens are characters, and its chat template."""

    eos_token_id = 0

    def encode(self, text, add_special_tokens):
        assert not add_special_tokens
        return [ord(letter) for letter in text]

    def apply_chat_template(self, messages, tokenize, add_generation_prompt):
        assert (tokenize, add_generation_prompt) == (False, True)
        said = [f"<{each['role']}>{each['content']}" for each in messages]
        return "".join(said) + "<assistant>"


def rendering(layout: str) -> Rendering:
    answer = {"form": "label_token", "layout": layout}
    return Rendering(Model("small", "Small", "vllm", {}, answer=answer), Characters())


def test_running_text_stays_as_it_is():
    found = rendering("interview")
    assert found.text(Prompt(text="You:")) == "You:"
    assert found.tokens(Prompt(text="Hi")) == [72, 105]
    assert (found.end, found.stops) == (0, [])


def test_a_chat_is_opened_to_where_the_answer_begins():
    prompt = Prompt(messages=(("user", "Hi"),), prefill="I ")
    assert rendering("chat").text(prompt) == "<user>Hi<assistant>I "


def test_labels_stand_where_an_answer_begins():
    assert rendering("chat").labels(3)[0] == ("A", "B", "C")
    # after a space, a label is two of these tokens
    with pytest.raises(UserError, match="keeps no labels of 3 options apart"):
        rendering("interview").labels(3)
