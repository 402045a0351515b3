"""Servers for the tests of s3://, all on 127.0.0.1, each stopped by its own process id or thread.

S3Server     versitygw over a folder of this test
Toxiproxy    a TCP proxy that makes a connection slow, cuts it or resets it
StormProxy   an HTTP proxy that answers 503 (or 500) instead of handing the request on
KeyServer    what lends keys: an instance's metadata service, a container's, and STS
"""
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEY_ID, SECRET = "test-key-id", "test-secret-that-nobody-prints"
REGION = "us-east-1"
RESET = 0  # an answer's code: break the connection instead


def find_server(name):
    """The program that scripts/bootstrap built, or one on the PATH."""
    built = ROOT / ".deps/s3-servers/bin" / name
    return str(built) if built.exists() else shutil.which(name)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process, log):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    process.kill()
    raise RuntimeError(f"expected a server on port {port} but found: {pathlib.Path(log).read_text()[-2000:]}")


class Process:
    """A server that runs until stop()."""

    def __init__(self, words, port, log, **environment):
        self.port = port
        with open(log, "wb") as output:
            self.process = subprocess.Popen(words, stdout=output, stderr=output, env={**os.environ, **environment})
        wait_for(port, self.process, log)

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class S3Server(Process):
    """Each folder below `folder` is a bucket."""

    def __init__(self, folder, log):
        port = free_port()
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        words = [find_server("versitygw"), "--port", f"127.0.0.1:{port}", "--region", REGION, "--quiet", "posix", str(folder)]
        super().__init__(words, port, log, ROOT_ACCESS_KEY=KEY_ID, ROOT_SECRET_KEY=SECRET)


class Toxiproxy(Process):
    def __init__(self, upstream_port, log):
        self.control = free_port()
        words = [find_server("toxiproxy-server"), "-host", "127.0.0.1", "-port", str(self.control)]
        super().__init__(words, self.control, log)
        self.port = free_port()
        self.ask("POST", "/proxies", name="s3", listen=f"127.0.0.1:{self.port}", upstream=f"127.0.0.1:{upstream_port}")

    def ask(self, method, path, **body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.control}{path}", method=method)
        request.data = json.dumps(body).encode() if body else None
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.read()

    def add(self, kind, toxicity=1.0, stream="downstream", **attributes):
        self.ask("POST", "/proxies/s3/toxics", name=f"{kind}-{stream}", type=kind, stream=stream, toxicity=toxicity, attributes=attributes)

    def reset(self):
        self.ask("POST", "/reset")


class HttpServer:
    """A Python server in a thread; handle(method, path, headers, body) gives (code, headers, body).

    The code RESET breaks the connection instead of answering."""

    def cuts(self, method, path):
        """Whether the connection breaks in the middle of this answer."""
        return False

    def __init__(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                code, headers, content = outer.handle(self.command, self.path, self.headers, body)
                if code == RESET:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                    self.close_connection = True
                    return
                self.send_response_only(code)
                for name, value in headers:
                    self.send_header(name, value)
                if not any(name.lower() == "content-length" for name, _ in headers) and code != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content[:len(content) // 2] if outer.cuts(self.command, self.path) else content)
                self.close_connection = outer.cuts(self.command, self.path)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """A client that goes away is no fault of the test."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class StormProxy(HttpServer):
    """Hands requests on to the S3 server, but for those that should_fail(method, path, n) picks, n counting the attempts of each; answers
    that should_cut(method, path, n) picks end in their middle. sent_bytes counts what was read of each path."""

    def __init__(self, upstream_port):
        self.upstream_port = upstream_port
        self.should_fail = lambda method, path, n: False
        self.should_cut = lambda method, path, n: False
        self.code = 503
        self.attempts, self.last, self.sent_bytes = {}, {}, {}
        self.lock = threading.Lock()
        super().__init__()

    def cuts(self, method, path):
        return self.should_cut(method, path, self.last.get((method, path), 0))

    def handle(self, method, path, headers, body):
        key = (method, path, headers.get("Range"))
        with self.lock:
            n = self.attempts[key] = self.last[method, path] = self.attempts.get(key, 0) + 1
        if self.should_fail(method, path, n):
            return self.code, [], b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
        upstream = http.client.HTTPConnection("127.0.0.1", self.upstream_port, timeout=30)
        try:
            upstream.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(body)
            answer = upstream.getresponse()
            content = answer.read()
            with self.lock:
                if method == "GET":
                    self.sent_bytes[path] = self.sent_bytes.get(path, 0) + len(content)
            kept = [(n, v) for n, v in answer.getheaders() if n.lower() not in ("connection", "transfer-encoding")]
            return answer.status, kept, content
        finally:
            upstream.close()


class KeyServer(HttpServer):
    """Lends the S3 server's own keys, without a session token (it knows none), and counts what it was asked for."""

    EXPIRES = "2099-01-01T00:00:00Z"

    def __init__(self):
        self.asked = []
        self.expires = self.EXPIRES
        super().__init__()

    def handle(self, method, path, headers, body):
        self.asked.append((method, path, dict(headers), body.decode()))
        keys = {"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET, "Expiration": self.expires}
        if path == "/latest/api/token":
            return 200, [], b"imds-token"
        if path == "/latest/meta-data/iam/security-credentials/":
            return 200, [], b"role-of-the-instance"
        if path in ("/latest/meta-data/iam/security-credentials/role-of-the-instance", "/container"):
            return 200, [], json.dumps(keys).encode()
        if path == "/" and "AssumeRoleWithWebIdentity" in body.decode():
            fields = "".join(f"<{name}>{value}</{name}>" for name, value in keys.items())
            xml = (f'<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
                   f"<AssumeRoleWithWebIdentityResult><Credentials>{fields}</Credentials>"
                   f"</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>")
            return 200, [], xml.encode()
        return 404, [], b"<Error><Code>NoSuchThing</Code><Message>nothing here</Message></Error>"


def put(url, body):
    """An object into the S3 server, signed by curl."""
    digest = hashlib.sha256(body).hexdigest()
    subprocess.run(["curl", "--silent", "--fail", "--request", "PUT", "--aws-sigv4", f"aws:amz:{REGION}:s3", "--user", f"{KEY_ID}:{SECRET}",
                    "--header", f"x-amz-content-sha256: {digest}", "--data-binary", "@-", url], input=body, check=True)
