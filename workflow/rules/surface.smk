"""
Response surface: with `answers: surface`, what all configurations would answer, predicted from those that
were asked. Lenses read it under the study's name and `/surface`; nothing is asked for it.
"""

# what was asked, under the study's own name, of all instruments
ASKED_RESPONSES = expand(
    "results/{{study}}/{{model}}/{{condition}}/responses/{instrument}.parquet",
    instrument=config["instruments"],
)


rule enumerate_cube:
    """Every configuration of the persona space."""
    input:
        space=config["persona_space"],
    output:
        personas="results/{study}/surface/personas.parquet",
    log:
        "results/{study}/logs/enumerate_cube.log",
    benchmark:
        "results/{study}/benchmarks/enumerate_cube.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("study.designs"),
    shell:
        "python -m valuescape.study.designs {params.files} --design full >{log:q} 2>&1"


rule extend_biographies:
    """A row for every configuration, empty for those that were not asked."""
    input:
        space=config["persona_space"],
        biographies="results/{study}/{model}/{biographies}.parquet",
    output:
        extended="results/{study}/surface/{model}/{biographies}.parquet",
    log:
        "results/{study}/logs/extend_biographies/{model}/{biographies}.log",
    benchmark:
        "results/{study}/benchmarks/extend_biographies/{model}/{biographies}.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.surface.biographies"),
    shell:
        "python -m valuescape.lenses.surface.biographies {params.files} >{log:q} 2>&1"


rule hand_over_oracle:
    """The oracle, which asks no persona, as it is."""
    input:
        oracle="results/{study}/{model}/oracle.parquet",
    output:
        oracle="results/{study}/surface/{model}/oracle.parquet",
    log:
        "results/{study}/logs/hand_over_oracle/{model}.log",
    benchmark:
        "results/{study}/benchmarks/hand_over_oracle/{model}.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
    localrule: True
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        "cp {input.oracle:q} {output.oracle:q} 2>{log:q}"


rule predict_responses:
    """What every configuration would answer, and how well that is known of each question."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        responses=ASKED_RESPONSES,
        instruments=INSTRUMENT_FILES,
    output:
        predicted=expand(
            "results/{{study}}/surface/{{model}}/{{condition}}/responses/{instrument}.parquet",
            instrument=config["instruments"],
        ),
        questions="results/{study}/surface/{model}/{condition}/surface/questions.parquet",
    log:
        "results/{study}/logs/predict_responses/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/predict_responses/{model}/{condition}.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.surface.predict"),
        condition=condition,
        design=config["design"],
        holdout=config["holdout"],
        seed=config["seed"],
    shell:
        "python -m valuescape.lenses.surface.predict {params.files} "
        "--condition {params.condition:q} --design {params.design} --holdout {params.holdout} "
        "--seed {params.seed} >{log:q} 2>&1"


rule measure_surface:
    """Headline numbers of the lenses in all configurations, with the error of the surface."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        iw="results/{study}/{model}/{condition}/responses/iw.parquet",
        iw_instrument="config/instruments/iw.yaml",
        mfq2="results/{study}/{model}/{condition}/responses/mfq2.parquet",
        mfq2_instrument="config/instruments/mfq2.yaml",
        wvb_probe="results/{study}/{model}/{condition}/responses/wvb_probe.parquet",
        wvb_probe_instrument="config/instruments/wvb_probe.yaml",
        oracle="results/{study}/{model}/oracle.parquet",
        projection=MAP["projection"],
        centroids=MAP["centroids"],
        humans="results/{study}/humans.parquet",
        distributions=config["reference"]["distributions"],
        joint=config["reference"]["indicator_joint"],
        waves=config["reference"]["waves"],
    output:
        quantities="results/{study}/surface/{model}/{condition}/surface/quantities.parquet",
    log:
        "results/{study}/logs/measure_surface/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/measure_surface/{model}/{condition}.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.surface.quantities"),
        condition=condition,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.surface.quantities {params.files} "
        "--condition {params.condition:q} {params.bootstrap} >{log:q} 2>&1"


rule follow_surface_error:
    """How the error of the surface falls with the number of personas that are asked."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        responses=ASKED_RESPONSES,
        instruments=INSTRUMENT_FILES,
    output:
        error="results/{study}/surface/{model}/{condition}/surface/error.parquet",
    log:
        "results/{study}/logs/follow_surface_error/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/follow_surface_error/{model}/{condition}.tsv"
    wildcard_constraints:
        study=any_of([NAME]),
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.surface.error"),
        condition=condition,
        seed=config["seed"],
    shell:
        "python -m valuescape.lenses.surface.error {params.files} --condition {params.condition:q} "
        "--seed {params.seed} >{log:q} 2>&1"
