"""
Morality: the moral foundations of personas, what each cultural level adds to them, and whether the
LLM's own ratings (the oracle) predict that.
"""

# where moral scores are to be led back to what personas were told of their culture
CULTURAL = PLAN.cultural_places()


rule measure_morality:
    """Moral foundations of personas, effects of cultural levels, agreement with the oracle."""
    input:
        space=config["persona_space"],
        personas=answering,
        responses="results/{study}/{model}/{condition}/responses/mfq2.parquet",
        replicate_responses=in_conditions("responses/mfq2.parquet", other_replicates),
        instrument="config/instruments/mfq2.yaml",
        oracle="results/{study}/{model}/oracle.parquet",
        norms=config["reference"]["norms"],
    output:
        scores="results/{study}/{model}/{condition}/morality/scores.parquet",
        drawn_scores="results/{study}/{model}/{condition}/morality/drawn_scores.parquet",
        effects="results/{study}/{model}/{condition}/morality/effects.parquet",
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
        files=files,
        code=code("lenses.morality.measure"),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.morality.measure {params.files} --readout {params.readout} "
        "{params.bootstrap} >{log:q} 2>&1"


rule decompose_morality:
    """Functional ANOVA of the moral foundations: main effects, interactions, trends."""
    input:
        space=config["persona_space"],
        personas=answering,
        scores="results/{study}/{model}/{condition}/morality/scores.parquet",
        replicate_scores=in_conditions("morality/scores.parquet", other_replicates),
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
    params:
        files=files,
        code=code("lenses.morality.anova"),
        readout=readout,
    shell:
        "python -m valuescape.lenses.morality.anova {params.files} --readout {params.readout} "
        ">{log:q} 2>&1"


rule judge_invariance:
    """Whether what a variable does to a foundation is negligible by human margins."""
    input:
        space=config["persona_space"],
        personas=answering,
        scores=in_conditions("morality/scores.parquet", with_pooled_conditions),
        drawn_scores=in_conditions("morality/drawn_scores.parquet", with_pooled_conditions),
        profiles="results/{study}/{model}/{condition}/morality/profiles.parquet",
        norms=config["reference"]["norms"],
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
        files=files,
        code=code("lenses.morality.invariance"),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.morality.invariance {params.files} --readout {params.readout} "
        "{params.bootstrap} >{log:q} 2>&1"


rule relate_morality_to_map:
    """Moral foundations along the axes of the cultural map, human countries beside."""
    input:
        space=config["persona_space"],
        personas=answering,
        scores="results/{study}/{model}/{condition}/morality/scores.parquet",
        drawn_scores="results/{study}/{model}/{condition}/morality/drawn_scores.parquet",
        positions="results/{study}/{model}/{condition}/map/positions.parquet",
        norms=config["reference"]["norms"],
        centroids=MAP["centroids"],
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
        files=files,
        code=code("lenses.morality.slopes"),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.morality.slopes {params.files} --readout {params.readout} "
        "{params.bootstrap} >{log:q} 2>&1"


rule rank_core_variables:
    """Which cultural variables move morality most, over all models and conditions."""
    input:
        space=config["persona_space"],
        personas="results/{study}/personas.parquet",
        scores=[f"results/{{study}}/{m}/{c}/morality/scores.parquet" for m, c in CULTURAL],
        anova_shares=[
            f"results/{{study}}/{m}/{c}/morality/anova_shares.parquet" for m, c in CULTURAL
        ],
    output:
        core_variables="results/{study}/core_variables.parquet",
    log:
        "results/{study}/logs/rank_core_variables.log",
    benchmark:
        "results/{study}/benchmarks/rank_core_variables.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.morality.core_variables"),
        readouts=[CONDITIONS[name].readout for _, name in CULTURAL],
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.morality.core_variables {params.files} "
        "--readouts {params.readouts} {params.bootstrap} >{log:q} 2>&1"
