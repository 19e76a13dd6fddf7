"""Make vLLM say a given text, so that the log-probability of each of its tokens can be read.

vLLM's log-probabilities are taken before this changes anything (``logprobs_mode`` raw_logprobs),
so they are the model's own. Unlike prompt log-probabilities, such requests read the prefix cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vllm.v1.sample.logits_processor import LogitsProcessor, MoveDirectionality

if TYPE_CHECKING:
    import torch
    from vllm.config import VllmConfig
    from vllm.v1.sample.logits_processor import BatchUpdate


class ForcedTokens(LogitsProcessor):  # type: ignore[misc]
    """Force the tokens that a request names in ``extra_args["forced_tokens"]``.

    Parameters
    ----------
    vllm_config, device, is_pin_memory
        What vLLM hands to every logits processor; not needed here.
    """

    def __init__(
        self,
        vllm_config: VllmConfig,
        device: torch.device,
        is_pin_memory: bool,  # noqa: FBT001 - vLLM's own signature
    ) -> None:
        del vllm_config, device, is_pin_memory
        # by place in the batch: the tokens to force, and vLLM's growing list of those said
        self._requests: dict[int, tuple[list[int], list[int]]] = {}

    def is_argmax_invariant(self) -> bool:
        """Return False: the greedy choice is what changes."""
        return False

    def update_state(self, batch_update: BatchUpdate | None) -> None:
        """Follow the requests as vLLM adds, removes and moves them in the batch."""
        if batch_update is None:
            return
        for place in batch_update.removed:
            self._requests.pop(place, None)
        for place, params, _, said in batch_update.added:
            self._requests.pop(place, None)
            forced = (params.extra_args or {}).get("forced_tokens")
            if forced is not None:
                self._requests[place] = (forced, said)
        for source, target, direction in batch_update.moved:
            moved, other = self._requests.pop(source, None), self._requests.pop(target, None)
            if moved is not None:
                self._requests[target] = moved
            if other is not None and direction == MoveDirectionality.SWAP:
                self._requests[source] = other

    def apply(self, logits: torch.Tensor) -> torch.Tensor:
        """Leave only the next forced token possible, in the rows of the requests that force one."""
        if self._requests:
            places = list(self._requests)
            tokens = [forced[len(said)] for forced, said in self._requests.values()]
            logits[places] = float("-inf")
            logits[places, tokens] = 0.0
        return logits
