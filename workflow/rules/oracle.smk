"""
Oracle: the model rates, as no persona, how each cultural level bears on each moral foundation.
"""


rule ask_oracle:
    """The LLM's own ratings of 32 levels by 6 moral foundations."""
    input:
        space=config["persona_space"],
        model="results/models/{model}/model.json",
        wordings=config["oracle"]["wordings"],
        instrument=config["oracle"]["instrument"],
    output:
        oracle="results/{study}/{model}/oracle.parquet",
    log:
        "results/{study}/logs/ask_oracle/{model}.log",
    benchmark:
        "results/{study}/benchmarks/ask_oracle/{model}.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
    conda:
        "../../envs/inference.conda.yaml"
    threads: config["threads"]
    resources:
        mem_mb=8000,
        runtime=60,
        gpu=gpus,
    params:
        files=files,
        code=code_asking("asking.oracle"),
        python=worker,
        draws=config["oracle"]["draws"],
        seed=config["seed"],
        least_mass=lambda wildcards, input: config["stop_below"]["option_mass"],
    shell:
        "VALUESCAPE_TERMINAL=3 exec {params.python:q} -m valuescape.asking.oracle {params.files} "
        "--draws {params.draws} --seed {params.seed} --least-mass {params.least_mass} "
        "3>&2 >{log:q} 2>&1"
