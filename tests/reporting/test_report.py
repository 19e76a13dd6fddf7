"""Report: one page without network, every number beside its floor and baseline, texts escaped."""

from __future__ import annotations

import json
import re
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

import made_up_results as made_up
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.figures.catalogue import FIGURES
from valuescape.lenses.quality.tables import LOW_MASS, VALIDITY
from valuescape.lenses.scales.tables import SCALE_SUMMARY
from valuescape.reporting import report
from valuescape.reporting.catalogue import SECTIONS, result_tables
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
CONFIG = {
    "study": "test",
    "seed": 7,
    "design": "oa144",
    "demographics": "written",
    "readout": "probabilities",
    "attempts": 1,
    "conditions": [{"name": "base", "context": ["demographics", "configuration"]}],
}
# The smallest PNG: one pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
DRAWN = [figure.name for figure in FIGURES if "png" in figure.suffixes and not figure.of_study]
TABLES = result_tables()


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


def write(
    tmp_path,
    *,
    provenance=REAL,
    biography="I was born by the river.",
    stats=(STATS, STATS),
    **changed,
):
    """Write a report from made-up tables, some of them changed, and return it."""
    files = {}
    for table in TABLES:
        place = table.path.format(model="gpt-oss-20b", condition="base")
        files[table.name] = tmp_path / "results/test" / place
        made = changed.get(table.name, made_up.make(table))
        # As in a study that asks no questionnaire with scales of its own.
        frame = made.clear() if table.name == SCALE_SUMMARY.name else made
        tables.write(frame, files[table.name], table, provenance)
    biographies = tmp_path / "biographies.parquet"
    tables.write(made_up.biographies(biography), biographies, study_tables.BIOGRAPHIES, provenance)
    figures = [tmp_path / f"{name}.png" for name in DRAWN]
    for figure in figures:
        figure.write_bytes(PNG)
    shards = [tmp_path / f"{number}.json" for number in range(len(stats))]
    for path, shard in zip(shards, stats, strict=True):
        path.write_text(json.dumps(shard))
    reference = tmp_path / "norms.csv"
    reference.write_text("# Source: somewhere <b>public</b>.\n# Licence: MIT.\ncountry\n")
    config = tmp_path / "config.json"
    config.write_text(json.dumps(CONFIG))
    prompt = tmp_path / "answer.md"
    prompt.write_text("Answer.")
    report.main(
        study="test",
        model="gpt-oss-20b",
        condition="base",
        tables=list(files.values()),
        biographies=biographies,
        figures=figures,
        stats=shards,
        config=config,
        instruments=sorted((ROOT / "config/instruments").glob("*.yaml")),
        reference=[reference],
        prompts=[prompt],
        report=tmp_path / "report.html",
    )
    return (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def written(tmp_path):
    """Write a report of some changed tables."""
    return partial(write, tmp_path)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return the report of tables as they are."""
    return write(tmp_path_factory.mktemp("plain"))


def test_the_page_needs_no_network(plain):
    html = plain
    page = Page(html)
    assert len(page.sources) == len(DRAWN)
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    # What is too large to stand in the page lies beside it.
    beside = {link for link in page.links if not link.startswith("#")}
    assert all(link.startswith(("tables/", "figures/")) for link in beside)
    assert {link[1:] for link in set(page.links) - beside} <= page.ids
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert not re.search(r"url\(|@import", html)


def test_every_figure_and_table_is_shown(plain):
    page = Page(plain)
    for figure in (each for each in FIGURES if not each.of_study):
        if "png" in figure.suffixes:
            assert f"figure-{figure.name}" in page.ids
        else:
            assert f"figures/{figure.name}.{figure.suffixes[0]}" in page.links
    for table in TABLES:
        assert f"table-{table.name}" in page.ids
        assert " ".join(table.title.split()) in page.text
        assert not table.note or table.note in page.text
        if table.excerpt or not table.note:
            stem = f"tables/{table.section}/{table.name}"
            assert {f"{stem}.csv", f"{stem}.md"} <= {*page.links}


def test_tables_are_open_folded_or_linked(plain):
    html = plain
    for table in TABLES:
        tag = "details" if table.folded and table.note else "div" if table.note else "li"
        assert f'<{tag} id="table-{table.name}">' in html


def test_an_empty_table_says_none(plain):
    part = plain.partition('id="table-scale_summary"')[2].partition("</div>")[0]
    assert "<p>None.</p>" in part
    assert "<td" not in part


def test_two_reports_are_equal(written):
    assert written() == written()


def test_texts_of_the_model_and_of_files_are_escaped(written):
    html = written(biography="<script>alert('x')</script> & <img src=http://evil>")
    assert "<script>" not in html
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &lt;img" in html
    assert "&lt;b&gt;public&lt;/b&gt;" in html
    assert all(source.startswith("data:") for source in Page(html).sources)


def test_a_synthetic_engine_opens_with_a_banner(written, plain):
    mark = "SYNTHETIC RESPONDENT - not an LLM"
    html = written(provenance=REAL | {"engine": "synthetic"})
    assert mark in Page(html).text
    assert html.index('class="banner"') < html.index("<h1>")
    assert mark not in plain


def test_answers_that_the_model_hardly_gave_are_marked(written, plain):
    mark = "LOW OPTION MASS - the model hardly answers"
    assert mark not in Page(plain).text
    low = pl.col("stage") == "mfq2"
    validity = made_up.validity().with_columns(
        option_mass=pl.when(low).then(0.004).otherwise("option_mass"),
        remark=pl.when(low).then(pl.lit(LOW_MASS)),
    )
    page = Page(written(validity=validity))
    assert f"{mark}. In mfq2 the options hold less than 0.1" in page.text
    assert f"36 of 36 questions: {LOW_MASS}" in page.text


def test_the_page_says_what_a_persona_is_not(plain):
    text = Page(plain).text
    assert "LLM personas are not people." in text
    assert "cannot replace asking people" in text


def test_every_headline_stands_beside_baseline_ceiling_and_interval(plain):
    text = Page(plain).text
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
    assert "two axes 1.42 and 1.41 of personas, 1.68 and 1.78 of configurations" in text
    assert "Oceania (Australia, New Zealand); not weighted 0.802" in text
    assert "humans of the other groups 0.906" in text
    assert "No-skill baseline Ceiling" in text


def test_every_section_and_source_is_there(plain):
    page = Page(plain)
    assert {"what", "headlines", *SECTIONS, "paper", "cost", "provenance", "data"} <= page.ids
    for section in SECTIONS.values():
        assert section.heading in page.text
        assert section.text in page.text
    for words in ("abc123", "seed: 7", "design: oa144", "Licence: MIT.", "0.790 to 0.809",
                  "2601.22396", "vllm 0.33.0", "doi:10.14281/18241.24"):  # fmt: skip
        assert words in page.text, words
    assert re.search(r"answer\.md\s*[0-9a-f]{64}", page.text)
    # Two shards of 5,904 output tokens in 59.04 s each.
    assert "11,808" in page.text
    assert "100.0" in page.text


def test_the_worst_questions_are_those_with_the_fewest_valid_answers():
    worst = report.worst_questions(made_up.make(VALIDITY))
    assert worst.height <= report.WORST_QUESTIONS
    assert worst["valid_share"].is_sorted()
    assert (worst["valid"] < worst["asked"]).all()
    whole = made_up.make(VALIDITY).with_columns(valid="asked")
    assert report.worst_questions(whole).is_empty()


def test_examples_are_the_first_middle_and_last_valid_biography():
    shown = report.example_biographies(made_up.biographies())
    assert [row["persona_id"] for row in shown] == [0, 2, 4]
    broken = made_up.biographies().with_columns(pl.lit("malformed").alias("status"))
    assert report.example_biographies(broken) == []


def test_a_figure_or_table_without_an_entry_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"odd\.png: no entry of a figure"):
        report.pictures([tmp_path / "odd.png"])
    with pytest.raises(UserError, match=r"odd\.parquet: no entry of a table"):
        report.matched([tmp_path / "test/odd.parquet"], "test", "gpt", "base")


def test_tables_are_matched_by_their_whole_path():
    path = Path("results/test/gpt/base/map/summary.parquet")
    [(entry, found)] = report.matched([path], "test", "gpt", "base").values()
    assert (entry.name, found) == ("map_summary", path)
    with pytest.raises(UserError):
        report.matched([path], "test", "gpt", "other")


def test_a_config_that_holds_no_keys_is_refused(tmp_path):
    path = tmp_path / "config.json"
    path.write_text("[1]")
    with pytest.raises(UserError, match="holds list"):
        report.read_config(path)


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ([], "nothing of a person; no age"),
        (["configuration"], "what the person holds, in ten statements; no age, sex, country"),
        (
            ["demographics", "configuration", "biography"],
            "who the person is (age, sex, country, settlement, education), what the person holds,",
        ),
    ],
)
def test_the_page_says_what_a_persona_is_told(context, told):
    settings = CONFIG | {"conditions": [{"name": "base", "context": context}]}
    assert report.told_in_words(settings, "base").startswith(told)


def test_what_the_language_of_a_condition_lacks_is_said_in_its_section():
    all_asked = made_up.validity()
    assert report.not_asked(all_asked) == {}
    lacking = all_asked.with_columns(
        pl.when(pl.col("stage") == "mfq2").then(0).otherwise("asked").alias("asked")
    )
    assert report.not_asked(lacking) == {
        "morality": "Not defined: the language of this condition has no wording of mfq2, so that "
        "it was not asked."
    }
    some = all_asked.with_columns(
        pl.when(pl.col("question") == "Q113").then(0).otherwise("asked").alias("asked")
    )
    assert "no wording of 1 of the " in report.not_asked(some)["alignment"]
    assert "Q113" in report.not_asked(some)["alignment"]
