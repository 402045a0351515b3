"""A standalone Spark cluster on loopback: one master, two workers of one core and one GiB, each its own process, stopped by its pid."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

START_SECONDS = 120


def need(condition, reason):
    """Ends the test as skipped (77) unless what it needs is there."""
    if not condition:
        print(f"skipped: {reason}")
        sys.exit(77)


def need_spark():
    need(shutil.which("java") or os.environ.get("JAVA_HOME"), "Spark needs Java 8, 11 or 17: scripts/bootstrap --distributed")
    try:
        import pyarrow  # noqa: F401
        import pyspark  # noqa: F401
    except ImportError as fault:
        need(False, f"{fault}: scripts/bootstrap --distributed")


def spark_home():
    import pyspark
    return pathlib.Path(pyspark.__file__).parent


class Daemon:
    """A master or worker, whose log is read until it says where it listens."""

    def __init__(self, folder, name, arguments):
        self.log = pathlib.Path(folder, f"{name}.log")
        environment = {**os.environ, "SPARK_HOME": str(spark_home()), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m",
                       "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC", "SPARK_WORKER_DIR": str(folder),
                       "PYSPARK_PYTHON": sys.executable}
        with open(self.log, "wb") as log:
            # spark-class replaces itself by java, so the pid is java's.
            self.process = subprocess.Popen([spark_home() / "bin" / "spark-class", *arguments], env=environment, stdout=log, stderr=log)

    def wait_for(self, pattern):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            match = re.search(pattern, self.log.read_text(errors="replace"))
            if match:
                return match
            time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"expected {pattern} within {START_SECONDS} s in the log but found:\n{self.log.read_text(errors='replace')}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextlib.contextmanager
def cluster(n_workers=2):
    """The URL of the master."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as daemons:
        loopback = ["--host", "127.0.0.1", "--port", "0", "--webui-port", "0"]
        master = Daemon(folder, "master", ["org.apache.spark.deploy.master.Master", *loopback])
        daemons.callback(master.stop)
        url = master.wait_for(r"Starting Spark master at (\S+)").group(1)
        workers = []
        for i in range(n_workers):
            workers.append(Daemon(folder, f"worker{i}", ["org.apache.spark.deploy.worker.Worker", *loopback, "--cores", "1", "--memory", "1g",
                                                         url]))
            daemons.callback(workers[-1].stop)
        for worker in workers:
            worker.wait_for("Successfully registered with master")
        yield url


@contextlib.contextmanager
def session(master, **settings):
    """A quiet session. Short queries over little data: code is interpreted rather than compiled, unless the caller says otherwise."""
    from pyspark.sql import SparkSession
    os.environ.update(PYSPARK_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1")
    quick = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    builder = SparkSession.builder.master(master).appName("deepattribution test")
    for key, value in {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.sql.shuffle.partitions": "2",
                       "spark.driver.host": "127.0.0.1", "spark.executor.memory": "640m", "spark.driver.memory": "1g",
                       "spark.driver.extraJavaOptions": quick, "spark.executor.extraJavaOptions": quick,
                       "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN", **settings}.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()
