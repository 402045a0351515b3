"""Oracle: training by one process on a folder, byte for byte; and the bytes that each rank read, counted by a proxy of its own."""
import shutil
import subprocess
import sys
import unittest

import case
import servers

SETTINGS = ("--set", "training.epochs=2", "--set", "training.batch_size=1024", "--threads", "1")
# Anybody may run it here, on as few processors as there are.
MPI = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
       "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_plm_rsh_agent": "sh"}


class Ranks(case.Case):
    def train(self, *prefix, url=None, **variables):
        words = [*prefix, case.PROGRAM, "train", url or self.url, *SETTINGS, "--quiet"]
        found = subprocess.run(list(map(str, words)), env=self.environment(**MPI, **variables), capture_output=True, text=True,
                               check=False, timeout=case.PATIENCE_SECONDS)
        self.assertEqual(found.returncode, 0, found.stderr)

    def test_two_ranks_train_from_s3_what_one_trains_from_a_folder(self):
        local = self.top / "local"
        for place in (local, self.url):
            self.simulate(place)
            self.run_program("journeys", place)
        self.train(url=local)
        wanted = {key: data for key, data in self.outputs(local).items() if key.startswith("model/")}
        pack = (local / "feature_store_preprocessed/journeys.pack").stat().st_size
        # A cache for both, as on one machine, and one each, as on two.
        shared = ["mpirun", "--bind-to", "none", "-n", "2"]
        apart = [*shared, "sh", "-c", 'XDG_CACHE_HOME="$XDG_CACHE_HOME/$OMPI_COMM_WORLD_RANK" exec "$@"', "-"]
        for prefix in (shared, apart):
            shutil.rmtree(self.top / "cache", ignore_errors=True)
            shutil.rmtree(self.folder / "shop/model", ignore_errors=True)
            proxies = [servers.StormProxy(self.s3.port) for _ in range(2)]
            own_endpoint = ["sh", "-c", 'export AWS_ENDPOINT_URL_S3="$(eval echo \\$ENDPOINT_$OMPI_COMM_WORLD_RANK)"; exec "$@"', "-"]
            try:
                self.train(*prefix, *own_endpoint, ENDPOINT_0=proxies[0].endpoint, ENDPOINT_1=proxies[1].endpoint)
            finally:
                for proxy in proxies:
                    proxy.stop()
            self.assert_half_was_read(proxies, pack)
            found = {key: data for key, data in self.outputs().items() if key.startswith("model/")}
            self.assertEqual(sorted(found), sorted(wanted))
            for key in ("model/model.safetensors", "model/score.json"):
                self.assertEqual(found[key], wanted[key], key)

    def assert_half_was_read(self, proxies, pack):
        """Of the pack: the table, the names and, of journeys and their touches, its own half. Nobody reads users."""
        for proxy in proxies:
            read = sum(n for path, n in proxy.sent_bytes.items() if path.endswith("/journeys.pack"))
            self.assertGreater(read, 4096)
            self.assertLess(read, 4096 + pack / 2)
            print(f"a rank read {read:,} of the {pack:,} bytes of journeys.pack")
            self.assertFalse([path for path in proxy.sent_bytes if "/feature_store/" in path])


if __name__ == "__main__":
    version = subprocess.run([case.PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    if not shutil.which("mpirun") or "MPI: none" in version:
        print("skipped: expected mpirun and a program built with MPI")
        sys.exit(77)
    case.main()
