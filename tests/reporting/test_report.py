"""Report: one page without network, every number beside its floor and baseline, texts escaped."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

import made_up_results as made_up
from valuescape.core import tables, wording
from valuescape.core.errors import UserError
from valuescape.lenses.alignment import tables as alignment_tables
from valuescape.lenses.cultural_map import tables as map_tables
from valuescape.lenses.morality import tables as moral_tables
from valuescape.reporting import costs, headlines, report
from valuescape.study import tables as study_tables

ROOT = Path(__file__).parents[2]
REAL = {"engine": "vllm", "model": "gpt-oss-20b", "model_revision": "abc123"}
STATS = {
    "stage": "responses",
    "model": "gpt-oss-20b",
    "shard": "0001-of-0002",
    "engine": "vllm",
    "n_personas": 72,
    "n_requests": 5904,
    "prompt_tokens": 1_000_000,
    "output_tokens": 5904,
    "cached_prompt_tokens": 900_000,
    "seconds_load": 12.5,
    "seconds_ask": 59.04,
    "n_answers": 72,
    "answers_per_persona": 1,
    "versions": {"vllm": "0.33.0"},
    "device": "cpu",
}
# The smallest PNG: one pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
NAMES = (
    "design_null_map",
    "cultural_map",
    "alignment_heat",
    "alignment_baselines",
    "mft_profiles",
    "mft_effects",
    "mft_shapley",
    "mft_invariance",
    "human_vs_persona_slopes",
    "oracle_vs_measured",
    "demographics",
)


class Page(HTMLParser):
    """Collects what a page refers to and says."""

    def __init__(self, html):
        super().__init__()
        self.sources, self.links, self.ids, self.tags, self.words = [], [], set(), [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        self.sources += [found[key] for key in ("src", "srcset", "poster", "data") if key in found]
        if "href" in found:
            self.links.append(found["href"])
        if "id" in found:
            self.ids.add(found["id"])

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def written(tmp_path):
    """Write a report from made-up tables."""

    def write(provenance=REAL, biography="I was born by the river.", stats=(STATS, STATS)):
        paths = made_up.write_all(tmp_path, provenance)
        tables.write(
            made_up.biographies(biography),
            paths["biographies"],
            study_tables.BIOGRAPHIES,
            provenance,
        )
        arguments = ["--study", "test", "--model", "gpt-oss-20b", "--condition", "base"]
        for name in report.TABLES:
            arguments += [f"--{name.replace('_', '-')}", str(paths[name])]
        figures = []
        for name in NAMES:
            figures.append(tmp_path / f"{name}.png")
            figures[-1].write_bytes(PNG)
        shards = []
        for number, shard in enumerate(stats):
            shards.append(tmp_path / f"{number}.json")
            shards[-1].write_text(json.dumps(shard))
        reference = tmp_path / "norms.csv"
        reference.write_text("# Source: somewhere <b>public</b>.\n# Licence: MIT.\ncountry\n")
        config = tmp_path / "config.json"
        config.write_text(json.dumps({"study": "test", "seed": 7, "design": "oa144"}))
        prompt = tmp_path / "answer.md"
        prompt.write_text("Answer.")
        captions = [ROOT / f"workflow/report/{name}.rst" for name in NAMES]
        instruments = sorted((ROOT / "config/instruments").glob("*.yaml"))
        for option, files in (
            ("figures", figures),
            ("captions", captions),
            ("stats", shards),
            ("config", [config]),
            ("instruments", instruments),
            ("reference", [reference]),
            ("prompts", [prompt]),
            ("output", [tmp_path / "report.html"]),
        ):
            arguments += [f"--{option}", *map(str, files)]
        report.main(arguments)
        return (tmp_path / "report.html").read_text(encoding="utf-8")

    return write


def test_the_page_needs_no_network(written):
    html = written()
    page = Page(html)
    assert len(page.sources) == len(NAMES)
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    # The interactive map is too large to stand in the page, and lies beside it.
    beside = {link for link in page.links if not link.startswith("#")}
    assert beside == {"figures/interactive_map.html"}
    assert {link[1:] for link in set(page.links) - beside} <= page.ids
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert not re.search(r"url\(|@import", html)


def test_two_reports_are_equal(written):
    assert written() == written()


def test_texts_of_the_model_and_of_files_are_escaped(written):
    html = written(biography="<script>alert('x')</script> & <img src=http://evil>")
    assert "<script>" not in html
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &lt;img" in html
    assert "&lt;b&gt;public&lt;/b&gt;" in html
    assert all(source.startswith("data:") for source in Page(html).sources)


def test_a_synthetic_engine_opens_with_a_banner(written):
    mark = "SYNTHETIC RESPONDENT - not an LLM"
    html = written(REAL | {"engine": "synthetic"})
    assert mark in Page(html).text
    assert html.index('class="banner"') < html.index("<h1>")
    assert mark not in written()


def test_the_page_says_what_a_persona_is_not(written):
    text = Page(written()).text
    assert "LLM personas are not people." in text
    assert "cannot replace asking people" in text


def test_every_headline_stands_beside_baseline_floor_and_interval(written):
    text = Page(written()).text
    found = {
        "map": "0.610",
        "design without LLM": "0.262",
        "alignment of 36": "0.800",
        "uniform": "0.786",
        "floor": "0.993",
        "oracle": "0.540",
        "null": "0.360",
        "interval": "[0.500, 0.850]",
    }
    for what, number in found.items():
        assert number in text, what
    assert "every option equally likely" in text
    assert "SD on the two axes 0.82 and 0.81, of the configurations 1.68 and 1.78" in text
    assert "humans of the other groups reach 0.904" in text


def test_every_section_and_source_is_there(written):
    html = written()
    page = Page(html)
    assert {"what", "headlines", "map", "alignment", "morality", "personas", "validity", "paper",
            "cost", "provenance", "data"} <= page.ids  # fmt: skip
    assert {f"figure-{name}" for name in NAMES} <= page.ids
    for words in ("abc123", "seed: 7", "design: oa144", "Licence: MIT.", "0.790 to 0.809",
                  "2601.22396", "vllm 0.33.0", "doi:10.14281/18241.24"):  # fmt: skip
        assert words in page.text, words
    assert re.search(r"answer\.md\s*[0-9a-f]{64}", page.text)
    # Two shards of 5,904 output tokens in 59.04 s each.
    assert "11,808" in page.text
    assert "100.0" in page.text


def test_answers_are_accounted_for_by_stage():
    sums = {row["stage"]: row for row in report.accounting(made_up.validity()).to_dicts()}
    assert sums["mfq2"]["asked"] == 36 * 144
    assert sums["mfq2"]["valid"] == 36 * 143
    assert sums["mfq2"]["refused"] == 36
    assert {row["adds_up"] for row in sums.values()} == {"yes"}


def test_answers_that_do_not_add_up_are_shown():
    lost = made_up.validity().with_columns(pl.col("valid") - 1)
    assert set(report.accounting(lost)["adds_up"]) == {"NO"}


def test_examples_are_the_first_middle_and_last_valid_biography():
    shown = report.example_biographies(made_up.biographies())
    assert [row["persona_id"] for row in shown] == [0, 2, 4]
    broken = made_up.biographies().with_columns(pl.lit("malformed").alias("status"))
    assert report.example_biographies(broken) == []


def test_results_without_any_valid_answer_are_reported_as_unknown():
    empty = [
        pl.DataFrame(schema=dict(table.columns))
        for table in (
            map_tables.MAP_SUMMARY,
            alignment_tables.ALIGNMENT_SUMMARY,
            moral_tables.ORACLE_AGREEMENT,
        )
    ]
    for headline in headlines.main_headlines(*empty):
        assert headline.estimate is None
        assert wording.number(headline.estimate) == "\N{EN DASH}"


def test_the_main_alignment_leaves_out_what_configured_the_personas():
    summary = made_up.alignment_summary()
    where = made_up.map_summary(made_up.positions(144))
    found = headlines.main_headlines(where, summary, made_up.oracle_agreement())
    assert "33 questions" in found[1].measure
    whole = headlines.alignment_headlines(summary)[0]
    assert whole.measure.endswith("36 questions (0 to 1)")


def test_a_figure_without_a_caption_is_refused(tmp_path):
    figure = tmp_path / "odd.png"
    figure.write_bytes(PNG)
    with pytest.raises(UserError, match="the figure odd has no caption"):
        report.pictures([figure], [])


@pytest.mark.parametrize("name", NAMES)
def test_captions_are_plain_prose_that_say_what_personas_are_not(name):
    text = (ROOT / f"workflow/report/{name}.rst").read_text(encoding="utf-8")
    assert len(report.paragraphs(text)) == 2
    assert not re.search(r"[`{}<>*]|::|\.\. ", text)
    if name != "design_null_map":
        assert re.search(r"not people|causes what in people", text)


def test_broken_statistics_of_a_shard_are_named(tmp_path):
    path = tmp_path / "shard.json"
    path.write_text('{"stage": "responses", "model": "m"}')
    with pytest.raises(UserError, match="no key 'answers_per_persona'"):
        costs.read_costs([path])
    path.write_text("{")
    with pytest.raises(UserError, match="cannot be read as JSON"):
        costs.read_costs([path])


def test_a_config_that_holds_no_keys_is_refused(tmp_path):
    path = tmp_path / "config.json"
    path.write_text("[1]")
    with pytest.raises(UserError, match="holds list"):
        report.read_config(path)
