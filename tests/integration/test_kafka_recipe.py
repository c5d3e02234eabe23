# SPDX-License-Identifier: Apache-2.0
"""What skydive-exporter.yml(5) says to do for a relay and a group: its topic, its two files, and the unit that runs them."""
import re

import pytest
import yaml

from integration.test_kafka_in import sent
from lib import manuals, settings
from lib.export import PACE
from lib.kafka.broker import Broker
from lib.kafka.client import Client
from lib.paths import BUILD, ROOT, recording
from lib.process import Analyzer, Program, environment, exporter, until
from lib.s3.sink import Sink

UNIT = (ROOT / "packaging/systemd/skydive-exporter@.service").read_text(encoding="utf-8")


def recipe():
    """The topic's settings, the relay's file, the member's, as the section shows them."""
    section = manuals.section(manuals.page("skydive-exporter.yml.5"), "FLOWS FROM KAFKA")
    topic, relay, member = re.findall(r"^```\n(.*?)^```$", section, re.M | re.S)[:3]
    return dict(line.split("=") for line in topic.splitlines()), {"relay": yaml.safe_load(relay), "vpclogs": yaml.safe_load(member)}


@pytest.mark.parametrize("name", ["relay", "vpclogs"])
def test_the_unit_lets_it_write(name):
    """Its spool and its status socket are where the instance of that name may have them."""
    config = recipe()[1][name]
    state, run = (re.search("^%s=(.*)$" % key, UNIT, re.M)[1].replace("%i", name) for key in ("StateDirectory", "RuntimeDirectory"))
    assert config["spool"]["directory"] == "/var/lib/" + state
    assert config["status"]["listen"] == "unix:/run/%s/status.sock" % run


class Machine:
    """Runs instances of the unit, with everything below a folder."""

    def __init__(self, folder):
        self.folder = folder

    def configure(self, name, config, change):
        path = self.folder / ("exporter-%s.yml" % name)
        for key, place in (("spool", "directory"), ("status", "listen")):
            config[key][place] = re.sub("/(run|var/lib)/", "%s/" % self.folder, config[key][place])
        (self.folder / ("skydive-exporter-" + name)).mkdir()
        return settings.save(path, settings.merge(config, change))

    def start(self, name):
        command = re.search("^ExecStart=(.*)$", UNIT, re.M)[1].replace("%i", name)
        words = command.replace("/usr/bin/", "%s/" % BUILD).replace("/etc/skydive/", "%s/" % self.folder).split()
        return Program(words, env=environment({}))


def test_the_recipe(tmp_path):
    """What an analyzer sent is stored, one record for each flow with ports; whoever asks is told that all is well."""
    topic, files = recipe()
    machine = Machine(tmp_path)
    with Broker(tmp_path / "kafka") as kafka, Sink() as sink, Analyzer(recording("old-netns-mixed.jsonl.gz"), pace=PACE) as analyzer:
        Client(kafka.address()).make("flows", 12, **{**topic, "min.insync.replicas": 1})
        source = {"analyzers": [analyzer.address], "pipeline": {"subscriber": {"url": analyzer.url}}}
        machine.configure("relay", files["relay"], settings.merge(source, {
            "pipeline": {"write": {"kafka": {"brokers": [kafka.address()]}}}}))
        url = files["vpclogs"]["pipeline"]["subscriber"]["url"].replace("broker1:9092,broker2:9092", kafka.address())
        (tmp_path / "secret").write_text(sink.settings()["secret_key"])
        member = machine.configure("vpclogs", files["vpclogs"], {"analyzers": [analyzer.address], "pipeline": {
            "subscriber": {"url": url}, "store": {"buffered": {"max_seconds_per_object": 2}},
            "write": {"s3": {"endpoint": sink.endpoint, "secret_key_file": str(tmp_path / "secret")}}}})
        with machine.start("vpclogs") as group, machine.start("relay") as relay:
            analyzer.event("end", 60, unless_ends=relay)
            assert relay.stop() == 0, relay.err.text()[-4000:]
            wanted = sum("Transport" in flow and "Network" in flow for flow in sent())
            sink.wait(lambda s: sum(len(item.records) for item in s.objects()) >= wanted)
            until(lambda: exporter("status", "-c", member).code == 0, "all is well", 20)
            assert group.stop() == 0, group.err.text()[-4000:]
    assert sum(len(item.records) for item in sink.objects()) == wanted and sink.rewritten == []
