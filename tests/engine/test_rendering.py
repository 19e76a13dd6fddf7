"""Rendering: what chat templates and tokenizers of every kind make of a prompt and an answer."""

from __future__ import annotations

import dataclasses
import re

import pytest

from made_up_tokenizers import TEMPLATES, MadeUpTokenizer
from valuescape.core.errors import UserError
from valuescape.engine.rendering import Manner, Rendering, UnrenderableError
from valuescape.study.models import Model
from valuescape.study.templates import Prompt

CHAT = Prompt(messages=(("system", "You are Ama."), ("user", "Is it so?")))
SHOWING = sorted(set(TEMPLATES) - {"silent"})


def rendering(kind=None, *, layout="chat", sentence_piece=False, **keys) -> Rendering:
    answer = {"form": "label_token", "layout": layout} | keys.pop("answer", {})
    model = Model("small", "Small", "vllm", {}, answer=answer, **keys)
    return Rendering(model, MadeUpTokenizer(kind, sentence_piece=sentence_piece))


@pytest.mark.parametrize("kind", SHOWING)
def test_what_is_said_stands_in_every_kind_of_chat_once_and_in_order(kind):
    text = rendering(kind).text(CHAT)
    assert [text.count(said) for said in ("You are Ama.", "Is it so?")] == [1, 1]
    assert text.index("You are Ama.") < text.index("Is it so?")


@pytest.mark.parametrize(
    ("kind", "manner"),
    [
        ("qwen-3", Manner(folded=False, parts=False)),
        ("gemma-2", Manner(folded=True, parts=False)),  # refuses a system message
        ("gemma-3", Manner(folded=False, parts=False)),
        ("mistral", Manner(folded=True, parts=False)),  # drops it
        ("smolvlm", Manner(folded=False, parts=True)),
    ],
)
def test_how_a_template_takes_messages_is_read_off_its_rendering(kind, manner):
    assert rendering(kind).manner == manner


def test_a_folded_system_text_stands_at_the_head_of_the_user():
    assert "<start_of_turn>user\nYou are Ama.\n\nIs it so?<end" in rendering("gemma-2").text(CHAT)
    # as well where the template would take it, if the model file says so
    assert "user\nYou are Ama.\n\nIs it so?" in rendering("qwen-3", system="folded").text(CHAT)


def test_a_template_that_does_not_show_what_is_said_is_refused():
    with pytest.raises(UserError, match="does not show what is said: the text of system stands"):
        rendering("silent").text(CHAT)
    with pytest.raises(UserError, match="System role not supported") as caught:
        rendering("gemma-2", system="separate").text(CHAT)
    assert "system: folded" in caught.value.hint


def test_messages_that_a_template_does_not_take_are_told():
    twice = Prompt(messages=(("user", "Well?"), ("user", "Well!")))
    with pytest.raises(UnrenderableError, match="roles must alternate"):
        rendering("gemma-3").text(twice)


def test_a_base_model_has_running_text_and_no_chat():
    base = rendering(layout="interview")
    assert base.text(Prompt(text="You:")) == "You:"
    assert (base.has_template, base.stops) == (False, [])
    with pytest.raises(UserError, match="has no chat template") as caught:
        base.text(CHAT)
    assert "layout: interview" in caught.value.hint


def test_a_template_of_a_file_stands_in_for_the_models_own(tmp_path):
    file = tmp_path / "own.jinja"
    file.write_text("{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{{ mood }}")
    own = rendering(
        "qwen-3", chat_template=str(file), chat_template_arguments={"mood": "Calm: "}
    ).text(CHAT)
    assert own == "[system]You are Ama.[user]Is it so?Calm: "


@pytest.mark.parametrize(
    ("kind", "date"), [("llama-3", "Today Date: 28 Jun 2025"), ("gpt-oss", "date: 2025-06-28")]
)
def test_the_date_is_that_of_the_model_file_and_not_todays(kind, date):
    assert date in rendering(kind).text(CHAT)
    assert "01 Feb 2030" in rendering("llama-3", date="2030-02-01").text(CHAT)


@pytest.mark.parametrize(
    ("kind", "turn_end"),
    [
        ("llama-3", "<|eot_id|>"),
        ("qwen-3", "<|im_end|>"),
        ("gemma-2", "<end_of_turn>"),
        ("gemma-3", "<end_of_turn>"),
        ("mistral", "</s>"),
        ("phi", "<|end|>"),
        ("deepseek-r1", "<|end_of_sentence|>"),
        ("gpt-oss", "<|return|>"),
        ("smolvlm", "<end_of_utterance>"),
    ],
)
def test_the_end_of_a_turn_is_that_of_the_template(kind, turn_end):
    found = rendering(kind)
    assert found.turn_end[1] == turn_end
    eos = found._tokenizer.eos_token
    # a text stops there too, where the engine does not by itself
    assert found.stops == ([] if turn_end == eos else [found.end])
    _, ((*_, last),) = found.answers(CHAT, ["Very"], whole=True)
    assert last == found.end


def test_a_turn_end_of_the_model_file_must_be_that_of_the_template():
    assert rendering("phi", turn_end="<|end|>").turn_end[1] == "<|end|>"
    with pytest.raises(UserError, match=r"turn_end is '<eos>', but .* ends a turn with '<end_of_t"):
        assert rendering("gemma-2", turn_end="<eos>").end
    with pytest.raises(UserError, match="turn_end '<a> <b>' is 3 tokens, not one"):
        assert rendering("phi", turn_end="<a> <b>").end


def test_a_think_block_is_closed_before_an_answer():
    assert rendering("qwen-3").text(CHAT).endswith("assistant\n<think>\n\n</think>\n\n")
    assert rendering("deepseek-r1").text(CHAT).endswith("<think>\n\n</think>\n\n")
    asked = dataclasses.replace(CHAT, prefill="My answer: ")
    assert rendering("deepseek-r1").text(asked).endswith("</think>\n\nMy answer: ")


@pytest.mark.parametrize("kind", ["qwen-3", "deepseek-r1"])
def test_a_model_that_reasons_in_its_block_opens_it_once(kind):
    opened = dataclasses.replace(CHAT, prefill="<think>\n")
    text = rendering(kind).text(opened.continued("Hm.\n</think>\n\n"))
    assert text.endswith("<think>\nHm.\n</think>\n\n")
    assert len(re.findall("<think>", text)) == 1


def test_an_option_is_encoded_as_it_stands_after_its_prompt():
    """What SentencePiece makes of " Very" and of a line's end alone is not what a model writes."""
    asked = rendering(layout="interview", sentence_piece=True)
    prompt = Prompt(text="Interviewer: Are you happy?\nYou:")
    tokens, (very, no) = asked.answers(prompt, [" Very happy", " No"], whole=True)
    assert tokens == asked.tokens(prompt)
    pieces = asked._tokenizer.pieces
    assert pieces(very) == ["▁Very", "▁happy", "<0x0A>"]
    assert pieces(no) == ["▁No", "<0x0A>"]
    assert pieces(asked.encoded(" Very happy")) == ["▁", "▁Very", "▁happy"]
    assert asked.decoded([*tokens, *very]) == prompt.text + " Very happy\n"


def test_a_token_over_the_border_belongs_to_the_option():
    asked = rendering(layout="interview")
    tokens, options = asked.answers(Prompt(text="You: "), ["Yes", "No"], whole=False)
    assert asked.decoded(tokens) == "You:"
    assert [asked.decoded(option) for option in options] == [" Yes", " No"]


def test_an_option_that_is_not_given_back_is_refused():
    asked = rendering(layout="interview")
    decode = asked._tokenizer.decode
    asked._tokenizer.decode = lambda *args, **keys: decode(*args, **keys).lower()
    with pytest.raises(UserError, match="gives ' Yes' back as ' yes'"):
        asked.answers(Prompt(text="You:"), [" Yes"], whole=False)


def test_what_stands_between_marks_is_encoded_once():
    asked = rendering("qwen-3")
    asked.encoded(asked.text(CHAT))  # a made-up tokenizer knows the marks that it has met
    other = Prompt(messages=(CHAT.messages[0], ("user", "And now?")))
    assert [asked.tokens(each) for each in (CHAT, other)] == [
        asked.encoded(asked.text(each)) for each in (CHAT, other)
    ]
    assert asked._cuts is not None
    assert asked._piece.cache_info().hits > 0


def test_a_tokenizer_that_looks_over_its_marks_encodes_the_whole():
    asked = rendering("qwen-3", sentence_piece=True)
    whole = asked.encoded(asked.text(CHAT))
    assert asked._cuts is None
    assert asked.tokens(CHAT) == whole


def test_running_text_begins_as_the_tokenizer_begins_a_text():
    asked = rendering("gemma-2", layout="interview")
    assert asked.decoded(asked.tokens(Prompt(text="You:"))) == "<bos>You:"
    assert asked.decoded(asked.tokens(CHAT)).count("<bos>") == 1


@pytest.mark.parametrize("kind", SHOWING)
@pytest.mark.parametrize("sentence_piece", [False, True])
def test_labels_are_kept_apart_where_an_answer_begins(kind, sentence_piece):
    opened = "<|channel|>final<|message|>" if kind == "gpt-oss" else ""
    asked = rendering(kind, sentence_piece=sentence_piece, answer={"prefill": opened})
    assert asked.labels(11)[0] == tuple("ABCDEFGHIJK")
    prompt = dataclasses.replace(CHAT, prefill=opened)
    tokens, options = asked.answers(prompt, "ABC", whole=False)
    assert tokens == asked.tokens(prompt)
    assert [len(option) for option in options] == [1, 1, 1]
