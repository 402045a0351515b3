"""A PostgreSQL server of the test's own, in a folder of its own, on a Unix socket; stopped by pg_ctl, which knows its process."""
import contextlib
import getpass
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def need_extensions():
    """Ends the test as skipped (77) without what scripts/bootstrap --warehouses gets."""
    names = ("postgres_scanner", "delta", "avro", "iceberg")
    if not all((ROOT / f".deps/duckdb/lib/{name}.duckdb_extension").exists() for name in names):
        print("skipped: expected DuckDB's extensions; run scripts/bootstrap --warehouses")
        sys.exit(77)


def find_tools():
    """The folder of initdb and its kin, newest first; None without."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: -int(path.parts[-3]))
    return found[0].parent if found else None


@contextlib.contextmanager
def server(test):
    """(folder of the tools, folder of the socket). The server refuses to run as root: another user has it then."""
    tools = find_tools()
    if not tools:
        test.skipTest("PostgreSQL is not installed")
    user = getpass.getuser() if os.geteuid() else "postgres"
    try:
        owner = pwd.getpwnam(user)
    except KeyError:
        test.skipTest("expected a user postgres, since the server refuses to run as root")
    folder = pathlib.Path(tempfile.mkdtemp())
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    run_as = {} if os.geteuid() else {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    options = {"cwd": folder, "stdout": subprocess.DEVNULL, **run_as}
    try:
        subprocess.run([tools / "initdb", "-D", folder / "data", "-U", "shop", "-A", "trust", "--no-sync"], check=True, **options)
        settings = f"-k {folder} -c listen_addresses= -c fsync=off"
        subprocess.run([tools / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w", "-o", settings, "start"], check=True, **options)
        try:
            yield tools, folder
        finally:
            subprocess.run([tools / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop"], check=True, **options)
    finally:
        shutil.rmtree(folder)


def ask(tools, folder, sql):
    """The answer's rows as lines of CSV; raises for a fault."""
    words = [tools / "psql", "-q", "-h", folder, "-U", "shop", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "--csv", "-t"]
    return subprocess.run(words, input=sql, text=True, check=True, capture_output=True).stdout.splitlines()
