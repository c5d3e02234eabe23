# SPDX-License-Identifier: Apache-2.0
"""A pipeline that is disabled is read and checked, and does not run; a reload turns it on and off."""
import json

import pytest

from lib import settings
from lib.export import joined, to_file
from lib.pages import get, listening, status
from lib.paths import recording
from lib.process import Analyzer, Exporter, exporter, until

RECORDING = recording("old-netns-mixed.jsonl.gz")
CONFIG = {
    "host_id": "disabled",
    "stop_timeout": 5,
    "pipeline": {
        "classify": {"cluster_net_masks": ["10.10.0.0/16", "fd00:10::/64"]},
        "store": {"type": "buffered", "buffered": {
            "dirname": "bucket", "max_flows_per_object": 100, "max_seconds_per_object": 1, "max_seconds_per_stream": 86400,
            "max_flow_array_size": 100000}}}}


def tenant(name, **change):
    return {**change, "pipeline": {"store": {"buffered": {"filename_prefix": name}}}}


def names(folder):
    return sorted(t["name"] for t in status(folder)["tenants"])


def site(folder, analyzer, drop_ins):
    return settings.save_all(folder, joined(CONFIG, analyzer, folder, to_file(folder), {"status": listening(folder)}), drop_ins)


def test_off_and_on(tmp_path):
    """Nothing of it is stored, status and reload say it is disabled; enabled it runs, and disabled again it stores what it has."""
    with Analyzer(RECORDING, pace=400) as analyzer:
        path = site(tmp_path, analyzer, {"acme": tenant("acme"), "beta": tenant("beta", enabled=False)})
        assert exporter("check", "-c", path).stdout == "%s: fine, 2 pipelines, 1 disabled\n" % path
        with Exporter(path) as running:
            running.log("state=subscribed")
            assert names(tmp_path) == ["acme"] and status(tmp_path)["disabled"] == ["beta"]
            shown = exporter("status", "-c", path).stdout
            assert [line.split() for line in shown.splitlines()][-1] == ["beta", "disabled"]
            assert exporter("status", "-c", path, "beta").stdout.split() == ["tenant", "beta", "state", "disabled"]
            assert 'tenant="beta"' not in get(tmp_path, "/metrics")[1]
            until(lambda: (tmp_path / "stored" / "bucket" / "acme").exists(), "an object of acme")
            assert not (tmp_path / "stored" / "bucket" / "beta").exists()

            settings.save(tmp_path / "exporter.d" / "beta.yml", tenant("beta"))
            settings.save(tmp_path / "exporter.d" / "acme.yml", tenant("acme", enabled=False))
            done = exporter("reload", "--wait", "-c", path)
            assert done.code == 0 and "added beta" in done.stdout and "disabled acme" in done.stdout and "disabled: 1" in done.stdout
            assert names(tmp_path) == ["beta"] and status(tmp_path)["disabled"] == ["acme"]
            running.log("tenant=acme state=ended")
            until(lambda: (tmp_path / "stored" / "bucket" / "beta").exists(), "an object of beta")

            done = exporter("reload", "--wait", "-c", path)
            assert done.code == 0 and "acme" not in done.stdout and "unchanged: 1" in done.stdout
            settings.save(tmp_path / "exporter.d" / "acme.yml", tenant("acme", enabled=True))
            assert "added acme" in exporter("reload", "--wait", "-c", path).stdout
            assert names(tmp_path) == ["acme", "beta"] and "disabled" not in json.loads(get(tmp_path, "/status")[1])
            assert running.stop() == 0


@pytest.mark.parametrize("change, said", [
    ({"pipeline": {"store": {"buffered": {"max_flows_per_object": "many"}}}}, "beta.yml:5: pipeline.store.buffered.max_flows_per_object"),
    ({"pipeline": {"transfrom": {}, "filtre": {"type": "x"}}}, 'unknown section "pipeline.filtre"'),
    ({"enabled": "perhaps"}, 'beta.yml:1: enabled: "perhaps" is not true or false'),
], ids=["value", "key", "itself"])
def test_it_is_checked(change, said, tmp_path):
    """What is wrong in it is told as in any other."""
    with Analyzer(clients=0) as analyzer:
        path = site(tmp_path, analyzer, {"acme": tenant("acme"), "beta": settings.merge({"enabled": False}, change)})
        done = exporter("check", "-c", path)
    assert done.code == 1 and said in done.stderr, done.stderr


@pytest.mark.parametrize("name", ["a-copy", "copy"])
def test_a_copy_takes_nobodys_place(name, tmp_path):
    """Of two that would write to one place, or be two users at one analyzer, one may be disabled, the first or the second."""
    file = tmp_path / "exporter.d" / (name + ".yml")
    with Analyzer(clients=0) as analyzer:
        user = {"pipeline": {"subscriber": {"auth": {"username": "u"}}}}
        copies = {"place": tenant("acme", enabled=False), "user": settings.merge(tenant("other", enabled=False), user)}
        path = site(tmp_path, analyzer, {"acme": tenant("acme"), name: tenant("other")})
        for copy in copies.values():
            settings.save(file, copy)
            assert exporter("check", "-c", path).code == 0
            del copy["enabled"]
            settings.save(file, copy)
            assert exporter("check", "-c", path).code == 1


def test_check_connect_asks_nobody_for_it(tmp_path):
    """Neither its analyzer nor its store, nor for its capture; and it is not asked in place of one that runs."""
    nowhere = {"subscriber": {"url": "ws://127.0.0.1:1/ws/subscriber/flow"}, "write": {"file": {"directory": "/proc/nowhere"}}}
    with Analyzer(clients=0) as analyzer:
        path = site(tmp_path, analyzer, {
            "a-twin": tenant("twin", enabled=False), "acme": tenant("acme"),
            "beta": settings.merge(tenant("beta", enabled=False), {"pipeline": nowhere})})
        done = exporter("check", "-c", path, "--connect")
        assert done.code == 0, done
        said = done.stdout.splitlines()
        assert [line.split()[1] for line in said if line.startswith("stream ")] == [analyzer.url + ":"], said
        assert not [line for line in said if "beta" in line or "twin" in line or "127.0.0.1:1/" in line], said
        assert [line for line in said if "acme" in line], said


def test_one_that_is_wrong_stays_as_it_was(tmp_path):
    """Disabled by a file that is not taken for something else in it, it runs on, and is not called disabled."""
    with Analyzer(RECORDING, pace=400) as analyzer:
        path = site(tmp_path, analyzer, {"acme": tenant("acme"), "beta": tenant("beta")})
        with Exporter(path) as running:
            running.log("state=subscribed")
            settings.save(tmp_path / "exporter.d" / "beta.yml", settings.merge(
                tenant("beta", enabled=False), {"pipeline": {"store": {"buffered": {"max_flows_per_object": "many"}}}}))
            done = exporter("reload", "--wait", "-c", path)
            assert "beta.yml:" in done.stdout + done.stderr and "disabled" not in done.stdout, done
            assert names(tmp_path) == ["acme", "beta"] and "disabled" not in status(tmp_path)
            assert running.stop() == 0


def test_the_main_file_may_say_it_of_all(tmp_path):
    """Then a drop-in that says otherwise runs alone; a lone file that says it runs nothing, and is fine."""
    with Analyzer(clients=0) as analyzer:
        config = joined(CONFIG, analyzer, tmp_path, to_file(tmp_path), {"status": listening(tmp_path), "enabled": False})
        path = settings.save_all(tmp_path, config, {"acme": tenant("acme"), "beta": tenant("beta", enabled=True)})
        with Exporter(path) as running:
            running.log("state=started pipelines=1 ")
            assert names(tmp_path) == ["beta"]
            assert running.stop() == 0
        assert exporter("check", "-c", settings.save(tmp_path / "lone.yml", config)).stdout.endswith("fine, 1 pipeline, 1 disabled\n")
        with Exporter(tmp_path / "lone.yml") as running:
            running.log("state=started pipelines=0 ")
            assert running.stop() == 0
