"""A test case with an S3 server, a bucket and the program; main() runs a file's cases, or skips (77) when there is no server."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import servers

PROGRAM = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else servers.ROOT / "build/release/deepattribution"
PATIENCE_SECONDS = 120


class Case(unittest.TestCase):
    """One server for all cases of a class; each case has a bucket of its own, named by self.bucket."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.top = pathlib.Path(folder.name)
        cls.s3 = servers.S3Server(cls.top / "data", cls.top / "s3.log")
        cls.addClassCleanup(cls.s3.stop)

    def setUp(self):
        self.bucket = self.id().rsplit(".", 1)[-1].replace("_", "-")[:60]
        self.folder = self.s3.folder / self.bucket
        self.folder.mkdir()
        self.url = f"s3://{self.bucket}/shop"

    def environment(self, endpoint=None, **variables):
        """The caller's own AWS settings must not reach the program, and no machine's metadata service may be asked."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        clean.update(HOME=str(self.top), XDG_CACHE_HOME=str(self.top / "cache"), AWS_EC2_METADATA_DISABLED="true",
                     AWS_ENDPOINT_URL_S3=endpoint or self.s3.endpoint,
                     AWS_ACCESS_KEY_ID=servers.KEY_ID, AWS_SECRET_ACCESS_KEY=servers.SECRET)
        clean.update(variables)
        return {name: value for name, value in clean.items() if value is not None}

    def start(self, *words, endpoint=None, **variables):
        return subprocess.Popen([PROGRAM, *map(str, words)], env=self.environment(endpoint, **variables),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run_program(self, *words, code=0, endpoint=None, **variables):
        """Returns what it said on stderr; no secret may be in it."""
        process = self.start(*words, endpoint=endpoint, **variables)
        try:
            said, told = process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.fail(f"{words} did not end in {PATIENCE_SECONDS} s")
        self.assertNotIn(servers.SECRET, said + told)
        if code is not None:
            self.assertEqual(process.returncode, code, told)
        self.code = process.returncode
        return told

    def simulate(self, url=None, users=500, **variables):
        self.run_program("simulate", "W1", url or self.url, "--users", users, "--quiet", **variables)

    def outputs(self, folder=None):
        """{key: bytes} of what stages publish; the manifest and the state hold times."""
        top = folder or self.folder / "shop"
        files = [path for path in sorted(top.rglob("*")) if path.is_file() and ".deepattribution" not in path.parts]
        return {str(path.relative_to(top)): path.read_bytes() for path in files}


def main():
    missing = [name for name in ("versitygw", "toxiproxy-server") if not servers.find_server(name)]
    if missing:
        print(f"skipped: expected {' and '.join(missing)}; run scripts/bootstrap --s3-servers")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
