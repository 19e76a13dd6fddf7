"""Mutants: copies of a study in which one thing was changed, and what the check says of each.

    python tests/mutants.py --seed 7 --count 1000

prints how many fall into each class, every one that is unclear, and every one that is accepted
although it says something else than before, to be read through.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import random
import re
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

from valuescape.cluster.checks import FURTHER_CHECKS
from valuescape.core.errors import CollectedUserError, UserError
from valuescape.study.check import read_study

ROOT = Path(__file__).parents[1]
STUDY = Path("mine.yaml")
LANGUAGES = Path("config/languages")
YAMLS = (
    STUDY,
    STUDY,
    STUDY,
    Path("config/persona_space.yaml"),
    Path("config/persona_space.yaml"),
    Path("config/biography.yaml"),
    Path("config/instruments/iw.yaml"),
    Path("config/instruments/mfq2.yaml"),
    Path("config/instruments/wvb_probe.yaml"),
    Path("config/instruments/oracle.yaml"),
    Path("config/models/smollm2-135m.yaml"),
    Path("config/models/served.yaml"),
    Path("config/models/elsewhere.yaml"),
    LANGUAGES / "de/language.yaml",
    LANGUAGES / "de/persona.yaml",
    LANGUAGES / "de/countries.yaml",
    LANGUAGES / "de/instruments/iw.yaml",
    LANGUAGES / "de-AT/language.yaml",
    LANGUAGES / "en/wordings/evs/instruments/wvb_probe.yaml",
)
PROMPTS = (
    *(
        Path(f"config/prompts/{name}.md")
        for name in ("answer", "biography", "oracle", "oracle_stranger", "judge")
    ),
    LANGUAGES / "de/answer.md",
    LANGUAGES / "en/wordings/formal/answer.md",
)
# Models of three engines, and conditions that read every section of the prompts.
OWN = """\
study: mine
demographics: assigned
models: [smollm2-135m, served, elsewhere]
preflight: required
judge: {biographies: 4, model: served}
reask: [malformed]
conditions:
  - {name: base, context: [configuration, biography]}
  - {name: battery, mode: battery, readout: drawn}
  - {name: reasoned, mode: reasoned, readout: drawn, reasoning_tokens: 64}
  - {name: verbalised, mode: verbalised}
  - {name: listed, options: label_token, replicate: 1}
  - {name: told, context: [demographics], biography_replicate: 1, scoring: calibrated}
  - {name: german, context: [demographics, configuration], language: de, context_language: de}
  - {name: austrian, context: [configuration], language: de-AT, context_language: de}
  - {name: formal, context: [configuration], wording: formal}
  - {name: evs, context: [configuration], wording: evs}
"""
ELSEWHERE = """\
name: elsewhere
title: Answers of somebody else's run
engine: external
licence: none
source: {answers: answers.csv}
mapping:
  respondent: id
  question: item
  answer: score
  off_scale: clip
  no_answer: [NA, "-1"]
  condition: base
  fields: {country: land, sex: sex, age: years}
  values:
    sex: {f: female, m: male}
  questions: {Q1: happy}
  recode:
    Q1: {very: 1}
"""
ANSWERS = """\
id,item,score,land,sex,years
a,happy,very,Germany,f,30
a,Q2,2,Germany,f,30
b,Q2,3,Germany,m,40
"""
SECONDS = 10.0
CLEAR, HARMLESS, ACCEPTED = "clear", "harmless", "accepted"
UNCLEAR, TRACEBACK, HANG = "unclear", "traceback", "hang"
VALUES = (
    "", "null", "~", "true", "no", "on", "0", "-1", "1.0", "2.5", "20.0", "1e3", "1.0e+308",
    "1e999", "1000000000000", ".nan", ".inf", "-.inf", "010", "0x1F", "1_000", "12:30", "x",
    "2020-01-01", "'x y'", "[]", "{}", "[1, 2]", "{a: b}", "*nowhere", "&a [*a]",
    "!!python/object:os.system x", "!!binary aGk=", "%", "@x", "`", "'", '"', "- -", "x: y: z",
    "{{ x }}", "日本語", "🦔", "a" * 300, "9" * 500, "../../etc/passwd", "/", "~/x.yaml", "config",
)  # fmt: skip
BOMB = "x0: &x0 [a, b, c, d, e, f, g, h, i]\n" + "".join(
    f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 9)
)


@dataclass(frozen=True)
class Mutant:
    """A file of a study and what stands in it instead."""

    file: Path
    kind: str
    content: bytes


def lay_out(folder):
    """Lay a whole study, sound, into a folder, and return what each of its files holds."""
    for part in ("config", "workflow/schemas"):
        shutil.copytree(ROOT / part, folder / part)
    demo = (ROOT / "config/demo.yaml").read_text(encoding="utf-8")
    set_anew = "|".join(yaml.safe_load(OWN))
    rest = re.sub(rf"(?m)^({set_anew}):.*\n([ ].*\n)*", "", demo)
    (folder / STUDY).write_text(OWN + rest, encoding="utf-8")
    (folder / "config/models/elsewhere.yaml").write_text(ELSEWHERE, encoding="utf-8")
    (folder / "answers.csv").write_text(ANSWERS, encoding="utf-8")
    return {file: (folder / file).read_bytes() for file in {*YAMLS, *PROMPTS}}


# Changes of a text's lines.


def deleted_line(text, rng):
    return changed_line(text, rng, lambda line: [])


def doubled_line(text, rng):
    return changed_line(text, rng, lambda line: [line, line])


def indented_line(text, rng):
    return changed_line(text, rng, lambda line: [rng.choice(["  ", " ", "\t"]) + line])


def outdented_line(text, rng):
    return changed_line(text, rng, lambda line: [line.removeprefix("  ")])


def cut_line(text, rng):
    return changed_line(text, rng, lambda line: [line[: rng.randrange(len(line))]])


def typo(text, rng):
    def mistyped(line):
        at = rng.randrange(len(line))
        return [
            line[:at]
            + rng.choice(["", line[at] * 2, "x", ":", "'", "#", "{", "\0"])
            + line[at + 1 :]
        ]

    return changed_line(text, rng, mistyped)


def other_value(text, rng):
    def with_value(line):
        head, colon, _ = line.partition(":")
        return [f"{head}{colon} {rng.choice(VALUES)}" if colon else f"{line} {rng.choice(VALUES)}"]

    return changed_line(text, rng, with_value)


def changed_line(text, rng, change):
    lines = text.split("\n")
    full = [at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")]
    at = rng.choice(full)
    lines[at : at + 1] = change(lines[at])
    return "\n".join(lines)


# Changes of what a YAML file says.


def other_leaf(text, rng):
    def change(parent, key):
        parent[key] = yaml.safe_load("1.5") if rng.random() < 0.1 else loaded(rng.choice(VALUES))

    return changed_content(text, rng, change)


def lost_entry(text, rng):
    return changed_content(text, rng, lambda parent, key: parent.pop(key))


def doubled_entry(text, rng):
    def change(parent, key):
        if isinstance(parent, list):
            parent.append(parent[key])
        else:
            parent[f"{key}s"] = parent[key]

    return changed_content(text, rng, change)


def renamed_key(text, rng):
    def change(parent, key):
        if isinstance(parent, dict):
            value = parent.pop(key)
            parent[rng.choice([key.upper(), key[:-1], key + "s", 1, True, None, f"{key} "])] = value
        else:
            parent.reverse()

    return changed_content(text, rng, change)


def shifted_number(text, rng):
    def change(parent, key):
        value = parent[key]
        if isinstance(value, bool) or not isinstance(value, int | float):
            parent[key] = [value]
        else:
            parent[key] = rng.choice(
                [value + 1, -value, value * 1000, float(value), str(value), 10**12]
            )

    return changed_content(text, rng, change)


def changed_content(text, rng, change):
    content = yaml.safe_load(text)
    places = list(parts(content))
    change(*rng.choice(places))
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def parts(content):
    """Yield every mapping or list, with every key in it."""
    keys = content if isinstance(content, dict) else range(len(content))
    for key in list(keys):
        yield content, key
        if isinstance(content[key], dict | list):
            yield from parts(content[key])


def loaded(text):
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return text


# Changes of a file as a whole.


def encoded(text, rng):
    encoding = rng.choice(["utf-16", "utf-32", "latin-1", "utf-8-sig", "utf-16-le"])
    return (text + "# M\N{LATIN SMALL LETTER U WITH DIAERESIS}nchen\n").encode(encoding, "replace")


def line_ends(text, rng):
    return text.replace("\n", rng.choice(["\r\n", "\r"])).encode()


def cut_file(text, rng):
    return text[: rng.randrange(len(text))].encode()


def noise(text, rng):
    at = rng.randrange(len(text))
    return text[:at].encode() + rng.randbytes(rng.randrange(1, 30)) + text[at:].encode()


def emptied(text, rng):
    return rng.choice(
        [b"", b"\n", b"# nothing\n", b"---\n---\n", b"[]\n", b"- a\n", b"text\n", b"7\n"]
    )


def bombed(text, rng):
    more = [
        BOMB,
        "a: &a [*a]\n",
        "a: &a {b: *a}\n",
        "<<: [1]\n",
        "[" * 5000 + "\n",
        "1: x\n",
        "? [a]\n: b\n",
    ]
    return (rng.choice(more) + text).encode()


# Changes of a prompt.


def lost_variable(text, rng):
    return re.sub(*one_of(text, r"\{\{.*?\}\}", rng), text, count=1)


def other_variable(text, rng):
    pattern, _ = one_of(text, r"\{\{ ?\w+", rng)
    return re.sub(pattern, "{{ mood", text, count=1)


def other_section(text, rng):
    pattern, found = one_of(text, r"(?m)^## .*$", rng)
    instead = rng.choice(
        [found + " ", found.upper(), "## chat", f"{found}\n{found}", "", found + "\n"]
    )
    return re.sub(pattern, instead, text, count=1)


def lost_tag(text, rng):
    return (
        re.sub(*one_of(text, r"\{%.*?%\}", rng), text, count=1)
        if "{%" in text
        else "{% if %}" + text
    )


def one_of(text, pattern, rng):
    found = rng.choice(re.findall(pattern, text))
    return re.escape(found), found and ""


OF_LINES = (deleted_line, doubled_line, indented_line, outdented_line, cut_line, typo)
OF_CONTENT = (other_leaf, other_leaf, lost_entry, doubled_entry, renamed_key, shifted_number)
OF_FILES = (encoded, line_ends, cut_file, noise, emptied)
OF_PROMPTS = (lost_variable, other_variable, other_section, lost_tag)


def mutants(sound, seed, count):
    """Yield changed files, the same ones for the same seed."""
    rng = random.Random(seed)
    for _ in range(count):
        if rng.random() < 0.2:
            file, kinds = rng.choice(PROMPTS), (*OF_PROMPTS, *OF_PROMPTS, *OF_LINES, *OF_FILES)
        else:
            file = rng.choice(YAMLS)
            kinds = (
                *OF_LINES,
                other_value,
                other_value,
                *OF_CONTENT,
                *OF_CONTENT,
                *OF_FILES,
                bombed,
            )
        change = rng.choice(kinds)
        content = change(sound[file].decode(), rng)
        yield Mutant(
            file, change.__name__, content if isinstance(content, bytes) else content.encode()
        )


def judged(mutant, sound):
    """Return the class of a mutant, and what was said of it, in the folder of its study."""
    mutant.file.write_bytes(mutant.content)
    # of the processor: a busy machine is no hang
    started = time.process_time()
    try:
        read_study([STUDY], FURTHER_CHECKS)
        said = ""
        same = mutant.content == sound[mutant.file] or says_the_same(mutant, sound)
        found = HARMLESS if same else ACCEPTED
    except UserError as error:
        said = str(error)
        each = error.errors if isinstance(error, CollectedUserError) else [error]
        found = CLEAR if all(map(is_clear, each)) else UNCLEAR
    except Exception:  # noqa: BLE001 - this is what must not happen
        found, said = TRACEBACK, traceback.format_exc()
    finally:
        mutant.file.write_bytes(sound[mutant.file])
    return (HANG if time.process_time() - started > SECONDS else found), said


def says_the_same(mutant, sound):
    with contextlib.suppress(yaml.YAMLError, ValueError):
        text = mutant.content.decode("utf-8-sig")
        if mutant.file in PROMPTS:
            return text.split() == sound[mutant.file].decode().split()
        return yaml.safe_load(text) == yaml.safe_load(sound[mutant.file])
    return False


def is_clear(error):
    """Return whether a mistake is told with a file, its line or that it is missing, and a hint."""
    named = re.match(r"(--config|[^\n:]+)(, line \d+|, sections|:)", error.message)
    return bool(
        named and error.hint and "Traceback" not in error.message and "\n" not in error.message
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--clear", action="store_true", help="show what is clear, too")
    args = parser.parse_args()
    counts = Counter()
    with tempfile.TemporaryDirectory() as folder:
        sound = lay_out(Path(folder))
        os.chdir(folder)
        read_study([STUDY], FURTHER_CHECKS)
        for number, mutant in enumerate(mutants(sound, args.seed, args.count)):
            found, said = judged(mutant, sound)
            counts[found] += 1
            if found not in {CLEAR, HARMLESS} or (args.clear and found == CLEAR):
                lines = [f"--- {number} {found}: {mutant.kind} of {mutant.file}"]
                lines.append(said or difference(mutant, sound))
                sys.stdout.write("\n".join(lines) + "\n")
        os.chdir(ROOT)
    sys.stdout.write(f"{dict(counts)}\n")


def difference(mutant, sound):
    """Return where a mutant differs from what it was made of."""
    if mutant.file not in PROMPTS and mutant.kind in {each.__name__ for each in OF_CONTENT}:
        before = yaml.safe_dump(
            yaml.safe_load(sound[mutant.file]), sort_keys=False, allow_unicode=True
        )
    else:
        before = sound[mutant.file].decode()
    after = mutant.content.decode("utf-8", "replace")
    changes = difflib.unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm="")
    return "\n".join(line[:110] for line in list(changes)[2:14])


if __name__ == "__main__":
    sys.exit(main())
