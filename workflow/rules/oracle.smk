"""
Oracle: the LLM rates how much each cultural level says about each moral foundation, with no
persona at all. The lens morality compares that with what its personas answer.

REQUIRED INPUTS:

    space      = config["persona_space"]
    model      = results/models/{model}/model.json
    wordings   = config["oracle"]["wordings"]
    scale      = config["oracle"]["scale"]

OUTPUTS:

    oracle     = results/{study}/{model}/oracle.parquet
"""


rule ask_oracle:
    """The LLM's own ratings of 32 levels by 6 moral foundations."""
    input:
        space=config["persona_space"],
        model="results/models/{model}/model.json",
        wordings=config["oracle"]["wordings"],
        scale=config["oracle"]["scale"],
        code=code(
            "oracle",
            "asking",
            "documents",
            "elicitation.__init__",
            "engine.__init__",
            "engine.labels",
            "engine.rendering",
            "instruments",
            "models",
            "phrasing",
            "seeds",
            "shards",
            "space",
            "tables",
            "templates",
        ),
        engine=engine_code,
    output:
        oracle="results/{study}/{model}/oracle.parquet",
    log:
        "results/{study}/logs/ask_oracle/{model}.log",
    benchmark:
        "results/{study}/benchmarks/ask_oracle/{model}.tsv"
    conda:
        "../../envs/inference.conda.yaml"
    threads: config["threads"]
    resources:
        mem_mb=8000,
        runtime=60,
        gpu=gpus,
    params:
        python=worker,
        seeds=config["oracle"]["seeds"],
        seed=config["seed"],
    shell:
        r"""
        VALUESCAPE_TERMINAL=3 exec {params.python:q} -m valuescape.asking.oracle \
            --space {input.space:q} \
            --model {input.model:q} \
            --wordings {input.wordings:q} \
            --scale {input.scale:q} \
            --seeds {params.seeds:q} \
            --seed {params.seed:q} \
            --output {output.oracle:q} \
            3>&2 >{log:q} 2>&1
        """
