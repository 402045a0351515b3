"""A room includes only rooms named before it, and a library is included only by the room that owns it."""
import re

from c_source import matches

# header -> the one room that may include it
OWNERS = {"duckdb.h": "store", "yaml.h": "store", "mpi.h": "train", "microhttpd.h": "serve"}

CLEAN = {
    "CMakeLists.txt": "set(DA_ROOMS base store cli)\n",
    "src/base/a.c": '#include "base/a.h"\n/* #include "store/x.h" */\n',
    "src/store/b.c": '#include "base/a.h"\n#include <duckdb.h>\n',
    "src/cli/c.c": '#include "store/b.h"\n',
}
PLANTED = {
    "an earlier room includes a later one": {**CLEAN, "src/base/d.h": '#include "store/b.h"\n'},
    "a header found through a path": {**CLEAN, "src/base/d.h": '#include "../store/b.h"\n'},
    "another room includes duckdb.h": {**CLEAN, "src/cli/d.c": "#include <duckdb.h>\n"},
    "another room includes mpi.h": {**CLEAN, "src/cli/d.c": "#include <mpi.h>\n"},
    "a folder that is no room": {**CLEAN, "src/attic/d.c": "\n"},
}


def rooms_in_order(tree):
    listed = re.search(r"set\(DA_ROOMS ([a-z ]+)\)", tree.text(tree.root / "CMakeLists.txt"))
    return listed.group(1).split()


def faults_of_file(tree, path, order):
    room = path.relative_to(tree.root / "src").parts[0]
    if room not in order:
        yield f"{tree.name(path)}: expected one of the rooms {' '.join(order)} but found {room}"
        return
    for number, match in matches(tree, path, r'#\s*include\s*[<"]([^>"]+)[>"]'):
        included = match.group(1)
        first = included.split("/")[0]
        place = f"{tree.name(path)}:{number}"
        if first in (".", ".."):
            yield f"{place}: expected a path that begins at src/ but found {included}"
        elif first in order and order.index(first) > order.index(room):
            yield f"{place}: {room} comes before {first} and may not include {included}"
        elif OWNERS.get(included, room) != room:
            yield f"{place}: expected {included} only in src/{OWNERS[included]}"


def faults(tree):
    order = rooms_in_order(tree)
    return [fault for path in tree.files("src/**/*.[ch]") for fault in faults_of_file(tree, path, order)]
