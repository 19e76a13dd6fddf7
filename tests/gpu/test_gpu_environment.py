"""The environment for GPUs, as far as a machine without one can go.

It is installed, imported, and vLLM configures itself. That takes 8 GB and some minutes, so only on
demand: pytest -m gpu_environment
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from conftest import ROOT, copy
from valuescape.study.models import Model, read_model, read_prepared_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.gpu_environment

# what vLLM's library asks of the driver's as it is loaded; no GPU: 100
DRIVER = "int cuGetProcAddress_v2(void) { return 100; }\n" + "".join(
    f"int {name}(void) {{ return 100; }}\n"
    for name in ("cuPointerGetAttribute", "cuTensorMapEncodeTiled")
)
# the published shape of gpt-oss-20b, of two layers and four experts, which nothing here loads
GPT_OSS = {
    "architectures": ["GptOssForCausalLM"],
    "model_type": "gpt_oss",
    "hidden_size": 2880,
    "intermediate_size": 2880,
    "head_dim": 64,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "num_hidden_layers": 2,
    "layer_types": ["sliding_attention", "full_attention"],
    "num_local_experts": 4,
    "num_experts_per_tok": 4,
    "sliding_window": 128,
    "max_position_embeddings": 131072,
    "vocab_size": 201088,
    "torch_dtype": "bfloat16",
    "quantization_config": {"quant_method": "mxfp4"},
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a checkout in which the README's command for GPUs was run."""
    checkout = copy(ROOT, tmp_path_factory.mktemp("gpu") / "checkout").path
    shutil.copy(ROOT / "envs/inference-gpu.txt", checkout / "envs")
    command = ["bash", "envs/install.sh", "gpu"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    yield checkout
    shutil.rmtree(checkout)


def prepared(folder: Path, name: str, small: Model, config: dict | None = None) -> Path:
    """Return the model file of a study on GPUs, over the small model's weights and tokenizer."""
    weights = folder / f"{name}_weights"
    shutil.copytree(small.weights, weights)
    if config:
        (weights / "config.json").write_text(json.dumps(config), encoding="utf-8")
    written = read_model(ROOT / f"config/models/{name}.yaml")
    model = dataclasses.replace(small, name=name, settings=written.settings, weights=str(weights))
    path = folder / f"{name}.json"
    path.write_text(json.dumps(dataclasses.asdict(model)), encoding="utf-8")
    return path


def test_the_engine_starts_up_to_the_device(installed: Path, tmp_path: Path) -> None:
    worker = ROOT / "envs/inference-cpu/bin/python"
    library = {"PYTHONPATH": str(ROOT / "workflow/lib")}
    small = tmp_path / "small.json"
    file = ROOT / "config/models/smollm2-135m.yaml"
    prepare = [worker, "-m", "valuescape.engine.prepare", "--step", "fetch"]
    subprocess.run(
        [*prepare, "--file", file, "--model", small], env=os.environ | library, check=True
    )
    (tmp_path / "driver.c").write_text(DRIVER, encoding="utf-8")
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o", "libcuda.so.1", "driver.c"],
        cwd=tmp_path,
        check=True,
    )
    known = read_prepared_model(small)
    done = subprocess.run(
        [
            installed / "envs/inference-gpu/bin/python",
            ROOT / "tests/gpu/pretended_gpu.py",
            prepared(tmp_path, "llama-3.1-8b", known),
            prepared(tmp_path, "gpt-oss-20b", known, GPT_OSS),
        ],
        env=os.environ | library | {"LD_LIBRARY_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    llama, gpt_oss = (json.loads(line) for line in done.stdout.splitlines() if line[0] == "{")
    for found in (llama, gpt_oss):
        assert not found["second_runner"]
        assert found["logits_processors"] == ["ForcedTokens"]
        assert found["attention"] == "FLASH_ATTN"
        assert found["async_scheduling"]
        assert found["chunked_prefill"]
        assert found["prefix_caching"]
        assert found["structured_outputs"] == "xgrammar"
        assert found["dtype"] == "torch.bfloat16"
    assert gpt_oss["architecture"] == "GptOssForCausalLM"
    assert gpt_oss["quantization"] == "gpt_oss_mxfp4"
    written = read_model(ROOT / "config/models/gpt-oss-20b.yaml")
    assert gpt_oss["max_num_seqs"] == written.settings["max_num_seqs"]
