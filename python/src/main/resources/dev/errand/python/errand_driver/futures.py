"""Futures: values that are there once what they depend on has ended.

A future knows what it waits for, so a job that waits for one is woken by an end and never looks by itself. Its own
condition is asked when something that it depends on has ended.
"""

import inspect
import types
import typing

from . import loop, waiting

session = None


class FutureError(RuntimeError):
    """A future has no value yet, or none of the kind that is asked for."""

    def __init__(self, *args, future_result=None):
        super().__init__(*args)
        self.future_result = future_result


class FutureResult(waiting.Awaited):
    """A value that is there once its dependencies have ended: all of a tuple, one of a set.

    They are handlers, callbacks, timers, jobs and other futures, and tuples and sets of such."""

    def __init__(self, deps=None, state_num=0):
        self.deps = deps
        self.state_num = state_num
        self._depend(*_members(deps))

    def _depend(self, members, is_any=False):
        self._parts = members
        self._is_any = is_any
        self._complement = self._condition = None
        self._known = False
        self._result = None

    @property
    def value(self):
        """The value; waits for it. Raises what a dependency failed with."""
        if not self._known:
            self._finish(None)
            self._result = self._give() if self._complement is None else self._complement(self)
            self._known = True
        return self._result

    def check_condition(self):
        """Whether the value is there. Never waits."""
        unknown = self._open()
        handlers = [one for one in unknown if one._due is None]
        if handlers:
            session.peek(handlers)
        for timer in (one for one in unknown if one._due is not None):
            timer.is_completed
        return self._is_over()

    is_completed = property(check_condition)

    def _give(self):
        """The value of a future that has no function of its own for it."""
        if self._is_any:
            return _value(next(one for one in self._parts if one._is_over()))
        values = tuple(map(_value, self._parts))
        return values if self._unpacks() else values[0] if values else None

    def _is_over(self):
        if self._known:
            return True
        over = any if self._is_any else all
        return over([one._is_over() for one in self._parts]) and (self._condition is None or bool(self._condition(self)))

    def _open(self):
        return () if self._known else tuple([leaf for one in self._parts for leaf in one._open()])

    def _finish(self, until):
        if not self._is_any and not waiting.finish(self._parts, until):
            return False
        return super()._finish(until)

    def _unpacks(self):
        return type(self.deps) in (tuple, list)

    def _size(self):
        """Of how many parts the value is; None if it is not declared to be a tuple."""
        if self._complement is None:
            return len(self._parts) if self._unpacks() and not self._is_any else None
        returned = getattr(self._complement, "__annotations__", {}).get("return")
        parts = typing.get_args(returned)
        return len(parts) if typing.get_origin(returned) is tuple and Ellipsis not in parts else None

    def __iter__(self):
        size = self._size()
        if size is None:
            raise FutureError("Cannot unpack FutureResult: return type is not a tuple", future_result=self)
        return iter([FutureElement(self, index) for index in range(size)])

    def __await__(self):
        yield from loop.until_over(self)
        return self.value

    def __repr__(self):
        return "<%s of %s>" % (type(self).__name__, ", ".join(map(repr, self._parts)) or "nothing")


class FutureElement(waiting.Awaited):
    """One part of a future's value."""

    def __init__(self, future, index):
        self._future = future
        self._index = index

    @property
    def value(self):
        """The part; waits for it."""
        return self._future.value[self._index]

    def check_condition(self):
        """Whether the value is there. Never waits."""
        return self._future.check_condition()

    is_completed = property(check_condition)

    def _is_over(self):
        return self._future._is_over()

    def _open(self):
        return self._future._open()

    def _finish(self, until):
        return self._future._finish(until)

    def __await__(self):
        yield from loop.until_over(self)
        return self.value

    def __repr__(self):
        return "<FutureElement %d of %r>" % (self._index, self._future)


def _value(one):
    return one.value if isinstance(one, (FutureResult, FutureElement)) else one.result


def _members(deps):
    """The dependencies, and whether one is enough."""
    if deps is None:
        return [], False
    if isinstance(deps, (set, frozenset)):
        return sorted(map(_member, deps), key=_place), True
    return list(map(_member, deps if type(deps) in (tuple, list) else (deps,))), False


def _member(dep):
    if isinstance(dep, waiting.Awaited):
        return waiting.several([dep])[0]
    if isinstance(dep, (set, frozenset, tuple)):
        return FutureResult(dep)
    exit = session.exit_of(dep)
    if exit is None:
        raise TypeError(
            "A future depends on handlers, callbacks, timers, jobs and other futures, not on %s: nothing tells when that has changed"
            % type(dep).__name__
        )
    return exit


def _place(awaited):
    """What a set of these is sorted by."""
    if isinstance(awaited, (FutureResult, FutureElement)):
        return (2, *[part for one in awaited._open() for part in _place(one)])
    return (0, awaited.job.id) if awaited._due is None else (1, awaited._due)


def get_any(*awaited):
    """A future whose value is that of the first of these that has ended."""
    return _combined("get_any", awaited, True)


def get_all(*awaited):
    """A future whose value is a tuple of the values of these."""
    return _combined("get_all", awaited, False)


def _combined(who, awaited, is_any):
    if not awaited:
        raise TypeError("%s() needs something to wait for" % who)
    made = FutureResult(tuple(awaited))
    made._is_any = is_any
    return made


class TemporalFunction:
    """A function that gives a value or a future of it, for which it says when it is there and what it is."""

    def __init__(self, function, complement, condition):
        self.__wrapped__ = function
        self._complement = complement
        self._condition = condition
        self.__name__ = getattr(function, "__name__", "?")
        self.__qualname__ = getattr(function, "__qualname__", self.__name__)
        self.__doc__ = function.__doc__

    @property
    def __signature__(self):
        return inspect.signature(self.__wrapped__)

    def __call__(self, *args, **kwargs):
        made = self.__wrapped__(*args, **kwargs)
        return self._later(made) if inspect.iscoroutine(made) else self._attached(made)

    async def _later(self, coroutine):
        return self._attached(await coroutine)

    def _attached(self, made):
        if isinstance(made, FutureResult):
            made._complement = self._complement
            made._condition = self._condition
        return made

    def __get__(self, instance, owner=None):
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self):
        return "<temporal %s>" % self.__name__


def temporal(complement=None, condition=None, *, extends=None):
    """Makes a function that gives futures say when their values are there (`condition`) and what they are
    (`complement`); both are given the future. Or as another function does, which it `extends`."""
    given = [one for one in (complement, condition) if one is not None]
    if extends is None:
        if len(given) < 2:
            raise ValueError("Must specify either 'extends' or both 'complement' and 'condition'")
        return lambda function: TemporalFunction(function, complement, condition)
    if given:
        raise ValueError("Cannot specify 'complement' or 'condition' together with 'extends'")
    if not isinstance(extends, TemporalFunction):
        raise ValueError("Cannot extend %s: it is not temporal" % getattr(extends, "__name__", repr(extends)))
    return lambda function: TemporalFunction(function, extends._complement, extends._condition)
