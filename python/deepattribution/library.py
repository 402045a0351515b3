"""Finds libdeepattribution.so, loads it once, and turns its codes into exceptions.

The library is looked for in this order: the file that DEEPATTRIBUTION_LIBRARY names; `lib/` in this package; `build/release` of the
repository this file lies in; where the system looks for libraries.
"""
import ctypes
import functools
import os
import pathlib

from .version import VERSION

MESSAGE_BYTES = 2048
FILE_NAME = "libdeepattribution.so"
SYSTEM_NAME = f"{FILE_NAME}.{VERSION.split('.', maxsplit=1)[0]}"

INTERRUPTED = 130
MEANINGS = {1: "a fault of the program, or memory ran out", 2: "the call or the config", 3: "the data", 4: "storage or network",
            INTERRUPTED: "interrupted"}


class Error(Exception):
    """A call that did not succeed: `code` as the program's exit codes (2 the call, 3 the data, 4 storage), and one sentence."""

    def __init__(self, sentence, code=2):
        super().__init__(sentence)
        self.code = code

    def __reduce__(self):  # Spark's workers send exceptions home
        return Error, (str(self), self.code)


PROGRESS = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint64, ctypes.c_uint64)
NOTE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p)
IS_INTERRUPTED = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


class RunCallbacks(ctypes.Structure):
    """da_run_callbacks."""

    _fields_ = [("progress", PROGRESS), ("note", NOTE), ("interrupted", IS_INTERRUPTED), ("context", ctypes.c_void_p)]


TEXTS = ctypes.POINTER(ctypes.c_char_p)
HANDLE = ctypes.c_void_p
# include/deepattribution.h: name -> (result, arguments without the message at their end, or None for a call that cannot fail).
CALLS = {
    "da_version": (ctypes.c_char_p, []),
    "da_free": (None, [ctypes.c_void_p]),
    "da_network_close": (None, [HANDLE]),
    "da_network_campaign": (ctypes.c_uint32, [HANDLE, ctypes.c_char_p, ctypes.c_size_t]),
}
FALLIBLE_CALLS = {
    "da_run": [ctypes.c_char_p, TEXTS, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(RunCallbacks),
               ctypes.POINTER(ctypes.c_void_p)],
    "da_settings_json": [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t, TEXTS, ctypes.c_size_t, ctypes.POINTER(ctypes.c_void_p)],
    "da_network_open": [ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(HANDLE)],
    "da_network_score": [HANDLE, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p],
    "da_network_credit": [HANDLE, ctypes.c_char_p, TEXTS, ctypes.c_size_t, ctypes.c_uint64, *[ctypes.c_void_p] * 6],
}


def candidates():
    """Where the library may be, the best first."""
    named = os.environ.get("DEEPATTRIBUTION_LIBRARY")
    if named:
        return [named]
    package = pathlib.Path(__file__).resolve().parent
    files = [package / "lib" / FILE_NAME, package.parent.parent / "build" / "release" / FILE_NAME]
    return [str(path) for path in files if path.exists()] + [SYSTEM_NAME]


def declare(library):
    for name, (result, arguments) in CALLS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    for name, arguments in FALLIBLE_CALLS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = ctypes.c_int, [*arguments, ctypes.c_char_p, ctypes.c_size_t]


@functools.lru_cache(maxsize=None)
def load():
    """The library, checked to be of this package's version."""
    path, library = None, None
    for path in candidates():
        try:
            library = ctypes.CDLL(path)
            break
        except OSError as fault:
            reason = fault
    if library is None:
        raise Error(f"expected {FILE_NAME} but could not load {path} ({reason}); build it with 'make build', install it, or set "
                    "DEEPATTRIBUTION_LIBRARY to its path") from reason
    library.da_version.restype = ctypes.c_char_p
    found = library.da_version().decode()
    if found != VERSION:
        raise Error(f"expected {FILE_NAME} of version {VERSION} but found version {found} at {path}; install the same version of both")
    declare(library)
    return library


def library_path():
    """The file that is in use."""
    return load()._name  # ctypes has no public name for it


def call(name, *arguments):
    """Calls a function that can fail; raises its sentence."""
    message = ctypes.create_string_buffer(MESSAGE_BYTES)
    code = getattr(load(), name)(*arguments, message, MESSAGE_BYTES)
    if code == INTERRUPTED:
        raise KeyboardInterrupt(message.value.decode(errors="replace"))
    if code != 0:
        raise Error(message.value.decode(errors="replace") or MEANINGS.get(code, str(code)), code)


def take_text(pointer):
    """The text of the library, which is given back."""
    try:
        return ctypes.cast(pointer, ctypes.c_char_p).value.decode()
    finally:
        load().da_free(pointer)


def texts(items):
    """Python texts as `const char *const *` and their number."""
    items = [item.encode() for item in items]
    return (ctypes.c_char_p * len(items))(*items), len(items)
