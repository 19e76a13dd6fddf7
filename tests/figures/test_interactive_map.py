"""The interactive map: what stands on the page, and the page itself in a real browser."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import made_up_results as made_up
from valuescape.core import tables
from valuescape.figures import interactive_map
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.study import tables as study_tables
from valuescape.study.space import read_space

SPACE = Path(__file__).parents[2] / "config/persona_space.yaml"
HOSTILE = "</script><script>document.title='broken in'</script><img src=x onerror=alert(1)>"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--enable-unsafe-swiftshader",
    "--window-size=1300,850",
    "--virtual-time-budget=60000",
]


def written(folder, n, engine="vllm"):
    """Write the page of n made-up personas, every biography hostile."""
    space = read_space(SPACE)
    ids = pl.Series(np.linspace(0, space.n_personas - 1, n).astype("u4"))
    where = made_up.positions(n).with_columns(persona_id=ids)
    biography = made_up.biographies(HOSTILE).head(1).drop("persona_id")
    biographies = pl.DataFrame({"persona_id": ids}).join(biography, how="cross")
    provenance = {"engine": engine, "model": "<b>gpt</b>"}
    tables.write(where, folder / "positions", map_tables.POSITIONS, provenance)
    tables.write(biographies, folder / "biographies", study_tables.BIOGRAPHIES, provenance)
    made_up.centroids().write_csv(folder / "centroids")
    page = folder / "map.html"
    paths = {name: folder / name for name in ("positions", "biographies", "centroids")}
    interactive_map.main(space=SPACE, html=page, **paths)
    return page


def test_the_page_holds_everything_and_no_markup_of_an_llm(tmp_path):
    page = written(tmp_path, 144, "synthetic").read_text(encoding="utf-8")
    assert "SYNTHETIC RESPONDENT" in page
    assert "onerror=alert" not in page
    assert "<b>gpt</b>" not in page
    assert not re.search(r"<script[^>]+src=|<link|<iframe", page.split("</head>")[1])
    assert "default-src 'none'" in page
    text = re.search(r'id="content">(.*?)</script>', page, re.DOTALL)[1]
    content = json.loads(text)
    ids = np.frombuffer(base64.b64decode(content["ids"]), "<u4")
    assert len(ids) == 144
    block = json.loads(gzip.decompress(base64.b64decode(content["biographies"][0])))
    assert block[0][-1] == HOSTILE
    assert len(block) == 144


def browse(page, folder, *flags, fragment=""):
    return subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={folder}", *flags, f"{page.as_uri()}#{fragment}"],
        capture_output=True, text=True, timeout=200, check=True,
    ).stdout  # fmt: skip


@pytest.mark.drawing
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open the page in")
@pytest.mark.parametrize("n", [144, 93_312])
def test_a_browser_shows_filters_and_a_persona(n, tmp_path):
    page = written(tmp_path, n)
    last = read_space(SPACE).n_personas - 1
    asked = {"fragment": f"god=3&persona={last}"}
    found = browse(page, tmp_path / "first", "--dump-dom", **asked)
    assert 'data-ready="' in found
    assert f'data-persona="{last}"' in found
    count = re.search(r'id="count"[^>]*>([\d,]+) of ([\d,]+) personas, mean \(', found)
    assert count[2] == f"{n:,}"
    assert int(count[1].replace(",", "")) == pytest.approx(n / 4, rel=0.1)
    # What the LLM wrote stands there as text.
    assert "&lt;img src=x onerror=alert(1)&gt;" in found
    assert "<title>broken in" not in found
    picture = tmp_path / "map.png"
    browse(page, tmp_path / "second", f"--screenshot={picture}", **asked)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 30_000


# What a reader does: chooses a level, points at a persona, points at a country. Then the page is
# asked what it shows.
READER = """<script>
const wait = setInterval(async () => {
  if (!document.body.dataset.ready) return;
  clearInterval(wait);
  const map = document.getElementById("map"), seen = document.body.dataset;
  const middle = axis => map.data[3][axis][0];
  const reach = () => Math.max(...map.data[1].y) - Math.min(...map.data[1].y);
  seen.before = JSON.stringify([middle("x"), middle("y"), reach()]);
  const filter = document.getElementById("filter-god");
  filter.value = "3";
  filter.dispatchEvent(new Event("change"));
  seen.after = JSON.stringify([middle("x"), middle("y"), reach()]);
  const point = (trace, k) => {
    const layout = map._fullLayout, frame = map.querySelector(".nsewdrag").getBoundingClientRect();
    const at = {
      clientX: frame.left + layout.xaxis.d2p(map.data[trace].x[k]),
      clientY: frame.top + layout.yaxis.d2p(map.data[trace].y[k]),
    };
    for (const kind of ["mouseover", "mousemove"])
      map.querySelector(".nsewdrag").dispatchEvent(new MouseEvent(kind, {bubbles: true, ...at}));
  };
  const pause = () => new Promise(resolve => setTimeout(resolve, 500));
  await pause();
  point(0, 0);
  await pause();
  point(4, 0);
  await pause();
  seen.label = document.querySelector(".hoverlayer").textContent;
  seen.done = "yes";
}, 50);
</script>"""


@pytest.mark.drawing
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open the page in")
def test_the_ellipse_follows_a_filter_and_persona_and_country_are_shown(tmp_path):
    page = written(tmp_path, 144)
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("</body>", f"{READER}</body>"), encoding="utf-8")
    found = browse(page, tmp_path / "reader", "--dump-dom")
    assert 'data-done="yes"' in found
    seen = {
        name: np.array(json.loads(unescape(re.search(rf'data-{name}="([^"]+)"', found)[1])))
        for name in ("before", "after")
    }
    positions = tables.read(tmp_path / "positions", map_tables.POSITIONS)
    space = read_space(SPACE)
    god = [variable.name for variable in space.variables].index("god")
    chosen = space.levels_of(positions["persona_id"].to_numpy())[:, god] == 3
    for name, rows in (("before", positions), ("after", positions.filter(pl.Series(chosen)))):
        points = rows.drop_nulls(["self_expression", "secular"])
        mean = points.select("self_expression", "secular").mean().row(0)
        assert seen[name][:2] == pytest.approx(mean, abs=1e-4)
        # Twice the semi-extent of the ellipse that holds 95 % of a normal law.
        sd = points["secular"].std()
        assert seen[name][2] == pytest.approx(2 * 2.4477 * sd, rel=0.01)
    first = positions.filter(pl.Series(chosen)).drop_nulls("secular")["persona_id"][0]
    assert f'data-persona="{first}"' in found
    label = re.search(r'data-label="([^"]+)"', found)[1]
    assert any(country in label for country in made_up.COUNTRIES)
