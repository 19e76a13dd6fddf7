"""Walk vLLM's start on GPUs up to the first call of a device, on a machine that has none.

    python tests/gpu/pretended_gpu.py MODEL.json...

Run by the Python of envs/inference-gpu, with a libcuda.so.1 on the library path (any: nothing of
it is called). What NVML would say of an H100 is said here instead, and Triton finds a driver. Each
model is opened by this project's engine; where vLLM would touch the device, one JSON line is
printed of what it had chosen by then.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from valuescape.engine.vllm_engine import ENVIRONMENT, VllmEngine
from valuescape.study.models import read_prepared_model

MEMORY = 80 * 2**30
SAID = {
    "nvmlInit": None,
    "nvmlShutdown": None,
    "nvmlDeviceGetCount": 1,
    "nvmlDeviceGetHandleByIndex": 0,
    "nvmlDeviceGetName": "NVIDIA H100 80GB HBM3",
    "nvmlDeviceGetUUID": "GPU-0",
    "nvmlDeviceGetCudaComputeCapability": (9, 0),
    "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=MEMORY, free=MEMORY, used=0),
    "nvmlSystemGetDriverVersion": "580.0",
}


class ReachedTheDeviceError(Exception):
    """All that can be done without a GPU was done."""


def chosen(worker: Any) -> dict[str, object]:
    """Return what vLLM chose for a model before it touches the device."""
    from vllm.config import set_current_vllm_config
    from vllm.v1.attention.selector import get_attn_backend
    from vllm.v1.sample.logits_processor import _load_custom_logitsprocs

    config = worker.vllm_config
    model = config.model_config
    with set_current_vllm_config(config):
        sinks = model.architecture == "GptOssForCausalLM"
        backend = get_attn_backend(model.get_head_size(), model.dtype, None, has_sink=sinks)
    processors = _load_custom_logitsprocs(model.logits_processors)
    return {
        "second_runner": config.use_v2_model_runner,
        "logits_processors": [each.__name__ for each in processors],
        "attention": backend.get_name(),
        "async_scheduling": config.scheduler_config.async_scheduling,
        "max_num_seqs": config.scheduler_config.max_num_seqs,
        "chunked_prefill": config.scheduler_config.enable_chunked_prefill,
        "prefix_caching": config.cache_config.enable_prefix_caching,
        "structured_outputs": config.structured_outputs_config.backend,
        "dtype": str(model.dtype),
        "quantization": model.quantization,
        "architecture": model.architecture,
    }


def stop_here(worker: Any) -> None:
    """Print what was chosen, and go no further."""
    sys.stdout.write(json.dumps(chosen(worker)) + "\n")
    raise ReachedTheDeviceError


def pretend() -> None:
    """Let this process find an H100, and stop where it would be used."""
    os.environ.update(ENVIRONMENT)
    import vllm.third_party.pynvml as nvml
    from triton.backends import backends

    for function, answer in SAID.items():
        setattr(nvml, function, lambda *_, answer=answer: answer)
    backends["nvidia"].driver.is_active = staticmethod(lambda: True)
    from vllm.v1.worker import gpu_worker

    gpu_worker.Worker.init_device = stop_here


if __name__ == "__main__":
    pretend()
    for name in sys.argv[1:]:
        try:
            VllmEngine(read_prepared_model(Path(name)))
        except ReachedTheDeviceError:
            continue
        sys.exit(f"{name}: the device was never reached")
