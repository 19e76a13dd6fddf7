"""Caches of compiled code: one folder a job, on the node itself, begun from a prepared one.

vLLM, Inductor, Triton, FlashInfer and the CUDA driver each keep compiled kernels in the user's
home. Where many jobs start at once on a shared home, they write the same files at the same time
over a network: jobs have waited, and failed (vLLM issues 18851 and 24601). So each job gets a
folder of its own, filled from what `python -m valuescape.engine.trial` kept when it tried the
model, and removed when the job ends. A user's own setting of a variable wins.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from pathlib import Path

LOG = logging.getLogger(__name__)
# Each variable names a folder; vLLM leaves the place of the first out of its cache keys (0.32,
# vllm/envs.py), so that what was compiled in one folder is found in another.
FOLDERS = {
    "VLLM_CACHE_ROOT": "vllm",
    "TORCHINDUCTOR_CACHE_DIR": "inductor",
    "TRITON_CACHE_DIR": "triton",
    "FLASHINFER_WORKSPACE_BASE": "flashinfer",
    "CUDA_CACHE_PATH": "cuda",
    "DG_JIT_CACHE_DIR": "deep_gemm",
}
PREPARED = "compile_cache"


def use(folder: Path) -> None:
    """Let everything that compiles keep its work below a folder.

    Parameters
    ----------
    folder : Path
        Made if it is not there. Variables that are set already stay as they are.
    """
    for variable, name in FOLDERS.items():
        os.environ.setdefault(variable, str(folder / name))
    folder.mkdir(parents=True, exist_ok=True)


def use_own(prepared: Path) -> None:
    """Give this job caches of its own, on the node, begun from the prepared ones.

    Parameters
    ----------
    prepared : Path
        Prepared caches; nothing is taken over if there are none. The job's own folder lies below
        TMPDIR and is removed when this process ends.
    """
    if all(variable in os.environ for variable in FOLDERS):
        return
    own = Path(tempfile.mkdtemp(prefix="valuescape-compiled-"))
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    if prepared.is_dir():
        shutil.copytree(prepared, own, dirs_exist_ok=True)
        LOG.info("compiled kernels are taken over from %s", prepared)
    use(own)
