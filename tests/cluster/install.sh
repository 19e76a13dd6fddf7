#!/usr/bin/env bash
# Installs Slurm where apt-get can do it as root; elsewhere it says why not, and the tests that need
# it are skipped. No daemon of the packages is started: tests/cluster/throwaway.py starts its own.
set -euo pipefail

packages=(slurmctld slurmd slurm-client munge)
if command -v slurmctld slurmd sbatch munged >/dev/null; then
    exit 0
fi
if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    echo "Slurm is not here and cannot be installed (no root, or no apt-get)" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${packages[@]}"; } >/dev/null; then
    echo "Slurm could not be installed" >&2
fi
