"""
How an LLM, speaking as culturally grounded personas, stands to human values.

    snakemake --cores 2                             the demo study: every figure, table and report
    snakemake --cores 2 figure_cultural_map         one figure, for every model and condition
    snakemake --list                                every target, one line each
    snakemake --configfile config/paper.yaml -n     what the full study would do
    snakemake --profile profiles/slurm --configfile config/paper.yaml

Rule files are included in the order in which results flow. A rule only names files and a
command; what the command does stands in workflow/lib/valuescape, in the module of that name.
"""

import gc
import os
import sys
import uuid
from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")

# A plan is hundreds of thousands of objects that stay. Looking through them for garbage as often
# as Python does by itself takes a tenth of the time.
gc.freeze()
gc.set_threshold(100_000, 20, 20)

# Jobs run this checkout's package, with the interpreter that runs Snakemake first on PATH:
# neither installing the package nor activating the environment is needed.
LIB = str(Path(workflow.basedir, "workflow", "lib"))
sys.path.insert(0, LIB)
os.environ.update(
    VALUESCAPE_RUN=os.environ.get("VALUESCAPE_RUN") or uuid.uuid4().hex,
    PATH=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()]),
    PYTHONPATH=os.pathsep.join(filter(None, [LIB, os.environ.get("PYTHONPATH")])),
)


from valuescape.cluster.checks import FURTHER_CHECKS
from valuescape.core.errors import UserError
from valuescape.study.check import check_config, with_home
from valuescape.study.study_files import refuse_elsewhere

try:
    refuse_elsewhere(Path(workflow.basedir))
except UserError as error:
    sys.exit(f"Error: {error}")


# What runs unasked; a file given by --configfile is laid over it, key by key.
configfile: "config/demo.yaml"


try:
    check_config(
        config,
        files=[Path(file) for file in workflow.configfiles],
        further=FURTHER_CHECKS,
    )
    config.update(with_home(config))
except UserError as error:
    sys.exit(f"Error: {error}")


include: "workflow/rules/common.smk"
include: "workflow/rules/space.smk"
include: "workflow/rules/survey.smk"
include: "workflow/rules/humans.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/biographies.smk"
include: "workflow/rules/responses.smk"
include: "workflow/rules/preflight.smk"
include: "workflow/rules/oracle.smk"
include: "workflow/rules/external.smk"
include: "workflow/rules/surface.smk"
include: "workflow/rules/map_refit.smk"
include: "workflow/rules/cultural_map.smk"
include: "workflow/rules/weights.smk"
include: "workflow/rules/alignment.smk"
include: "workflow/rules/morality.smk"
include: "workflow/rules/moral_quality.smk"
include: "workflow/rules/quality.smk"
include: "workflow/rules/robustness.smk"
include: "workflow/rules/scales.smk"
include: "workflow/rules/languages.smk"
include: "workflow/rules/comparison.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/bundle.smk"
include: "workflow/rules/targets.smk"


# Seconds each: on a cluster they are made where Snakemake runs, and are not submitted.
workflow.localrules(
    "assign_demographics",
    "draw_comparison_figure",
    "draw_figure",
    "enumerate_cube",
    "enumerate_personas",
    "render_comparison_tables",
    "render_tables",
    "take_external_answers",
    "take_external_people",
    "write_comparison",
    "write_interactive_map",
    "write_report",
    "write_summary",
)


rule all:
    """Everything: figures, tables, reports and the closing summary."""
    default_target: True
    input:
        rules.figures.input,
        rules.tables.input,
        rules.report.input,
        rules.summary.input,
        rules.comparison.input if len(RUNS) > 1 else [],
    localrule: True


onstart:
    begin_on_slurm()
    print(
        "What needs no model is made first, then biographies and answers, then what reads them; "
        "a figure as soon as it can be drawn.",
        file=sys.stderr,
    )


onsuccess:
    print_summary()
