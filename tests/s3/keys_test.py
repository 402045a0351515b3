"""Oracle: the order in which the AWS command line's documentation says keys are found, and a server that notes what it was asked for;
and the sentences that docs/s3.md promises for each fault."""
import re
import subprocess
import time

import case
import servers

NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}


class Keys(case.Case):
    def setUp(self):
        super().setUp()
        self.lender = servers.KeyServer()
        self.addCleanup(self.lender.stop)

    def paths(self):
        return [path for _, path, _, _ in self.lender.asked]

    def write(self, name, text):
        path = self.top / name
        path.write_text(text)
        return str(path)

    def test_none_anywhere(self):
        told = self.run_program("journeys", self.url, code=4, **NO_KEYS)
        self.assertIn(f"expected AWS keys for s3://{self.bucket} but found none", told)

    def test_profiles(self):
        keys = f"[default]\naws_access_key_id = wrong\naws_secret_access_key = wrong\n[work]\naws_access_key_id = {servers.KEY_ID}\n"
        credentials = self.write("credentials", f"{keys}aws_secret_access_key = {servers.SECRET}\n")
        config = self.write("config", f"[profile work]\nendpoint_url = {self.s3.endpoint}\nregion = {servers.REGION}\n[profile sso]\nsso_session = x\n")
        files = {"AWS_SHARED_CREDENTIALS_FILE": credentials, "AWS_CONFIG_FILE": config}
        self.simulate(**NO_KEYS, **files, AWS_PROFILE="work", AWS_ENDPOINT_URL_S3=None)
        # A profile of the settings comes before the environment, one of the environment does not.
        self.simulate(f"{self.url}2", **files, AWS_PROFILE="default")
        self.run_program("journeys", self.url, "--set", "s3.profile=default", code=4, **files)
        self.run_program("journeys", self.url, "--set", "s3.profile=work", **files, AWS_ACCESS_KEY_ID="wrong")
        told = self.run_program("journeys", self.url, code=4, **NO_KEYS, **files, AWS_PROFILE="sso")
        self.assertIn("aws configure export-credentials", told)
        told = self.run_program("journeys", self.url, code=4, **NO_KEYS, **files, AWS_PROFILE="nobody")
        self.assertIn("expected an AWS profile nobody", told)

    def test_web_identity(self):
        token = self.write("token", "a.web.token\n")
        self.simulate(**NO_KEYS, AWS_WEB_IDENTITY_TOKEN_FILE=token, AWS_ROLE_ARN="arn:aws:iam::1:role/x", AWS_ENDPOINT_URL_STS=f"{self.lender.endpoint}/")
        self.assertEqual(self.paths(), ["/"])
        self.assertIn("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx&RoleSessionName=deepattribution&WebIdentityToken=a.web.token", self.lender.asked[0][3])

    def test_container(self):
        token = self.write("token", "Bearer of-the-pod\n")
        self.simulate(**NO_KEYS, AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{self.lender.endpoint}/container", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token)
        self.assertEqual([(path, headers.get("Authorization")) for _, path, headers, _ in self.lender.asked], [("/container", "Bearer of-the-pod")])

    def test_instance(self):
        self.simulate(**NO_KEYS, AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=self.lender.endpoint)
        role = "/latest/meta-data/iam/security-credentials/"
        self.assertEqual(self.paths(), ["/latest/api/token", role, f"{role}role-of-the-instance"])
        self.assertEqual(self.lender.asked[2][2].get("X-aws-ec2-metadata-token"), "imds-token")

    def test_lent_keys_are_asked_for_again_before_they_end(self):
        self.lender.expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
        self.simulate(**NO_KEYS, AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{self.lender.endpoint}/container")
        self.assertGreater(len(self.lender.asked), 3)


class Sentences(case.Case):
    """expected to ... s3://bucket/key but ..., never with a secret (Case.run_program looks)."""

    def setUp(self):
        super().setUp()
        self.simulate()
        self.answer = None
        self.proxy = servers.StormProxy(self.s3.port)
        self.addCleanup(self.proxy.stop)
        hand_on = self.proxy.handle
        self.proxy.handle = lambda *request: self.answer if self.answer else hand_on(*request)

    def refused(self, sentence, *words, **variables):
        told = self.run_program("journeys", self.url, *words, code=4, **variables)
        self.assertIn(sentence, told)
        self.assertEqual(told.count("\n"), 1, told)

    def test_who_is_refused(self):
        self.refused(f"expected to list {self.url}/ but the secret key does not belong to the access key id", AWS_SECRET_ACCESS_KEY="wrong")
        self.refused("the server does not know the access key id", AWS_ACCESS_KEY_ID="nobody")
        self.refused("the bucket does not lie in the region eu-west-3 but in us-east-1", AWS_REGION="eu-west-3")
        self.refused("expected an answer from 127.0.0.1:9 for", "--set", "s3.retries=1", AWS_ENDPOINT_URL_S3="http://127.0.0.1:9")
        told = self.run_program("journeys", "s3://no-such-bucket", code=4)
        self.assertIn("expected to list s3://no-such-bucket/ but found no bucket of that name", told)

    def test_what_other_servers_say(self):
        error = "<Error><Code>{}</Code><Message>m</Message></Error>"
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 3600))
        for code, headers, name, sentence in (
            (403, [("Date", date)], "RequestTimeTooSkewed", r"this machine's clock is 3(599|600|601) s behind the server's"),
            (403, [], "AccessDenied", r"the keys have no right to; ask for s3:GetObject"),
            (301, [("x-amz-bucket-region", "eu-north-1")], "PermanentRedirect", r"in the region us-east-1 but in eu-north-1; set s3.region"),
            (400, [], "ExpiredToken", r"the session of the keys has ended; log in again"),
            (418, [], "Teapot", r"the server said: m \(HTTP 418 Teapot\)"),
        ):
            self.answer = (code, headers, error.format(name).encode())
            told = self.run_program("journeys", self.url, code=4, endpoint=self.proxy.endpoint, AWS_REGION="us-east-1")
            self.assertRegex(told, f"expected to list {re.escape(self.url)}/ but .*{sentence}")
        self.answer = (200, [], b"<html>welcome</html>")
        self.refused("is the endpoint an S3 server?", endpoint=self.proxy.endpoint)

    def test_the_region_is_found_when_none_is_chosen(self):
        port = servers.free_port()
        server = servers.Process([servers.find_server("versitygw"), "--port", f"127.0.0.1:{port}", "--region", "eu-south-1", "--quiet",
                                  "posix", str(self.s3.folder)], port, self.top / "south.log",
                                 ROOT_ACCESS_KEY=servers.KEY_ID, ROOT_SECRET_KEY=servers.SECRET)
        self.addCleanup(server.stop)
        self.run_program("journeys", self.url, endpoint=server.endpoint)
        self.run_program("journeys", self.url, code=4, endpoint=server.endpoint, AWS_REGION="us-east-1")

    def test_tls(self):
        certificate, key = self.top / "cert.pem", self.top / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        port = servers.free_port()
        server = servers.Process([servers.find_server("versitygw"), "--port", f"127.0.0.1:{port}", "--cert", str(certificate), "--key", str(key),
                                  "--quiet", "posix", str(self.s3.folder)], port, self.top / "tls.log",
                                 ROOT_ACCESS_KEY=servers.KEY_ID, ROOT_SECRET_KEY=servers.SECRET)
        self.addCleanup(server.stop)
        self.run_program("journeys", self.url, endpoint=f"https://localhost:{port}", AWS_CA_BUNDLE=str(certificate))
        told = self.run_program("journeys", self.url, code=4, endpoint=f"https://localhost:{port}")
        self.assertIn("certificate", told)


if __name__ == "__main__":
    case.main()
