# SPDX-License-Identifier: Apache-2.0
"""The manual pages, README, and what the program says of itself agree."""
import re
import subprocess

import pytest

from lib import manuals
from lib.paths import ROOT
from lib.process import exporter

COMMANDS = ["run", "check", "explain", "record", "reload", "replay", "retry", "status", "version"]
PAGES = sorted(path.name[:-len(".scd")] for path in manuals.FOLDER.glob("*.scd"))
SOURCES = sorted((ROOT / "extension").rglob("*.c"))
STRING = r'"((?:[^"\\]|\\.)*)"'


def test_every_page_is_there():
    """README names those pages that there are, and so does the page of the commands."""
    assert len(PAGES) == 5
    for page in PAGES:
        name, _, number = page.rpartition(".")
        assert "`%s(%s)`" % (name, number) in (ROOT / "README.md").read_text(encoding="utf-8")
        if number != "8":
            assert "*%s*(%s)" % (name, number) in manuals.section(manuals.page("skydive-exporter.8"), "SEE ALSO")


@pytest.mark.parametrize("page", PAGES)
def test_page_can_be_read(page):
    """scdoc makes it, and mandoc finds no error."""
    made = subprocess.run(["scdoc"], input=manuals.page(page), capture_output=True, text=True, check=False)
    assert (made.returncode, made.stderr) == (0, "")
    linted = subprocess.run(["mandoc", "-T", "lint", "-W", "error"], input=made.stdout, capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", "")


def test_readme_is_short():
    """It is read in two minutes."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("command", COMMANDS)
def test_help_explains_its_usage(command):
    """Usage, every option of it, one example; and the usage that wrong calls get is the same."""
    text = exporter(command, "--help").stdout
    usage = text.split("\n\n")[0]
    for option in re.findall(r"(?<![\w-])--?[a-z]+", usage):
        assert re.search(r"^  %s\b" % re.escape(option), text, re.M), option
    assert re.search(r"^Example:\n  skydive-exporter %s\b" % command, text, re.M)
    wrong = exporter(command, "--no-such-option")
    if command != "version":
        assert wrong.code == 2
    if wrong.code == 2:
        ways = re.sub(r"^(usage:)? *skydive-exporter ", "", usage, flags=re.M).splitlines()
        assert wrong.stderr == "skydive-exporter: usage: skydive-exporter %s\n" % " | ".join(ways)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_asked_for_anywhere(command):
    """Behind other arguments too, and nothing else is done."""
    assert exporter(command, "-c", "nothing.yml", "--help").stdout == exporter(command, "--help").stdout


def test_page_of_the_commands():
    """It has each command's usage, options with what they are, and example, and no other command."""
    text = manuals.section(manuals.page("skydive-exporter.8"), "COMMANDS")
    parts = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    commands = manuals.commands()
    assert list(parts) == list(commands) == COMMANDS
    for name, said in commands.items():
        usage, summary, *_, example = said.rstrip("\n").split("\n\n")
        shown = manuals.plain(parts[name])
        for line in usage.splitlines() + [example.splitlines()[1]]:
            assert "\n%s\n" % line.replace("usage:", "").strip() in parts[name]
        assert summary in " ".join(shown.split())
        for option, what in re.findall(r"^  (\S.*?) {2,}(\S.*)$", said, re.M):
            assert option == "--help" or "\n%s\n\t%s\n" % (option, what) in shown, option


def test_page_of_the_configuration():
    """Its keys are those of check --reference, in that order, each with what it takes, its default and what it means."""
    said = [line[2:-2].split(" | ") for line in exporter("check", "--reference").stdout.splitlines()[2:]]
    assert len(said) > 100
    page = manuals.page("skydive-exporter.yml.5")
    text = manuals.section(page, "KEYS OF THE PROGRAM") + manuals.section(page, "KEYS OF A PIPELINE")
    entries = re.findall(r"^(\*(?:[^\n]|\n(?!\t|\n))*)\n((?:\t.*\n)+)", text, re.M)
    shown = {}
    for head, body in entries:
        key, takes = " ".join(manuals.plain(head).split()).split(" ", 1)
        shown[key] = takes, " ".join(manuals.plain(body).split())
    keys = [row[0].strip("`") for row in said]
    assert list(shown) == [key for key in keys if not key.startswith("pipeline.")] + [key for key in keys if key.startswith("pipeline.")]
    for (_, kind, default, meaning), key in zip(said, keys):
        assert shown[key][0] == "(%s%s)" % (kind.replace("`", ""), "; " + default.strip() if default.strip() else ""), key
        assert re.match(re.escape(meaning) + r"(\. |$)", shown[key][1]), key


def logged():
    """Formats of all lines that are logged as error or warning, or as what a variable says, with where."""
    for path in SOURCES:
        text = re.sub(r"/\*.*?\*/", " ", path.read_text(encoding="utf-8"), flags=re.S)
        for call in re.finditer(r"\blog_write\(((?:%s|[^;\"])*?)\);" % STRING, text):
            if re.search(r"\bLOG_(INFO|DEBUG)\b", call[1]):
                continue
            yield "%s:%d" % (path.relative_to(ROOT), text[:call.start()].count("\n") + 1), pattern(call[1])


def pattern(call):
    """The regular expression of what a call logs; numbers and texts of it may be anything."""
    words = re.search(r"%s(?:\s|%s|\bPRI\w+|\bSTR_FMT)*" % (STRING, STRING), call)[0]
    words = re.sub(r"\bPRI\w+", '"d"', words).replace("STR_FMT", '"%s"')
    text = "".join(re.findall(STRING, words)).replace('\\"', '"')
    return ".+".join(re.escape(part) for part in re.split(r"%[0-9]*(?:zu|lld|ld|lu|[sdu])", text))


def test_page_of_the_failures():
    """Each line of the log that asks somebody to act is there, with what to do."""
    section = manuals.section(manuals.page("skydive-exporter-failures.7"), "LOG MESSAGES")
    entries = re.findall(r"^(\*(?:[^\n]|\n(?!\t|\n))*)\n\t\S", section, re.M)
    shown = [" ".join(manuals.plain(entry).split()) for entry in entries]
    lines = list(logged())
    assert len(lines) > 25
    assert [line for line in lines if not any(re.fullmatch(line[1], one) for one in shown)] == []
