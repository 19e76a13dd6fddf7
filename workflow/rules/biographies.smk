"""
Biographies: the model writes one for every persona.

REQUIRED INPUTS:

    model       = results/models/{model}/model.json
    personas    = results/{study}/personas.parquet
    space       = config["persona_space"]
    prompt      = config["prompts"]["biography"]
    fields      = config["biography_fields"]
    countries   = config["reference"]["countries"]

OUTPUTS:

    writing     = biographies, or biographies_1 ... where a condition asks for another writing
    biographies = results/{study}/{model}/{writing}.parquet
    stats       = results/{study}/{model}/{writing}/{shard}.json
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
        code=code(
            "biographies",
            "asking",
            "checkpoint",
            "documents",
            "elicitation.__init__",
            "elicitation.outcomes",
            "engine.__init__",
            "engine.labels",
            "engine.rendering",
            "models",
            "patterns",
            "phrasing",
            "seeds",
            "shards",
            "space",
            "tables",
            "templates",
        ),
        engine=engine_code,
    output:
        biographies="results/{study}/{model}/{writing}/{shard}.parquet",
        stats="results/{study}/{model}/{writing}/{shard}.json",
    log:
        "results/{study}/logs/write_biographies/{model}/{writing}/{shard}.log",
    benchmark:
        "results/{study}/benchmarks/write_biographies/{model}/{writing}/{shard}.tsv"
    conda:
        "../../envs/inference.conda.yaml"
    threads: config["threads"]
    resources:
        mem_mb=8000,
        runtime=240,
        gpu=gpus,
    params:
        python=worker,
        seed=lambda wildcards: config["seed"] + WRITINGS[wildcards.writing],
        attempts=config["attempts"],
        parts=lambda wildcards: "results/{study}/{model}/{writing}/parts".format(**wildcards),
        flush_rows=flush_rows,
        flush_seconds=flush_seconds,
    shell:
        r"""
        VALUESCAPE_TERMINAL=3 exec {params.python:q} -m valuescape.asking.biographies \
            --personas {input.personas:q} \
            --shard {wildcards.shard:q} \
            --space {input.space:q} \
            --model {input.model:q} \
            --prompt {input.prompt:q} \
            --fields {input.fields:q} \
            --countries {input.countries:q} \
            --seed {params.seed:q} \
            --attempts {params.attempts} \
            --parts {params.parts:q} \
            --flush-rows {params.flush_rows} \
            --flush-seconds {params.flush_seconds} \
            --output {output.biographies:q} \
            --stats {output.stats:q} \
            3>&2 >{log:q} 2>&1
        """


rule gather_biographies:
    """The biographies of all shards in one table, none missing and none double."""
    input:
        personas="results/{study}/personas.parquet",
        shards=expand("results/{{study}}/{{model}}/{{writing}}/{shard}.parquet", shard=SHARDS),
        code=code("gather", "answers", "documents", "instruments", "tables"),
    output:
        biographies="results/{study}/{model}/{writing}.parquet",
    log:
        "results/{study}/logs/gather_biographies/{model}/{writing}.log",
    benchmark:
        "results/{study}/benchmarks/gather_biographies/{model}/{writing}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.asking.gather \
            --kind biographies \
            --personas {input.personas:q} \
            --shards {input.shards:q} \
            --output {output.biographies:q} \
            >{log:q} 2>&1
        """
