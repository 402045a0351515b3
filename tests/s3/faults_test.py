"""Oracle: what a run without faults publishes. Through every fault a run either publishes the same bytes, or ends with exit 4, one sentence
and the earlier outputs as they were."""
import case
import servers

# A large enough log that its outputs are uploads of several parts.
PARTS = ("--set", "s3.part_size=6000000")
USERS = 150_000
STATE = ".deepattribution/stages.json"


class Faults(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.toxiproxy = servers.Toxiproxy(cls.s3.port, cls.top / "toxiproxy.log")
        cls.addClassCleanup(cls.toxiproxy.stop)
        cls.storm = servers.StormProxy(cls.s3.port)
        cls.addClassCleanup(cls.storm.stop)

    def setUp(self):
        """Two logs of one bucket: the journeys of the first are there, those of the second are wanted."""
        super().setUp()
        self.addCleanup(self.toxiproxy.reset)
        self.storm.attempts.clear()
        self.storm.should_fail = self.storm.should_cut = lambda method, path, n: False
        self.addCleanup(setattr, self.storm, "code", 503)
        self.simulate(users=self.users)
        self.run_program("journeys", self.url, "--seed", 1)
        self.before = self.outputs()

    users = 3000

    def wanted(self):
        self.run_program("journeys", self.url, "--seed", 2)
        after = self.outputs()
        self.assertNotEqual(self.before, after)
        self.run_program("journeys", self.url, "--seed", 1)
        self.assertEqual(self.outputs(), self.before)
        return after

    def ends_right_or_leaves_all(self, endpoint, *words, may_fail=True, must_fail=False):
        wanted = self.wanted()
        told = self.run_program("journeys", self.url, "--seed", 2, "--set", "s3.timeout_seconds=2", *words, code=None, endpoint=endpoint)
        self.assertIn(self.code, [4] if must_fail else [0, 4] if may_fail else [0], told)
        self.assertEqual(self.outputs(), wanted if self.code == 0 else self.before, told)
        if self.code == 4:
            self.assertIn("deepattribution: expected ", told)
        return told

    # ---- slow, cut, reset ----

    def test_slow(self):
        self.toxiproxy.add("latency", latency=30, jitter=20)
        self.toxiproxy.add("bandwidth", rate=2000)
        self.ends_right_or_leaves_all(self.toxiproxy.endpoint, may_fail=False)

    def test_in_crumbs(self):
        self.toxiproxy.add("slicer", average_size=500, size_variation=200, delay=5)
        self.ends_right_or_leaves_all(self.toxiproxy.endpoint, may_fail=False)

    def test_connections_that_end_in_the_middle(self):
        self.toxiproxy.add("limit_data", toxicity=0.3, bytes=20_000)
        self.ends_right_or_leaves_all(self.toxiproxy.endpoint)

    def test_uploads_that_end_in_the_middle(self):
        self.toxiproxy.add("limit_data", toxicity=0.3, stream="upstream", bytes=20_000)
        self.ends_right_or_leaves_all(self.toxiproxy.endpoint)

    def test_connections_that_are_reset(self):
        self.toxiproxy.add("reset_peer", toxicity=0.2, timeout=10)
        self.ends_right_or_leaves_all(self.toxiproxy.endpoint)

    def test_a_server_that_falls_silent(self):
        self.toxiproxy.add("timeout", toxicity=0.2, timeout=0)
        self.ends_right_or_leaves_all(self.toxiproxy.endpoint)

    def test_a_server_that_goes_away(self):
        def drop(method, path, n):
            if method == "PUT" and "feature_store" in path:
                self.storm.code = servers.RESET
                return True
            return False

        self.storm.should_fail = drop
        self.ends_right_or_leaves_all(self.storm.endpoint, "--set", "s3.retries=1", must_fail=True)

    # ---- storms ----

    def test_every_first_request_fails(self):
        for code in (500, 503, servers.RESET):
            self.storm.attempts.clear()
            self.storm.code = code
            self.storm.should_fail = lambda method, path, n: n == 1
            self.ends_right_or_leaves_all(self.storm.endpoint, may_fail=False)

    def test_every_first_answer_is_cut(self):
        self.storm.should_cut = lambda method, path, n: n == 1
        self.ends_right_or_leaves_all(self.storm.endpoint, may_fail=False)

    def test_a_storm_that_does_not_end(self):
        for part in ("list-type", "impressions.parquet", "feature_store", STATE):
            self.storm.should_fail = lambda method, path, n, part=part: part in path
            told = self.ends_right_or_leaves_all(self.storm.endpoint, "--set", "s3.retries=1", must_fail=True)
            self.assertIn(self.bucket, told)


class Uploads(Faults):
    users = USERS

    def test_parts_fail_once(self):
        self.storm.should_fail = lambda method, path, n: n == 1 and "partNumber" in path
        self.ends_right_or_leaves_all(self.storm.endpoint, *PARTS, may_fail=False)
        self.assertTrue([path for _, path, _ in self.storm.attempts if "partNumber=2" in path])

    def test_completed_but_the_answer_is_lost(self):
        self.storm.should_cut = lambda method, path, n: method == "POST" and "uploadId" in path and n == 1
        self.ends_right_or_leaves_all(self.storm.endpoint, *PARTS, may_fail=False)

    def test_nothing_is_seen_before_all_parts_are_there(self):
        self.storm.should_fail = lambda method, path, n: "partNumber=2" in path
        self.ends_right_or_leaves_all(self.storm.endpoint, *PARTS, "--set", "s3.retries=1", must_fail=True)
        aborted = [path for method, path, _ in self.storm.attempts if method == "DELETE" and "uploadId" in path]
        self.assertTrue(aborted)


# The cases of Faults run once, with small outputs.
for name in [name for name in vars(Faults) if name.startswith("test_")]:
    setattr(Uploads, name, None)

if __name__ == "__main__":
    case.main()
