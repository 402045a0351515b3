"""Global symbols begin with da_; the shared library exports what the public header marks DA_API and nothing else; no
room but cli has a global that changes."""
import pathlib
import re
import subprocess
import tempfile

# base/mem.c counts allocations so that a test can make the nth one fail.
MUTABLE_ALLOWED = {"base": {"n_allocations", "fail_at"}}

CLEAN = {
    "src/base/a.c": "static int helper(void) { return 1; } static const int table[2] = {1, 2};"
    " static const char *const names[] = {\"a\"}; int da_a(int i); int da_a(int i) { return helper() + table[i] + names[0][i]; }",
}
PLANTED = {
    "a function without the prefix": {"src/base/a.c": "int cut(void); int cut(void) { return 1; }"},
    "a table without the prefix": {"src/base/a.c": "extern const int table[2]; const int table[2] = {1, 2};"},
    "a global that changes": {"src/base/a.c": "static int calls; int da_a(void); int da_a(void) { return ++calls; }"},
    "a static inside a function": {"src/base/a.c": "int da_a(void); int da_a(void) { static int calls = 3; return ++calls; }"},
    "an export that no header declares": {"src/base/a.c": '__attribute__((visibility("default"))) int da_a(void); int da_a(void) { return 1; }'},
}


def nm(*arguments):
    return subprocess.run(["nm", *map(str, arguments)], check=True, capture_output=True, text=True).stdout.splitlines()


def unprefixed(library):
    for line in nm("--defined-only", "--extern-only", library):
        words = line.split()
        # Names with two underscores belong to the compiler and its sanitizers.
        if len(words) == 3 and not words[2].startswith(("da_", "__")):
            yield f"{library.name}: expected a name that begins with da_ but found {words[2]}"


def mutable(library, allowed):
    for line in nm("--defined-only", "--format=sysv", library):
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 7 or not re.match(r"\.(data|bss|tdata|tbss)$|\.(data|bss)\.(?!rel\.ro)", fields[6]):
            continue
        name = fields[0].split(".")[0]
        if fields[3] in ("OBJECT", "TLS") and name not in allowed and not name.startswith("__"):
            yield f"{library.name}: expected no global that changes but found {fields[0]}"


def exported(library, header):
    declared = set()
    if header.is_file():
        declared = set(re.findall(r"DA_API\b[^;]*?\b(da_\w+)\s*\(", header.read_text(encoding="utf-8")))
    symbols = [line.split() for line in nm("-D", "--defined-only", library)]
    names = {words[2] for words in symbols if len(words) == 3 and not words[2].startswith("__")}
    for name in sorted(names - declared):
        yield f"{library.name}: expected only what include/deepattribution.h marks DA_API but found {name}"
    for name in sorted(declared - names):
        yield f"{library.name}: expected {name}, which include/deepattribution.h declares, but found it nowhere"


def build_planted(tree, folder):
    """Compiles a planted tree as CMake would: libda_<room>.a for each room, and the shared library."""
    objects = []
    for source in tree.files("src/*/*.c"):
        objects.append(pathlib.Path(folder, source.stem + ".o"))
        flags = ["-fPIC", "-fvisibility=hidden", "-O0"]
        subprocess.run(["cc", *flags, "-c", str(source), "-o", str(objects[-1])], check=True)
        archive = pathlib.Path(folder, f"libda_{source.parent.name}.a")
        subprocess.run(["ar", "rc", str(archive), str(objects[-1])], check=True)
    shared = pathlib.Path(folder, "libdeepattribution.so")
    subprocess.run(["cc", "-shared", *map(str, objects), "-o", str(shared)], check=True)


def faults_of_build(tree, build):
    found = []
    for library in sorted(build.glob("libda_*.a")):
        room = library.stem.removeprefix("libda_")
        found += unprefixed(library)
        if room != "cli":
            found += mutable(library, MUTABLE_ALLOWED.get(room, set()))
    shared = build / "libdeepattribution.so"
    if not shared.exists():
        return found + [f"expected {shared} but found none"]
    return found + list(exported(shared, tree.root / "include" / "deepattribution.h"))


def faults(tree):
    if tree.build:
        return faults_of_build(tree, tree.build)
    with tempfile.TemporaryDirectory() as folder:
        build_planted(tree, folder)
        return faults_of_build(tree, pathlib.Path(folder))
