"""Tells objects apart, and compares lists item by item, by identity.

CPython keeps a list's items as addresses in a row, so two rows are compared as memory, without a look at the items: where
these lie all over a large memory, that is what costs. Where a list does not look as expected, its items are compared one
by one.
"""

from itertools import compress, count, islice
from operator import is_, is_not

from .interpreter import at_of  # noqa: F401

_BLOCK = 512
_ITEMS = 24
"""Where in a list the address of its row stands: after the reference count, the type and the length."""


def places_of_change(ones, others):
    """The places at which two lists of equal length hold different objects."""
    found = []
    for at in range(0, len(ones), _BLOCK):
        size = min(_BLOCK, len(ones) - at)
        if not _same(ones, at, others, at, size):
            found += [at + place for place in _unlike(ones[at : at + size], others[at : at + size])]
    return found


def same_at_start(ones, others):
    """How many items two lists begin with that are the same."""
    shorter = min(len(ones), len(others))
    at = 0
    while at < shorter:
        size = min(_BLOCK, shorter - at)
        if not _same(ones, at, others, at, size):
            return at + next(_unlike(ones[at : at + size], others[at : at + size]))
        at += size
    return shorter


def same_at_end(ones, others, most):
    """How many items two lists end with that are the same, so many at most."""
    done = 0
    while done < most:
        size = min(_BLOCK, most - done)
        one, other = len(ones) - done - size, len(others) - done - size
        if not _same(ones, one, others, other, size):
            return done + next(_unlike(ones[one : one + size][::-1], others[other : other + size][::-1]))
        done += size
    return most


def identical(ones, others):
    """Whether two lists hold the same objects."""
    return len(ones) == len(others) and _same(ones, 0, others, 0, len(ones))


def _unlike(ones, others):
    return compress(count(), map(is_not, ones, others))


def _same_items(ones, at, others, other_at, size):
    return all(map(is_, islice(ones, at, at + size), islice(others, other_at, other_at + size)))


def _of_memory():
    """The comparison of rows as memory; None where lists are not as expected."""
    try:
        import ctypes

        compare = ctypes.CDLL(None).memcmp
        compare.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
        width = ctypes.sizeof(ctypes.c_void_p)
        row_of = ctypes.c_void_p.from_address

        def same(ones, at, others, other_at, size):
            if not size:
                return True
            one, other = row_of(id(ones) + _ITEMS).value, row_of(id(others) + _ITEMS).value
            return not compare(one + width * at, other + width * other_at, width * size)

        tried = [object() for _ in range(3)]
        if list.__basicsize__ != 40 or width != 8 or list((ctypes.c_void_p * 3).from_address(row_of(id(tried) + _ITEMS).value)) != [
            id(item) for item in tried
        ]:
            return None
        return same
    except (ImportError, OSError, AttributeError):
        return None


_same = _of_memory() or _same_items
