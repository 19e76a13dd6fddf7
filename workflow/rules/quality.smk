"""
Quality: who personas say they are, what their biographies tell, and what became of each answer; of those
that were asked.
"""


rule check_quality:
    """Demographics of the biographies, validity of all answers, the manipulation check by variable."""
    input:
        space=config["persona_space"],
        personas=asked_people,
        biographies=asked_biographies,
        countries=config["reference"]["countries"],
        respondents=config["reference"]["respondents"],
        margins=config["reference"]["margins"],
        survey=if_surveyed("wvs7", "results/{study}/survey/respondents.parquet"),
        responses=expand(
            f"results/{NAME}/{{{{model}}}}/{{{{condition}}}}/responses/{{instrument}}.parquet",
            instrument=config["instruments"],
        ),
        instruments=INSTRUMENT_FILES,
    output:
        demographics="results/{study}/{model}/{condition}/quality/demographics.parquet",
        contradictions="results/{study}/{model}/{condition}/quality/contradictions.parquet",
        validity="results/{study}/{model}/{condition}/quality/validity.parquet",
        manipulation_check="results/{study}/{model}/{condition}/quality/manipulation_check.parquet",
    log:
        "results/{study}/logs/check_quality/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/check_quality/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.quality.measure"),
        demographics_from=config["demographics"],
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.quality.measure {params.files} "
        "--demographics-from {params.demographics_from} --readout {params.readout} "
        "{params.bootstrap} >{log:q} 2>&1"


rule find_stereotypes:
    """How personas divide over ages, jobs and so on, against humans and by cultural level."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        biographies=gathered_biographies,
        countries=config["reference"]["countries"],
        respondents=config["reference"]["respondents"],
        margins=config["reference"]["margins"],
        survey=if_surveyed("wvs7", "results/{study}/survey/respondents.parquet"),
    output:
        stereotypes="results/{study}/{model}/{condition}/quality/stereotypes.parquet",
        dependence="results/{study}/{model}/{condition}/quality/demographic_dependence.parquet",
        levels="results/{study}/{model}/{condition}/quality/demographic_levels.parquet",
    log:
        "results/{study}/logs/find_stereotypes/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/find_stereotypes/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.quality.stereotypes"),
        demographics_from=config["demographics"],
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.quality.stereotypes {params.files} "
        "--demographics-from {params.demographics_from} {params.bootstrap} >{log:q} 2>&1"


rule find_contradictions:
    """Which levels the texts of biographies show, and which of them contradict their personas."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        biographies=gathered_biographies,
        judgements=judgements,
    output:
        recovery="results/{study}/{model}/{condition}/quality/attribute_recovery.parquet",
        confusion="results/{study}/{model}/{condition}/quality/recovery_confusion.parquet",
        contradictions="results/{study}/{model}/{condition}/quality/text_contradictions.parquet",
        consistency="results/{study}/{model}/{condition}/quality/consistency.parquet",
        worst="results/{study}/{model}/{condition}/quality/worst_biographies.parquet",
    log:
        "results/{study}/logs/find_contradictions/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/find_contradictions/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.quality.text_contradictions"),
        judge=lambda wildcards: PLAN.judge_of(wildcards.model),
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.quality.text_contradictions {params.files} "
        "--model {wildcards.model} --judge {params.judge} {params.bootstrap} >{log:q} 2>&1"


rule measure_diversity:
    """How varied the biographies are as texts, and the first names of their personas."""
    input:
        biographies=gathered_biographies,
    output:
        diversity="results/{study}/{model}/{condition}/quality/text_diversity.parquet",
        openings="results/{study}/{model}/{condition}/quality/text_openings.parquet",
        names="results/{study}/{model}/{condition}/quality/name_diversity.parquet",
    log:
        "results/{study}/logs/measure_diversity/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/measure_diversity/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.quality.text_diversity"),
        seed=config["seed"],
    shell:
        "python -m valuescape.lenses.quality.text_diversity {params.files} --seed {params.seed} "
        ">{log:q} 2>&1"
