"""Study files: what follows --configfile is told in words before Snakemake reads it."""

from __future__ import annotations

import pytest

from valuescape.study.study_files import configfiles, refuse_mistaken_files


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        ("snakemake --cores 2", []),
        ("snakemake figure_x --configfile a.yaml b.yaml --cores 2", ["a.yaml", "b.yaml"]),
        ("snakemake --configfile=a.yaml figure_x -n", ["a.yaml"]),
        ("snakemake --configfiles a.yaml -- figure_x", ["a.yaml"]),
    ],
)
def test_files_are_found_as_snakemake_takes_them(arguments, files):
    assert configfiles(arguments.split()) == files


def test_a_target_after_the_study_is_told(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("study: mine\n", encoding="utf-8")
    refuse_mistaken_files(["snakemake", "--configfile", str(mine)])
    with pytest.raises(SystemExit, match="write it before --configfile: snakemake figure_x"):
        refuse_mistaken_files(["snakemake", "--configfile", str(mine), "figure_x"])
