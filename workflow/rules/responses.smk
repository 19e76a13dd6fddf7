"""
Responses: every persona answers every question of every instrument under a condition. All instruments
of a shard are asked in one job, which loads the model once.
"""


rule answer_instruments:
    """One shard of personas answers all instruments, in one job that loads the model once."""
    input:
        personas="results/{study}/personas.parquet",
        biographies=biographies_shard,
        space=config["persona_space"],
        model="results/models/{model}/model.json",
        instruments=INSTRUMENT_FILES,
        prompt=config["prompts"]["answer"],
        languages=language_files,
        demanded=if_demanded,
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
    wildcard_constraints:
        study=any_of([NAME]),
        condition=any_of(ASKED),
    conda:
        "../../envs/inference.conda.yaml"
    threads: config["threads"]
    resources:
        mem_mb=8000,
        runtime=240,
        gpu=gpus,
    params:
        files=files,
        code=code_asking("asking.responses"),
        python=worker,
        condition=condition_asked,
        demographics=config["demographics"],
        seed=config["seed"],
        parts="results/{study}/{model}/{condition}/responses/parts",
        limits=limits(),
        reask=config["reask"],
    shell:
        "VALUESCAPE_TERMINAL=3 exec {params.python:q} -m valuescape.asking.responses "
        "{params.files} --shard {wildcards.shard:q} --condition {params.condition:q} "
        "--demographics {params.demographics} --seed {params.seed} --parts {params.parts:q} "
        "{params.limits} --reask {params.reask} 3>&2 >{log:q} 2>&1"


rule gather_responses:
    """The responses of all shards to one instrument, none missing and none double."""
    input:
        personas="results/{study}/personas.parquet",
        instrument="config/instruments/{instrument}.yaml",
        shards=expand(
            "results/{{study}}/{{model}}/{{condition}}/responses/{{instrument}}/{shard}.parquet",
            shard=SHARDS,
        ),
    output:
        gathered="results/{study}/{model}/{condition}/responses/{instrument}.parquet",
    log:
        "results/{study}/logs/gather_responses/{model}/{condition}/{instrument}.log",
    benchmark:
        "results/{study}/benchmarks/gather_responses/{model}/{condition}/{instrument}.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
        condition=any_of(ASKED),
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("asking.gather"),
    shell:
        "python -m valuescape.asking.gather {params.files} >{log:q} 2>&1"


MEANS = [name for name, each in CONDITIONS.items() if not (each.is_asked or each.only_consistent)]
CONSISTENT = [name for name, each in CONDITIONS.items() if each.only_consistent]

if MEANS:

    rule average_orders:
        """The mean of what personas answered with the options listed forward and reversed."""
        input:
            instrument="config/instruments/{instrument}.yaml",
            forward=in_conditions("responses/{instrument}.parquet", in_forward_order),
            backward=in_conditions("responses/{instrument}.parquet", in_reversed_order),
        output:
            gathered="results/{study}/{model}/{condition}/responses/{instrument}.parquet",
        log:
            "results/{study}/logs/average_orders/{model}/{condition}/{instrument}.log",
        benchmark:
            "results/{study}/benchmarks/average_orders/{model}/{condition}/{instrument}.tsv"
        wildcard_constraints:
            study=any_of([NAME]),
            condition=any_of(MEANS),
        conda:
            "../../envs/controller.conda.yaml"
        params:
            files=files,
            code=code("asking.average_orders"),
        shell:
            "python -m valuescape.asking.average_orders {params.files} >{log:q} 2>&1"


if CONSISTENT:

    rule keep_consistent:
        """The answers of another condition, of personas whose biography does not contradict them."""
        input:
            instrument="config/instruments/{instrument}.yaml",
            responses=in_conditions("responses/{instrument}.parquet", answered_in),
            consistency=in_conditions("quality/consistency.parquet", answered_in),
        output:
            gathered="results/{study}/{model}/{condition}/responses/{instrument}.parquet",
        log:
            "results/{study}/logs/keep_consistent/{model}/{condition}/{instrument}.log",
        benchmark:
            "results/{study}/benchmarks/keep_consistent/{model}/{condition}/{instrument}.tsv"
        wildcard_constraints:
            condition=any_of(CONSISTENT),
        conda:
            "../../envs/controller.conda.yaml"
        params:
            files=files,
            code=code("asking.keep_consistent"),
        shell:
            "python -m valuescape.asking.keep_consistent {params.files} >{log:q} 2>&1"
