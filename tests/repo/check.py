"""check.py RULE ROOT BUILD: does the repository at ROOT, built in BUILD, keep a rule of the house?

A rule is a module beside this file with
  faults(tree)  -> the sentences that name what breaks it
  PLANTED       -> {case: {path: text}}: small trees that break it, each in one way
  CLEAN         -> {path: text}: a small tree that keeps it
Every run first proves that the rule sees each planted fault, and none in the clean tree: a check that cannot go red
is no check.
"""
import importlib
import pathlib
import subprocess
import sys
import tempfile


class Tree:
    """The files under a folder, as the rules look at them."""

    def __init__(self, root, build=None):
        self.root = pathlib.Path(root)
        self.build = pathlib.Path(build) if build else None

    def files(self, *patterns):
        """Paths below the root that fit one of the patterns, sorted; without what git ignores."""
        found = {path for pattern in patterns for path in self.root.glob(pattern) if path.is_file()}
        tracked = self.tracked()
        return sorted(path for path in found if tracked is None or path in tracked)

    def tracked(self):
        """Committed or new files of a git work tree; None in a planted tree."""
        if not (self.root / ".git").exists():
            return None
        listing = ["git", "-C", str(self.root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listing, check=True, capture_output=True).stdout.decode().split("\0")
        return {self.root / name for name in names if name}

    def name(self, path):
        return path.relative_to(self.root).as_posix()

    def text(self, path):
        return path.read_text(encoding="utf-8", errors="replace")


def planted_tree(folder, files):
    for name, text in files.items():
        path = pathlib.Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Tree(folder)


def self_test(rule):
    with tempfile.TemporaryDirectory() as folder:
        found = rule.faults(planted_tree(folder, rule.CLEAN))
        if found:
            sys.exit(f"the rule finds faults where there are none: {found}")
    for case, files in rule.PLANTED.items():
        with tempfile.TemporaryDirectory() as folder:
            if not rule.faults(planted_tree(folder, files)):
                sys.exit(f"the rule does not see a planted fault: {case}")


def main():
    name, root, build = sys.argv[1:]
    rule = importlib.import_module(name)
    self_test(rule)
    found = rule.faults(Tree(root, build))
    for fault in found:
        print(fault)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
