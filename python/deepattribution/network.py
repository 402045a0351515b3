"""A trained network that scores journeys."""
import array
import ctypes

from . import library

UNKNOWN_CAMPAIGN = 2**32 - 1


def c_array(items, item_type):
    """A copy of numbers, or of a buffer of them, as the library reads them."""
    try:
        view = memoryview(items)
    except TypeError:
        return (item_type * len(items))(*items)
    size = ctypes.sizeof(item_type)
    if view.itemsize not in (1, size) or view.nbytes % size:
        raise library.Error(f"expected a buffer of {size}-byte items but found one of {view.itemsize}-byte items")
    return (item_type * (view.nbytes // size)).from_buffer_copy(view)


class Network:
    """model.safetensors, opened. One thread at a time may use it. n_threads 0: one a processor."""

    def __init__(self, path, n_threads=0):
        self.handle = ctypes.c_void_p()
        library.call("da_network_open", str(path).encode(), n_threads, ctypes.byref(self.handle))

    def close(self):
        if self.handle:
            library.load().da_network_close(self.handle)
            self.handle = ctypes.c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.close()

    __del__ = close

    def campaigns(self, names):
        """The model's numbers for campaigns; UNKNOWN_CAMPAIGN for those it has not learnt."""
        find = library.load().da_network_campaign
        encoded = (name.encode() for name in names)
        return array.array("I", [find(self.handle, name, len(name)) for name in encoded])

    def score(self, first_touch, campaign, time_us):
        """(attention of each touch, probability of conversion of each journey), as arrays of float.

        Journeys lie end to end: journey j has the touches first_touch[j] .. first_touch[j + 1] - 1, at least one, in the order of time;
        len(first_touch) is one more than the journeys. Sequences of numbers or buffers of uint64, uint32 and int64."""
        first_touch = c_array(first_touch, ctypes.c_uint64)
        campaign, time_us = c_array(campaign, ctypes.c_uint32), c_array(time_us, ctypes.c_int64)
        n_journeys = max(len(first_touch) - 1, 0)
        n_touches = first_touch[n_journeys] if n_journeys else 0
        if len(campaign) != n_touches or len(time_us) != n_touches:
            raise library.Error(f"expected {n_touches} campaigns and times, as first_touch says, but found {len(campaign)} and "
                                f"{len(time_us)}")
        attention, probability = (ctypes.c_float * n_touches)(), (ctypes.c_float * n_journeys)()
        library.call("da_network_score", self.handle, n_journeys, first_touch, campaign, time_us, attention, probability)
        return array.array("f", bytes(attention)), array.array("f", bytes(probability))
