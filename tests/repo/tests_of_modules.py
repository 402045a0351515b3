"""The first comment of a test names its oracle, and a module with functions to test has a test beside it."""
import re

from c_source import is_test

CLEAN = {
    "src/base/cut.h": "int da_cut(int a);\n",
    "src/base/cut.c": "int da_cut(int a) { return a; }\n",
    "src/base/cut_test.c": "/* Oracle: a plain loop. */\n#include <x.h>\n",
    "src/base/cut_avx2.c": "int da_cut_avx2(int a) { return a; }\n",
    "src/base/kind.h": "typedef enum { DA_A } da_kind;\n",
    "src/cli/main.c": "int main(void) { return 0; }\n",
}
PLANTED = {
    "a module without a test": {"src/base/cut.c": "int da_cut(int a) { return a; }\n"},
    "a test that does not say what it trusts": {**CLEAN, "src/base/cut_test.c": "/* Tests cut.c. */\n"},
    "a test that says so only later": {**CLEAN, "src/base/cut_test.c": "/* Tests cut.c. */\nint a; /* oracle */\n"},
}

# Tested through the rooms that use them, or by the command lines of tests/cli.
UNTESTED_ROOMS = ("cli",)


def covered(path, tests):
    """x.c by x_test.c or x_anything_test.c; a part x_part.c of module x, a kernel x_avx2.c by the test of x."""
    stem = path.stem
    while True:
        if any(re.fullmatch(re.escape(stem) + r"(_\w+)?_test", test.stem) for test in tests):
            return True
        if "_" not in stem:
            return False
        stem = stem.rsplit("_", 1)[0]


def faults(tree):
    found = []
    for path in tree.files("src/**/*.c"):
        room = path.relative_to(tree.root / "src").parts[0]
        siblings = [other for other in path.parent.glob("*_test.c")]
        if is_test(path):
            comment = re.match(r"\s*/\*.*?\*/", tree.text(path), re.DOTALL)
            if not comment or not re.search(r"\b[Oo]racle", comment.group()):
                found.append(f"{tree.name(path)}: expected a first comment that names the oracle but found none")
        elif room not in UNTESTED_ROOMS and not covered(path, siblings):
            found.append(f"{tree.name(path)}: expected {path.stem}_test.c beside it but found none")
    return found
