"""
Report: one page for each model and condition with every number, figure, caption and source;
and the closing summary of the whole study.

REQUIRED INPUTS:

    tables  = results/{study}/{model}/{condition}/{map,alignment,morality,quality}/*.parquet
    figures = results/{study}/{model}/{condition}/figures/*.png
    stats   = the *.json of every shard of biographies and responses

OUTPUTS:

    config  = results/{study}/config.json
    report  = results/{study}/{model}/{condition}/report.html
    summary = results/{study}/summary.txt
"""


rule write_config:
    """The study's configuration as it was merged, without what has no influence on results."""
    output:
        config="results/{study}/config.json",
    log:
        "results/{study}/logs/write_config.log",
    benchmark:
        "results/{study}/benchmarks/write_config.tsv"
    localrule: True
    conda:
        "../../envs/controller.conda.yaml"
    params:
        config=json.dumps(
            {key: config[key] for key in sorted(config) if key not in KEYS_WITHOUT_INFLUENCE},
            indent=2,
        ),
    shell:
        r"""
        printf '%s\n' {params.config:q} >{output.config:q} 2>{log:q}
        """


rule write_report:
    """Every number, figure and source of a model and condition, in one HTML page."""
    input:
        map_summary="results/{study}/{model}/{condition}/map/summary.parquet",
        alignment_summary="results/{study}/{model}/{condition}/alignment/summary.parquet",
        alignment_scores="results/{study}/{model}/{condition}/alignment/scores.parquet",
        discrimination="results/{study}/{model}/{condition}/alignment/discrimination.parquet",
        effects="results/{study}/{model}/{condition}/morality/effects.parquet",
        shares="results/{study}/{model}/{condition}/morality/shares.parquet",
        profiles="results/{study}/{model}/{condition}/morality/profiles.parquet",
        oracle_agreement="results/{study}/{model}/{condition}/morality/oracle_agreement.parquet",
        core_variables="results/{study}/core_variables.parquet",
        foundation_variation="results/{study}/{model}/{condition}/morality/foundation_variation.parquet",
        country_fit="results/{study}/{model}/{condition}/morality/country_fit.parquet",
        reliability="results/{study}/{model}/{condition}/morality/reliability.parquet",
        oracle_stability="results/{study}/{model}/{condition}/morality/oracle_stability.parquet",
        gstudy="results/{study}/{model}/{condition}/morality/gstudy.parquet",
        acquiescence="results/{study}/{model}/{condition}/morality/acquiescence.parquet",
        demographics="results/{study}/{model}/{condition}/quality/demographics.parquet",
        validity="results/{study}/{model}/{condition}/quality/validity.parquet",
        adherence="results/{study}/{model}/{condition}/quality/adherence.parquet",
        map_recovery="results/{study}/{model}/{condition}/map/axes.parquet",
        nearest="results/{study}/{model}/{condition}/map/nearest.parquet",
        stated_country="results/{study}/{model}/{condition}/map/stated_country.parquet",
        map_uncertainty="results/{study}/{model}/{condition}/map/uncertainty.parquet",
        map_sensitivity="results/{study}/{model}/{condition}/map/sensitivity.parquet",
        weighted_positions="results/{study}/{model}/{condition}/map/weighted_positions.parquet",
        extremes="results/{study}/{model}/{condition}/map/extremes.parquet",
        biographies=gathered_biographies,
        figures=expand(
            "results/{{study}}/{{model}}/{{condition}}/figures/{figure}.png",
            figure=FIGURES,
        ),
        captions=expand("workflow/report/{figure}.rst", figure=FIGURES),
        stats=expand(STATS, shard=SHARDS, writing=WRITINGS, allow_missing=True),
        config="results/{study}/config.json",
        instruments=INSTRUMENT_FILES,
        reference=list((config["reference"] | MAP).values()),
        prompts=[
            *config["prompts"].values(),
            *config["oracle"]["wordings"],
            config["oracle"]["scale"],
            config["persona_space"],
            config["biography_fields"],
        ],
        code=code(
            "report",
            "alignment_tables",
            "costs",
            "documents",
            "headlines",
            "instruments",
            "lens_tables",
            "map_report",
            "map_tables",
            "moral_tables",
            "sources",
            "tables",
            "wording",
        ),
        template="workflow/lib/valuescape/templates/report.html.j2",
    output:
        report=report(
            "results/{study}/{model}/{condition}/report.html",
            category="Report",
            labels={"model": "{model}", "condition": "{condition}"},
        ),
    log:
        "results/{study}/logs/write_report/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/write_report/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.reporting.report \
            --study {wildcards.study:q} \
            --model {wildcards.model:q} \
            --condition {wildcards.condition:q} \
            --map-summary {input.map_summary:q} \
            --alignment-summary {input.alignment_summary:q} \
            --alignment-scores {input.alignment_scores:q} \
            --discrimination {input.discrimination:q} \
            --effects {input.effects:q} \
            --shares {input.shares:q} \
            --profiles {input.profiles:q} \
            --oracle-agreement {input.oracle_agreement:q} \
            --core-variables {input.core_variables:q} \
            --foundation-variation {input.foundation_variation:q} \
            --country-fit {input.country_fit:q} \
            --reliability {input.reliability:q} \
            --oracle-stability {input.oracle_stability:q} \
            --gstudy {input.gstudy:q} \
            --acquiescence {input.acquiescence:q} \
            --demographics {input.demographics:q} \
            --validity {input.validity:q} \
            --adherence {input.adherence:q} \
            --map-recovery {input.map_recovery:q} \
            --nearest {input.nearest:q} \
            --stated-country {input.stated_country:q} \
            --map-uncertainty {input.map_uncertainty:q} \
            --map-sensitivity {input.map_sensitivity:q} \
            --weighted-positions {input.weighted_positions:q} \
            --extremes {input.extremes:q} \
            --biographies {input.biographies:q} \
            --figures {input.figures:q} \
            --captions {input.captions:q} \
            --stats {input.stats:q} \
            --config {input.config:q} \
            --instruments {input.instruments:q} \
            --reference {input.reference:q} \
            --prompts {input.prompts:q} \
            --output {output.report:q} \
            >{log:q} 2>&1
        """


rule write_summary:
    """The closing summary of the study."""
    input:
        map_summary=every_condition(TABLES["map_summary"]),
        alignment_summary=every_condition(TABLES["alignment_summary"]),
        alignment_scores=every_condition(TABLES["alignment_scores"]),
        discrimination=every_condition(TABLES["discrimination"]),
        oracle_agreement=every_condition(TABLES["oracle_agreement"]),
        validity=every_condition(TABLES["validity"]),
        stats=every_condition(*STATS, shard=SHARDS, writing=WRITINGS),
        figures=every_condition(
            "results/{study}/{model}/{condition}/figures/{figure}.pdf", figure=FIGURES
        ),
        reports=every_condition("results/{study}/{model}/{condition}/report.html"),
        code=code(
            "summary", "alignment_tables", "costs", "headlines", "lens_tables", "tables", "wording"
        ),
    output:
        summary="results/{study}/summary.txt",
    log:
        "results/{study}/logs/write_summary.log",
    benchmark:
        "results/{study}/benchmarks/write_summary.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        projection=json.dumps(config["projection"], sort_keys=True),
    shell:
        r"""
        python -m valuescape.reporting.summary \
            --study {wildcards.study:q} \
            --map-summary {input.map_summary:q} \
            --alignment-summary {input.alignment_summary:q} \
            --alignment-scores {input.alignment_scores:q} \
            --discrimination {input.discrimination:q} \
            --oracle-agreement {input.oracle_agreement:q} \
            --validity {input.validity:q} \
            --stats {input.stats:q} \
            --figures {input.figures:q} \
            --reports {input.reports:q} \
            --projection {params.projection:q} \
            --output {output.summary:q} \
            >{log:q} 2>&1
        """
