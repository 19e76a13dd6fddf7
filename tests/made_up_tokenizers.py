"""Small tokenizers and chat templates with the traits of those that models come with.

No template is anybody's: each is written here to do one or two things that the templates of a
kind of model do, in the marks of that kind.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

ALTERNATE = """\
{% for m in messages %}\
{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}\
{{ raise_exception('Conversation roles must alternate user/assistant/...') }}{% endif %}\
"""
TEMPLATES = {
    # today's date in the system message; the turn's end is not the text's
    "llama-3": """{{ bos_token }}{% if messages[0].role == 'system' %}\
{% set told = messages[0].content %}{% set messages = messages[1:] %}{% else %}{% set told = '' %}\
{% endif %}<|start_header_id|>system<|end_header_id|>

Today Date: {{ date_string or strftime_now('%d %b %Y') }}

{{ told }}<|eot_id|>{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>

{{ m.content | trim }}<|eot_id|>{% endfor %}{% if add_generation_prompt %}\
<|start_header_id|>assistant<|end_header_id|>

{% endif %}""",
    # thinks unless told not to
    "qwen-3": """{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% if enable_thinking is defined and enable_thinking is false %}<think>

</think>

{% endif %}{% endif %}""",
    # refuses a system message; its eos is another token than its turn's end
    "gemma-2": """{{ bos_token }}{% if messages[0].role == 'system' %}\
{{ raise_exception('System role not supported') }}{% endif %}"""
    + ALTERNATE
    + """<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}
{{ m.content | trim }}<end_of_turn>
{% endfor %}{% if add_generation_prompt %}<start_of_turn>model
{% endif %}""",
    # folds a system message itself
    "gemma-3": """{{ bos_token }}{% if messages[0].role == 'system' %}\
{% set told = messages[0].content + '\n\n' %}{% set messages = messages[1:] %}\
{% else %}{% set told = '' %}{% endif %}"""
    + ALTERNATE
    + """<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}
{{ told if loop.first }}{{ m.content | trim }}<end_of_turn>
{% endfor %}{% if add_generation_prompt %}<start_of_turn>model
{% endif %}""",
    # drops a system message without a word; nothing opens the model's turn
    "mistral": """{{ bos_token }}{% for m in messages if m.role != 'system' %}\
{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]\
{% else %} {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}""",
    # ends a turn with a mark that is not its eos
    "phi": """{% for m in messages %}<|{{ m.role }}|>
{{ m.content }}<|end|>
{% endfor %}{% if add_generation_prompt %}<|assistant|>
{% endif %}""",
    # opens a think block
    "deepseek-r1": """{{ bos_token }}{% for m in messages %}\
{% if m.role == 'system' %}{{ m.content }}{% elif m.role == 'user' %}<|User|>{{ m.content }}\
{% else %}<|Assistant|>{{ m.content.split('</think>')[-1] }}{{ eos_token }}{% endif %}\
{% endfor %}{% if add_generation_prompt %}<|Assistant|><think>
{% endif %}""",
    # channels, and a date that it takes without asking
    "gpt-oss": """<|start|>system<|message|>Current date: {{ strftime_now('%Y-%m-%d') }}<|end|>\
{% for m in messages %}<|start|>{{ 'developer' if m.role == 'system' else m.role }}\
{{ '<|channel|>final' if m.role == 'assistant' }}<|message|>{{ m.content }}\
{{ '<|return|>' if m.role == 'assistant' else '<|end|>' }}{% endfor %}\
{% if add_generation_prompt %}<|start|>assistant{% endif %}""",
    # renders the parts of a content, and of a text nothing
    "smolvlm": """{% for m in messages %}{{ m.role | capitalize }}:\
{% for part in m.content %}{{ part.text if part.type == 'text' }}{% endfor %}<end_of_utterance>
{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}""",
    # says no word of what it is given
    "silent": "Hello!",
}
MARKS = re.compile(r"<[|/]?[a-z_A-Z]+[|]?>|\[/?INST\]")
# "</think>" and "<think>" are tokens, but not marks that end a turn
EOS = {
    "llama-3": "<|end_of_text|>",
    "qwen-3": "<|im_end|>",
    "gemma-2": "<eos>",
    "gemma-3": "<eos>",
    "mistral": "</s>",
    "phi": "<|endoftext|>",
    "deepseek-r1": "<|end_of_sentence|>",
    "gpt-oss": "<|return|>",
    "smolvlm": "<end_of_utterance>",
    "silent": "</s>",
}
BOS = {"llama-3": "<|begin_of_text|>", "gemma-2": "<bos>", "gemma-3": "<bos>", "mistral": "<s>"}


@cache
def compiled(template: str) -> jinja2.Template:
    """Return a chat template, compiled once, as the library of tokenizers does."""

    def raise_exception(message):
        raise jinja2.TemplateError(message)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = strftime_now
    return environment.from_string(template)


def strftime_now(form: str) -> str:
    """Return today's date, as templates ask for it."""
    return dt.datetime.now().strftime(form)  # noqa: DTZ005


@dataclass(frozen=True)
class AddedMark:
    """What the library of tokenizers tells of a mark."""

    text: str
    special: bool = True
    lstrip: bool = False
    rstrip: bool = False
    single_word: bool = False

    def __str__(self) -> str:
        return self.text


class MadeUpTokenizer:
    """Words with the space before them as tokens, and marks; ids are given as they come.

    Parameters
    ----------
    kind : str
        Whose template; None for a base model, which has none.
    sentence_piece : bool
        Whether a text begins with a space that nobody wrote, as SentencePiece has it.
    """

    def __init__(self, kind: str | None = None, *, sentence_piece: bool = False) -> None:
        self.kind, self._sentence_piece = kind, sentence_piece
        self.chat_template = TEMPLATES.get(kind)
        self.eos_token, self.bos_token = EOS.get(kind, "</s>"), BOS.get(kind, "")
        self._ids: dict[str, int] = {}
        self.renderings = 0

    def _id(self, piece: str) -> int:
        return self._ids.setdefault(piece, len(self._ids))

    @property
    def eos_token_id(self) -> int:
        return self._id(self.eos_token)

    @property
    def all_special_ids(self) -> list[int]:
        return [self._id(mark) for mark in (self.eos_token, self.bos_token) if mark]

    @property
    def added_tokens_decoder(self) -> dict[int, AddedMark]:
        marks = ((number, piece) for piece, number in self._ids.items() if MARKS.fullmatch(piece))
        return {number: AddedMark(piece) for number, piece in marks}

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        pieces = [self.bos_token] if add_special_tokens and self.bos_token else []
        place, plain = 0, True
        for mark in [*MARKS.finditer(text), None]:
            between = text[place : mark.start() if mark else len(text)]
            pieces += self._pieces(between, begins=plain)
            if mark:
                pieces.append(mark[0])
                place, plain = mark.end(), False
        return [self._id(piece) for piece in pieces]

    def _pieces(self, text: str, *, begins: bool) -> list[str]:
        if not self._sentence_piece:
            return re.findall(r" ?\w+| ?[^\s\w]+|\s", text)
        said = ("▁" if begins and text else "") + text.replace(" ", "▁")
        pieces = re.findall(r"▁?\w+|▁?[^\w\s▁]+|▁|\n", said)
        return ["<0x0A>" if piece == "\n" else piece for piece in pieces]

    def pieces(self, tokens) -> list[str]:
        """Return what each token stands for."""
        return [list(self._ids)[token] for token in tokens]

    def decode(self, tokens, skip_special_tokens, clean_up_tokenization_spaces) -> str:
        assert not skip_special_tokens
        assert not clean_up_tokenization_spaces
        text = "".join(self.pieces(tokens))
        if self._sentence_piece:
            text = text.replace("<0x0A>", "\n").replace("▁", " ").removeprefix(" ")
        return text

    def apply_chat_template(
        self, messages, tokenize, add_generation_prompt, chat_template=None, **arguments
    ) -> str:
        assert not tokenize
        self.renderings += 1
        template = chat_template or self.chat_template
        if template is None:
            msg = "Cannot use chat template functions because tokenizer.chat_template is not set"
            raise ValueError(msg)
        marks = {"eos_token": self.eos_token, "bos_token": self.bos_token}
        return compiled(template).render(
            messages=messages, add_generation_prompt=add_generation_prompt, **marks | arguments
        )
