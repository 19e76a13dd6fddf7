#!/usr/bin/env bash
#SBATCH --partition=gpu
# Delete the first # if your cluster wants an account:
##SBATCH --account=my_account
#SBATCH --job-name=valuescape_node
#SBATCH --nodes=1
#SBATCH --exclusive
#SBATCH --gpus-per-node=4
#SBATCH --mem=0
#SBATCH --time=4:00:00
# told five minutes before the end; Slurm's own requeueing stays off
#SBATCH --signal=B:TERM@300
#SBATCH --no-requeue
#SBATCH --output=valuescape-node-%j.log
#
# Asks a study on all GPUs of one node; what is given goes to Snakemake. When its time is over, the
# shards write what is finished, and the same job is submitted again to go on.
set -uo pipefail

stop() {
    over=yes
    kill -TERM "$snakemake"                            # no further shards
    sleep 1
    scancel --signal=TERM --quiet "$SLURM_JOB_ID"      # the steps: write what is finished, end
}

# what the steps may share, beside Snakemake itself and the lenses
node=$(scontrol show node --oneliner "$SLURMD_NODENAME")
node=${node##*RealMemory=}
export VALUESCAPE_NODE_MB=$((${node%% *} - 8000))

# the jobs that follow one another are one run: a shard that gets nowhere in five of them is the last
export VALUESCAPE_RUN=${VALUESCAPE_RUN:-node-$SLURM_JOB_ID}

over=no
trap stop TERM
# a job of before that was killed has left Snakemake's lock; shards have their own
.venv/bin/snakemake --profile profiles/slurm_node "$@" --unlock --quiet all
.venv/bin/snakemake --profile profiles/slurm_node "$@" &
snakemake=$!
wait "$snakemake"
status=$?
if [[ $over == yes ]]; then
    wait "$snakemake"
    sbatch profiles/slurm_node/job.sh "$@"
fi
exit "$status"
