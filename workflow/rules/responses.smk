"""
Responses: every persona answers every question of every instrument, under a condition.

REQUIRED INPUTS:

    personas    = results/{study}/personas.parquet
    biographies = results/{study}/{model}/{writing}/{shard}.parquet
    model       = results/models/{model}/model.json
    instruments = config/instruments/{instrument}.yaml, all of config["instruments"]
    space       = config["persona_space"]
    prompt      = config["prompts"]["answer"]

OUTPUTS:

    responses   = results/{study}/{model}/{condition}/responses/{instrument}.parquet
    stats       = results/{study}/{model}/{condition}/responses/{shard}.json
"""


rule answer_instruments:
    """One shard of personas answers all instruments, in one job that loads the model once."""
    input:
        personas="results/{study}/personas.parquet",
        biographies=lambda wildcards: "results/{study}/{model}/{writing}/{shard}.parquet".format(
            writing=written_biographies(wildcards), **wildcards
        ),
        space=config["persona_space"],
        model="results/models/{model}/model.json",
        instruments=INSTRUMENT_FILES,
        prompt=config["prompts"]["answer"],
        code=code(
            "responses",
            "asking",
            "checkpoint",
            "conditions",
            "documents",
            "elicitation.__init__",
            "elicitation.battery",
            "elicitation.outcomes",
            "elicitation.scoring",
            "elicitation.single",
            "elicitation.written",
            "engine.__init__",
            "engine.labels",
            "engine.rendering",
            "instruments",
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
        responses=expand(
            "results/{{study}}/{{model}}/{{condition}}/responses/{instrument}/{{shard}}.parquet",
            instrument=config["instruments"],
        ),
        stats="results/{study}/{model}/{condition}/responses/{shard}.json",
    log:
        "results/{study}/logs/answer_instruments/{model}/{condition}/{shard}.log",
    benchmark:
        "results/{study}/benchmarks/answer_instruments/{model}/{condition}/{shard}.tsv"
    conda:
        "../../envs/inference.conda.yaml"
    threads: config["threads"]
    resources:
        mem_mb=8000,
        runtime=240,
        gpu=gpus,
    params:
        python=worker,
        condition=asked,
        seed=config["seed"],
        parts=lambda wildcards: "results/{study}/{model}/{condition}/responses/parts".format(
            **wildcards
        ),
        flush_rows=flush_rows,
        flush_seconds=flush_seconds,
    shell:
        r"""
        VALUESCAPE_TERMINAL=3 exec {params.python:q} -m valuescape.asking.responses \
            --personas {input.personas:q} \
            --biographies {input.biographies:q} \
            --shard {wildcards.shard:q} \
            --space {input.space:q} \
            --model {input.model:q} \
            --instruments {input.instruments:q} \
            --prompt {input.prompt:q} \
            --condition {params.condition:q} \
            --seed {params.seed:q} \
            --parts {params.parts:q} \
            --flush-rows {params.flush_rows} \
            --flush-seconds {params.flush_seconds} \
            --outputs {output.responses:q} \
            --stats {output.stats:q} \
            3>&2 >{log:q} 2>&1
        """


rule gather_responses:
    """The responses of all shards to one instrument, none missing and none double."""
    input:
        personas="results/{study}/personas.parquet",
        instrument="config/instruments/{instrument}.yaml",
        shards=expand(
            "results/{{study}}/{{model}}/{{condition}}/responses/{{instrument}}/{shard}.parquet",
            shard=SHARDS,
        ),
        code=code("gather", "answers", "documents", "instruments", "tables"),
    output:
        responses="results/{study}/{model}/{condition}/responses/{instrument}.parquet",
    log:
        "results/{study}/logs/gather_responses/{model}/{condition}/{instrument}.log",
    benchmark:
        "results/{study}/benchmarks/gather_responses/{model}/{condition}/{instrument}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.asking.gather \
            --kind responses \
            --instrument {input.instrument:q} \
            --personas {input.personas:q} \
            --shards {input.shards:q} \
            --output {output.responses:q} \
            >{log:q} 2>&1
        """
