"""Turn a Llama-type GGUF file into the folder of safetensors that vLLM loads.

vLLM has no GGUF reader for the CPU, so the quantised tensors are expanded once. The rotary
layout of GGUF's query and key rows (pairs side by side) is undone: Hugging Face keeps the two
halves of a head one after the other.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from valuescape.core.errors import UserError
from valuescape.core.files import follow_umask

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TENSOR_NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
BLOCK_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
SPECIAL_TOKEN = 3  # GGUF token type "control"
# How each named pre-tokenizer of GGUF splits digits; others are refused rather than guessed.
PRE_TOKENIZERS = {"smollm": True}


def tensor_name(name: str) -> str:
    """Return the Hugging Face name of a GGUF tensor.

    Parameters
    ----------
    name : str
        For instance ``blk.3.attn_q.weight``.

    Returns
    -------
    str
        For instance ``model.layers.3.self_attn.q_proj.weight``.
    """
    if name in TENSOR_NAMES:
        return TENSOR_NAMES[name]
    _, block, part, kind = name.split(".")
    return f"model.layers.{block}.{BLOCK_NAMES[part]}.{kind}"


def without_rotary_pairs(weight: NDArray[np.float32], n_heads: int) -> NDArray[np.float32]:
    """Return query or key rows in Hugging Face's order.

    Parameters
    ----------
    weight : ndarray of float32, shape (n_heads * head_size, n_inputs)
        Rows with the two members of a rotary pair side by side, as GGUF keeps them.
    n_heads : int
        Query heads, or key heads for the key tensor.

    Returns
    -------
    ndarray of float32, same shape
        Rows with the first members of all pairs of a head before the second ones.
    """
    n_rows, n_inputs = weight.shape
    pairs = weight.reshape(n_heads, n_rows // n_heads // 2, 2, n_inputs)
    return pairs.swapaxes(1, 2).reshape(n_rows, n_inputs)


def convert(gguf: Path, folder: Path) -> None:
    """Write `gguf` as a Hugging Face model folder.

    Parameters
    ----------
    gguf : Path
        A Llama-type file with its tokenizer and chat template inside.
    folder : Path
        Where to; made if needed. Weights are float32, so that each dtype can be chosen later.

    Raises
    ------
    UserError
        If the architecture or the tokenizer is not one that is known to come out right.
    """
    from gguf import GGUFReader

    reader = GGUFReader(gguf)
    fields = {key: value.contents() for key, value in reader.fields.items() if "." in key}
    architecture = fields["general.architecture"]
    if architecture != "llama":
        msg = f"{gguf}: architecture {architecture!r}; only 'llama' can be converted"
        raise UserError(msg, hint="give a folder of safetensors in the model file (source: path)")
    folder.mkdir(parents=True, exist_ok=True)
    _write_weights(reader, fields, folder)
    _write_tokenizer(fields, folder, gguf)
    (folder / "config.json").write_text(json.dumps(_config(fields), indent=2))


def _write_weights(reader: Any, fields: dict[str, Any], folder: Path) -> None:
    from gguf import dequantize
    from safetensors.numpy import save_file

    heads = {
        "attn_q": fields["llama.attention.head_count"],
        "attn_k": fields["llama.attention.head_count_kv"],
    }
    weights: dict[str, NDArray[np.float32]] = {}
    for tensor in reader.tensors:
        weight = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        part = tensor.name.split(".")[2] if tensor.name.startswith("blk.") else ""
        if part in heads:
            weight = without_rotary_pairs(weight, heads[part])
        weights[tensor_name(tensor.name)] = np.ascontiguousarray(weight)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    follow_umask(folder / "model.safetensors")


def _config(fields: dict[str, Any]) -> dict[str, Any]:
    heads = fields["llama.attention.head_count"]
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": fields["llama.vocab_size"],
        "hidden_size": fields["llama.embedding_length"],
        "intermediate_size": fields["llama.feed_forward_length"],
        "num_hidden_layers": fields["llama.block_count"],
        "num_attention_heads": heads,
        "num_key_value_heads": fields["llama.attention.head_count_kv"],
        "head_dim": fields["llama.embedding_length"] // heads,
        "max_position_embeddings": fields["llama.context_length"],
        "rope_theta": fields["llama.rope.freq_base"],
        "rms_norm_eps": fields["llama.attention.layer_norm_rms_epsilon"],
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "bos_token_id": fields["tokenizer.ggml.bos_token_id"],
        "eos_token_id": fields["tokenizer.ggml.eos_token_id"],
        "pad_token_id": fields["tokenizer.ggml.padding_token_id"],
        "torch_dtype": "float32",
    }


def _write_tokenizer(fields: dict[str, Any], folder: Path, gguf: Path) -> None:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    kind, pre = fields["tokenizer.ggml.model"], fields["tokenizer.ggml.pre"]
    if kind != "gpt2" or pre not in PRE_TOKENIZERS:
        msg = f"{gguf}: tokenizer {kind!r} with pre-tokenizer {pre!r} is not known"
        raise UserError(msg, hint="give a folder with its own tokenizer.json (source: path)")
    tokens = fields["tokenizer.ggml.tokens"]
    tokenizer = Tokenizer(
        models.BPE(
            vocab={token: number for number, token in enumerate(tokens)},
            merges=[tuple(merge.split(" ", 1)) for merge in fields["tokenizer.ggml.merges"]],
        )
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=PRE_TOKENIZERS[pre]),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    types = fields["tokenizer.ggml.token_type"]
    special = [token for token, kind in zip(tokens, types, strict=True) if kind == SPECIAL_TOKEN]
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in special])
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": tokens[fields["tokenizer.ggml.bos_token_id"]],
        "eos_token": tokens[fields["tokenizer.ggml.eos_token_id"]],
        "pad_token": tokens[fields["tokenizer.ggml.padding_token_id"]],
        "unk_token": tokens[fields["tokenizer.ggml.unknown_token_id"]],
        "model_max_length": fields["llama.context_length"],
        "clean_up_tokenization_spaces": False,
        "chat_template": fields["tokenizer.chat_template"],
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2))
