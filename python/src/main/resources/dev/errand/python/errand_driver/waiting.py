"""Waiting for what ends some time: handlers, timers and futures, one of them or all."""

import math

from . import loop

session = None


class Awaited:
    """What code can wait for."""

    _own = False
    _due = None
    """When it is over, in milliseconds since 1970, if it is a moment."""

    def _is_over(self):
        """Whether it is known to be over. Never asks."""
        raise NotImplementedError

    def _open(self):
        """The handlers and timers of which one must end before it can be over."""
        return () if self._is_over() else (self,)

    def _finish(self, until):
        """Waits until it is over; whether it is by that moment."""
        while not self._is_over():
            if not advance([self], until):
                return False
        return True


def wait_all(*awaited, timeout=None):
    """Waits until all have ended; returns them in order. Raises TimeoutError after so many seconds."""
    awaited = several(awaited)
    if not finish(awaited, _deadline(timeout)):
        raise _late(awaited, timeout)
    return awaited


def wait_any(*awaited, timeout=None):
    """Waits until one has ended; returns the first that has, in the order given. Raises TimeoutError after so many
    seconds."""
    awaited = several(awaited)
    if not awaited:
        raise ValueError("wait_any() needs something to wait for")
    until = None if _over(awaited) else _deadline(timeout)
    while not _over(awaited):
        if not advance(awaited, until):
            raise _late(awaited, timeout)
    return _over(awaited)[0]


def as_completed(*awaited, timeout=None):
    """Yields each as it ends. Raises TimeoutError after so many seconds."""
    waiting = list(dict.fromkeys(several(awaited)))
    until = _deadline(timeout)
    while waiting:
        over = _over(waiting)
        waiting = [one for one in waiting if not one._is_over()]
        yield from over
        if not over and not advance(waiting, until):
            raise _late(waiting, timeout)


def finish(awaited, until=None):
    """Waits until all of these are over; whether they are by that moment."""
    waiting = [one for one in awaited if one._open() == (one,)]
    handlers = loop.by_job(one for one in waiting if one._due is None)
    if handlers and len(session.wait(handlers, len(handlers), until)) < len(handlers):
        return False
    last = max((one._due for one in waiting if one._due is not None), default=None)
    if last is not None:
        session.wait({}, 1, _earlier(last, until))
        if until is not None and until < last:
            return False
        _pass(waiting, last)
    return all([one._finish(until) for one in awaited if not one._is_over()])


def advance(awaited, until=None):
    """Waits until something has ended that these wait for; whether anything has before that moment."""
    waiting = [leaf for one in awaited for leaf in one._open()]
    if not waiting:
        if _over(awaited):  # a condition has come true meanwhile
            return awaited
        raise RuntimeError("Nothing is left to wait for: all has ended that %s waits for" % _named(awaited))
    first = _earlier(min((one._due for one in waiting if one._due is not None), default=None), until)
    handlers = loop.by_job(one for one in waiting if one._due is None)
    return session.wait(handlers, 1, first) or _pass(waiting, first)


def several(given):
    """What can be waited for among these, also in lists and the like."""
    found = []
    for item in given:
        if isinstance(item, Awaited):
            found.append(item)
        elif isinstance(item, (str, bytes)) or not hasattr(item, "__iter__"):
            raise TypeError("Expected a SubTaskHandler, a timer, a future or several, not %s" % type(item).__name__)
        else:
            found.extend(several(item.values() if isinstance(item, dict) else item))
    if any([one._own for one in found]):
        raise RuntimeError("A job cannot wait for its own handler")
    return found


def seconds(value, who):
    """The number, if it is one of seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise TypeError("%s needs a number of seconds that is not negative, not %r" % (who, value))
    return value


def _over(awaited):
    return [one for one in awaited if one._is_over()]


def _pass(waiting, moment):
    """Notes which timers have passed at that moment."""
    passed = [one for one in waiting if one._due is not None and one._due <= moment]
    for one in passed:
        one._passed = True
    return passed


def _earlier(one, other):
    return other if one is None else one if other is None else min(one, other)


def _deadline(timeout):
    return None if timeout is None else session.later(seconds(timeout, "timeout"))


def _late(awaited, timeout):
    late = [one for one in awaited if not one._is_over()]
    return TimeoutError("After %s s these have not ended: %s" % (timeout, _named(late)))


def _named(awaited):
    return ", ".join(map(repr, awaited[:3])) + (" and %d more" % (len(awaited) - 3) if len(awaited) > 3 else "")
