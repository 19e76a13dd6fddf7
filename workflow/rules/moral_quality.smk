"""
Quality of the moral scores: whether the items of a foundation hang together, whether personas say yes
to everything, and how much of a score is the configuration at all.
"""


rule check_reliability:
    """Reliability of the foundation scores, and how far one dimension decides them."""
    input:
        responses="results/{study}/{model}/{condition}/responses/mfq2.parquet",
        instrument="config/instruments/mfq2.yaml",
        norms=config["reference"]["norms"],
    output:
        reliability="results/{study}/{model}/{condition}/morality/reliability.parquet",
        constraint="results/{study}/{model}/{condition}/morality/constraint.parquet",
    log:
        "results/{study}/logs/check_reliability/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/check_reliability/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.morality.reliability"),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.morality.reliability {params.files} "
        "--readout {params.readout} {params.bootstrap} >{log:q} 2>&1"


rule measure_acquiescence:
    """Whether personas say yes to moral statements and to their negations."""
    input:
        responses="results/{study}/{model}/{condition}/responses/mfq2.parquet",
        instrument="config/instruments/mfq2.yaml",
        inverted=branch(
            "mfq2_inverted" in config["instruments"],
            then="results/{study}/{model}/{condition}/responses/mfq2_inverted.parquet",
            otherwise=[],
        ),
        inverted_instrument="config/instruments/mfq2_inverted.yaml",
    output:
        acquiescence="results/{study}/{model}/{condition}/morality/acquiescence.parquet",
    log:
        "results/{study}/logs/measure_acquiescence/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/measure_acquiescence/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.morality.acquiescence"),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.morality.acquiescence {params.files} "
        "--readout {params.readout} {params.bootstrap} >{log:q} 2>&1"
