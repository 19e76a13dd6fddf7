"""Style of every figure, once: sizes, fonts, colours, footer, and how a figure is saved.

Colours are those of Okabe and Ito (2008), "Color Universal Design", which stay apart under the
common colour-vision deficiencies; nothing is distinguished by colour alone.
"""

from __future__ import annotations

import functools
import logging
import textwrap
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, ParamSpec

import numpy as np
from matplotlib import font_manager, rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from valuescape.core.errors import UserError
from valuescape.core.files import whole_file, write_csv
from valuescape.core.progress import tell
from valuescape.core.wording import origin, synthetic_marks
from valuescape.lenses.morality import tables as moral_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import polars as pl
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.typing import RcKeyType

P = ParamSpec("P")
LOG = logging.getLogger(__name__)

WIDTH_SINGLE = 3.5
WIDTH_DOUBLE = 7.2
"""Column widths in inches."""
DPI = 300
LEAST_SPAN = 1e-6
"""An axis that spans less shows rounding."""
NOT_DEFINED = "Not defined here:\nthe table says why"
SMALL = 6.5
"""Smallest font, in points."""

BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#767676"
PALE = "#D9D9D9"

FOUNDATIONS = tuple(moral_tables.FOUNDATION_SCORES.columns)[1:]
FOUNDATION_COLOURS = dict(
    zip(FOUNDATIONS, (BLUE, SKY, GREEN, ORANGE, VERMILION, PURPLE), strict=True)
)


# Fonts for scripts that DejaVu Sans lacks, as systems have them; asked for only if they are there.
_OF_OTHER_SCRIPTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "IPAGothic",
    "PingFang SC",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
)
_KNOWN_FONTS = frozenset(font_manager.get_font_names())
FALLBACKS = [name for name in _OF_OTHER_SCRIPTS if name in _KNOWN_FONTS]

RC: dict[RcKeyType, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", *FALLBACKS],
    # a title is text, whatever dollars and braces stand in it
    "text.parse_math": False,
    "font.size": 7.0,
    "axes.titlesize": 8.0,
    "axes.labelsize": 7.0,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "figure.titlesize": 9.0,
    "axes.titlelocation": "left",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "grid.color": PALE,
    "grid.linewidth": 0.4,
    "lines.linewidth": 1.0,
    "legend.frameon": False,
    "legend.handletextpad": 0.4,
    "legend.columnspacing": 1.2,
    "hatch.linewidth": 0.4,
    # TrueType in the PDF: text stays text in every editor.
    "pdf.fonttype": 42,
}

_LINE = 0.125
"""Height of a footer line, in inches."""
_CHARACTERS_PER_INCH = 20


@dataclass(frozen=True)
class Targets:
    """Where a figure goes: vector, raster, the very numbers it shows, and where they come from."""

    pdf: Path
    png: Path
    csv: Path
    source: Path


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Let a drawing function run under the style, leaving matplotlib's global settings alone.

    Parameters
    ----------
    draw : callable
        Returns a `Figure`.

    Returns
    -------
    callable
        The same function, styled.
    """

    @functools.wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with rc_context(RC):
            return draw(*args, **kwargs)

    return wrapper


def note_empty(figure: Figure) -> None:
    """Write into each panel in which nothing could be drawn that this is so.

    Parameters
    ----------
    figure : Figure
        As drawn. Panels without axes, such as legends, are left alone.
    """
    for axes in figure.axes:
        drawn = axes.texts or np.isfinite(axes.dataLim.get_points()).all()
        if axes.axison and not drawn:
            axes.text(
                0.5, 0.5, NOT_DEFINED, transform=axes.transAxes, ha="center", va="center",
                color=GREY, linespacing=1.4,
            )  # fmt: skip


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure that keeps room for the footer.

    Parameters
    ----------
    width, height : float
        Size in inches, footer included.

    Returns
    -------
    Figure
        With a constrained layout above the footer and an Agg canvas, so that texts can be
        measured.
    """
    room = footer_height(width) / height
    engine = ConstrainedLayoutEngine(
        rect=(0.0, room, 1.0, 1.0 - room), w_pad=0.04, h_pad=0.04, hspace=0.02, wspace=0.02
    )
    figure = Figure(figsize=(width, height), dpi=DPI, layout=engine)
    FigureCanvasAgg(figure)
    return figure


def lay_out(figure: Figure) -> None:
    """Lay a figure out for good: with an engine, `savefig` would again for each file.

    Parameters
    ----------
    figure : Figure
        With everything drawn. Afterwards it has no layout engine.
    """
    figure.draw_without_rendering()
    engine = figure.get_layout_engine()
    if engine is not None:
        # ticks may change with the size of their axes
        engine.execute(figure)
        figure.set_layout_engine(None)


def footer_height(width: float) -> float:
    """Return the height in inches that the footer of a figure `width` inches wide takes."""
    return _LINE * _footer_lines(width) + 0.04


def _footer_lines(width: float) -> int:
    return 2 if width > (WIDTH_SINGLE + WIDTH_DOUBLE) / 2 else 4


def legend_below(axes: Axes, handles: Sequence[Artist], columns: int) -> None:
    """Turn axes below the others into the place of a figure's legend.

    Parameters
    ----------
    axes : Axes
        Of the lowest row of the layout.
    handles : sequence of Artist
        With labels.
    columns : int
        Number of columns.
    """
    axes.set_axis_off()
    axes.legend(handles=list(handles), loc="upper center", ncols=columns, borderaxespad=0.0)


def least_span(axes: Axes, dimension: Literal["x", "y"], least: float = LEAST_SPAN) -> None:
    """Show a tenth of a unit to either side of 0 where all values are as good as 0, or none are.

    What is nothing would else fill the axis, under labels of many digits or with an offset.

    Parameters
    ----------
    axes : Axes
        With everything drawn.
    dimension : {"x", "y"}
        Which of its axes.
    least : float
        A smaller span is nothing; unless given, only rounding is.
    """
    low, high = getattr(axes, f"get_{dimension}lim")()
    if high - low < least:
        getattr(axes, f"set_{dimension}lim")(-0.1, 0.1)


def save(
    figure: Figure, frame: pl.DataFrame, to: Targets, provenance: Mapping[str, str], note: str
) -> None:
    """Write a figure as PDF and PNG and its numbers as CSV; equal input gives equal bytes.

    Parameters
    ----------
    figure : Figure
        Made by `new_figure`.
    frame : DataFrame
        What the figure shows.
    to : Targets
        Where to; folders are made.
    provenance : mapping of str to str
        Of the tables read: goes into the footer and, whole, into the text beside the CSV.
    note : str
        How much was counted, for the footer (``n = 144 personas``).
    """
    with rc_context(RC), warnings.catch_warnings():
        with _heeded():
            note_empty(figure)
            sign(figure, provenance, note)
            lay_out(figure)
        warnings.simplefilter("ignore")  # the same warnings once more
        # A date would make every run's bytes differ.
        with whole_file(to.pdf) as partial:
            figure.savefig(partial, format="pdf", metadata={"CreationDate": None})
        with whole_file(to.png) as partial:
            figure.savefig(partial, format="png", dpi=DPI, metadata={"Software": None})
    write_csv(frame, to.csv, to.source, source_lines(provenance, note))


@contextmanager
def _heeded() -> Iterator[None]:
    """Let a layout that does not fit fail the figure; tell of letters that no font has.

    Raises
    ------
    UserError
        If the axes have no room beside their texts.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        if "layout" in message:
            msg = f"the figure's texts leave no room for what it shows ({message})"
            raise UserError(msg, hint="shorten the titles of the persona space or the instrument")
        if "missing from" in message:
            tell(
                "a letter is drawn as a box: %s. A font with it helps, such as Noto Sans CJK",
                message,
            )
        else:
            LOG.warning("%s", message)


def counted(counts: pl.Series, what: str) -> str:
    """Return the range of a count in words, for the footer.

    Parameters
    ----------
    counts : Series
        Whole numbers.
    what : str
        What was counted.

    Returns
    -------
    str
        ``12 to 93,312 <what>``.
    """
    counts = counts.drop_nulls()
    if counts.is_empty():
        return f"0 {what}"
    low, high = (f"{int(side):,}" for side in (counts.to_numpy().min(), counts.to_numpy().max()))
    return f"{low} {what}" if low == high else f"{low} to {high} {what}"


def source_lines(provenance: Mapping[str, str], note: str) -> list[str]:
    """Return where the plotted numbers come from.

    Parameters
    ----------
    provenance : mapping of str to str
        Of the tables read.
    note : str
        How much was counted.

    Returns
    -------
    list of str
        What is synthetic is said first.
    """
    lines = [*synthetic_marks(provenance), origin(provenance), note]
    return lines + [f"{key}: {value}" for key, value in sorted(provenance.items())]


def sign(figure: Figure, provenance: Mapping[str, str], note: str) -> None:
    """Write the footer and, for synthetic answers, the mark across the figure.

    Parameters
    ----------
    figure : Figure
        Made by `new_figure`.
    provenance : mapping of str to str
        Of the tables read.
    note : str
        How much was counted.
    """
    width, height = (float(side) for side in figure.get_size_inches())
    marks = list(synthetic_marks(provenance))
    start = "".join(f"{mark}. " for mark in marks)
    kept = _footer_lines(width)
    footer = figure.text(
        0.06 / width,
        0.03 / height,
        "",
        fontsize=SMALL,
        color=VERMILION if marks else GREY,
        ha="left",
        va="bottom",
        linespacing=1.15,
        gid="footer",
    )
    said = f"{start}{origin(provenance)}. {note}.".replace("..", ".")
    # how wide a letter is depends on the script
    for characters in range(int(width * _CHARACTERS_PER_INCH), 10, -5):
        lines = textwrap.wrap(said, characters)
        if len(lines) > kept:
            lines = [*lines[: kept - 1], f"{lines[kept - 1][: characters - 4]} ..."]
        footer.set_text("\n".join(lines))
        if footer.get_window_extent().x1 <= figure.bbox.x1:
            break
    if marks:
        figure.text(
            0.5,
            0.55,
            "\n".join(marks),
            fontsize=2.9 * width,
            fontweight="bold",
            color=VERMILION,
            alpha=0.22,
            ha="center",
            va="center",
            rotation=25,
            zorder=1000,
            gid="synthetic-mark",
        )
