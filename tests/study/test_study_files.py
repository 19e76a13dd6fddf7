"""Study files: what follows --configfile is told in words before Snakemake reads it."""

from __future__ import annotations

import pytest

from valuescape.study.study_files import configfiles, refuse_mistaken_call


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
    refuse_mistaken_call(["snakemake", "--configfile", str(mine)])
    with pytest.raises(SystemExit, match="write it before --configfile: snakemake figure_x"):
        refuse_mistaken_call(["snakemake", "--configfile", str(mine), "figure_x"])


def test_the_checkout_of_somebody_else_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refuse_mistaken_call(["snakemake", "-n"])
    (tmp_path / ".snakemake").mkdir()
    # the superuser may write everywhere
    monkeypatch.setattr("os.access", lambda path, _: path.name != ".snakemake")
    with pytest.raises(SystemExit, match=r"\.snakemake: you may not write.*\nHint: work in a ch"):
        refuse_mistaken_call(["snakemake", "-n"])


def test_a_full_disk_is_told_before_a_job_has_no_room_to_tell_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    monkeypatch.setattr("valuescape.core.files.LEAST_FREE", 10**18)
    with pytest.raises(SystemExit, match="results: no space left on the disk"):
        refuse_mistaken_call(["snakemake"])
