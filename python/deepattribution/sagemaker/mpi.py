"""MPI over the hosts of a training job: the first starts a rank on each by ssh, the others answer until their rank has ended.

The image holds one key pair for all of its containers (container/Dockerfile), which SageMaker joins in a network of their own.
"""
import pathlib
import socket
import subprocess
import time

SSH_PORT = 22
START_SECONDS = 600
POLL_SECONDS = 0.1  # a rank that came and went in between would be waited for
CONNECT_SECONDS = 1
SERVER = ["/usr/sbin/sshd", "-D"]
RANK = "orted"  # OpenMPI's process on a host that a rank was started on


def launcher(hosts):
    """The words before the program's: none on one host."""
    if len(hosts) == 1:
        return []
    for host in hosts[1:]:
        wait_until(lambda host=host: answers(host), f"host {host} to answer ssh")
    return ["mpirun", "--allow-run-as-root", "-np", str(len(hosts)), "--host", ",".join(hosts)]


def serve():
    """On every host but the first."""
    server = subprocess.Popen(SERVER)
    try:
        wait_until(is_running, "the first host to start its rank here")
        while is_running():
            time.sleep(POLL_SECONDS)
    finally:
        server.terminate()
        server.wait()


def wait_until(condition, what):
    end = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"expected {what} within {START_SECONDS} s but it did not")
        time.sleep(POLL_SECONDS)


def answers(host):
    try:
        with socket.create_connection((host, SSH_PORT), timeout=CONNECT_SECONDS):
            return True
    except OSError:
        return False


def is_running(name=RANK):
    """Is there a process of this name? /proc says it in one line each."""
    for path in pathlib.Path("/proc").glob("[0-9]*/comm"):
        try:
            if path.read_text(encoding="utf-8").strip() == name:
                return True
        except OSError:  # it ended meanwhile
            continue
    return False
