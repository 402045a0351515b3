"""No path of one machine, no registry's host, nothing left for later, no flag that changes results."""
import re

ANYWHERE = {
    r"/(work|root|farm|home)/[a-z.]": "a path that exists on one machine",
    r"registry\.npmjs|pypi\.org|pythonhosted\.org|crates\.io|proxy\.golang|repo1?\.maven|deb\.debian": "a registry's host",
    r"-ffast-math|-Ofast|-funsafe-math": "a flag that changes results",
}
IN_CODE = {r"\b(TODO|FIXME|XXX|HACK)\b|not implemented|\bstub\b": "something left for later"}
CODE = ("src/**/*", "include/*", "python/**/*", "scripts/*")

CLEAN = {"src/base/a.c": "int da_a(void); /* total, done */\n", "README.md": "make demo reads ~/data and <home>/x\n"}
PLANTED = {
    "a home folder": {"README.md": "see /" + "home/ann/data\n"},
    "a registry": {"scripts/get": "curl https://" + "pypi" + ".org/simple\n"},
    "a task left over": {"src/base/a.c": "/* TO" + "DO: later */\n"},
    "a missing part": {"src/base/a.c": 'return da_fail(err, DA_ERR_ARG, "not impl' + 'emented");\n'},
    "fast and loose": {"CMakeLists.txt": "add_compile_options(-f" + "fast-math)\n"},
}


def faults(tree):
    found = []
    code = set(tree.files(*CODE))
    for path in tree.files("**/*", "**/.*"):
        if path.name == "words.py" or path.suffix in (".png", ".parquet", ".gz", ".bin"):
            continue
        rules = {**ANYWHERE, **(IN_CODE if path in code else {})}
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            for pattern, what in rules.items():
                match = re.search(pattern, line)
                if match:
                    found.append(f"{tree.name(path)}:{number}: found {what}: {match.group()}")
    return found
