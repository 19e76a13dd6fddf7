"""
Biographies: the model writes one for every persona, shard by shard. Where conditions ask for other
biography replicates, these are written too, in folders biographies_1, biographies_2, ...
"""


rule write_biographies:
    """One shard of personas gets its biographies from the model."""
    input:
        personas="results/{study}/personas.parquet",
        space=config["persona_space"],
        model="results/models/{model}/model.json",
        prompt=config["prompts"]["biography"],
        fields=config["biography_fields"],
        countries=config["reference"]["countries"],
        demographics=if_assigned("results/{study}/demographics.parquet"),
        demanded=if_demanded,
    output:
        biographies="results/{study}/{model}/{biographies}/{shard}.parquet",
        stats="results/{study}/{model}/{biographies}/{shard}.json",
    log:
        "results/{study}/logs/write_biographies/{model}/{biographies}/{shard}.log",
    benchmark:
        "results/{study}/benchmarks/write_biographies/{model}/{biographies}/{shard}.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
    conda:
        "../../envs/inference.conda.yaml"
    threads: config["threads"]
    resources:
        mem_mb=8000,
        runtime=240,
        gpu=gpus,
    params:
        files=files,
        code=code_asking("asking.biographies"),
        python=worker,
        seed=lambda wildcards: config["seed"] + BIOGRAPHIES[wildcards.biographies],
        attempts=config["attempts"],
        parts="results/{study}/{model}/{biographies}/parts",
        limits=limits(),
        reask=config["reask"],
    shell:
        "VALUESCAPE_TERMINAL=3 exec {params.python:q} -m valuescape.asking.biographies "
        "{params.files} --shard {wildcards.shard:q} --seed {params.seed} "
        "--attempts {params.attempts} --parts {params.parts:q} {params.limits} "
        "--reask {params.reask} 3>&2 >{log:q} 2>&1"


rule gather_biographies:
    """The biographies of all shards in one table, none missing and none double."""
    input:
        personas="results/{study}/personas.parquet",
        shards=expand("results/{{study}}/{{model}}/{{biographies}}/{shard}.parquet", shard=SHARDS),
    output:
        gathered="results/{study}/{model}/{biographies}.parquet",
    log:
        "results/{study}/logs/gather_biographies/{model}/{biographies}.log",
    benchmark:
        "results/{study}/benchmarks/gather_biographies/{model}/{biographies}.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("asking.gather"),
    shell:
        "python -m valuescape.asking.gather {params.files} >{log:q} 2>&1"


rule ask_judge:
    """A model reads some biographies and says which levels they show, blind to the configurations."""
    input:
        biographies="results/{study}/{model}/{biographies}.parquet",
        space=config["persona_space"],
        model=lambda wildcards: f"results/models/{PLAN.judge_of(wildcards.model)}/model.json",
        prompt=config["prompts"]["judge"],
    output:
        judgements="results/{study}/{model}/{biographies}/judge.parquet",
        stats="results/{study}/{model}/{biographies}/judge.json",
    log:
        "results/{study}/logs/ask_judge/{model}/{biographies}.log",
    benchmark:
        "results/{study}/benchmarks/ask_judge/{model}/{biographies}.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
    conda:
        "../../envs/inference.conda.yaml"
    threads: config["threads"]
    resources:
        mem_mb=8000,
        runtime=240,
        gpu=lambda wildcards: gpus(judge_model(wildcards)),
    params:
        files=files,
        code=lambda wildcards: code_asking("asking.judge")(judge_model(wildcards)),
        python=lambda wildcards, input: worker(judge_model(wildcards), input),
        n=config["judge"]["biographies"],
        seed=config["seed"],
        parts="results/{study}/{model}/{biographies}/judge",
        limits=limits(),
    shell:
        "VALUESCAPE_TERMINAL=3 exec {params.python:q} -m valuescape.asking.judge {params.files} "
        "--n {params.n} --seed {params.seed} --parts {params.parts:q} {params.limits} "
        "3>&2 >{log:q} 2>&1"
