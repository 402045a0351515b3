"""Oracle: the answer that a client gets who asks alone, and HTTP's own rules for what is refused. That the answers are those of
`attribute`: src/serve/service_test.c."""
import concurrent.futures
import http.client
import json
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else \
    pathlib.Path(__file__).resolve().parents[2] / "build/release/deepattribution"
PATIENCE_SECONDS = 60
USERS = 600
JSON_LINES, PARQUET = "application/jsonlines", "application/x-parquet"
JOURNEY = {"campaigns": ["email", "video"], "timestamps": [1_700_000_000_000_000, 1_700_000_360_000_000], "conversion_status": True}


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


class Server:
    """The program, serving until stop()."""

    def __init__(self, *words):
        self.process = subprocess.Popen([PROGRAM, "serve", *map(str, words), "--port", "0"], stderr=subprocess.PIPE, text=True)
        self.said = []
        for line in self.process.stderr:
            self.said.append(line)
            found = re.search(r"listening at http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                return
        raise RuntimeError(f"expected the server to listen but it said: {''.join(self.said)}")

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)

    def ask(self, method, path, body=None, kind=None, connection=None, accept=None):
        """(code, body)"""
        own = connection or self.connect()
        try:
            headers = {"Content-Type": kind, "Accept": accept}
            own.request(method, path, body, {name: value for name, value in headers.items() if value})
            answer = own.getresponse()
            return answer.status, answer.read()
        finally:
            if not connection:
                own.close()

    def post(self, body, kind=JSON_LINES, connection=None):
        return self.ask("POST", "/invocations", body, kind, connection)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.wait()

    def wait(self):
        """The exit code, and what it said."""
        _, said = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, said


class Invocations(unittest.TestCase):
    options = ("--threads", "2")

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.bucket = pathlib.Path(folder.name)
        for words in (["simulate", "W1", cls.bucket, "--users", str(USERS)], ["run", cls.bucket, "--set", "training.epochs=1"]):
            subprocess.run([PROGRAM, *words, "--quiet"], check=True, stderr=subprocess.DEVNULL)

    def setUp(self):
        self.server = Server(self.bucket, *self.options)
        self.addCleanup(self.server.stop)

    def assert_refused(self, found, code, pattern):
        self.assertEqual(found[0], code, found[1])
        self.assertRegex(json.loads(found[1])["error"], pattern)

    def test_many_clients_get_what_one_would(self):
        requests = [lines(random_journeys(seed)) for seed in range(20)]
        alone = [self.server.post(body) for body in requests]
        self.assertEqual({code for code, _ in alone}, {200})

        def client(number):
            connection = self.server.connect()
            order = random.Random(number).sample(range(len(requests)), len(requests))
            found = [(i, self.server.post(requests[i], connection=connection)) for i in order]
            connection.close()
            return found
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            for found in pool.map(client, range(24)):
                for i, answer in found:
                    self.assertEqual(answer, alone[i])

    def test_a_journey_gets_credit_that_sums_to_one(self):
        code, answer = self.server.post(lines([{**JOURNEY, "journey_id": 3, "uid": "a"}, {**JOURNEY, "conversion_status": False}]))
        self.assertEqual(code, 200)
        converted, not_converted = [json.loads(line) for line in answer.splitlines()]
        self.assertEqual((converted["journey_id"], converted["uid"]), (3, "a"))
        self.assertEqual(converted["last_touch_attribution"], [0, 1])
        self.assertAlmostEqual(sum(converted["attention_attribution"]), 1, places=12)
        self.assertEqual(not_converted["attention"], converted["attention"])
        self.assertEqual(not_converted["linear_attribution"], [0, 0])
        self.assertIn("incremental_attribution", converted)

    def test_parquet_is_read(self):
        code, answer = self.server.post((self.bucket / "feature_store/test.parquet").read_bytes(), PARQUET)
        self.assertEqual(code, 200)
        self.assertIn("journey_id", json.loads(answer.splitlines()[0]))
        self.assert_refused(self.server.post(b"PAR1 or not", PARQUET), 400, "expected a Parquet file")

    def test_parquet_is_written_where_it_is_wanted(self):
        code, answer = self.server.ask("POST", "/invocations", lines(random_journeys(3)), JSON_LINES, accept=PARQUET)
        self.assertEqual(code, 200)
        self.assertEqual((answer[:4], answer[-4:]), (b"PAR1", b"PAR1"))
        # What it says: src/serve/service_test.c. What went wrong is said in JSON all the same.
        self.assert_refused(self.server.ask("POST", "/invocations", b"{", JSON_LINES, accept=PARQUET), 400, "expected one JSON object")

    def test_bad_requests_are_refused_with_one_sentence(self):
        for body, pattern in ((b"{", "journey 1: expected one JSON object"), (b"", "expected at least one journey"),
                              (b"[" * 100_000, "expected one JSON object"), (b"\xff\xfe", "UTF-8"),
                              (lines([JOURNEY, {**JOURNEY, "timestamps": [2, 1]}]), "journey 2: expected timestamps that never decrease")):
            self.assert_refused(self.server.post(body), 400, pattern)
        self.assert_refused(self.server.post(b"{}", "text/plain"), 415, "Content-Type")
        self.assert_refused(self.server.ask("GET", "/models"), 404, "/models")
        self.assertEqual(self.server.ask("GET", "/ping")[0], 200)

    def test_a_slow_client_keeps_nobody_waiting(self):
        slow = []
        for _ in range(40):
            connection = socket.create_connection(("127.0.0.1", self.server.port))
            connection.sendall(b"POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
            slow.append(connection)
        started = time.monotonic()
        self.assertEqual(self.server.post(lines([JOURNEY]))[0], 200)
        self.assertLess(time.monotonic() - started, 5)
        for connection in slow:
            connection.close()


class Limits(Invocations):
    options = ("--threads", "1", "--queue", "2", "--max-body", "1")

    def test_a_huge_body_is_refused(self):
        self.assert_refused(self.server.post(b" " * (1 << 20) + b"x"), 413, "at most 1048576 bytes")
        with socket.create_connection(("127.0.0.1", self.server.port)) as endless:
            endless.sendall(b"POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            with self.assertRaises(OSError):  # cut off at last, whatever the client has still to say
                for _ in range(5000):  # more than what sockets hold
                    endless.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        self.assertEqual(self.server.ask("GET", "/ping")[0], 200)

    def test_many_clients_get_what_one_would(self):
        """With a queue of two: an answer, or the advice to try again, and nothing else."""
        body = lines(random_journeys(1, n=2000))
        alone = self.server.post(body)
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            found = list(pool.map(lambda _: self.server.post(body), range(48)))
        self.assertEqual({code for code, _ in found}, {200, 503})
        for code, answer in found:
            if code == 200:
                self.assertEqual(answer, alone[1])

    def test_a_shutdown_answers_what_has_begun(self):
        body = lines(random_journeys(2, n=3000))
        alone = self.server.post(body)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = [pool.submit(self.server.post, body) for _ in range(2)]
            time.sleep(0.1)
            self.server.process.send_signal(signal.SIGTERM)
            self.assertEqual([answer.result() for answer in answers], [alone, alone])
        code, said = self.server.wait()
        self.assertEqual(code, 0, said)
        with self.assertRaises(OSError):
            self.server.ask("GET", "/ping")


class Starting(unittest.TestCase):
    def test_what_is_missing_is_one_sentence(self):
        with tempfile.TemporaryDirectory() as folder:
            for words, code, pattern in ((["serve", folder], 3, "expected a trained network"),
                                         (["serve", folder, "--port", "70000"], 2, "expected a number from 0 to 65535")):
                found = subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False)
                self.assertEqual(found.returncode, code, found.stderr)
                self.assertRegex(found.stderr, pattern)


def random_journeys(seed, n=50):
    draw = random.Random(seed)
    rows = []
    for i in range(n):
        length = draw.randrange(1, 12)
        times = sorted(1_700_000_000_000_000 + draw.randrange(10**12) for _ in range(length))
        rows.append({"journey_id": i, "uid": draw.randrange(10**6) if draw.random() < 0.5 else None, "timestamps": times,
                     "campaigns": draw.choices(["email", "video", "display", "nobody knows", "brand_search"], k=length),
                     "conversion_status": draw.random() < 0.3})
    return rows


if __name__ == "__main__":
    if "HTTP: none" in subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout:
        print("skipped: the program was built without GNU libmicrohttpd; scripts/bootstrap gets it")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
