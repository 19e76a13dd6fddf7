"""
Scales: means and reliability of the scales that instruments declare, whichever instruments a study asks.
"""


rule summarise_scales:
    """Mean, spread and reliability of every scale of the instruments."""
    input:
        space=config["persona_space"],
        personas=answering,
        responses=expand(
            "results/{{study}}/{{model}}/{{condition}}/responses/{instrument}.parquet",
            instrument=config["instruments"],
        ),
        instruments=INSTRUMENT_FILES,
    output:
        summary="results/{study}/{model}/{condition}/scales/summary.parquet",
    log:
        "results/{study}/logs/summarise_scales/{model}/{condition}.log",
    benchmark:
        "results/{study}/benchmarks/summarise_scales/{model}/{condition}.tsv"
    conda:
        "../../envs/controller.conda.yaml"
    params:
        files=files,
        code=code("lenses.scales.summarise"),
        readout=readout,
        bootstrap=BOOTSTRAP,
    shell:
        "python -m valuescape.lenses.scales.summarise {params.files} --readout {params.readout} "
        "{params.bootstrap} >{log:q} 2>&1"
