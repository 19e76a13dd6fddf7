"""
Quality: who the personas say they are, whether every answer is accounted for, and whether a
persona answers as it was configured.

REQUIRED INPUTS:

    responses    = results/{study}/{model}/{condition}/responses/{instrument}.parquet, all
    biographies  = results/{study}/{model}/biographies.parquet
    personas     = results/{study}/personas.parquet
    space        = config["persona_space"]
    countries    = config["reference"]["countries"]
    respondents  = config["reference"]["respondents"]

OUTPUTS:

    demographics = results/{study}/{model}/{condition}/quality/demographics.parquet
    validity     = results/{study}/{model}/{condition}/quality/validity.parquet
    adherence    = results/{study}/{model}/{condition}/quality/adherence.parquet
"""


rule check_quality:
    """Demographics of the biographies, validity of all answers, adherence to configurations."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        biographies=gathered_biographies,
        countries=config["reference"]["countries"],
        respondents=config["reference"]["respondents"],
        responses=expand(
            "results/{{study}}/{{model}}/{{condition}}/responses/{instrument}.parquet",
            instrument=config["instruments"],
        ),
        instruments=INSTRUMENT_FILES,
        code=code(
            "quality",
            "answers",
            "documents",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "reference",
            "resampling",
            "space",
            "tables",
        ),
    output:
        demographics="results/{study}/{model}/{condition}/quality/demographics.parquet",
        validity="results/{study}/{model}/{condition}/quality/validity.parquet",
        adherence="results/{study}/{model}/{condition}/quality/adherence.parquet",
    log:
        "results/{study}/logs/check_quality/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/check_quality/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        answers=answers_read,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.quality.measure \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --biographies {input.biographies:q} \
            --countries {input.countries:q} \
            --respondents {input.respondents:q} \
            --responses {input.responses:q} \
            --instruments {input.instruments:q} \
            --answers {params.answers:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --demographics {output.demographics:q} \
            --validity {output.validity:q} \
            --adherence {output.adherence:q} \
            >{log:q} 2>&1
        """
