"""What share of a study is start-up, and how many bytes is an answer? Print one JSON line.

    .venv/bin/python tests/benchmarks/study_costs.py results/demo

Read from a finished study, summed over its models, conditions and shards. `startup_share`:
seconds of loading the model over all seconds of the jobs that ask it. `bytes_per_answer`: size of
the gathered responses, which hold the chosen option, its status and the probabilities of all
options; `json_bytes_per_answer`: the same rows as JSON lines.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import polars as pl

from valuescape.lenses.comparison.costs import read_costs


def main() -> None:
    """Read the study and print the line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path, help="folder of a finished study")
    args = parser.parse_args()
    stages = [*args.study.glob("*/biographies/*.json"), *args.study.glob("*/*/responses/*.json")]
    costs = read_costs(stages)
    gathered = [*args.study.glob("*/*/responses/*.parquet")]
    tables = [pl.read_parquet(path) for path in gathered]
    n_answers = sum(
        table.height * sum(name.endswith("_status") for name in table.columns) for table in tables
    )
    load = sum(cost.seconds_load for cost in costs)
    line = {
        "benchmark": "study_costs",
        "startup_share": round(load / sum(c.seconds_load + c.seconds_ask for c in costs), 4),
        "seconds_load_per_job": round(load / sum(cost.shards for cost in costs), 1),
        "answers": n_answers,
        "bytes_per_answer": round(sum(p.stat().st_size for p in gathered) / n_answers, 2),
        "json_bytes_per_answer": round(
            sum(len(table.write_ndjson()) for table in tables) / n_answers, 2
        ),
    }
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
