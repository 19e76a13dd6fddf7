"""The vLLM engine with a stand-in for vLLM: every token has the same probability."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from types import SimpleNamespace

from made_up_tokenizers import MadeUpTokenizer
from valuescape.engine import Usage
from valuescape.engine.rendering import Rendering
from valuescape.engine.vllm_engine import VllmEngine

LOG_PROBABILITY = math.log(0.2)


class MadeUpVllm:
    """What of vLLM's engine is used; it clips what is too long, as vLLM does."""

    def __init__(self, longest: int) -> None:
        self.vllm_config = SimpleNamespace(model_config=SimpleNamespace(max_model_len=longest))
        self._longest = longest
        self._waiting: dict[str, tuple[list[int], SimpleNamespace]] = {}

    def add_request(self, number, prompt, params) -> None:
        self._waiting[number] = prompt["prompt_token_ids"], params

    def step(self):
        waiting, self._waiting = self._waiting, {}
        for number, (prompt, params) in waiting.items():
            room = min(params.max_tokens, self._longest - len(prompt))
            tokens = (getattr(params, "extra_args", None) or {}).get("forced_tokens", [0])[:room]
            known = defaultdict(lambda: SimpleNamespace(logprob=LOG_PROBABILITY))
            output = SimpleNamespace(
                text="Yes",
                finish_reason="stop",
                token_ids=tokens,
                logprobs=[known for _ in tokens],
                cumulative_logprob=LOG_PROBABILITY * len(tokens),
            )
            yield SimpleNamespace(
                request_id=number,
                prompt_token_ids=prompt,
                num_cached_tokens=0,
                outputs=[output],
            )


def opened(model, kind, longest: int) -> VllmEngine:
    """Return the engine of a model with a made-up tokenizer and no weights."""
    engine = VllmEngine.__new__(VllmEngine)
    engine._llm = SimpleNamespace(llm_engine=MadeUpVllm(longest))
    engine._params = engine._structured = SimpleNamespace
    engine._final_only = None
    engine._rendering = Rendering(model, MadeUpTokenizer(kind))
    engine._model = model
    engine._numbers = itertools.count()
    engine._at_once = 8
    engine.usage = Usage()
    return engine
