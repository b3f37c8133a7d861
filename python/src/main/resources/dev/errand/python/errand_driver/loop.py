"""Drives coroutines, always in the same order.

A coroutine that awaits only handlers and what tools give needs no more than `drive`. Once the code loads `asyncio`, its
tasks run in a loop of ours: first come, first served, without sockets, threads or signals, and with a time of its own
that stands still unless everybody sleeps. A statement ends when all its tasks have ended, so that no task is ever in
the way of a checkpoint.
"""

import sys
import types
import warnings
from collections import deque
from time import sleep

from . import alone, facades, kinds, outside
from .lost import Unkeepable

session = None
_LONG_SECONDS = 1.0  # from here on a job that sleeps needs no process
_loop = None


def awaitable(value):
    """What stands behind `await` in code: a plain value, such as a tool gives, may be awaited too."""
    return value if _is_awaitable(value) else _Ready(value)


def _is_awaitable(value):
    kind = type(value)
    if kind is types.GeneratorType:
        return bool(value.gi_code.co_flags & 0x100)  # made by types.coroutine
    return kind is types.CoroutineType or hasattr(kind, "__await__")


class _Ready:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        return self.value
        yield


def by_job(handlers):
    """Lists of handlers by the job's id: one job may have several, as copies do."""
    found = {}
    for handler in handlers:
        found.setdefault(handler.job.id, []).append(handler)
    return found


def until_known(handler):
    """Waits for a handler; in a task, others go on meanwhile."""
    if _loop is None or sys.modules["asyncio"].current_task() is None:
        session.wait(by_job([handler]), 1)
    else:
        yield from _loop.arrival(handler)


def until_passed(timer):
    """Waits for a timer; in a task, others go on meanwhile."""
    if _loop is None or sys.modules["asyncio"].current_task() is None:
        timer.result
    elif not timer.is_completed:
        yield from _loop.passing(timer)


def until_over(awaited):
    """Waits for what may be over when one of several things has ended; in a task, others go on meanwhile."""
    if _loop is None or (asyncio := sys.modules["asyncio"]).current_task() is None:
        awaited._finish(None)
        return
    while not awaited._is_over() and (leaves := awaited._open()):
        arrivals = [_loop.arrival(one) if one._due is None else _loop.passing(one) for one in leaves]
        yield from asyncio.wait(arrivals, return_when="FIRST_COMPLETED").__await__()
        for arrival in arrivals:
            arrival.cancel()
    awaited._finish(None)


def drive(coroutine):
    """The value of a coroutine, once it and all tasks that it started have ended."""
    if _loop is not None:
        return _loop.run_until_complete(coroutine)
    while True:
        try:
            awaited = coroutine.send(None)
        except StopIteration as ending:
            return ending.value
        if hasattr(awaited, "_asyncio_future_blocking"):  # it has loaded asyncio just now
            awaited._asyncio_future_blocking = False
            _loop.turn_until(awaited)
        elif awaited is not None:
            coroutine.throw(RuntimeError("a coroutine yielded %r, which nobody waits for" % (awaited,)))


def finish():
    """Carries out the tasks that a statement has started."""
    if _loop is not None:
        _loop.turn_until(None)
        _loop.begin()


def abandon():
    """Cancels them, because their statement has failed; what goes wrong with that is not told as well."""
    if _loop is not None:
        try:
            _loop.cancel_from(0)
        except BaseException:
            pass
        _loop.begin()


def _ours():
    """The loop that `asyncio` uses."""
    __import__("asyncio")
    outside.imported()
    return _loop


def _settled(value, error):
    """A future that is done."""
    future = _ours().create_future()
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
    return future


def _take_future(writer, future):
    if not future.done() or future.cancelled():
        raise Unkeepable("it did not end")
    error = future.exception()
    return kinds.maker("_settled"), (None if error else future.result(), error)


def _take_over(asyncio):
    """Makes `asyncio` use a loop of ours, which runs for as long as the process does."""
    global _loop

    class Task(asyncio.Task):
        # Sets of tasks are iterated in the same order everywhere.
        def __hash__(self):
            return self._number

        def __eq__(self, other):
            return self is other

        def get_stack(self, *, limit=None):
            return super().get_stack(limit=limit) if facades.unrestricted else []

        def print_stack(self, *, limit=None, file=None):
            if facades.unrestricted:
                super().print_stack(limit=limit, file=file)

    class Loop(asyncio.AbstractEventLoop):
        def __init__(self):
            self.begin()

        def begin(self):
            """Forgets all, so that each statement finds the loop as its replay will."""
            self._ready = deque()
            self._timers = []
            self._arrivals = []
            self._tasks = {}
            self._made = 0
            self._now = 0.0

        # What asyncio asks of a loop

        def time(self):
            return self._now

        def get_debug(self):
            return False

        def is_running(self):
            return True

        def is_closed(self):
            return False

        def close(self):
            pass

        def call_exception_handler(self, context):
            if "handle" in context:  # else of a task that nobody asked, whenever memory is freed
                raise context["exception"]

        def create_future(self):
            return asyncio.Future(loop=self)

        def create_task(self, coroutine, *, name=None, context=None, **_options):
            if type(coroutine) is not types.CoroutineType:
                coroutine = _awaiting(coroutine)
            more = {} if context is None else {"context": context}
            task = Task.__new__(Task)
            self._made += 1
            task._number = self._made
            task.__init__(coroutine, loop=self, name=name or "Task-%d" % self._made, **more)
            self._tasks[self._made] = task
            return task

        def call_soon(self, callback, *args, context=None):
            handle = asyncio.Handle(callback, args, self, context)
            self._ready.append(handle)
            return handle

        def call_later(self, delay, callback, *args, context=None):
            return self.call_at(self._now + delay, callback, *args, context=context)

        def call_at(self, when, callback, *args, context=None):
            timer = asyncio.TimerHandle(when, callback, args, self, context)
            self._timers.append(timer)
            self._timers.sort(key=asyncio.TimerHandle.when)
            return timer

        def _timer_handle_cancelled(self, timer):
            if timer in self._timers:
                self._timers.remove(timer)

        def run_in_executor(self, executor, function, *args):
            alone.threads()

        def run_until_complete(self, future):
            if not asyncio.isfuture(future):
                future = self.create_task(future)
            self.turn_until(future)
            return future.result()

        # Its work

        def arrival(self, handler):
            """A future that is done when the handler's outcome is known."""
            future = self.create_future()
            self._arrivals.append((handler, future))
            return future

        def passing(self, timer):
            """A future that is done when the timer has passed."""
            future = self.create_future()
            self.call_later(max(0, timer._due - session.later(0)) / 1000, _finish, timer, future)
            return future

        def turn_until(self, future):
            """Carries out what is ready until the future is done, or without one, all tasks are."""
            outer = asyncio.current_task(self)
            if outer is not None:
                asyncio.tasks._leave_task(self, outer)
            try:
                while not (self._idle() if future is None else future.done()):
                    if not self._ready:
                        self._wait()
                    elif not (handle := self._ready.popleft())._cancelled:
                        handle._run()
            finally:
                if outer is not None:
                    asyncio.tasks._enter_task(self, outer)

        def _idle(self):
            while self._tasks:
                number, task = next(iter(self._tasks.items()))
                if not task.done():
                    return False
                del self._tasks[number]
            return not self._ready

        def cancel_from(self, number):
            """Cancels the tasks made since then, and lets them end."""
            left = [task for made, task in self._tasks.items() if made >= number]
            for task in left:
                task.cancel()
            for task in left:
                self.turn_until(task)

        def _wait(self):
            self._arrivals = [(handler, future) for handler, future in self._arrivals if not future.done()]
            unknown = [handler for handler, _future in self._arrivals if handler._outcome is None]
            if not self._arrivals and not self._timers:
                self._tasks.clear()
                raise RuntimeError("The coroutines of this statement wait for each other, and none can go on")
            if len(unknown) == len(self._arrivals):
                if self._timers:
                    self._sleep(unknown)
                else:
                    session.wait(by_job(unknown), 1)
            for handler, future in self._arrivals:
                if handler._outcome is not None:
                    future.set_result(None)
            while self._timers and self._timers[0].when() <= self._now:
                self._ready.append(self._timers.pop(0))

        def _sleep(self, unknown):
            """Waits for the first timer or the end of one of these handlers."""
            when = self._timers[0].when()
            if when - self._now < _LONG_SECONDS and not unknown:
                sleep(max(0, when - self._now))
            elif when > self._now:
                until = session.later(when - self._now)
                if session.wait(by_job(unknown), 1, until):
                    when -= max(0, until - session.later(0)) / 1000
            self._now = max(self._now, when)

    def _finish(timer, future):
        timer._passed = True
        if not future.done():
            future.set_result(None)

    async def _awaiting(value):
        return await awaitable(value)

    def run(main, *, debug=None, **_options):
        """Runs a coroutine and gives its value. Tasks that it leaves behind are cancelled."""
        first = _loop._made + 1
        try:
            return _loop.run_until_complete(main)
        finally:
            _loop.cancel_from(first)

    def as_completed(fs, *, timeout=None):
        """Yields awaitables for the results, in the order in which these come."""
        waiting = [asyncio.ensure_future(awaitable(item)) for item in dict.fromkeys(fs)]
        queue = asyncio.Queue()
        for task in waiting:
            task.add_done_callback(queue.put_nowait)

        async def next_one():
            return (await asyncio.wait_for(queue.get(), timeout)).result()

        return (next_one() for _ in waiting)

    def taking(function, many=False):
        def taker(*args, **kwargs):
            count = len(args) if many else 1
            return function(*map(awaitable, args[:count]), *args[count:], **kwargs)

        taker.__name__ = taker.__qualname__ = function.__name__
        taker.__module__, taker.__doc__ = "asyncio", function.__doc__
        return taker

    asyncio.gather = taking(asyncio.gather, True)
    for name in ("wait_for", "shield", "ensure_future"):
        setattr(asyncio, name, taking(getattr(asyncio, name)))
    for function in (run, as_completed):
        function.__module__, function.__qualname__ = "asyncio", function.__name__
        setattr(asyncio, function.__name__, function)
    asyncio.Task = Task
    Task.__module__, Task.__qualname__ = "asyncio", "Task"
    _loop = Loop()
    asyncio._set_running_loop(_loop)
    asyncio.get_event_loop = asyncio.new_event_loop = lambda: _loop
    asyncio.set_event_loop = lambda loop: None
    kinds.take(Task, _take_future)
    kinds.take(asyncio.Future, _take_future)
    kinds.take(Loop, lambda writer, loop: (kinds.maker("_loop"), ()))


warnings._warn_unawaited_coroutine = lambda coroutine: None  # it would come at whatever moment memory is freed
kinds.offer(_loop=_ours, _settled=_settled)
outside.when_loaded["asyncio"] = _take_over
