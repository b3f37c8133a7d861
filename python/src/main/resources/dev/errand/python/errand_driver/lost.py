"""What stands in for a value that could not be kept."""


class Unkeepable(Exception):
    """A value that cannot be kept."""


class Lost:
    """Stands in, after a restore, for a value that could not be kept. Any use of it raises."""

    __slots__ = ("name", "type", "reason", "turn")


class LostValue(RuntimeError):
    """The code used a variable whose value could not be kept."""


def lost(name, kind, reason, turn):
    """Stands in for the value of a variable, which the turn made."""
    value = Lost.__new__(Lost)
    for slot, text in zip(Lost.__slots__, (name, kind, reason, turn)):
        object.__setattr__(value, slot, text)
    return value


def lost_parts(value):
    return tuple(object.__getattribute__(value, slot) for slot in Lost.__slots__)


def _refuse(self, *_args, **_kwargs):
    name, kind, reason, turn = lost_parts(self)
    raise LostValue(
        "The variable '%s' was lost: its value, of type %s, made in turn %d, could not be kept when the workspace was stored "
        "(%s). Make it again." % (name, kind, turn, reason)
    )


for _name in (
    "getattribute setattr delattr call iter next len getitem setitem delitem contains str repr bool eq ne lt le gt ge "
    "hash add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow and rand or ror xor rxor "
    "neg pos abs invert int float index enter exit format await aiter anext"
).split():
    setattr(Lost, "__%s__" % _name, _refuse)
