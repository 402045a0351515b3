"""Each tagged equation of docs/model.md is computed somewhere in src/model, and each tag there is an equation of the page."""
import re

PAGE = "docs/model.md"

CLEAN = {
    PAGE: "**[LSTM]** z = x W\n",
    "src/model/a.c": "/* [LSTM] z */\nint a[2] = {[ONE] = 1};\n",
}
PLANTED = {
    "an equation that nobody computes": {**CLEAN, PAGE: "**[LSTM]** z = x W\n**[LOSS]** -log p\n"},
    "a tag that the page does not have": {**CLEAN, "src/model/b.c": "int b; /* backward [LSTN] */\n"},
}


def faults(tree):
    page = tree.root / PAGE
    equations = set(re.findall(r"^\*\*\[([A-Z]+)\]\*\*", tree.text(page), re.MULTILINE)) if page.exists() else set()
    quoted = {}
    for path in tree.files("src/model/**/*.[ch]"):
        for comment in re.findall(r"/\*.*?\*/", tree.text(path), re.DOTALL):
            for tag in re.findall(r"\[([A-Z]{3,})\]", comment):
                quoted.setdefault(tag, tree.name(path))
    return ([f"{PAGE}: expected [{tag}] in a comment of src/model but found none" for tag in sorted(equations - set(quoted))] +
            [f"{quoted[tag]}: expected an equation [{tag}] in {PAGE} but found none" for tag in sorted(set(quoted) - equations)])
