# SPDX-License-Identifier: Apache-2.0
"""Keep the classes that a broker loads as Java has them in memory: the next ones start in two thirds of the time.

    python3 tests/lib/kafka/archive.py
"""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from lib.kafka.broker import CLASSES, Broker                        # noqa: E402


def main():
    CLASSES.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        with Broker(pathlib.Path(folder) / "broker", java=["-XX:ArchiveClassesAtExit=%s" % CLASSES]) as broker:
            broker.end()
    return 0 if CLASSES.exists() else "%s was not made" % CLASSES


if __name__ == "__main__":
    sys.exit(main())
