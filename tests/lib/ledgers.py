# SPDX-License-Identifier: Apache-2.0
"""A tenant's ledger, read without the product (spool/ledger.h and spool/ledger_slot.h say what is in it).

Sums are collections.Counter objects with objects, records and bytes.
"""
import collections
import json

from lib import spoolfiles

SLOT, SLOTS = 4096, 2
SUMS = ("sealed", "uploaded", "evicted")
OF_STEP = {"seal": "sealed", "store": "uploaded", "evict": "evicted", "evict_bad": "evicted"}


def slot(data):
    """Return what a slot says; None: it is not whole."""
    text, sum_ = data[:SLOT - 9], data[SLOT - 9:]
    return json.loads(text) if sum_ == b"%08x\n" % spoolfiles.crc32c(text) else None


def newest(pipeline):
    data = (pipeline / "ledger").read_bytes()
    slots = [slot(data[at:at + SLOT]) for at in range(0, SLOT * SLOTS, SLOT)]
    return max(filter(None, slots), key=lambda found: found["sequence"])


def happened(pipeline, found):
    """Whether the last step that it tells of was done."""
    def there(folder, number):
        return (pipeline / folder / ("%016d" % number)).exists()
    if found["step"] == "seal":
        return there("new", found["to"]) or not there("open", found["id"])
    folder = "bad" if found["step"] == "evict_bad" else "new"
    return found["step"] == "rest" or not there(folder, found["id"])


def sum_of(found, name):
    return collections.Counter({what: found["%s_%s" % (name, what)] for what in ("objects", "records", "bytes")})


def totals(pipeline):
    """Return {"sealed": sum, ...} as a start would find them after kill -9, and the counters."""
    found = newest(pipeline)
    sums = {name: sum_of(found, name) for name in SUMS}
    if not happened(pipeline, found):
        sums[OF_STEP[found["step"]]].subtract(sum_of(found, "step"))
    return sums, found["counters"]


def weigh(objects):
    """Return the sum of some objects as stored."""
    found = list(objects)
    return collections.Counter({"objects": len(found), "records": sum(len(item.records) for item in found),
                                "bytes": sum(len(item.raw) for item in found)})


def waiting(pipeline, *folders):
    """Return {key: object} of the sealed files in these folders."""
    found = {}
    for folder in folders:
        for path in sorted((pipeline / folder).iterdir()):
            item = spoolfiles.sealed_object(path.read_bytes())
            found[item.key] = item
    return found
