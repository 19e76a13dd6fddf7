"""
Robustness: how far results hang on how the personas were asked (wording, option order, mode, replicate,
biography), and on which personas are asked.
"""

ANSWERS = "responses/{instrument}.parquet"


rule study_generalisability:
    """What of a foundation score is configuration, biography, order, wording, mode and answer."""
    input:
        space=config["persona_space"],
        scores=in_conditions("morality/scores.parquet", generalised_conditions),
        responses="results/{study}/{model}/{condition}/responses/mfq2.parquet",
        instrument="config/instruments/mfq2.yaml",
    output:
        **if_made("decision_study"),
        gstudy="results/{study}/{model}/{condition}/robustness/gstudy.parquet",
    log:
        "results/{study}/logs/study_generalisability/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/study_generalisability/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.robustness.gstudy"),
        conditions=json_of(generalised_conditions),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.robustness.gstudy {params.files} "
        "--conditions {params.conditions:q} --readout {params.readout} {params.bootstrap} "
        ">{log:q} 2>&1"


rule describe_reliability:
    """How far personas answer each question alike, however they are asked."""
    input:
        instruments=INSTRUMENT_FILES,
        responses=in_conditions(ANSWERS, generalised_conditions, config["instruments"]),
    output:
        item_reliability="results/{study}/{model}/{condition}/robustness/item_reliability.parquet",
    log:
        "results/{study}/logs/describe_reliability/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/describe_reliability/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.robustness.item_reliability"),
        conditions=json_of(generalised_conditions),
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.robustness.item_reliability {params.files} "
        "--conditions {params.conditions:q} {params.bootstrap} >{log:q} 2>&1"


rule compare_orders:
    """What it changes to list the options from last to first."""
    input:
        instruments=INSTRUMENT_FILES,
        forward=in_conditions(ANSWERS, in_forward_order, config["instruments"]),
        reversed=in_conditions(ANSWERS, in_reversed_order, config["instruments"]),
    output:
        order_effects="results/{study}/{model}/{condition}/robustness/order_effects.parquet",
    log:
        "results/{study}/logs/compare_orders/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/compare_orders/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.robustness.orders"),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.robustness.orders {params.files} --readout {params.readout} "
        "{params.bootstrap} >{log:q} 2>&1"


rule compare_modes:
    """Modes compared: how far apart, how reliable, how valid, at what cost."""
    input:
        instruments=INSTRUMENT_FILES,
        responses=in_conditions(ANSWERS, compared_modes, config["instruments"]),
        stats=stats_of_responses(compared_modes),
    output:
        mode_comparison="results/{study}/{model}/{condition}/robustness/mode_comparison.parquet",
    log:
        "results/{study}/logs/compare_modes/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/compare_modes/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.robustness.modes"),
        conditions=json_of(compared_modes),
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.robustness.modes {params.files} "
        "--conditions {params.conditions:q} {params.bootstrap} >{log:q} 2>&1"


rule specify_headlines:
    """Each headline number under each wording, order, mode and replicate."""
    input:
        map_summary=in_conditions("map/summary.parquet", specified_conditions),
        alignment_summary=in_conditions("alignment/summary.parquet", specified_conditions),
        alignment_scores=in_conditions("alignment/scores.parquet", specified_conditions),
        discrimination=in_conditions("alignment/discrimination.parquet", specified_conditions),
        oracle_agreement=in_conditions("morality/oracle_agreement.parquet", specified_conditions),
        extremes=in_conditions("robustness/extremes.parquet", specified_conditions),
        invariance=in_conditions("morality/invariance.parquet", specified_conditions),
        respondent_personas=branch(
            bool(config["survey"]["wvs7"]),
            then=in_conditions("weights/respondent_personas.parquet", specified_conditions),
            otherwise=[],
        ),
    output:
        robustness="results/{study}/{model}/{condition}/robustness/robustness.parquet",
    log:
        "results/{study}/logs/specify_headlines/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/specify_headlines/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("reporting.robustness"),
        conditions=json_of(specified_conditions),
    shell:
        "python -m valuescape.reporting.robustness {params.files} "
        "--conditions {params.conditions:q} --condition {wildcards.condition} >{log:q} 2>&1"


rule describe_extremes:
    """Extreme configurations, on the map and in the moral lens, beside all personas."""
    input:
        space=config["persona_space"],
        personas=answering,
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        scores="results/{study}/{model}/{condition}/morality/scores.parquet",
    output:
        extremes="results/{study}/{model}/{condition}/robustness/extremes.parquet",
    log:
        "results/{study}/logs/describe_extremes/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/describe_extremes/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.robustness.extremes"),
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.robustness.extremes {params.files} {params.bootstrap} "
        ">{log:q} 2>&1"
