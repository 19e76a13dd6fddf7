"""
Quality: who personas say they are, and what became of each answer; of those that were asked.
"""


rule check_quality:
    """Demographics of the biographies, validity of all answers, the manipulation check by variable."""
    input:
        space=config["persona_space"],
        personas=f"results/{NAME}/personas.parquet",
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
        code=code("lenses.quality.measure"),
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
        demographics_from=config["demographics"],
        readout=readout,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.quality.measure {params.files} \
            --demographics-from {params.demographics_from} \
            --readout {params.readout} --seed {params.seed} --replicates {params.replicates} \
            >{log:q} 2>&1
        """
