"""Oracle: the same command on a folder, byte for byte; and files that only the S3 server's folder shows."""
import gzip
import json
import os
import signal
import time
import unittest

import case
import servers

QUICK = ("--set", "training.epochs=1", "--set", "credit.bootstrap=0", "--seed", "5")


class Bucket(case.Case):
    def test_a_run_gives_the_bytes_of_a_run_on_a_folder(self):
        local = self.top / "local"
        for place in (local, self.url):
            self.simulate(place)
            self.run_program("run", place, *QUICK)
        here, there = self.outputs(local), self.outputs()
        self.assertEqual(sorted(here), sorted(there))
        for key in here:
            if key not in ("attention_report/manifest.json", "attention_report/report.html", "model/score.json"):
                self.assertEqual(here[key], there[key], key)
        self.assertFalse((self.folder / "shop/.deepattribution/lock").exists())
        again = self.run_program("run", self.url, *QUICK)
        self.assertEqual(again.count("done before"), 4, again)

    def test_bucket_nm_is_the_name_of_a_bucket(self):
        self.simulate(f"s3://{self.bucket}")
        config = self.top / "config.yaml"
        config.write_text(f"bucket_nm: {self.bucket}\n")
        self.run_program("journeys", "--config", config)
        self.assertTrue((self.folder / "feature_store/train.parquet").exists())

    def test_many_objects_and_odd_names(self):
        days = self.folder / "shop/raw"
        days.mkdir(parents=True)
        names = [f"day={n:04d}/part.csv" for n in range(1500)] + ["day=0001/a bé+%=&#[x]*.csv", "_hidden/x.csv", ".hidden.csv"]
        for n, name in enumerate(names):
            path = days / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"uid,timestamp,campaign,conversion\nu{n},{1700000000 + n},c{n % 7},{n % 5 == 0}\n")
        told = self.run_program("journeys", self.url, "--json", "--quiet")
        index = json.loads((self.folder / "shop/campaign_nm_to_one_hot_index.json").read_text())
        self.assertEqual(len(index), 7, told)

    def test_a_packed_file_that_was_cut_off(self):
        raw = self.folder / "shop/raw"
        raw.mkdir(parents=True)
        rows = "".join(f"u{n},{1700000000 + n},c{n % 7},{n % 5 == 0}\n" for n in range(20000))
        packed = gzip.compress(("uid,timestamp,campaign,conversion\n" + rows).encode())
        (raw / "a.csv.gz").write_bytes(packed)
        self.run_program("journeys", self.url)
        self.run_program("describe", f"{self.url}/raw/a.csv.gz")
        (raw / "a.csv.gz").write_bytes(packed[:-1000])
        told = self.run_program("journeys", self.url, code=3)
        self.assertIn(f"expected a whole gzip file but {self.url}/raw/a.csv.gz ends after", told)

    def test_virtual_hosts(self):
        port = servers.free_port()
        server = servers.Process([servers.find_server("versitygw"), "--port", f"127.0.0.1:{port}", "--virtual-domain", f"localhost:{port}",
                                  "--quiet", "posix", str(self.s3.folder)], port, self.top / "vhost.log",
                                 ROOT_ACCESS_KEY=servers.KEY_ID, ROOT_SECRET_KEY=servers.SECRET)
        self.addCleanup(server.stop)
        style = ("--set", "s3.url_style=vhost", "--set", f"s3.endpoint=localhost:{port}", "--set", "s3.use_ssl=false")
        self.run_program("simulate", "W1", self.url, "--users", 300, "--quiet", *style)
        self.run_program("journeys", self.url, *style)

    def test_requester_pays_and_anonymous(self):
        seen = []
        proxy = servers.StormProxy(self.s3.port)
        self.addCleanup(proxy.stop)
        hand_on = proxy.handle
        proxy.handle = lambda method, path, headers, body: seen.append(dict(headers)) or hand_on(method, path, headers, body)
        self.simulate()
        self.run_program("journeys", self.url, "--set", "s3.requester_pays=true", endpoint=proxy.endpoint)
        self.assertTrue(all({name.lower(): value for name, value in headers.items()}.get("x-amz-request-payer") == "requester" for headers in seen))
        self.assertTrue(all("Authorization" in headers for headers in seen))
        seen.clear()
        self.run_program("journeys", self.url, "--set", "s3.anonymous=true", code=4, endpoint=proxy.endpoint)
        self.assertTrue(seen and not any("Authorization" in headers for headers in seen))


class Lock(case.Case):
    def setUp(self):
        super().setUp()
        self.simulate()
        self.lock = self.folder / "shop/.deepattribution/lock"

    def hold(self, **holder):
        self.lock.parent.mkdir(parents=True, exist_ok=True)
        body = json.dumps({"id": "another", "host": "far-away", "process": 4711, "machine": "another", **holder})
        url = f"{self.s3.endpoint}/{self.bucket}/shop/.deepattribution/lock"
        servers.put(url, body.encode())

    def test_a_second_run_is_refused(self):
        self.hold()
        told = self.run_program("journeys", self.url, code=4)
        self.assertIn(f"expected to be the only run on {self.url} but process 4711 on far-away works on it", told)
        self.assertTrue(self.lock.exists())

    def test_a_lock_that_was_not_renewed_is_nobodys(self):
        self.hold()
        os.utime(self.lock, (time.time() - 200,) * 2)
        self.run_program("journeys", self.url)
        self.assertFalse(self.lock.exists())

    def test_a_killed_run_does_not_keep_the_next_one_out(self):
        proxy = servers.StormProxy(self.s3.port)
        self.addCleanup(proxy.stop)
        proxy.should_fail = lambda method, path, n: "impressions" in path
        process = self.start("journeys", self.url, endpoint=proxy.endpoint)
        deadline = time.monotonic() + 30
        while not self.lock.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.assertTrue(self.lock.exists())
        self.run_program("journeys", self.url)
        self.assertFalse(self.lock.exists())


if __name__ == "__main__":
    case.main()
