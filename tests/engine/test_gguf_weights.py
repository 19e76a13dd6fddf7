"""GGUF weights: the rows of queries and keys come back in the order that Hugging Face knows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuescape.engine.gguf_weights import tensor_name, without_rotary_pairs


def with_rotary_pairs(weight: np.ndarray, n_heads: int) -> np.ndarray:
    """Return the rows as GGUF keeps them: member i of each half of a head side by side."""
    size = len(weight) // n_heads
    rows = np.empty_like(weight)
    for head in range(n_heads):
        for pair in range(size // 2):
            for half in range(2):
                source = head * size + half * size // 2 + pair
                rows[head * size + 2 * pair + half] = weight[source]
    return rows


@given(
    n_heads=st.integers(1, 9),
    n_pairs=st.integers(1, 6),
    n_inputs=st.integers(1, 5),
    seed=st.randoms(),
)
def test_rotary_pairs_are_undone(n_heads, n_pairs, n_inputs, seed):
    shape = (n_heads * n_pairs * 2, n_inputs)
    weight = np.random.default_rng(seed.getrandbits(32)).normal(size=shape).astype(np.float32)
    restored = without_rotary_pairs(with_rotary_pairs(weight, n_heads), n_heads)
    np.testing.assert_array_equal(restored, weight)
    assert restored.dtype == np.float32


def test_one_head_by_hand():
    rows = np.array([[0], [10], [1], [11]], dtype=np.float32)  # pairs (0, 10) and (1, 11)
    assert without_rotary_pairs(rows, 1).ravel().tolist() == [0, 1, 10, 11]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("token_embd.weight", "model.embed_tokens.weight"),
        ("output_norm.weight", "model.norm.weight"),
        ("blk.3.attn_q.weight", "model.layers.3.self_attn.q_proj.weight"),
        ("blk.29.attn_norm.weight", "model.layers.29.input_layernorm.weight"),
        ("blk.0.ffn_norm.weight", "model.layers.0.post_attention_layernorm.weight"),
        ("blk.11.ffn_down.weight", "model.layers.11.mlp.down_proj.weight"),
    ],
)
def test_tensor_names(name, expected):
    assert tensor_name(name) == expected
