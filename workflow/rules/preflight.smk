"""
Preflight: each model and condition is asked a handful before the study is, which tells whether it
answers, as whom, how fast and at what cost. What comes of it is kept, and is none of the study's answers.
"""

FEW = [f"results/{{study}}/preflight/instruments/{name}.yaml" for name in config["instruments"]]


rule choose_preflight:
    """The personas and questions of the preflight."""
    input:
        space=config["persona_space"],
        instruments=INSTRUMENT_FILES,
    output:
        personas="results/{study}/preflight/personas.parquet",
        few=FEW,
    log:
        "results/{study}/logs/choose_preflight.log",
    benchmark:
        "results/{study}/benchmarks/choose_preflight.tsv"
    localrule: True
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("asking.preflight"),
    shell:
        "python -m valuescape.asking.preflight {params.files} >{log:q} 2>&1"


# They are asked by the very jobs of the study, of which each has one shard; parameters that are not
# named here are theirs.
use rule assign_demographics as assign_preflight_demographics with:
    input:
        personas="results/{study}/preflight/personas.parquet",
        margins=config["reference"]["margins"],
        countries=config["reference"]["countries"],
    output:
        demographics="results/{study}/preflight/demographics.parquet",
    log:
        "results/{study}/logs/assign_preflight_demographics.log",
    benchmark:
        "results/{study}/benchmarks/assign_preflight_demographics.tsv"


use rule write_biographies as write_preflight_biographies with:
    input:
        personas="results/{study}/preflight/personas.parquet",
        space=config["persona_space"],
        model="results/models/{model}/model.json",
        prompt=config["prompts"]["biography"],
        fields=config["biography_fields"],
        countries=config["reference"]["countries"],
        demographics=if_assigned("results/{study}/preflight/demographics.parquet"),
    output:
        biographies="results/{study}/preflight/{model}/biographies/{shard,0001-of-0001}.parquet",
        stats="results/{study}/preflight/{model}/biographies/{shard,0001-of-0001}.json",
    log:
        "results/{study}/logs/write_preflight_biographies/{model}/{shard}.log",
    benchmark:
        "results/{study}/benchmarks/write_preflight_biographies/{model}/{shard}.tsv"
    params:
        seed=config["seed"],
        parts="results/{study}/preflight/{model}/biographies/parts",
        limits=limits(valid=0, option_mass=0),


use rule answer_instruments as answer_preflight with:
    input:
        personas="results/{study}/preflight/personas.parquet",
        biographies="results/{study}/preflight/{model}/biographies/{shard}.parquet",
        space=config["persona_space"],
        model="results/models/{model}/model.json",
        instruments=FEW,
        prompt=config["prompts"]["answer"],
        languages=language_files,
    output:
        responses=expand(
            "results/{{study}}/preflight/{{model}}/{{condition}}/responses/{instrument}/{{shard,0001-of-0001}}.parquet",
            instrument=config["instruments"],
        ),
        stats="results/{study}/preflight/{model}/{condition}/responses/{shard,0001-of-0001}.json",
    log:
        "results/{study}/logs/answer_preflight/{model}/{condition}/{shard}.log",
    benchmark:
        "results/{study}/benchmarks/answer_preflight/{model}/{condition}/{shard}.tsv"
    params:
        parts="results/{study}/preflight/{model}/{condition}/responses/parts",
        limits=limits(valid=0, option_mass=0),


use rule ask_judge as ask_preflight_judge with:
    input:
        biographies="results/{study}/preflight/{model}/biographies/0001-of-0001.parquet",
        space=config["persona_space"],
        model=lambda wildcards: f"results/models/{PLAN.judge_of(wildcards.model)}/model.json",
        prompt=config["prompts"]["judge"],
    output:
        judgements="results/{study}/preflight/{model}/biographies/judge.parquet",
        stats="results/{study}/preflight/{model}/biographies/judge.json",
    log:
        "results/{study}/logs/ask_preflight_judge/{model}.log",
    benchmark:
        "results/{study}/benchmarks/ask_preflight_judge/{model}.tsv"
    params:
        parts="results/{study}/preflight/{model}/biographies/judge",
        limits=limits(valid=0, option_mass=0),


rule judge_preflight:
    """What the preflight of a model says of the study, as a table and in print."""
    input:
        file="config/models/{model}.yaml",
        space=config["persona_space"],
        instruments=INSTRUMENT_FILES,
        few=FEW,
        responses=expand(
            "results/{{study}}/preflight/{{model}}/{condition}/responses/{instrument}/0001-of-0001.parquet",
            condition=ASKED,
            instrument=config["instruments"],
        ),
        response_stats=expand(
            "results/{{study}}/preflight/{{model}}/{condition}/responses/0001-of-0001.json",
            condition=ASKED,
        ),
        biographies="results/{study}/preflight/{model}/biographies/0001-of-0001.parquet",
        biography_stats="results/{study}/preflight/{model}/biographies/0001-of-0001.json",
        judgements=if_judged("results/{study}/preflight/{model}/biographies/judge.parquet"),
        judge_stats=if_judged("results/{study}/preflight/{model}/biographies/judge.json"),
        judge_file=lambda wildcards: if_judged(
            f"config/models/{PLAN.judge_of(wildcards.model)}.yaml"
        ),
    output:
        judged="results/{study}/preflight/{model}/judged.parquet",
        told="results/{study}/preflight/{model}/judged.txt",
    log:
        "results/{study}/logs/judge_preflight/{model}.log",
    benchmark:
        "results/{study}/benchmarks/judge_preflight/{model}.tsv"
    localrule: True
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("cluster.preflight"),
        conditions=[CONDITIONS[name].json() for name in ASKED],
        n_judged=config["judge"]["biographies"] * len(BIOGRAPHIES),
        design=config["design"],
        minutes=240,
        least_valid=config["stop_below"]["valid"],
        least_mass=config["stop_below"]["option_mass"],
    shell:
        "python -m valuescape.cluster.preflight {params.files} --conditions {params.conditions:q} "
        "--design {params.design} --n-judged {params.n_judged} --minutes {params.minutes} "
        "--least-valid {params.least_valid} --least-mass {params.least_mass} >{log:q} 2>&1"


rule pass_preflight:
    """A model passed its preflight, where the study demands it."""
    input:
        judged="results/{study}/preflight/{model}/judged.parquet",
    output:
        passed="results/{study}/preflight/{model}/passed.txt",
    log:
        "results/{study}/logs/pass_preflight/{model}.log",
    benchmark:
        "results/{study}/benchmarks/pass_preflight/{model}.tsv"
    localrule: True
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("cluster.demand_preflight"),
    shell:
        "python -m valuescape.cluster.demand_preflight {params.files} >{log:q} 2>&1"


rule preflight:
    """What each model and condition would take and whether it answers; printed, and kept."""
    input:
        expand("results/{study}/preflight/{model}/judged.txt", study=NAME, model=PLAN.asked_models),
    log:
        f"results/{NAME}/logs/preflight.log",
    localrule: True
    run:
        told = "\n".join(Path(file).read_text(encoding="utf-8") for file in input)
        Path(log[0]).write_text(told, encoding="utf-8")
        print(told)
