"""The stages of a bucket, and the settings they run with."""
import ctypes
import json

from . import library


def assignments(settings):
    """{"journey_max_len": 30} as the texts that --set takes; lists, booleans and numbers are YAML as JSON writes them."""
    return [f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in (settings or {}).items()]


def read_settings(yaml="", settings=None, name="config.yaml"):
    """Every setting by its whole key, with defaults: those of the YAML text, then `settings` over them.

    A wrong one raises Error with file, line, key, what was expected, and the nearest known key."""
    content = yaml.encode()
    values, n = library.texts(assignments(settings))
    found = ctypes.c_void_p()
    library.call("da_settings_json", name.encode(), content, len(content), values, n, ctypes.byref(found))
    return json.loads(library.take_text(found))


class Listener:
    """Python's callbacks as the library calls them. Ctrl-C in one of them ends the run at its next safe point."""

    def __init__(self, progress, note):
        self.stopped = False
        self.callbacks = library.RunCallbacks(
            progress=library.PROGRESS(self.guard(progress, lambda stage, unit, done, total: (stage.decode(), unit.decode(), done, total))),
            note=library.NOTE(self.guard(note, lambda is_warning, sentence: (bool(is_warning), sentence.decode(errors="replace")))),
            interrupted=library.IS_INTERRUPTED(self.interrupted))

    def guard(self, function, decode):
        def called(_context, *arguments):
            try:
                if function:
                    function(*decode(*arguments))
            except KeyboardInterrupt:
                self.stopped = True
        return called

    def interrupted(self, _context):
        try:
            return int(self.stopped)
        except KeyboardInterrupt:  # the signal came while this very line ran
            self.stopped = True
            return 1


def run(bucket, settings=None, first=None, last=None, *, force=False, progress=None, note=None):
    """Runs the stages first .. last ("journeys", "train", "attribute", "report"; None: all) of a bucket; returns what --json prints.

    progress(stage, unit, done, total) and note(is_warning, sentence) tell what goes on. An interrupted run raises KeyboardInterrupt; the
    same call goes on from there."""
    listener = Listener(progress, note)
    values, n = library.texts(assignments(settings))
    found = ctypes.c_void_p()
    library.call("da_run", str(bucket).encode(), values, n, first and first.encode(), last and last.encode(), int(force),
                 ctypes.byref(listener.callbacks), ctypes.byref(found))
    return json.loads(library.take_text(found))
