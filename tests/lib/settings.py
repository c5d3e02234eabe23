# SPDX-License-Identifier: Apache-2.0
"""Configurations for tests, made from the Go exporter's files."""
import copy
import os
import time

import yaml


def load(path):
    """Read a file of the Go exporter; its recorded answers are those to its own questions for peers."""
    with open(path, encoding="utf-8") as f:
        config = yaml.safe_load(f)
    config.setdefault("topology", {}).setdefault("peers", "path")
    return config


def merge(base, change):
    """Return base with change laid over it: maps merge, everything else is replaced."""
    out = copy.deepcopy(base)
    for key, value in change.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = merge(out[key], value) if both else copy.deepcopy(value)
    return out


def save(path, config):
    return save_text(path, yaml.safe_dump(config, allow_unicode=True, sort_keys=False))


def save_text(path, text):
    """Write it as one who writes aside, and renames what is whole: a reload does not wait until it is a second old."""
    aside = path.with_name("." + path.name)
    aside.write_text(text, encoding="utf-8")
    before = time.time() - 60
    os.utime(aside, (before, before))
    aside.rename(path)
    return path


def save_all(folder, base, drop_ins):
    """Save a main file and its drop-ins {name: config}; returns the path of the main file."""
    (folder / "exporter.d").mkdir(exist_ok=True)
    for name, config in drop_ins.items():
        save(folder / "exporter.d" / (name + ".yml"), config)
    return save(folder / "exporter.yml", {**base, "include": "exporter.d/*.yml"})


def with_spool(source, folder):
    """Copy a configuration file as it is, with a spool directory of the test's own at its end."""
    path = folder / "config.yml"
    path.write_text(source.read_text(encoding="utf-8") + "\nspool:\n  directory: %s\ntopology:\n  peers: path\n" % (
        folder / "spool"), encoding="utf-8")
    return path
