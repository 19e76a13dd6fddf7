#!/usr/bin/env bash
# Every check, cheap ones first; the tests last, so that their count is the last line.
# What is given to it goes to pytest: bash tests/run.sh -k alignment
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# the environment that envs/install.sh made; without it, whatever is active
if [[ -d .venv/bin ]]; then
    PATH="$PWD/.venv/bin:$PATH"
fi
export PYTHONPATH="$PWD/workflow/lib${PYTHONPATH:+:$PYTHONPATH}"

snakefmt --check Snakefile workflow/rules
ruff check .
ruff format --check .
mypy
lint-imports
deptry workflow/lib
codespell
snakemake --lint
# two files of tests at a time: those that wait for Slurm leave the machine to others
pytest -n 2 --dist loadfile --no-loadscope-reorder "$@"
