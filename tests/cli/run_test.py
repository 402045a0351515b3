"""Oracle: small cases whose verdict is plain to see. Proves that run.py can find a case wrong."""
import pathlib
import subprocess
import sys
import tempfile

RUN = pathlib.Path(__file__).with_name("run.py")

# files of a case -> run.py's exit code
CASES = {
    "all as wanted": ({"x.sh": "echo a; echo b >&2; exit 3", "x.exit": "3\n", "x.stdout.exact": "a\n", "x.stderr.glob": "?\n"}, 0),
    "no expectations": ({"x.sh": "echo anything"}, 0),
    "another exit code": ({"x.sh": "exit 1"}, 1),
    "a command in the middle fails": ({"x.sh": "false\necho a"}, 1),
    "success where a fault is wanted": ({"x.sh": "true", "x.exit": "3\n"}, 1),
    "another output": ({"x.sh": "echo a", "x.stdout.exact": "b\n"}, 1),
    "a newline too many": ({"x.sh": "echo a; echo", "x.stdout.exact": "a\n"}, 1),
    "a glob with a gap": ({"x.sh": "seq 1 9", "x.stdout.glob": "1\n...\n[78]\n?\n"}, 0),
    "a gap of no line": ({"x.sh": "seq 1 2", "x.stdout.glob": "1\n...\n2\n...\n"}, 0),
    "a glob that ends too soon": ({"x.sh": "seq 1 3", "x.stdout.glob": "1\n2\n"}, 1),
    "a glob on stderr that misses": ({"x.sh": "echo a >&2", "x.stderr.glob": "b\n"}, 1),
    "a case that skips itself": ({"x.sh": "exit 77"}, 77),
    "its own empty folder, the program in the path": ({"x.sh": "[ -z \"$(ls)\" ]; deepattribution"}, 0),
}


def verdict(folder, files, *flags):
    for name, text in files.items():
        pathlib.Path(folder, name).write_text(text, encoding="utf-8")
    program = pathlib.Path(folder, "bin", "deepattribution")
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    command = [sys.executable, "-B", str(RUN), "--program", str(program), *flags, str(pathlib.Path(folder, "x.sh"))]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def main():
    for name, (files, wanted) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            result = verdict(folder, files)
            if result.returncode != wanted:
                sys.exit(f"{name}: expected {wanted} but found {result.returncode}\n{result.stdout}{result.stderr}")
    with tempfile.TemporaryDirectory() as folder:
        files = {"x.sh": "echo new; exit 4", "x.stdout.exact": "old\n"}
        result = verdict(folder, files, "--update")
        written = {name: pathlib.Path(folder, name).read_text() for name in ("x.exit", "x.stdout.exact")}
        if result.returncode != 0 or written != {"x.exit": "4\n", "x.stdout.exact": "new\n"}:
            sys.exit(f"--update: expected the new expectations but found {written}")


if __name__ == "__main__":
    main()
