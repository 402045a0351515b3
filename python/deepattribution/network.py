"""A trained network that scores journeys."""
import array
import ctypes

from . import library
from .stages import assignments

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


def lay_out(first_touch, campaign, time_us):
    """The three arrays of journeys, of lengths that fit."""
    first_touch = c_array(first_touch, ctypes.c_uint64)
    campaign, time_us = c_array(campaign, ctypes.c_uint32), c_array(time_us, ctypes.c_int64)
    n_touches = first_touch[len(first_touch) - 1] if len(first_touch) > 1 else 0
    if not len(first_touch) or len(campaign) != n_touches or len(time_us) != n_touches:
        raise library.Error(f"expected {n_touches} campaigns and times, as first_touch says, but found {len(campaign)} and {len(time_us)}")
    return first_touch, campaign, time_us


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
        first_touch, campaign, time_us = lay_out(first_touch, campaign, time_us)
        n_journeys, n_touches = len(first_touch) - 1, len(campaign)
        attention, probability = (ctypes.c_float * n_touches)(), (ctypes.c_float * n_journeys)()
        library.call("da_network_score", self.handle, n_journeys, first_touch, campaign, time_us, attention, probability)
        return array.array("f", bytes(attention)), array.array("f", bytes(probability))

    def credit(self, method, first_touch, campaign, time_us, converted, attention, settings=None):
        """Credit of each touch, an array of double, by a method that judges every journey by itself: "attention", "last_touch" ...

        Journeys as for score, attention as it gave it; converted: 1 or 0 a journey. settings: {"credit.half_life_days": 3}."""
        first_touch, campaign, time_us = lay_out(first_touch, campaign, time_us)
        converted, attention = c_array(converted, ctypes.c_uint8), c_array(attention, ctypes.c_float)
        n_journeys = len(first_touch) - 1
        if len(converted) != n_journeys or len(attention) != len(campaign):
            raise library.Error(f"expected {n_journeys} journeys and the attention of {len(campaign)} touches but found {len(converted)} "
                                f"and {len(attention)}")
        values, n = library.texts(assignments(settings))
        credit = (ctypes.c_double * len(campaign))()
        library.call("da_network_credit", self.handle, method.encode(), values, n, n_journeys, first_touch, campaign, time_us, converted,
                     attention, credit)
        return array.array("d", bytes(credit))
