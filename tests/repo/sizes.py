"""A file has at most 600 lines and a function at most 100; no file of the repository is over 1 MB."""
from c_source import code_only

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 100
MAX_FILE_BYTES = 1_000_000
SOURCES = ("src/**/*.[ch]", "include/*.h", "tests/**/*.[ch]", "bench/**/*.[ch]", "**/*.py", "**/*.cmake", "scripts/*")

CLEAN = {
    "src/base/a.c": "int da_a(void) {\n" + "  a();\n" * 98 + "}\n\nstruct {\n" + "  int a;\n" * 200 + "} x;\n",
}
PLANTED = {
    "a function of 101 lines": {"src/base/a.c": "int da_a(void) {\n" + "  a();\n" * 99 + "}\n"},
    "one with its arguments on two lines": {"src/base/a.c": "int da_a(int a,\n  int b) {\n" + "  a();\n" * 98 + "}\n"},
    "a file of 601 lines": {"src/base/a.h": "int a;\n" * 601},
    "a script of 601 lines": {"scripts/a": "true\n" * 601},
    "a file over 1 MB": {"docs/picture.svg": "x" * 1_000_001},
}


def functions(text):
    """(first line, last line, first words) of each function: it begins and ends in the first column."""
    start = None
    for number, line in enumerate(code_only(text).splitlines(), 1):
        if line[:1].isalpha() and "(" in line and not line.rstrip().endswith(";"):
            start = (number, line.split("(")[0])
        elif line.startswith("}") and start:
            yield start[0], number, start[1]
            start = None
        elif line[:1].isalpha() and start is None:
            start = None


def faults(tree):
    found = []
    for path in tree.files(*SOURCES):
        text, name = tree.text(path), tree.name(path)
        n_lines = text.count("\n")
        if n_lines > MAX_FILE_LINES:
            found.append(f"{name}: expected at most {MAX_FILE_LINES} lines but found {n_lines}")
        if path.suffix in (".c", ".h"):
            for first, last, words in functions(text):
                if last - first + 1 > MAX_FUNCTION_LINES:
                    found.append(f"{name}:{first}: expected at most {MAX_FUNCTION_LINES} lines but {words} has {last - first + 1}")
    for path in tree.files("**/*"):
        if path.stat().st_size > MAX_FILE_BYTES:
            found.append(f"{tree.name(path)}: expected at most {MAX_FILE_BYTES} bytes but found {path.stat().st_size}")
    return found
