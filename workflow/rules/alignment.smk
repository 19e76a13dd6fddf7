"""
Alignment: how far the answers of personas lie from those of humans of the same group, beside baselines,
other conditions of the study, and the noise floor of the humans themselves.
"""


rule measure_alignment:
    """EMD between personas and humans by group and question, with floor and baselines."""
    input:
        responses="results/{study}/{model}/{condition}/responses/wvb_probe.parquet",
        instrument="config/instruments/wvb_probe.yaml",
        space=of_configured(config["persona_space"]),
        biographies=gathered_biographies,
        humans="results/{study}/humans.parquet",
        countries=config["reference"]["countries"],
        respondents=if_surveyed("wvs7", "results/{study}/survey/respondents.parquet"),
        baseline_responses=in_conditions("responses/wvb_probe.parquet", baseline_conditions),
        pooled_responses=in_conditions("responses/wvb_probe.parquet", pooled_conditions),
    output:
        counts="results/{study}/{model}/{condition}/alignment/counts.parquet",
        cells="results/{study}/{model}/{condition}/alignment/cells.parquet",
        groups="results/{study}/{model}/{condition}/alignment/groups.parquet",
        summary="results/{study}/{model}/{condition}/alignment/summary.parquet",
        scores="results/{study}/{model}/{condition}/alignment/scores.parquet",
        measures="results/{study}/{model}/{condition}/alignment/measures.parquet",
        dispersion="results/{study}/{model}/{condition}/alignment/dispersion.parquet",
        thresholds="results/{study}/{model}/{condition}/alignment/thresholds.parquet",
        quantiles="results/{study}/{model}/{condition}/alignment/quantiles.parquet",
    log:
        "results/{study}/logs/measure_alignment/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/measure_alignment/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.alignment.measure"),
        grouping=config["grouping"],
        least=json.dumps(config["least"]),
        condition=condition,
        baseline_conditions=json_of(baseline_conditions),
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.alignment.measure {params.files} "
        "--grouping {params.grouping:q} --least {params.least:q} --condition {params.condition:q} "
        "--baseline-conditions {params.baseline_conditions:q} {params.bootstrap} >{log:q} 2>&1"


rule transport_answers:
    """Whether answers go together as in humans; needs single respondents of the user's file."""
    input:
        responses="results/{study}/{model}/{condition}/responses/wvb_probe.parquet",
        instrument="config/instruments/wvb_probe.yaml",
        biographies="results/{study}/{model}/biographies.parquet",
        respondents="results/{study}/survey/respondents.parquet",
    output:
        table="results/{study}/{model}/{condition}/alignment/joint_transport.parquet",
    log:
        "results/{study}/logs/transport_answers/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/transport_answers/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.alignment.joint_transport"),
        grouping=config["grouping"],
        condition=condition,
        seed=config["seed"],
    shell:
        "python -m valuescape.lenses.alignment.joint_transport {params.files} "
        "--grouping {params.grouping:q} --condition {params.condition:q} --seed {params.seed} "
        ">{log:q} 2>&1"


rule compare_groups:
    """Whether personas tell groups apart, and as humans differ."""
    input:
        responses="results/{study}/{model}/{condition}/responses/wvb_probe.parquet",
        instrument="config/instruments/wvb_probe.yaml",
        biographies="results/{study}/{model}/biographies.parquet",
        humans="results/{study}/humans.parquet",
        countries=config["reference"]["countries"],
        respondents=if_surveyed("wvs7", "results/{study}/survey/respondents.parquet"),
    output:
        discrimination="results/{study}/{model}/{condition}/alignment/discrimination.parquet",
        order="results/{study}/{model}/{condition}/alignment/question_order.parquet",
        equivalent_n="results/{study}/{model}/{condition}/alignment/equivalent_n.parquet",
        geometry="results/{study}/{model}/{condition}/alignment/group_geometry.parquet",
        positions="results/{study}/{model}/{condition}/alignment/group_positions.parquet",
    log:
        "results/{study}/logs/compare_groups/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/compare_groups/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.alignment.compare_groups"),
        grouping=config["grouping"],
        least=json.dumps(config["least"]),
        condition=condition,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.alignment.compare_groups {params.files} "
        "--grouping {params.grouping:q} --least {params.least:q} --condition {params.condition:q} "
        "{params.bootstrap} >{log:q} 2>&1"


rule vary_human_weights:
    """Alignment with humans counted once each, and by the survey's weights."""
    input:
        responses="results/{study}/{model}/{condition}/responses/wvb_probe.parquet",
        instrument="config/instruments/wvb_probe.yaml",
        distributions=config["reference"]["distributions"],
        distributions_weighted=config["reference"]["distributions_weighted"],
        answered=config["reference"]["answered"],
        interviewed=config["reference"]["respondents"],
        countries=config["reference"]["countries"],
        respondents=if_surveyed("wvs7", "results/{study}/survey/respondents.parquet"),
    output:
        table="results/{study}/{model}/{condition}/alignment/weight_sensitivity.parquet",
    log:
        "results/{study}/logs/vary_human_weights/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/vary_human_weights/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.alignment.weight_sensitivity"),
        condition=condition,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.alignment.weight_sensitivity {params.files} "
        "--condition {params.condition:q} {params.bootstrap} >{log:q} 2>&1"
