"""Survey files: one table from every format; two hundred mistaken files, each a clear error."""

from __future__ import annotations

import gzip
import random
import zipfile

import polars as pl
import pyreadstat
import pytest
from polars.testing import assert_frame_equal

import survey_fixture
from survey_cuts import CUT, PROBE, SPACE, cut_wvs7, made_up
from valuescape.core import tables
from valuescape.core.errors import UserError
from valuescape.humans import respondents
from valuescape.humans.files import Survey, check_columns, read_survey, survey_provenance
from valuescape.study.instruments import read_instrument
from valuescape.study.space import read_space

FORMATS = ("csv", "sav", "dta", "zip")
CSV = "version,Q1,Q2\nSYN,1,2\nSYN,3,4\n"


@pytest.mark.parametrize("survey", ["wvs7", "trend"])
def test_every_format_gives_the_same_table(survey, tmp_path):
    found = []
    for suffix in FORMATS:
        path = survey_fixture.write(made_up(survey), tmp_path / f"SYNTHETIC_{survey}.{suffix}")
        output = tmp_path / f"{suffix}.parquet"
        found.append(CUT[survey](path, output))
        kept = tables.provenance(output)
        assert kept[f"{survey} file"] == path.name
        assert kept[f"{survey} rows"] == str(made_up(survey).height)
        assert len(kept[f"{survey} sha256"]) == 64
        assert "SYNTHETIC" in kept[f"{survey} version"]
    for other in found[1:]:
        assert_frame_equal(found[0], other, check_exact=True)
    assert found[0].height > 2000


def test_columns_are_found_whatever_their_case_and_blanks_are_no_numbers(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("version;q1;Q2;w\nSYN; 1 ;NA;0,5\nSYN;.;3;2\n")
    found = read_survey(path, ["Q1", "Q2", "W"], ["version"], optional=["Q9"]).frame
    assert found.to_dict(as_series=False) == {
        "Q1": [1.0, None], "Q2": [None, 3.0], "W": [0.5, 2.0], "version": ["SYN", "SYN"]
    }  # fmt: skip


def test_a_synthetic_file_says_so_by_its_version_or_its_name(tmp_path):
    frame = pl.DataFrame({"version": ["1.0", None, "1.0"]})
    said = {
        name: survey_provenance("wvs7", Survey(tmp_path / name, frame, "abc"))
        for name in ("real.csv", "Synthetic.csv")
    }
    assert said["real.csv"] == {
        "wvs7 file": "real.csv", "wvs7 sha256": "abc", "wvs7 rows": "3", "wvs7 version": "1.0"
    }  # fmt: skip
    assert said["Synthetic.csv"]["wvs7 version"] == "SYNTHETIC 1.0"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("csv", CSV.encode()),
        ("csv.gz", gzip.compress(CSV.encode())),
        ("csv", CSV.replace("\n", "\r").encode()),
        ("csv", CSV.replace("\n", "\r\n").encode("utf-8-sig")),
        ("csv", (CSV + "\n\n,,\n").encode()),
        ("csv", CSV.replace("version,Q1,Q2", "Q1: Fam\xedlia;version;Q2").encode("latin-1")),
        ("csv", CSV.replace("Q1,", '"Q1: Important, in\nlife",').encode()),
        ("csv", CSV.replace("SYN,3", '"SYN\n2",3').encode()),
    ],
    ids=[
        "csv",
        "gz",
        "old line ends",
        "Windows",
        "blank lines",
        "Latin-1",
        "labels",
        "quoted break",
    ],
)
def test_whatever_can_be_read_is_read(name, content, tmp_path):
    path = tmp_path / f"mine.{name}"
    if b";" in content:
        content = b"Q1: Fam\xedlia;version;Q2\n1;SYN;2\n3;SYN;4\n"
    path.write_bytes(content)
    check_columns(path, ["Q1", "Q2"])
    frame = read_survey(path, ["Q1", "Q2"], ["version"]).frame
    assert frame.select("Q1", "Q2").rows() == [(1.0, 2.0), (3.0, 4.0)]


@pytest.mark.parametrize(
    "blank", ["NA", "NaN", "nan", "NULL", "#NULL!", "<NA>", "None", ".", ".a", "n/a", "-", " "]
)
def test_no_value_is_written_in_many_ways(blank, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(f"Q1,Q2\n1,{blank}\n", encoding="utf-8")
    found = read_survey(path, ["Q1", "Q2"], ["version"]).frame
    assert found.row(0) == (1.0, None, None)


def test_a_zsav_is_read_and_all_missing_columns_are_named(tmp_path):
    path = tmp_path / "mine.zsav"
    pyreadstat.write_sav(pl.DataFrame({"Q1": [1.0]}), str(path), compress=True)
    assert read_survey(path, ["Q1"], []).frame.rows() == [(1.0,)]
    with pytest.raises(UserError, match="no column 'Q2', 'Q3'"):
        check_columns(path, ["Q1", "Q2", "Q3"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("mine.xlsx", b"PK", "'.xlsx' is no survey file|.xlsx is no survey file"),
        ("mine.csv", b"", "no column"),
        ("mine.csv", b"a" * 1_000_001, "its first line does not end within"),
        ("mine.sav", b"$FL2", "cannot be read as a file of SPSS"),
        ("mine.csv.gz", b"no gzip", "cannot be unpacked"),
        ("mine.zip", b"no zip", "cannot be unpacked"),
    ],
)
def test_what_is_no_survey_file_is_told_before_anything_runs(name, content, message, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        check_columns(path, ["Q1"])


def test_a_respondent_who_stands_there_twice_is_refused(few_rows, tmp_path):
    twice = pl.concat([few_rows, few_rows.head(50)])
    for frame in (twice, twice.drop("D_INTERVIEW", strict=False)):
        path = survey_fixture.write(frame, tmp_path / "SYNTHETIC.csv")
        with pytest.raises(
            UserError, match=r"respondents \d+ and 1\d\d have .* \(50 rows are repeated\)"
        ):
            cut_wvs7(path, tmp_path / "cut.parquet")


def test_a_file_of_one_country_may_lack_the_wave(few_rows, right, tmp_path):
    path = survey_fixture.write(few_rows.drop("A_WAVE", "version"), tmp_path / "SYNTHETIC.csv")
    assert_frame_equal(cut_wvs7(path, tmp_path / "cut.parquet"), right)


@pytest.mark.parametrize(("n", "members"), [(0, ["read.me"]), (2, ["a.csv", "b.sav"])])
def test_a_zip_holds_one_survey_file(n, members, tmp_path):
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    with pytest.raises(UserError, match=f"holds {n} survey files instead of one"):
        cut_wvs7(path, tmp_path / "cut.parquet")


N_MUTATED = 200
READ = {"read_space": read_space(SPACE), "read_instrument": read_instrument(PROBE)}
USED = respondents.columns_needed(*READ.values())


@pytest.fixture(autouse=True)
def _read_once(monkeypatch):
    """Hand the same space and questions to each of the 200: reading them takes most of the time."""
    for name, content in READ.items():
        monkeypatch.setattr(respondents, name, lambda _, content=content: content)


@pytest.fixture(scope="module")
def few_rows():
    return survey_fixture.wvs7(1000).sample(120, seed=1)


@pytest.fixture(scope="module")
def right(few_rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("right")
    path = survey_fixture.write(few_rows, folder / "SYNTHETIC.csv")
    return cut_wvs7(path, folder / "right.parquet")


# Mutations: each takes a survey's rows and a path without its ending, and writes a file. Some leave
# the table as it was, some make the file wrong; none may crash, and none may give another table.


def plain(frame, path, rng):
    return survey_fixture.write(frame, path.with_suffix(f".{rng.choice(FORMATS)}"))


def dropped_columns(frame, path, rng):
    needed = [name for name in frame.columns if name not in respondents.OPTIONAL]
    return plain(frame.drop(rng.sample(needed, rng.choice([1, 40, 300]))), path, rng)


def bad_code(frame, path, rng):
    column, row = rng.choice(USED), rng.randrange(frame.height)
    code = rng.choice([-99, 77, 3.5, 999_999, 1e300])
    return plain(with_cell(frame, column, row, code, pl.Float64), path, rng)


def text_for_a_number(frame, path, rng):
    text = rng.choice(["Very happy", "1 (yes)", "--", "1,5,6", "\N{GREEK SMALL LETTER ALPHA}"])
    return plain(
        with_cell(frame, rng.choice(USED), rng.randrange(frame.height), text, pl.String), path, rng
    )


def with_cell(frame, column, row, value, dtype):
    cells = frame[column].cast(dtype)
    return frame.with_columns(cells.set(pl.int_range(cells.len(), eager=True) == row, value))


def wrong_wave(frame, path, rng):
    waves = pl.Series("A_WAVE", [rng.choice([5, 6, 7]) for _ in range(frame.height)])
    return plain(frame.with_columns(waves), path, rng)


def cut_bytes(frame, path, rng):
    path = plain(frame, path, rng)
    content = path.read_bytes()
    end = rng.randrange(len(content))
    if path.suffix == ".csv" and content[:end].endswith(b"\n"):
        end -= 1  # a csv that ends with a whole line cannot be told from a shorter survey
    path.write_bytes(content[:end])
    return path


def flipped_bytes(frame, path, rng):
    path = plain(frame, path.with_suffix(".x"), rng)
    content = bytearray(path.read_bytes())
    start = rng.randrange(min(3000, len(content)))
    content[start : start + 40] = rng.randbytes(40)
    path.write_bytes(content)
    return path


def wrong_encoding(frame, path, rng):
    path = path.with_suffix(".csv")
    text = frame.with_columns(N_TOWN=pl.lit("M\N{LATIN SMALL LETTER U WITH DIAERESIS}nchen"))
    encoding = rng.choice(["latin-1", "utf-16", "utf-8-sig", "cp1252", "utf-32"])
    path.write_bytes(text.write_csv().encode(encoding))
    return path


def swapped_separator(frame, path, rng):
    path = path.with_suffix(".csv")
    content = frame.write_csv()
    header, body = content.split("\n", 1)
    other = rng.choice([";", "\t", "|"])
    path.write_text(
        (header if rng.random() < 0.5 else header.replace(",", other))
        + "\n" + body.replace(",", other)
    )  # fmt: skip
    return path


def slipped_line(frame, path, rng):
    path = path.with_suffix(".csv")
    lines = frame.write_csv().splitlines()
    row = rng.randrange(1, len(lines))
    cells = lines[row].split(",")
    cell = rng.randrange(len(cells))
    cells[cell : cell + 1] = rng.choice([[], [cells[cell]] * 2, ['"']])
    lines[row] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n")
    return path


def empty(frame, path, rng):
    path = path.with_suffix(f".{rng.choice(FORMATS)}")
    path.write_bytes(rng.choice([b"", b"\n", b"version,A_WAVE\n", b"\0" * 100]))
    return path


def no_rows(frame, path, rng):
    return survey_fixture.write(frame.head(0), path.with_suffix(".csv"))


def wrong_ending(frame, path, rng):
    path = plain(frame, path, rng)
    return path.rename(path.with_suffix(rng.choice([".csv", ".sav", ".dta", ".zip", ".xlsx", ""])))


def other_case(frame, path, rng):
    return plain(frame.rename(str.lower if rng.random() < 0.5 else str.upper), path, rng)


def reordered(frame, path, rng):
    return plain(frame.select(rng.sample(frame.columns, frame.width)), path, rng)


def double_column(frame, path, rng):
    path = path.with_suffix(".csv")
    path.write_text(frame.write_csv().replace("Q46,", "Q45,", 1))
    return path


def floats_and_blanks(frame, path, rng):
    numbers = pl.col(pl.Int32)
    shown = frame.with_columns(numbers.cast(pl.Float64)).with_columns(
        pl.when(pl.col("Q46") < 0).then(None).otherwise(pl.col("Q46")).alias("Q46")
    )
    return plain(shown, path, rng)


def wrong_zip(frame, path, rng):
    path = path.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for name in rng.choice([["a.csv", "b.csv"], ["a.pdf"], []]):
            archive.writestr(name, frame.write_csv())
    return path


MUTATIONS = (
    plain, dropped_columns, bad_code, text_for_a_number, wrong_wave, cut_bytes, flipped_bytes,
    wrong_encoding, swapped_separator, slipped_line, empty, no_rows, wrong_ending, other_case,
    reordered, double_column, floats_and_blanks, wrong_zip,
)  # fmt: skip
UNCHANGED = {"plain", "other_case", "reordered", "floats_and_blanks"}
WRONG = {"bad_code", "text_for_a_number", "slipped_line", "empty", "no_rows", "double_column"} | {
    "wrong_zip"
}


@pytest.mark.parametrize("number", range(N_MUTATED))
def test_a_mutated_file_gives_the_right_table_or_a_clear_error(number, few_rows, right, tmp_path):
    mutate = MUTATIONS[number % len(MUTATIONS)]
    path = mutate(few_rows, tmp_path / "SYNTHETIC", random.Random(number))
    found = outcome(path, tmp_path / "cut.parquet")
    if isinstance(found, UserError):
        assert mutate.__name__ not in UNCHANGED, found
        assert str(path) in found.message
        assert found.hint
        # nothing half-written, no part left behind
        assert {file.name for file in tmp_path.iterdir()} == {path.name}
    else:
        assert mutate.__name__ not in WRONG
        assert_frame_equal(found, right, check_exact=True)


def outcome(path, output):
    """Return the table, or the error that a user reads; no other exception is one."""
    try:
        return cut_wvs7(path, output)
    except UserError as error:
        return error
