"""Checks: what the rooms above `study` look at before anything of a study runs."""

from __future__ import annotations

from valuescape.asking.external import external_errors
from valuescape.asking.prompt_check import prompt_errors
from valuescape.humans.survey_check import reference_errors, survey_errors

FURTHER_CHECKS = (prompt_errors, external_errors, reference_errors, survey_errors)
"""For `study.check.check_config`: the Snakefile and the commands of a study ask for the same."""
