# SPDX-License-Identifier: Apache-2.0
"""Prints what the program is linked with as SPDX 2.3 (JSON), on Debian.

    /usr/bin/python3 packaging/sbom.py VERSION FILE...

Libraries are those that the files name as needed; versions those of the packages
that have them here. The time is that of SOURCE_DATE_EPOCH.
"""
import datetime
import json
import os
import re
import subprocess
import sys


def said(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed(files):
    """Return the libraries that any of the files names, and where they are."""
    found = {}
    for file in files:
        names = re.findall(r"NEEDED +(\S+)", said("objdump", "-p", file))
        places = dict(re.findall(r"(\S+) => (/\S+)", said("ldd", file)))
        found.update((name, places[name]) for name in names if name in places)
    return found


def package_of(path):
    """Return (package, version) of a library; its place may be told with or without /usr."""
    for place in (path, os.path.realpath(path), re.sub("^/usr", "", os.path.realpath(path)), "/usr" + path):
        done = subprocess.run(["dpkg-query", "-S", place], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            name = done.stdout.split(": ")[0].split(",")[0]
            return said("dpkg-query", "-W", "-f", "${Package} ${Version}", name).split(" ")
    sys.exit("no package has " + path)


def entry(name, version, license_name, purl=None):
    item = {"name": name, "SPDXID": "SPDXRef-" + re.sub(r"[^a-zA-Z0-9.-]", "-", name), "versionInfo": version,
            "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "licenseConcluded": license_name,
            "licenseDeclared": license_name, "copyrightText": "NOASSERTION"}
    if purl:
        item["externalRefs"] = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}]
    return item


def main(version, files):
    when = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", 0)), datetime.timezone.utc)
    ours = entry("skydive-exporter", version, "Apache-2.0")
    libraries = sorted({tuple(package_of(path)) for path in needed(files).values()})
    others = [entry(name, have, "NOASSERTION", "pkg:deb/debian/%s@%s" % (name, have.replace(":", "%3A").replace("+", "%2B")))
              for name, have in libraries]
    json.dump({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "skydive-exporter-" + version,
        "documentNamespace": "urn:skydive-exporter:%s:%d" % (version, when.timestamp()),
        "creationInfo": {"created": when.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: packaging/sbom.py"]},
        "packages": [ours] + others,
        "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": ours["SPDXID"]}] + [
            {"spdxElementId": ours["SPDXID"], "relationshipType": "DEPENDS_ON", "relatedSpdxElement": other["SPDXID"]} for other in others],
    }, sys.stdout, indent=1)
    print()


main(sys.argv[1], sys.argv[2:])
