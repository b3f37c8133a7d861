"""What came from another job and was not read yet."""

from . import kinds
from .lost import Unkeepable


class Arrived:
    """The bytes of a value. Only the driver makes these, so that code cannot have bytes of its own read as a value."""

    __slots__ = ("_data",)

    def __new__(cls):
        raise TypeError("this is made for what comes from other jobs")

    def __deepcopy__(self, memo):
        return self


_put, _take = Arrived._data.__set__, Arrived._data.__get__


def arrived(data):
    """Bytes that came."""
    value = object.__new__(Arrived)
    _put(value, data)
    return value


def content(value):
    """The bytes."""
    if type(value) is not Arrived:
        raise ValueError("only what came from another job can be read")
    return _take(value)


def check(outcome):
    """Refuses to keep an outcome that code has made up."""
    if outcome is not None and outcome[0] == "pickle" and type(outcome[1]) is not Arrived:
        raise Unkeepable("its outcome did not come from another job")


kinds.take(Arrived, lambda writer, value: (kinds.maker("_arrived"), (content(value),)))
kinds.offer(_arrived=arrived)
