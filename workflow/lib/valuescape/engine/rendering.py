"""Rendering: what a prompt is to a model, as text and as tokens, by the model's own tokenizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from valuescape.engine.labels import safe_labels

if TYPE_CHECKING:
    from valuescape.study.models import Model
    from valuescape.study.templates import Prompt


class Rendering:
    """A model's tokenizer and chat template.

    Parameters
    ----------
    model : Model
        Its form of an answer says where an answer begins, and which labels are wanted.
    tokenizer : transformers tokenizer
        The model's own.
    """

    def __init__(self, model: Model, tokenizer: Any) -> None:
        self._model = model
        self._tokenizer = tokenizer

    @property
    def end(self) -> int:
        """Token that ends the model's turn."""
        return int(self._tokenizer.eos_token_id)

    @property
    def stops(self) -> list[int]:
        """Tokens that end a text beside `end`; none, but in a format that has channels."""
        return []

    def encoded(self, text: str) -> list[int]:
        """Return the tokens of a text; none are added."""
        return list(self._tokenizer.encode(text, add_special_tokens=False))

    def text(self, prompt: Prompt) -> str:
        """Return a prompt as the model reads it, to the character where its answer begins."""
        if prompt.text:
            return prompt.text
        said: str = self._tokenizer.apply_chat_template(
            [{"role": role, "content": text} for role, text in prompt.messages],
            tokenize=False,
            add_generation_prompt=True,
        )
        return said + prompt.prefill

    def tokens(self, prompt: Prompt) -> list[int]:
        """Return the tokens of a prompt."""
        return self.encoded(self.text(prompt))

    def labels(self, n_options: int) -> tuple[tuple[str, ...], str]:
        """Return labels that the tokenizer keeps apart, and what was done, in words.

        Parameters
        ----------
        n_options : int
            How many are needed.

        Returns
        -------
        tuple of str
            The model file's wanted labels, or others if these are not safe.
        str
            Which, and why not others.
        """
        answer = self._model.answer
        gap = "" if answer["layout"] == "chat" else " "
        return safe_labels(n_options, answer.get("labels", "letters"), gap, self.encoded)
