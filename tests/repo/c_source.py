"""What the rules need to know of C text."""
import re

_COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)


def code_only(text):
    """The text with comments and the insides of strings blanked, line numbers unchanged; #include lines stay."""

    def blank(match):
        found = match.group()
        line_start = text.rfind("\n", 0, match.start()) + 1
        if found[0] == '"' and text[line_start:match.start()].lstrip().startswith("#include"):
            return found
        return "".join(c if c == "\n" else " " for c in found)

    return _COMMENT_OR_STRING.sub(blank, text)


def matches(tree, path, pattern):
    """(line number, match) of each place in the file's code."""
    for number, line in enumerate(code_only(tree.text(path)).splitlines(), 1):
        for match in re.finditer(pattern, line):
            yield number, match


def is_test(path):
    return path.name.endswith(("_test.c", "_fuzz.c"))
