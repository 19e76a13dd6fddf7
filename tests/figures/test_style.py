"""Style: the footer, the mark of synthetic answers, the numbers as CSV."""

from __future__ import annotations

import polars as pl
import pytest
from matplotlib import rcParams

from drawn_figures import texts
from valuescape.core.files import write_csv
from valuescape.figures import style

REAL = {
    "engine": "vllm",
    "model": "gpt-oss-20b",
    "study design": "oa144",
    "condition": '{"name": "base"}',
}
SYNTHETIC = REAL | {"engine": "synthetic", "model": "synthetic"}


@pytest.fixture
def coarse(monkeypatch):
    """Draw few pixels: these tests look at nothing that depends on their number."""
    monkeypatch.setattr(style, "DPI", 50)


def test_a_synthetic_engine_marks_the_figure_itself(tmp_path, coarse):
    for provenance, marked in ((SYNTHETIC, True), (REAL, False)):
        figure = style.new_figure(style.WIDTH_DOUBLE, 3.0)
        figure.add_subplot()
        to = style.Targets(*(tmp_path / f"figure.{kind}" for kind in ("pdf", "png", "csv", "txt")))
        style.save(figure, pl.DataFrame(), to, provenance, "n = 1 persona")
        found = texts(figure)
        assert ("synthetic-mark" in found) == marked
        assert ("SYNTHETIC RESPONDENT" in found["footer"]) == marked
        footer = " ".join(found["footer"].split())
        assert "LLM personas are not people" in footer
        assert f"model: {provenance['model']}, design: oa144, condition: base." in footer
        assert "n = 1 persona" in footer


@pytest.mark.parametrize("width", [style.WIDTH_SINGLE, style.WIDTH_DOUBLE])
def test_a_footer_is_readable_and_stays_in_its_room(width):
    figure = style.new_figure(width, 3.0)
    style.sign(figure, SYNTHETIC, "n = 144 " + "personas, and much more to say of them " * 20)
    [footer] = [text for text in figure.texts if text.get_gid() == "footer"]
    assert footer.get_fontsize() >= style.SMALL
    assert footer.get_window_extent().y1 <= style.footer_height(width) * figure.dpi


def test_counts_in_words():
    assert style.counted(pl.Series([12, 93_312, 40]), "personas") == "12 to 93,312 personas"
    assert style.counted(pl.Series([5, 5]), "groups") == "5 groups"
    assert style.counted(pl.Series([], dtype=pl.Int64), "groups") == "0 groups"


def test_the_source_says_whose_answers_they_are_and_the_csv_holds_nothing_else(tmp_path):
    csv, source = tmp_path / "figure.csv", tmp_path / "figure.source.txt"
    lines = style.source_lines({"space": "ten\nlines"}, "n = 1")
    write_csv(pl.DataFrame({"share": [0.5]}), csv, source, lines)
    assert source.read_text() == "No LLM was asked for this.\nn = 1\nspace: ten lines\n"
    assert csv.read_text() == "share\n0.5\n"


def test_style_leaves_the_settings_of_matplotlib_alone():
    before = dict(rcParams)
    inside = style.styled(lambda: rcParams["font.size"])()
    assert inside == style.RC["font.size"]
    assert dict(rcParams) == before
