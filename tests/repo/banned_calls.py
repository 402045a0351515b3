"""Memory comes from src/base/mem.c, words for the user and the end of the program from src/cli. Tests are free."""
from c_source import is_test, matches

ALLOCATION = r"\b(malloc|calloc|realloc|reallocarray|aligned_alloc|posix_memalign|strdup|strndup|v?asprintf|free)\s*\("
OUTPUT = r"\b(v?printf|puts|putchar|perror|exit|_exit|abort)\s*\(|\b(stdout|stderr)\b"
UNSAFE = r"\b(gets|strcpy|strcat|v?sprintf|strtok|rand|srand|setenv|system)\s*\("

CLEAN = {
    "src/base/mem.c": "void *da_mem_alloc(size_t n) { return malloc(n); }\n",
    "src/cli/main.c": 'int main(void) { printf("hello"); exit(0); }\n',
    "src/base/a.c": '/* malloc( printf( */ int da_a(void) { return snprintf(b, 1, "exit(") + json_free(x); }\n',
    "src/base/a_test.c": "int main(void) { free(0); exit(0); }\n",
}
PLANTED = {
    "malloc in a room": {"src/base/a.c": "void *da_a(void) { return malloc(1); }\n"},
    "free in the command line": {"src/cli/a.c": "void da_a(void *p) { free(p); }\n"},
    "printf in a room": {"src/store/a.c": 'void da_a(void) { printf("x"); }\n'},
    "stderr in a room": {"src/store/a.c": 'void da_a(void) { fprintf(stderr, "x"); }\n'},
    "exit in a room": {"src/store/a.c": "void da_a(void) { exit(1); }\n"},
    "sprintf anywhere": {"src/cli/a.c": 'void da_a(char *b) { sprintf(b, "x"); }\n'},
}


def faults(tree):
    found = []
    for path in tree.files("src/**/*.[ch]"):
        if is_test(path):
            continue
        name = tree.name(path)
        rules = [(UNSAFE, "a bounded or thread-safe call")]
        if name != "src/base/mem.c":
            rules.append((ALLOCATION, "base/mem.h"))
        if not name.startswith("src/cli/"):
            rules.append((OUTPUT, "a da_status, or a note to the monitor: only src/cli prints or exits"))
        for pattern, wanted in rules:
            for number, match in matches(tree, path, pattern):
                found.append(f"{name}:{number}: expected {wanted} but found {match.group().strip()}")
    return found
