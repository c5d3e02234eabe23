# SPDX-License-Identifier: Apache-2.0
"""MinIO, the object store of the original exporter's guide; built from source once, for tests only (AGPL).

    python3 tests/lib/s3/minio.py build     build it into build/cache/bin, unless it is there (some minutes)
    python3 tests/lib/s3/minio.py run DIR   run it with user/password until standard input ends
"""
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from lib.paths import ROOT                                          # noqa: E402
from lib.s3.server import Daemons, Store, answers, free_ports       # noqa: E402

MODULE = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
CACHE = ROOT / "build" / "cache"
BINARY = CACHE / "bin" / "minio"
STAMP = CACHE / "bin" / "minio.module"


def golang():
    """Return the go command: the one in PATH, else of a usual place; Debian's is in golang-go."""
    for folder in os.environ.get("PATH", "").split(":") + ["/usr/local/go/bin", "/usr/lib/go/bin"]:
        path = os.path.join(folder, "go")
        if os.access(path, os.X_OK):
            return path
    raise FileNotFoundError("no go command; apt-get install --no-install-recommends golang-go")


def output(*command):
    return subprocess.run(command, check=True, timeout=600, stdout=subprocess.PIPE, text=True, cwd=CACHE).stdout


def toolchain(go):
    """Return a go command that is new enough; Debian 12's own fetches one as a Go module."""
    version = re.search(r"go1\.(\d+)", output(go, "version"))
    if not version or int(version[1]) >= 24:
        return go
    module = "golang.org/toolchain@v0.0.1-go1.24.8.linux-" + output(go, "env", "GOARCH").strip()
    folder = pathlib.Path(json.loads(output(go, "mod", "download", "-json", module))["Dir"])
    for path in [*folder.glob("bin/*"), *folder.glob("pkg/tool/*/*")]:
        path.chmod(0o755)
    return str(folder / "bin" / "go")


def build():
    """Build MinIO unless this version is there; returns the binary."""
    if BINARY.exists() and STAMP.exists() and STAMP.read_text() == MODULE:
        return BINARY
    BINARY.parent.mkdir(parents=True, exist_ok=True)
    go = toolchain(golang())
    env = {k: v for k, v in os.environ.items() if k != "GOROOT"}
    env.update(GOBIN=str(BINARY.parent), CGO_ENABLED="0", GOFLAGS="-modcacherw -trimpath", GOTOOLCHAIN="local")
    subprocess.run([go, "install", "-ldflags=-s -w", MODULE], check=True, timeout=3600, env=env, cwd=CACHE)
    STAMP.write_text(MODULE)
    return BINARY


class Minio(Store):
    """A running MinIO with the credentials and the region of vpclogs.yml.default; close() ends it."""

    def __init__(self, folder, port=None):
        folder = pathlib.Path(folder)
        (folder / "data").mkdir(parents=True)
        ports = free_ports(2)
        port = port or ports[0]
        super().__init__(port, "user", "password", "local")
        self.daemons = Daemons(folder)
        env = {"MINIO_ROOT_USER": "user", "MINIO_ROOT_PASSWORD": "password", "MINIO_SITE_REGION": "local",
               "MINIO_BROWSER": "off", "MINIO_UPDATE": "off", "HOME": str(folder)}
        try:
            self.daemons.start("minio", [build(), "server", "--quiet", "--address", "127.0.0.1:%d" % port,
                                         "--console-address", "127.0.0.1:%d" % ports[1], folder / "data"], env)
            self.daemons.ready(lambda: answers(self.endpoint + "/minio/health/live"), "MinIO", 60)
        except BaseException:
            self.close()
            raise


def main(args):
    if args == ["build"]:
        print(build())
    elif len(args) == 2 and args[0] == "run":
        with Minio(args[1]) as store:
            print(store.settings(), flush=True)
            sys.stdin.read()
    else:
        sys.exit(__doc__.strip())


if __name__ == "__main__":
    main(sys.argv[1:])
