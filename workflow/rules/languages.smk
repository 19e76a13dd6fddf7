"""
Languages: whether personas answer the same when asked, or told, in another tongue. Made of all conditions
that such a comparison reads, once for each model.
"""


rule measure_language_shift:
    """How far personas move on the map from English to another language, beside floors."""
    input:
        responses=in_languages("responses/iw.parquet"),
        instrument="config/instruments/iw.yaml",
        model="config/models/{model}.yaml",
        projection=MAP["projection"],
    output:
        shift="results/{study}/{model}/languages/shift.parquet",
    log:
        "results/{study}/logs/measure_language_shift/{model}.log",
    benchmark:
        "results/{study}/benchmarks/measure_language_shift/{model}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.languages.shift"),
        conditions=[each.json() for each in COMPARED_IN_LANGUAGES],
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.languages.shift {params.files} "
        "--conditions {params.conditions:q} {params.bootstrap} >{log:q} 2>&1"


rule measure_language_items:
    """What a language moves of each question and foundation; valid answers by language."""
    input:
        responses=in_languages("responses/{instrument}.parquet", instrument=config["instruments"]),
        instruments=INSTRUMENT_FILES,
        model="config/models/{model}.yaml",
    output:
        table="results/{study}/{model}/languages/items.parquet",
    log:
        "results/{study}/logs/measure_language_items/{model}.log",
    benchmark:
        "results/{study}/benchmarks/measure_language_items/{model}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.languages.items"),
        conditions=[each.json() for each in COMPARED_IN_LANGUAGES],
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.languages.items {params.files} "
        "--conditions {params.conditions:q} {params.bootstrap} >{log:q} 2>&1"


rule measure_language_alignment:
    """Alignment with the humans of countries where a language is spoken, in it and in English."""
    input:
        responses=in_languages("responses/wvb_probe.parquet"),
        biographies=[
            f"results/{{study}}/{{model}}/{biographies_name(each.biography_replicate)}.parquet"
            for each in COMPARED_IN_LANGUAGES
        ],
        instrument="config/instruments/wvb_probe.yaml",
        humans="results/{study}/humans.parquet",
        country_languages="config/reference/country_languages.csv",
        model="config/models/{model}.yaml",
    output:
        alignment="results/{study}/{model}/languages/alignment.parquet",
    log:
        "results/{study}/logs/measure_language_alignment/{model}.log",
    benchmark:
        "results/{study}/benchmarks/measure_language_alignment/{model}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.languages.alignment"),
        conditions=[each.json() for each in COMPARED_IN_LANGUAGES],
        least=config["least"]["personas"],
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.languages.alignment {params.files} "
        "--conditions {params.conditions:q} --least {params.least} {params.bootstrap} "
        ">{log:q} 2>&1"


rule compare_interview_languages:
    """How people of one country differ by the language in which they were interviewed."""
    input:
        survey=config["survey"]["wvs7"] or "<no file: survey.wvs7 of the config is null>",
        space=config["persona_space"],
        instrument="config/instruments/wvb_probe.yaml",
        countries=config["reference"]["countries"],
        projection=MAP["projection"],
    output:
        interviews="results/{study}/survey/interview_languages.parquet",
    log:
        "results/{study}/logs/compare_interview_languages.log",
    benchmark:
        "results/{study}/benchmarks/compare_interview_languages.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.languages.interviews"),
        least=config["least"]["humans"],
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.languages.interviews {params.files} --least {params.least} "
        "{params.bootstrap} >{log:q} 2>&1"
