"""
Morality: the moral foundations of personas, what each cultural level adds to them, and whether
the LLM's own ratings (the oracle) foretell that.

REQUIRED INPUTS:

    responses        = results/{study}/{model}/{condition}/responses/mfq2.parquet
    personas         = results/{study}/personas.parquet
    space            = config["persona_space"]
    oracle           = results/{study}/{model}/oracle.parquet
    norms            = config["reference"]["norms"]

OUTPUTS:

    scores           = results/{study}/{model}/{condition}/morality/scores.parquet
    effects          = results/{study}/{model}/{condition}/morality/effects.parquet
    shares           = results/{study}/{model}/{condition}/morality/shares.parquet
    profiles         = results/{study}/{model}/{condition}/morality/profiles.parquet
    oracle_agreement = results/{study}/{model}/{condition}/morality/oracle_agreement.parquet
    oracle_stability = results/{study}/{model}/{condition}/morality/oracle_stability.parquet
    anova_*          = results/{study}/{model}/{condition}/morality/anova_{shares,orders,pairs}.parquet
    trends           = results/{study}/{model}/{condition}/morality/trends.parquet
    invariance       = results/{study}/{model}/{condition}/morality/invariance.parquet
    variation        = results/{study}/{model}/{condition}/morality/foundation_variation.parquet
    fit              = results/{study}/{model}/{condition}/morality/culture_fit.parquet
    slopes           = results/{study}/{model}/{condition}/morality/moral_slopes.parquet
    countries        = results/{study}/{model}/{condition}/morality/country_morality.parquet
    country_fit      = results/{study}/{model}/{condition}/morality/country_fit.parquet
    core_variables   = results/{study}/core_variables.parquet
"""


rule measure_morality:
    """Moral foundations of personas, effects of cultural levels, agreement with the oracle."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        responses="results/{study}/{model}/{condition}/responses/mfq2.parquet",
        instrument="config/instruments/mfq2.yaml",
        oracle="results/{study}/{model}/oracle.parquet",
        norms=config["reference"]["norms"],
        code=code(
            "morality",
            "answers",
            "documents",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "level_effects",
            "moral_tables",
            "moral_variation",
            "oracle_agreement",
            "oracle_stability",
            "reference",
            "resampling",
            "space",
            "tables",
        ),
    output:
        scores="results/{study}/{model}/{condition}/morality/scores.parquet",
        effects="results/{study}/{model}/{condition}/morality/effects.parquet",
        shares="results/{study}/{model}/{condition}/morality/shares.parquet",
        profiles="results/{study}/{model}/{condition}/morality/profiles.parquet",
        oracle_agreement="results/{study}/{model}/{condition}/morality/oracle_agreement.parquet",
        oracle_stability="results/{study}/{model}/{condition}/morality/oracle_stability.parquet",
    log:
        "results/{study}/logs/measure_morality/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/measure_morality/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        answers=answers_read,
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.morality.measure \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --responses {input.responses:q} \
            --instrument {input.instrument:q} \
            --oracle {input.oracle:q} \
            --norms {input.norms:q} \
            --answers {params.answers:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --scores {output.scores:q} \
            --effects {output.effects:q} \
            --shares {output.shares:q} \
            --profiles {output.profiles:q} \
            --oracle-agreement {output.oracle_agreement:q} \
            --oracle-stability {output.oracle_stability:q} \
            >{log:q} 2>&1
        """


rule decompose_morality:
    """Functional ANOVA of the moral foundations: main effects, interactions, trends."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        scores="results/{study}/{model}/{condition}/morality/scores.parquet",
        replicate_scores=lambda wildcards: moral_scores(
            wildcards, differ_in(wildcards, "replicate")
        ),
        code=code(
            "moral_anova",
            "answers",
            "designs",
            "documents",
            "functional_anova",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "level_effects",
            "moral_inputs",
            "moral_tables",
            "moral_trends",
            "resampling",
            "space",
            "tables",
        ),
    output:
        shares="results/{study}/{model}/{condition}/morality/anova_shares.parquet",
        orders="results/{study}/{model}/{condition}/morality/anova_orders.parquet",
        pairs="results/{study}/{model}/{condition}/morality/anova_pairs.parquet",
        trends="results/{study}/{model}/{condition}/morality/trends.parquet",
    log:
        "results/{study}/logs/decompose_morality/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/decompose_morality/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    shell:
        r"""
        python -m valuescape.lenses.morality.anova \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --scores {input.scores:q} \
            --replicate-scores {input.replicate_scores:q} \
            --shares {output.shares:q} \
            --orders {output.orders:q} \
            --pairs {output.pairs:q} \
            --trends {output.trends:q} \
            >{log:q} 2>&1
        """


rule judge_invariance:
    """Whether what a variable does to a foundation is negligible by human margins."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        scores=lambda wildcards: moral_scores(
            wildcards, [wildcards.condition, *told_alike(wildcards)]
        ),
        profiles="results/{study}/{model}/{condition}/morality/profiles.parquet",
        norms=config["reference"]["norms"],
        code=code(
            "invariance",
            "answers",
            "documents",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "level_effects",
            "moral_inputs",
            "moral_tables",
            "moral_variation",
            "reference",
            "resampling",
            "space",
            "tables",
        ),
    output:
        invariance="results/{study}/{model}/{condition}/morality/invariance.parquet",
        variation="results/{study}/{model}/{condition}/morality/foundation_variation.parquet",
    log:
        "results/{study}/logs/judge_invariance/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/judge_invariance/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.morality.invariance \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --scores {input.scores:q} \
            --profiles {input.profiles:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --norms {input.norms:q} \
            --invariance {output.invariance:q} \
            --variation {output.variation:q} \
            >{log:q} 2>&1
        """


rule relate_morality_to_map:
    """Moral foundations along the axes of the cultural map, human countries beside."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        scores="results/{study}/{model}/{condition}/morality/scores.parquet",
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        norms=config["reference"]["norms"],
        centroids=MAP["centroids"],
        code=code(
            "moral_slopes",
            "answers",
            "country_morality",
            "culture_fit",
            "documents",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "level_effects",
            "moral_inputs",
            "moral_tables",
            "moral_variation",
            "reference",
            "resampling",
            "space",
            "tables",
        ),
    output:
        fit="results/{study}/{model}/{condition}/morality/culture_fit.parquet",
        slopes="results/{study}/{model}/{condition}/morality/moral_slopes.parquet",
        countries="results/{study}/{model}/{condition}/morality/country_morality.parquet",
        country_fit="results/{study}/{model}/{condition}/morality/country_fit.parquet",
    log:
        "results/{study}/logs/relate_morality_to_map/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/relate_morality_to_map/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.morality.slopes \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --scores {input.scores:q} \
            --positions {input.positions:q} \
            --norms {input.norms:q} \
            --centroids {input.centroids:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --fit {output.fit:q} \
            --slopes {output.slopes:q} \
            --countries {output.countries:q} \
            --country-fit {output.country_fit:q} \
            >{log:q} 2>&1
        """


rule rank_core_variables:
    """Which cultural variables move morality most, over all models and conditions."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        scores=expand(
            "results/{{study}}/{model}/{condition}/morality/scores.parquet",
            model=MODELS,
            condition=WITH_CULTURE,
        ),
        anova_shares=expand(
            "results/{{study}}/{model}/{condition}/morality/anova_shares.parquet",
            model=MODELS,
            condition=WITH_CULTURE,
        ),
        code=code(
            "core_variables",
            "answers",
            "documents",
            "instruments",
            "lens_inputs",
            "lens_tables",
            "level_effects",
            "moral_inputs",
            "moral_tables",
            "resampling",
            "space",
            "tables",
        ),
    output:
        core_variables="results/{study}/core_variables.parquet",
    log:
        "results/{study}/logs/rank_core_variables.log",
    benchmark:
        "results/{study}/benchmarks/rank_core_variables.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        seed=config["seed"],
        replicates=config["bootstrap_replicates"],
    shell:
        r"""
        python -m valuescape.lenses.morality.core_variables \
            --space {input.space:q} \
            --personas {input.personas:q} \
            --scores {input.scores:q} \
            --anova-shares {input.anova_shares:q} \
            --seed {params.seed:q} \
            --replicates {params.replicates:q} \
            --output {output.core_variables:q} \
            >{log:q} 2>&1
        """
