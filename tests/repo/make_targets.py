"""Every target of the Makefile has its line of help and is explained in README.md or CONTRIBUTING.md; every make
target and preset that a page names is there; README begins with make demo and make test."""
import json
import re

CLEAN = {
    "Makefile": ".PHONY: help demo test\nhelp:\n\t@true\n## demo: show it\ndemo:\n\t@true\n## test: check it\ntest:\n\t@true\n",
    "CMakePresets.json": '{"configurePresets": [{"name": "dev"}]}',
    "README.md": "# x\n`make demo`, `make test`\n",
    "CONTRIBUTING.md": "cmake --preset dev\n",
}
PLANTED = {
    "a target without help": {**CLEAN, "Makefile": CLEAN["Makefile"] + "bench:\n\t@true\n"},
    "a target on no page": {**CLEAN, "Makefile": CLEAN["Makefile"] + "## bench: measure\nbench:\n\t@true\n"},
    "a page names a missing target": {**CLEAN, "README.md": CLEAN["README.md"] + "`make fast`\n"},
    "a page names a missing preset": {**CLEAN, "CONTRIBUTING.md": "cmake --preset fuzz\n"},
    "README hides the demo": {**CLEAN, "README.md": "# x\n" + "words\n" * 60 + "`make demo` `make test`\n"},
}
README_BEGINNING_LINES = 30


def faults(tree):
    makefile = tree.text(tree.root / "Makefile")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE)) - {"help"}
    helped = set(re.findall(r"^## ([a-z-]+): ", makefile, re.MULTILINE))
    presets = {preset["name"] for preset in json.loads(tree.text(tree.root / "CMakePresets.json"))["configurePresets"]}
    pages = {tree.name(path): tree.text(path) for path in tree.files("*.md", "docs/*.md")}
    found = [f"Makefile: expected a line '## {name}: ...' above {name}" for name in sorted(targets - helped)]
    for name in sorted(targets):
        if not any(f"make {name}" in pages.get(page, "") for page in ("README.md", "CONTRIBUTING.md")):
            found.append(f"expected README.md or CONTRIBUTING.md to explain make {name} but found nothing")
    for page, text in pages.items():
        for name in set(re.findall(r"`make ([a-z-]+)", text)) - targets:
            found.append(f"{page}: found make {name}, which the Makefile does not have")
        for name in set(re.findall(r"--preset ([a-z]+)", text)) - presets:
            found.append(f"{page}: found the preset {name}, which CMakePresets.json does not have")
    beginning = "\n".join(pages.get("README.md", "").splitlines()[:README_BEGINNING_LINES])
    if "make demo" not in beginning or "make test" not in beginning:
        found.append("README.md: expected make demo and make test at its beginning")
    return found
