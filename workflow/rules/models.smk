"""
Models: made ready to be asked, also where there is no network.
"""


rule prepare_model:
    """The model's weights, checked and laid where its engine reads them."""
    input:
        file="config/models/{model}.yaml",
    output:
        model="results/models/{model}/model.json",
    log:
        "results/models/logs/prepare_model/{model}.log",
    benchmark:
        "results/models/benchmarks/prepare_model/{model}.tsv"
    localrule: True
    conda:
        "../../envs/inference.conda.yaml"
    resources:
        mem_mb=8000,
        runtime=120,
    params:
        files=files,
        code=code("engine.prepare"),
        python=worker,
    shell:
        "{params.python:q} -m valuescape.engine.prepare {params.files} --step fetch >{log:q} 2>&1"


rule try_model:
    """The model is loaded once where its jobs will run, asked one thing, its kernels kept."""
    input:
        model="results/models/{model}/model.json",
        space=config["persona_space"],
    output:
        tried="results/models/{model}/tried.json",
        caches=directory("results/models/{model}/compile_cache"),
    log:
        "results/models/logs/try_model/{model}.log",
    benchmark:
        "results/models/benchmarks/try_model/{model}.tsv"
    conda:
        "../../envs/inference.conda.yaml"
    threads: config["threads"]
    resources:
        mem_mb=8000,
        runtime=60,
        gpu=gpus,
    params:
        files=files,
        code=code_asking("engine.trial"),
        python=worker,
    shell:
        "{params.python:q} -m valuescape.engine.trial {params.files} >{log:q} 2>&1"


rule check_model:
    """Everything is there that a node without network needs to ask the model."""
    input:
        file="config/models/{model}.yaml",
        model="results/models/{model}/model.json",
        tried="results/models/{model}/tried.json",
    output:
        ready="results/models/{model}/ready.txt",
    log:
        "results/models/logs/check_model/{model}.log",
    benchmark:
        "results/models/benchmarks/check_model/{model}.tsv"
    localrule: True
    conda:
        "../../envs/inference.conda.yaml"
    params:
        files=files,
        code=code("engine.prepare"),
        python=worker,
    shell:
        "{params.python:q} -m valuescape.engine.prepare {params.files} --step check >{log:q} 2>&1"


rule prepare_offline:
    """All that nodes without network need to ask the study's models: fetched, tried, checked."""
    input:
        expand("results/models/{model}/ready.txt", model=PLAN.asked_models),
    localrule: True
