"""Oracle: registries, package clients and a system of our own making, each a few lines of shell that write down every
call. Shows what scripts/bootstrap asks of whom, what it leaves in .deps/, and what it says when it cannot."""
import hashlib
import io
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile
import unittest
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Each client gives the file that its last argument but the version names, from the folder REGISTRY.
CLIENTS = {
    "npm": 'for last; do :; done; cp "$REGISTRY/npm-${last%%@*}.tgz" "${last%%@*}-1.tgz" || { echo "npm error 404"; exit 1; }',
    "pip3": '[ "$1" = --version ] && exit; while [ "$1" != --dest ]; do shift; done; cp "$REGISTRY/${3%%==*}-1.whl" "$2/"',
    "cargo": 'mkdir -p "$CARGO_HOME/registry/cache/r"; cp "$REGISTRY/header-1.crate" "$CARGO_HOME/registry/cache/r/"',
    "apt-get": 'case $* in download*) cp "$REGISTRY/${3%%=*}_1.deb" .;; *update*) touch "$SYSTEM/updated";; *) [ -e "$SYSTEM/updated" ] && touch "$SYSTEM/yaml";; esac',
    "sudo": "exit 1",
}
# Quiet questions, not written down.
SYSTEM = {
    "pkg-config": 'case $* in *yaml-0.1) [ -e "$SYSTEM/yaml" ];; esac',
    "id": 'echo "${FAKE_UID:-0}"',
    "uname": '[ "$1" = -m ] && echo "${FAKE_MACHINE:-x86_64}" || echo Linux',
    "dpkg-deb": 'mkdir -p "$3/usr/bin"; cp "$2" "$3/usr/bin/bochs-bin"',
    "ldd": '[ ! -e "$SYSTEM/no-gtk" ] || echo "libgtk-3.so.0 => not found"',
    "cc": "", "cmake": "", "ninja": "", "mpirun": "",
}
TOOLS = "bash env dirname tr awk sha256sum cut mkdir mktemp cp mv rm tar gzip grep sed tail find python3 cat sh touch".split()


def archive_tar(members):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def archive_wheel(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as wheel:
        for name, data in members.items():
            wheel.writestr(name, data)
    return stream.getvalue()


HEADER = "duckdb/src/include/duckdb.h"
REGISTRY = {
    "npm-library.tgz": archive_tar({"package/libduckdb.so": b"library"}),
    "npm-header.tgz": archive_tar({"package/src/" + HEADER: b"older header"}),
    "header-1.crate": archive_tar({"header-1/duckdb.tar.gz": archive_tar({HEADER: b"header"})}),
    "bochs_1.deb": b"emulator",
    "httpfs-1.whl": archive_wheel({"duckdb_extension_httpfs/extensions/v1/httpfs.duckdb_extension": b"httpfs"}),
}
# name, platform, client, package, file in the cache, file in the registry
LOCK = (
    ("duckdb-library", "linux-x86_64", "npm", "library@1", "library-1.tgz", "npm-library.tgz"),
    ("duckdb-header", "any", "cargo", "header@1", "header-1.crate", "header-1.crate"),
    ("duckdb-header", "any", "npm", "header@1", "header-1.tgz", "npm-header.tgz"),
    ("duckdb-httpfs", "linux-x86_64", "pip", "httpfs==1", "httpfs-1.whl", "httpfs-1.whl"),
    ("bochs", "linux-x86_64", "apt", "bochs=1", "bochs_1.deb", "bochs_1.deb"),
)


class Machine(unittest.TestCase):
    """A machine with nothing but the folder self.top; self.calls tells who was asked since the last look."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)
        for name in ("bin", "registry", "system", "home"):
            (self.top / name).mkdir()
        (self.top / "system/yaml").touch()
        for name, data in REGISTRY.items():
            (self.top / "registry" / name).write_bytes(data)
        for tool in TOOLS:
            (self.top / "bin" / tool).symlink_to(shutil.which(tool))
        for name, body in {**CLIENTS, **SYSTEM}.items():
            record = f'echo "{name}" >>"$SYSTEM/calls"\n' if name in CLIENTS else ""
            self.write_tool(name, record + body)
        self.clone = self.new_clone("first")

    def write_tool(self, name, body):
        path = self.top / "bin" / name
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def new_clone(self, name):
        scripts = self.top / name / "scripts"
        scripts.mkdir(parents=True)
        shutil.copy(ROOT / "scripts/bootstrap", scripts)
        lines = [" ".join((*entry[:5], hashlib.sha256(REGISTRY[entry[5]]).hexdigest())) for entry in LOCK]
        (scripts / "dependencies.lock").write_text("# comment\n" + "\n".join(lines) + "\n", encoding="utf-8")
        return self.top / name

    def bootstrap(self, *arguments, **variables):
        calls = self.top / "system/calls"
        calls.write_text("", encoding="utf-8")
        environment = {
            "PATH": str(self.top / "bin"), "HOME": str(self.top / "home"), "CARGO_HOME": str(self.top / "home/cargo"),
            "REGISTRY": str(self.top / "registry"), "SYSTEM": str(self.top / "system"), **variables,
        }
        result = subprocess.run([str(self.clone / "scripts/bootstrap"), *arguments], env=environment, capture_output=True, text=True, check=False)
        self.said = result.stderr
        self.calls = calls.read_text(encoding="utf-8").split()
        return result.returncode

    def assert_complete(self, header="header"):
        wanted = {
            "duckdb/lib/libduckdb.so": "library", "duckdb/include/duckdb.h": header, "duckdb/lib/httpfs.duckdb_extension": "httpfs",
        }
        self.assertEqual({name: (self.clone / ".deps" / name).read_text() for name in wanted}, wanted)

    def cached(self):
        return sorted(path.name for path in (self.top / "home/.cache/deepattribution").iterdir())


class Bootstrap(Machine):
    def test_gets_everything_once_and_keeps_it(self):
        self.assertEqual(self.bootstrap(), 0, self.said)
        self.assert_complete()
        self.assertEqual(self.calls, ["npm", "cargo", "pip3", "pip3", "pip3"])
        self.assertEqual(self.cached(), ["header-1.crate", "httpfs-1.whl", "library-1.tgz"])
        self.assertEqual(self.bootstrap(), 0, self.said)
        self.assertEqual((self.calls, self.said), ([], ""))

    def test_a_second_clone_asks_nobody(self):
        self.bootstrap()
        self.clone = self.new_clone("second")
        self.assertEqual(self.bootstrap(), 0, self.said)
        self.assertEqual((self.calls, self.said), ([], ""))
        self.assert_complete()

    def test_a_new_pin_is_fetched(self):
        self.bootstrap()
        newer = archive_tar({"package/libduckdb.so": b"newer"})
        (self.top / "registry/npm-library.tgz").write_bytes(newer)
        lock = self.clone / "scripts/dependencies.lock"
        old = hashlib.sha256(REGISTRY["npm-library.tgz"]).hexdigest()
        lock.write_text(lock.read_text().replace(old, hashlib.sha256(newer).hexdigest()))
        self.assertEqual(self.bootstrap(), 0, self.said)
        self.assertEqual((self.clone / ".deps/duckdb/lib/libduckdb.so").read_text(), "newer")

    def test_takes_the_alternative_where_the_first_is_not_to_be_had(self):
        (self.top / "registry/header-1.crate").unlink()
        self.assertEqual(self.bootstrap(), 0, self.said)
        self.assert_complete(header="older header")
        self.clone = self.new_clone("second")
        self.assertEqual(self.bootstrap(), 0, self.said)
        self.assertEqual(self.calls, [])

    def test_refuses_other_bytes_than_were_pinned(self):
        (self.top / "registry/npm-library.tgz").write_bytes(archive_tar({"package/libduckdb.so": b"another"}))
        self.assertEqual(self.bootstrap(), 1)
        self.assertIn("SHA-256", self.said)
        self.assertIn("could not get duckdb-library; put library-1.tgz (of library@1) into", self.said)
        self.assertFalse((self.clone / ".deps").exists())
        self.assertEqual(self.cached(), [])

    def test_a_damaged_cache_is_mended(self):
        self.bootstrap()
        (self.top / "home/.cache/deepattribution/library-1.tgz").write_bytes(b"half")
        self.clone = self.new_clone("second")
        self.assertEqual(self.bootstrap(), 0, self.said)
        self.assertEqual(self.calls, ["npm"])
        self.assert_complete()

    def test_obeys_xdg_cache_home(self):
        self.assertEqual(self.bootstrap(XDG_CACHE_HOME=str(self.top / "elsewhere")), 0, self.said)
        self.assertTrue((self.top / "elsewhere/deepattribution/httpfs-1.whl").exists())

    def test_a_silent_registry_ends_in_one_sentence_how_to_go_on(self):
        (self.top / "registry/npm-library.tgz").unlink()
        self.assertEqual(self.bootstrap(), 1)
        self.assertIn("npm did not give library@1: npm error 404", self.said)
        self.assertIn("set DuckDB_ROOT to a folder", self.said)

    def test_a_duckdb_of_ones_own_is_enough(self):
        self.assertEqual(self.bootstrap(DuckDB_ROOT="/opt/duckdb"), 0, self.said)
        self.assertFalse((self.clone / ".deps/duckdb").exists())

    def test_another_platform_is_told_so(self):
        self.assertEqual(self.bootstrap(FAKE_MACHINE="aarch64"), 1)
        self.assertIn("found no duckdb-library pinned for linux-aarch64; set DuckDB_ROOT", self.said)

    def test_installs_missing_packages_after_updating_old_lists(self):
        (self.top / "system/yaml").unlink()
        self.assertEqual(self.bootstrap(), 0, self.said)
        self.assertEqual(self.calls[:3], ["apt-get", "apt-get", "apt-get"])
        self.assertIn("installing libyaml-dev", self.said)

    def test_names_the_packages_that_this_user_may_not_install(self):
        (self.top / "system/yaml").unlink()
        self.assertEqual(self.bootstrap(FAKE_UID="1000"), 1)
        self.assertNotIn("apt-get", self.calls)
        self.assertIn("could not install them: libyaml-dev; install them by hand", self.said)

    def test_goes_on_without_mpi_where_it_cannot_be_installed(self):
        (self.top / "bin/mpirun").unlink()
        self.assertEqual(self.bootstrap(FAKE_UID="1000"), 0, self.said)
        self.assertNotIn("apt-get", self.calls)
        self.write_tool("apt-get", "exit 1")
        self.assertEqual(self.bootstrap(), 0, self.said)
        self.assertIn("could not install openmpi-bin: the program is built without", self.said)

    def test_gets_an_emulator_that_any_user_may_download(self):
        self.assertEqual(self.bootstrap("--emulator", FAKE_UID="1000"), 0, self.said)
        self.assertEqual((self.clone / ".deps/emulator/usr/bin/bochs-bin").read_text(), "emulator")
        self.assertEqual(self.calls, ["apt-get"])
        self.assertEqual(self.bootstrap("--emulator"), 0, self.said)
        self.assertEqual((self.calls, self.said), ([], ""))

    def test_names_the_libraries_without_which_the_emulator_does_not_start(self):
        (self.top / "system/no-gtk").touch()
        self.assertEqual(self.bootstrap("--emulator", FAKE_UID="1000"), 1)
        self.assertIn("expected Bochs to start but it does not; install libasound2, libgtk-3-0", self.said)


if __name__ == "__main__":
    unittest.main()
