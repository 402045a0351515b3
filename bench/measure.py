"""What benches share: running a program under the clock, and tables."""
import hashlib
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build/release/deepattribution"
BUILD = ROOT / "build/release/bench"  # BUILD / NAME / the program of bench/NAME/program.c
DATA = ROOT / "build/bench"  # generated inputs; kept from run to run
SIZE = os.environ.get("DA_BENCH_SIZE", "normal")  # quick, normal or full


def say(sentence):
    print(f"  {sentence}", file=sys.stderr, flush=True)


class Run:
    """One run of a program: seconds on the wall, seconds of all processors, peak memory in MB, what it printed, and the most bytes that
    lay in the folder `watched` at a time, in MB. Peak memory begins at that of the caller: a bench must stay small itself."""

    def __init__(self, command, watched=None):
        start = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)
        self.watched_mb = 0.0
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(watched, done))
        watcher.start()
        self.output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.seconds = time.monotonic() - start
        done.set()
        watcher.join()
        if status != 0:
            sys.exit(f"expected {command[0]} to succeed but found the status {os.waitstatus_to_exitcode(status)}")
        self.processor_seconds = usage.ru_utime + usage.ru_stime
        self.peak_mb = usage.ru_maxrss / 1024

    def _watch(self, folder, done):
        while folder and not done.wait(0.05):
            self.watched_mb = max(self.watched_mb, folder_mb(folder))


def folder_mb(folder):
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(parent, name)).st_blocks * 512
            except FileNotFoundError:
                pass  # gone meanwhile
    return total / 1e6


def once(key, compute):
    """compute(), a value that JSON can hold; remembered under key for the programs as they are built now, so that a bench of many
    long computations goes on where it was interrupted. Not for what is measured by the clock."""
    programs = hashlib.sha256(PROGRAM.read_bytes())
    for path in sorted(path for path in BUILD.glob("*/*") if path.is_file() and os.access(path, os.X_OK)):
        programs.update(path.read_bytes())
    file = DATA / "remembered" / programs.hexdigest()[:16] / (hashlib.sha256(key.encode()).hexdigest()[:16] + ".json")
    if not file.exists():
        value = compute()
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps({"key": key, "value": value}))
        unfinished.rename(file)
    return json.loads(file.read_text())["value"]


def median(runs, what="seconds"):
    return statistics.median(getattr(run, what) for run in runs)


def alternate(contestants, times):
    """{name: () -> Run} -> {name: [Run]}: in turns, so that all see the same weather."""
    runs = {name: [] for name in contestants}
    for turn in range(times):
        for name, contest in contestants.items():
            run = contest()
            say(f"{name}: {run.seconds:.2f} s, {run.peak_mb:.0f} MB ({turn + 1} of {times})")
            runs[name].append(run)
    return runs


def table(head, rows):
    """Markdown; every column but the first is set to the right."""
    lines = [" | ".join(head), " | ".join(["---"] + ["--:"] * (len(head) - 1))]
    lines += [" | ".join(str(cell) for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def machine():
    """"AMD EPYC 7763, 2 cores, 24 GiB, Linux 6.1"."""
    model = "a processor without a name"
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release().split('-')[0]}"
