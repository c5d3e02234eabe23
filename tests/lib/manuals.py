# SPDX-License-Identifier: Apache-2.0
"""The manual pages, and what the program says of itself."""
import re

from lib.paths import ROOT
from lib.process import exporter

FOLDER = ROOT / "packaging" / "man"


def commands():
    """Return what each command says with --help, by its name."""
    listing = exporter("--help")
    assert (listing.code, listing.stderr) == (0, "")
    found = {}
    for name in re.findall(r"^  (\w+)  ", listing.stdout, re.M):
        result = exporter(name, "--help")
        assert (result.code, result.stderr) == (0, ""), name
        found[name] = result.stdout
    assert len(found) >= 8 and len(set(found.values())) == len(found)
    return found


def options(text):
    """Return the options that a --help explains, and those alone that are not "--help" itself."""
    return set(re.findall(r"^  (--?[a-z]+)", text, re.M)) - {"--help"}


def plain(text):
    """Return scdoc's text as a reader sees it: without the marks."""
    text = re.sub(r"(?<!\\)\*|(?<![\\\w])_(?=\S)|(?<=[^\s\\])_(?!\w)", "", text)
    return re.sub(r"\\(.)", r"\1", text)


def page(name):
    """Return the source of a page, such as "skydive-exporter.yml.5"."""
    return (FOLDER / (name + ".scd")).read_text(encoding="utf-8")


def section(text, title):
    """Return what stands under the heading of that name."""
    found = re.search(r"^# %s\n(.*?)(?=^# |\Z)" % re.escape(title), text, re.M | re.S)
    assert found, "no section %s" % title
    return found[1]


def tables(text):
    """Return the cells of all rows of all tables, plain; a cell's further lines belong to it."""
    rows = []
    for line in re.sub(r"\n {3}(?=\S)", " ", text).splitlines():
        if re.match(r"[\[|\]][\[\]<=>-] |[|\]]  ", line):
            rows.append([])
        elif not re.match(r":[\[\]<=>-]? |:[\[\]<=>-]?$|:  ", line):
            continue
        rows[-1].append(plain(re.sub(r"^.[\[\]<=>-]?\s*", "", line)))
    return rows
