# SPDX-License-Identifier: Apache-2.0
"""A reload reads the files that have changed, whatever hides it; the others are as they were."""
import os
import time

import pytest

from lib import settings
from lib.export import joined, to_file, whole_flows
from lib.pages import listening
from lib.process import Analyzer, Exporter, exporter, until
from lib.paths import recording

SURE_SECONDS = 3                # older files are not looked into again


class Site:
    """Two pipelines that run, whose files are old enough to be known, one with a key of an older layout."""

    def __init__(self, folder, analyzer):
        self.folder = folder
        base = joined(settings.merge({"host_id": "x"}, whole_flows()), analyzer, folder, to_file(folder), {"status": listening(folder)})
        self.path = settings.save_all(folder, base, {"bee": self.keys("bee"), "cat": self.keys("cat", "object_prefix")})

    @staticmethod
    def keys(prefix, key="filename_prefix"):
        return {"pipeline": {"store": {"buffered": {key: prefix}}}}

    def file(self, name):
        return self.folder / "exporter.d" / (name + ".yml")

    def until_known(self):
        newest = max(os.stat(path).st_ctime for path in [self.path, *(self.folder / "exporter.d").iterdir()])
        until(lambda: time.time() > newest + SURE_SECONDS + 0.1, "files old enough")


@pytest.fixture(name="site")
def a_site(tmp_path):
    with Analyzer(recording("old-netns-mixed.jsonl.gz"), pace=400) as analyzer:
        site = Site(tmp_path, analyzer)
        site.until_known()
        with Exporter(site.path) as site.running:
            site.running.log("state=subscribed")
            yield site
            assert site.running.stop() == 0


def reload(site):
    """Returns what it says, and how often the old key was told of meanwhile."""
    told = site.running.err.text().count("config=old")
    done = exporter("reload", "--wait", "-c", site.path)
    return done, site.running.err.text().count("config=old") - told


def test_only_what_changed_is_read(site):
    assert site.running.err.text().count("config=old") == 1
    settings.save(site.file("bee"), site.keys("wasp"))
    done, told = reload(site)
    assert (done.code, told) == (0, 0) and "changed bee" in done.stdout and "unchanged: 1" in done.stdout, done


def test_the_main_file_is_in_all(site):
    text = site.path.read_text(encoding="utf-8").replace("max_flow_array_size: 100000", "max_flow_array_size: 99999")
    site.path.write_text(text, encoding="utf-8")
    done, told = reload(site)
    assert (done.code, told) == (0, 1) and "changed bee" in done.stdout and "changed cat" in done.stdout, done


def test_a_change_that_hides_is_seen(site):
    """Same size and time of change, in the same file."""
    before = os.stat(site.file("bee"))
    text = site.file("bee").read_text(encoding="ascii")
    site.file("bee").write_text(text.replace("bee", "fly"), encoding="ascii")
    os.utime(site.file("bee"), ns=(before.st_atime_ns, before.st_mtime_ns))
    after = os.stat(site.file("bee"))
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (before.st_size, before.st_mtime_ns, before.st_ino)
    done, _ = reload(site)
    assert done.code == 0 and "changed bee" in done.stdout, done


def test_who_comes_first_to_a_place_is_told_by_the_file_of_the_other(site):
    """What is wrong with a known file is said with its line, too."""
    settings.save(site.file("ant"), site.keys("bee"))
    done, told = reload(site)
    text = done.stdout + done.stderr
    assert (done.code, told) == (1, 1) and "pipelines ant and bee write to the same bucket and prefix" in text, done
    assert "%s:" % site.file("bee") in text and "unchanged: 1" in text, done
    os.remove(site.file("ant"))
    done, _ = reload(site)
    assert done.code == 0 and "unchanged: 2" in done.stdout, done
