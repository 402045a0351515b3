"""run.py --program PATH CASE.sh [--update] [--keep]: runs one command-line case and compares what it did.

Beside the case x.sh may lie
  x.exit           the exit code wanted; 0 when absent
  x.stdout.exact   the output, to the byte          x.stderr.exact   likewise
  x.stdout.glob    a pattern a line (*, ?, [...]); a line of only ... stands for any lines      x.stderr.glob   likewise
--update writes the exit code and the .exact files anew; --keep leaves the scratch folder and names it.
Exit code: 0 as expected, 1 not, 77 the case skipped itself by exiting with 77.
"""
import argparse
import difflib
import fnmatch
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
SECONDS_A_CASE = 280
ROOT = pathlib.Path(__file__).resolve().parents[2]


def expectation(case, kind):
    path = case.with_name(case.stem + "." + kind)
    return path.read_text(encoding="utf-8") if path.exists() else None


def fits(lines, patterns):
    """Do the lines fit the patterns, one each, with ... for any number of lines?"""
    reachable = {0}  # numbers of lines that the patterns so far can account for
    for pattern in patterns:
        if pattern == "...":
            reachable = set(range(min(reachable), len(lines) + 1)) if reachable else set()
        else:
            reachable = {n + 1 for n in reachable if n < len(lines) and fnmatch.fnmatchcase(lines[n], pattern)}
    return len(lines) in reachable


def differences(case, stream, found):
    exact, glob = expectation(case, stream + ".exact"), expectation(case, stream + ".glob")
    if exact is not None and exact != found:
        yield from difflib.unified_diff(exact.splitlines(), found.splitlines(), "expected " + stream, "found", lineterm="")
    if glob is not None and not fits(found.splitlines(), glob.splitlines()):
        yield f"expected {stream} to fit {case.stem}.{stream}.glob:"
        yield from ("  " + line for line in glob.splitlines())


def environment(program, scratch):
    wanted = {
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "DA_ROOT": str(ROOT),
        "DA_BUILD": str(program.parent),
        "DA_SHARED": os.environ.get("DA_SHARED", str(ROOT.parent / "shared")),
        "HOME": str(scratch),
        "LC_ALL": "C.UTF-8",
        "TZ": "America/Sao_Paulo",  # results must not depend on where the machine stands
    }
    return {**os.environ, **wanted}


def run_case(case, program, scratch):
    try:
        return subprocess.run(["bash", "-eu", "-o", "pipefail", str(case)], cwd=scratch, env=environment(program, scratch),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS_A_CASE, check=False)
    except subprocess.TimeoutExpired:
        sys.exit(f"{case.name}: expected it to end within {SECONDS_A_CASE} s")


def update(case, result):
    for stream in ("stdout", "stderr"):
        path = case.with_name(f"{case.stem}.{stream}.exact")
        if path.exists():
            path.write_bytes(getattr(result, stream))
    path = case.with_name(case.stem + ".exit")
    if result.returncode or path.exists():
        path.write_text(f"{result.returncode}\n", encoding="utf-8")


def faults_of(case, result):
    wanted = int(expectation(case, "exit") or 0)
    faults = []
    if result.returncode != wanted:
        faults.append(f"expected exit code {wanted} but found {result.returncode}")
    for stream in ("stdout", "stderr"):
        faults += differences(case, stream, getattr(result, stream).decode("utf-8", "replace"))
    return faults


def judge(case, result, rewrite):
    if result.returncode == SKIPPED and expectation(case, "exit") is None:
        print(result.stderr.decode("utf-8", "replace"), end="")
        return SKIPPED
    if rewrite:
        update(case, result)
    faults = faults_of(case, result)
    if not faults:
        return 0
    print(*faults, sep="\n")
    for stream in ("stdout", "stderr"):
        print(f"--- {stream}", getattr(result, stream).decode("utf-8", "replace")[-4000:], sep="\n")
    return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build" / "dev" / "deepattribution")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("case", type=pathlib.Path)
    options = parser.parse_args()
    if not options.program.is_file():
        sys.exit(f"expected the program at {options.program} but found none: build it first")
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="da-cli-"))
    try:
        result = run_case(options.case.resolve(), options.program.resolve(), scratch)
        sys.exit(judge(options.case, result, options.update))
    finally:
        if options.keep:
            print(f"scratch folder: {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
