"""Oracle: training by one process on one host, byte for byte. Two hosts are two network namespaces of this machine, joined by a cable of two
ends (veth), each with files of its own below one path; OpenMPI's daemon goes over by nsenter instead of ssh. Skipped where namespaces may not be
made."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.environ["DEEPATTRIBUTION_PROGRAM"]
HOSTS = ("10.77.0.1", "10.77.0.2")
HYPERPARAMETERS = {"epochs": "2", "n_hidden_units_embedding": "8", "n_hidden_units_lstm": "16"}
PATIENCE_SECONDS = 120
# What a container does, but for ssh: its server only says that it is there.
CONTAINER = """import os, sys
from deepattribution.sagemaker import container, mpi
mpi.SERVER = ["sh", "-c", "echo >{ready}; exec sleep 600"]
mpi.answers = lambda host: os.path.exists("{ready}")
sys.exit(container.main(["train"]))
"""
AGENT = """#!/bin/sh
# OpenMPI calls this as it would call ssh: HOST COMMAND...
echo "$@" >>"{log}"
shift
exec nsenter --target {process} --net --mount --uts sh -c "$*"
"""


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def call(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True)


class Host:
    """A namespace with an end of the cable, and a folder that it sees at `shared_path`. Its first process holds it until close()."""

    def __init__(self, number, address, folder, shared_path):
        self.namespace = f"da-test-{os.getpid()}-{number}"
        folder.mkdir()
        call("ip", "netns", "add", self.namespace)
        script = f'hostname host-{number} && mount --bind "{folder}" "{shared_path}" && echo ready && exec sleep 600'
        self.holder = subprocess.Popen(["ip", "netns", "exec", self.namespace, "unshare", "--mount", "--uts", "sh", "-c", script],
                                       stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline().strip() != "ready":
            self.close()
            raise OSError("expected to bind a folder in a namespace but could not")
        self.address = address

    def connect(self, end):
        call("ip", "link", "set", end, "netns", self.namespace)
        for words in (("link", "set", "lo", "up"), ("address", "add", f"{self.address}/24", "dev", end), ("link", "set", end, "up")):
            call("ip", "-n", self.namespace, *words)

    def start(self, words, **environment):
        inside = ["nsenter", "--target", str(self.holder.pid), "--net", "--mount", "--uts", *words]
        return subprocess.Popen(inside, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def close(self):
        self.holder.kill()
        self.holder.communicate()
        call("ip", "netns", "del", self.namespace)


class TwoHosts(unittest.TestCase):
    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.top)
        self.root = self.top / "root"
        self.root.mkdir()
        self.bucket = self.top / "bucket"
        for words in (["simulate", "W1", self.bucket, "--users", "2000"], ["journeys", self.bucket]):
            subprocess.run([PROGRAM, *words, "--quiet"], check=True)

    def prepare(self, folder, host):
        """/opt/ml as SageMaker makes it on each host."""
        config, channel = folder / "opt/ml/input/config", folder / "opt/ml/input/data/sets_parent_dir_path"
        config.mkdir(parents=True)
        channel.mkdir(parents=True)
        shutil.copy(self.bucket / "feature_store_preprocessed/journeys.pack", channel)
        for name, content in (("hyperparameters", HYPERPARAMETERS), ("inputdataconfig", {"sets_parent_dir_path": {}}),
                              ("resourceconfig", {"current_host": host, "hosts": list(HOSTS)})):
            (config / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")

    def make_hosts(self, stack):
        ends = [f"da{os.getpid() % 10**6}{letter}" for letter in "ab"]
        hosts = []
        try:
            for number, address in enumerate(HOSTS):
                hosts.append(Host(number, address, self.top / f"host-{number}", self.root))
                stack.callback(hosts[-1].close)
            call("ip", "link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
            for host, end in zip(hosts, ends):
                host.connect(end)
        except (OSError, subprocess.CalledProcessError) as fault:
            self.skipTest(f"this machine lets nobody make network namespaces: {getattr(fault, 'stderr', None) or fault}")
        return hosts

    def test_hosts_train_together_what_one_trains_alone(self):
        with contextlib.ExitStack() as stack:
            hosts = self.make_hosts(stack)
            for number, address in enumerate(HOSTS):
                self.prepare(self.top / f"host-{number}", address)
            agent, log = self.top / "agent", self.top / "calls.txt"
            agent.write_text(AGENT.format(log=log, process=hosts[1].holder.pid), encoding="utf-8")
            agent.chmod(0o755)
            environment = {"DEEPATTRIBUTION_ROOT": str(self.root), "OMPI_MCA_plm_rsh_agent": str(agent),
                           "OMPI_MCA_btl": "tcp,self", "OMPI_MCA_mpi_yield_when_idle": "1"}
            container = CONTAINER.format(ready=self.top / "ready")
            running = [host.start([sys.executable, "-c", container], **environment) for host in reversed(hosts)]
            for process in reversed(running):
                try:
                    _, errors = process.communicate(timeout=PATIENCE_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()  # nsenter has become the container's Python
                    _, errors = process.communicate()
                self.assertEqual(process.returncode, 0, errors)
            self.assertIn(f"{HOSTS[1]} ", log.read_text(encoding="utf-8"))
            self.assertFalse((self.top / "host-1/opt/ml/model/model.safetensors").exists())
            found = (self.top / "host-0/opt/ml/model/model.safetensors").read_bytes()
        settings = ("training.epochs=2", "model.embedding=8", "model.lstm=16")
        subprocess.run([PROGRAM, "train", self.bucket, "--quiet", *[word for setting in settings for word in ("--set", setting)]], check=True)
        self.assertEqual(found, (self.bucket / "model/model.safetensors").read_bytes())


if __name__ == "__main__":
    if "MPI: none" in subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout:
        skip("the program was built without MPI")
    for tool in ("mpirun", "ip", "nsenter", "unshare"):
        if not shutil.which(tool):
            skip(f"expected {tool}")
    if os.geteuid() != 0:
        skip("only root may make network namespaces")
    unittest.main(verbosity=2)
