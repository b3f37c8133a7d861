"""The names that code has without import: jobs, subtasks and their handlers, delegation.

They are also the module `errand`, which code may import under that name, as `statek` and as `statek.task`.
"""

import builtins
import enum
import inspect
import math
import re
import sys
import types

from . import durable, facades, fence, futures, kinds, loop, reach, reads, waiting
from .arrived import arrived, check, content
from .lost import LostValue, Unkeepable
from .source import caller_frame

session = None

_SCALARS = (type(None), bool, int, float, str)


class SubTaskState(str, enum.Enum):
    """Where delegated work stands. A state equals its name as a string."""

    WAITING = "WAITING"
    STARTED = "STARTED"
    COMPLETED = "COMPLETED"
    ERROR = "ERROR"

    __str__ = str.__str__
    __format__ = str.__format__
    __hash__ = str.__hash__


class SubTaskError(RuntimeError):
    """A subtask failed whose result was asked for."""

    error = None


class ReplayDivergence(RuntimeError):
    """A statement that was run again asked for something else than before."""


class EffectUnknown(RuntimeError):
    """It is not known whether a call was carried out."""


class ToolError(RuntimeError):
    """A tool failed."""


class TaskError:
    """Why a subtask failed."""

    def __init__(self, err_message, kind="reported", advice="", trace=""):
        self.err_message = err_message
        self.kind = kind
        self.advice = advice
        self.trace = trace

    def __str__(self):
        return self.err_message

    def __repr__(self):
        return "TaskError(%r)" % self.err_message

    def __eq__(self, other):
        return isinstance(other, TaskError) and vars(self) == vars(other)

    __hash__ = None


class Job:
    """A job, by its id."""

    def __init__(self, id, agent):
        self.__dict__.update(id=id, agent=agent)

    def __setattr__(self, name, value):
        raise AttributeError("what is known of a job cannot be set")

    def add_error_handler(self, handler, context=None, inherited=False):
        """Has `handler(context, error)` called once if this job fails. The jobs that it creates have it too if it is
        `inherited`: each calls it for its own failure."""
        if self != session.job:
            raise RuntimeError("Only the job itself can add an error handler; current_job() is it")
        session.add_error_handler(handler, context, inherited)

    @property
    def parent_job(self):
        """The job that created it, or None."""
        above = self.id.rpartition(".")[0]
        return session.job if session and above == session.job.id else Job(above, None) if above else None

    def __repr__(self):
        return "<Job %s>" % self.id

    def __eq__(self, other):
        return isinstance(other, Job) and other.id == self.id

    def __hash__(self):
        return hash(self.id)


ERROR_HANDLERS = "__error_handlers__"
EVENT = "__event__"
LOG_MESSAGES = "__log_messages__"


class Agent:
    """Who does a job's work."""

    def __init__(self, name, instructions=None, model=None, message_adapter=None):
        self.name = name
        self.instructions = instructions
        self.model = model
        self.message_adapter = message_adapter

    def __repr__(self):
        return "agent(%r)" % self.name

    def __eq__(self, other):
        return isinstance(other, Agent) and vars(self) == vars(other)

    def __hash__(self):
        return hash(self.name)


class SubTaskHandler(waiting.Awaited):
    """A parent's handle on delegated work; in the child, the right to complete it."""

    def __init__(self, job, id=None):
        self.job = job
        self.id = id
        self._outcome = None
        self._seen = SubTaskState.WAITING

    @property
    def is_completed(self):
        """Whether an outcome is known. Never waits."""
        return self._look() is not None

    @property
    def state(self):
        """Where the work stands. Never waits."""
        self._look()
        return self._seen

    @property
    def result(self):
        """The result; waits for it. Raises SubTaskError if the work failed."""
        if self._outcome is None:
            if self._own:
                raise RuntimeError("A job cannot wait for its own handler")
            session.wait(loop.by_job([self]), 1)
        kind, value = self._outcome
        if kind == "error":
            failure = SubTaskError(value.err_message)
            failure.error = value
            raise failure
        return self._value()

    @property
    def error(self):
        """The error, or None. Never waits."""
        outcome = self._look()
        return outcome[1] if outcome is not None and outcome[0] == "error" else None

    def peek(self):
        """The result if there is one by now, else None. Never waits."""
        outcome = self._look()
        return self._value() if outcome is not None and outcome[0] != "error" else None

    def complete(self, result=None, error=None):
        """Ends the work with a result or an error. Only the child itself may."""
        if not self._own:
            raise RuntimeError(
                "Only the job itself can complete its sub-task; this is the handle of the job that delegated it"
            )
        session.complete(self, result, error)

    def get_log_message(self):
        """One line about how the work ended, as a model reads it."""
        outcome = self._look()
        if outcome is None:
            return "[Notification] %s is not completed: %s" % (_called(self).lower(), self._seen)
        if outcome[0] == "error":
            return "[Error] %s failed with %s" % (_called(self).lower(), outcome[1].err_message)
        return "[Notification] %s completed successfully." % _called(self).lower()

    def __str__(self):
        outcome = self._look()
        if outcome is None:
            raise RuntimeError("%s is not completed: %s" % (_called(self), self._seen))
        if outcome[0] == "error":
            raise RuntimeError(outcome[1].err_message)
        value = self._value()
        return "" if value is None else str(value)

    def __repr__(self):
        named = "" if self.id is None else " id=%r" % (self.id,)
        return "<%s %s%s %s>" % (type(self).__name__, self.job.id, named, self._seen)

    def __eq__(self, other):
        return isinstance(other, SubTaskHandler) and other.job.id == self.job.id

    def __hash__(self):
        return hash(self.job.id)

    def __await__(self):
        if self._outcome is None and not self._own:
            yield from loop.until_known(self)
        return self.result

    def __getstate__(self):
        attributes = {name: value for name, value in vars(self).items() if name not in _HANDLER_STATE}
        return (self.job, self.id, self._outcome, self._seen.name, attributes or None)

    def __setstate__(self, state):
        # What is known already stays known: a handler that arrives again may know less.
        known = self.__dict__.get("_outcome")
        self.job, self.id, self._outcome, seen, attributes = state
        if self._outcome is not None and self._outcome[0] == "pickle" and type(self._outcome[1]) is bytes:
            self._outcome = ("pickle", arrived(self._outcome[1]))  # as it was written before there was one
        self._seen = SubTaskState[seen]
        if known is not None:
            self._outcome = known
            self._seen = _state_of(known)
        if attributes is not None:
            self.__dict__.update(attributes)

    def _is_over(self):
        return self._outcome is not None

    def _look(self):
        if self._outcome is None and not self._own:
            session.peek([self])
        return self._outcome

    def _learn(self, state, outcome):
        if self._outcome is None:
            self._outcome = outcome
            self._seen = SubTaskState(state) if outcome is None else _state_of(outcome)

    def _value(self):
        kind, value = self._outcome
        if kind == "pickle":
            value = session.keeper.load_value(content(value))
            self._outcome = ("value", value)
        return value


CALLBACK = "callback"
FUTURE = "future"


class Callback(SubTaskHandler):
    """A question to the outside, answered once: through the application's API, `errand answer` or HTTP."""

    @property
    def name(self):
        """The name under which it is answered."""
        return self.id[CALLBACK]

    def get_log_message(self):
        outcome = self._look()
        if outcome is None:
            return "[Notification] callback %s is not answered." % self.name
        if outcome[0] == "error":
            return "[Error] callback %s ended with %s" % (self.name, outcome[1].err_message)
        return "[Notification] callback %s was answered." % self.name

    def __repr__(self):
        return "<Callback %s %s %s>" % (self.job.id, self.name, self._seen)


class JobExit(SubTaskHandler):
    """The end of a job that has no handler to complete: its exit value is the result."""

    def __repr__(self):
        return "<JobExit %s %s>" % (self.job.id, self._seen)


def handler_of(job, id):
    """A handler as Java tells of it."""
    if type(id) is not dict:
        return SubTaskHandler(job, id)
    return (Callback if CALLBACK in id else JobExit)(job, id)


def callback(name):
    """This job's callback of that name; made when it is first asked for. Its `.result` is the answer, and waits for it."""
    if not isinstance(name, str) or not name.strip():
        raise TypeError("callback() needs a name, not %r" % (name,))
    return session.callback(name)


class Timer(waiting.Awaited):
    """A moment to wait for, alone or beside handlers."""

    def __init__(self, due):
        self._due = due
        self._passed = False

    @property
    def due(self):
        """When it ends, in UTC."""
        from datetime import datetime, timedelta, timezone

        return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=self._due)

    @property
    def is_completed(self):
        """Whether the moment has passed. Never waits."""
        self._passed = self._passed or session.later(0) >= self._due
        return self._passed

    @property
    def result(self):
        """None; waits for the moment."""
        if not self._passed:
            session.wait({}, 1, self._due)
            self._passed = True

    def _is_over(self):
        return self._passed

    def __await__(self):
        yield from loop.until_passed(self)

    def __repr__(self):
        return "<Timer %s>" % self.due.isoformat()

    def __eq__(self, other):
        return isinstance(other, Timer) and other._due == self._due

    def __hash__(self):
        return hash(self._due)


def timer(seconds):
    """A timer that ends so many seconds from now."""
    return Timer(session.later(waiting.seconds(seconds, "timer()")))


def at(moment):
    """A timer that ends at a moment: a `datetime`, in local time if it names no zone."""
    stamp = getattr(moment, "timestamp", None)
    if not callable(stamp):
        raise TypeError("at() needs a datetime, not %s" % type(moment).__name__)
    return Timer(math.ceil(stamp() * 1000))


def sleep(seconds):
    """Waits so many seconds, durably: the job needs no process meanwhile."""
    if waiting.seconds(seconds, "sleep()") > 0:
        session.wait({}, 1, session.later(seconds))


_HANDLER_STATE = frozenset(("job", "id", "_outcome", "_seen", "_own"))


def _state_of(outcome):
    return SubTaskState.ERROR if outcome[0] == "error" else SubTaskState.COMPLETED


def _called(handler):
    if isinstance(handler, Callback):
        return "Callback %s" % handler.name
    if isinstance(handler, JobExit):
        return "Job %s" % handler.job.id
    return "Sub-task" if handler.id is None else "Sub-task id=%s" % (handler.id,)


def agent(name, instructions=None, model=None, message_adapter=None):
    """An agent by its name, for `create_new_job`; with instructions and a model, one that need not be registered. An
    adapter makes text of messages to it that are none."""
    if not isinstance(name, str) or not name.strip():
        raise TypeError("agent() needs a name, not %r" % (name,))
    return Agent(name, instructions, model, message_adapter)


def current_job():
    """The job that runs this code."""
    return session.job


def create_new_job(
    agent,
    shared_vars=None,
    parent_job=None,
    warmup_code=None,
    locale=None,
    caller_frame=None,
    **params,
):
    """Creates a job of that agent, which runs the warm-up code with copies of the shared variables and of what the code
    reads of the caller's. Its result must fit the `result_schema`, if one is given; it is ended after `time_limit` seconds,
    and attempted again as `retry` says: a number of attempts, or a dict. Of jobs that are due, those of a higher
    `priority` go on first; it has this job's unless it is given another."""
    schema = params.pop("result_schema", None)
    return new_job(agent, shared_vars, parent_job, warmup_code, locale, caller_frame, params, schema=schema)


def new_job(agent, shared_vars, parent_job, warmup_code, locale, frame, params, message=None, future=False, schema=None):
    """The same; the job's model reads the message first. Of a future its handler, by which its exit value is awaited."""
    if isinstance(agent, str):
        agent = Agent(agent)
    if not isinstance(agent, Agent):
        raise TypeError("create_new_job() needs an agent, not %s" % type(agent).__name__)
    if parent_job is not None and parent_job != session.job:
        raise ValueError("parent_job must be the current job, %s" % session.job.id)
    if shared_vars is not None and not all(type(name) is str and name.isidentifier() for name in shared_vars):
        raise TypeError("shared_vars must be a dict from variable names to values")
    blocks = _blocks(warmup_code)
    frame = frame or _frame()
    variables = {}
    for name in reads.names_read(blocks):
        if frame is not None and name in frame.f_locals:
            variables[name] = frame.f_locals[name]
        elif name in session.namespace:
            variables[name] = session.namespace[name]
    variables.update(shared_vars or {})
    terms = _terms(schema, *(params.pop(name, None) for name in ("time_limit", "budget", "retry", "priority")))
    return session.create(agent, blocks, variables, params, locale, message, future, terms)


def _terms(schema, time_limit, budget, retry, priority):
    """What a child is bound to, for the session."""
    return {
        "schema": schema,
        "millis": _millis(time_limit),
        "budget": _budget(budget),
        "retry": retry,
        "priority": _priority(priority),
    }


def _priority(priority):
    """A whole number, or None for that of this job."""
    if priority is not None and (type(priority) is not int or not -(1 << 31) <= priority < 1 << 31):
        raise TypeError("priority must be a whole number of 32 bits, not %r" % (priority,))
    return priority


def _millis(time_limit):
    """A time limit in milliseconds; there is none without one."""
    return None if time_limit is None else math.ceil(waiting.seconds(time_limit, "time_limit") * 1000)


_UNBOUNDED = (1 << 63) - 1


def _budget(budget):
    """A share of what this job may spend, as tokens and millionths of a dollar; there is none without one."""
    if budget is None:
        return None
    if not isinstance(budget, dict) or not budget or not set(budget) <= {"usd", "tokens"}:
        raise TypeError("budget needs a dict of usd, tokens or both, not %r" % (budget,))
    tokens, usd = budget.get("tokens"), budget.get("usd")
    if tokens is not None and (type(tokens) is not int or not 0 <= tokens < 1 << 62):
        raise TypeError("The tokens of a budget are a whole number that is not negative, not %r" % (tokens,))
    if usd is not None and (type(usd) not in (int, float) or not 0 <= usd < 1e12):
        raise TypeError("The usd of a budget are a number that is not negative, not %r" % (usd,))
    return {
        "tokens": _UNBOUNDED if tokens is None else tokens,
        "microUsd": _UNBOUNDED if usd is None else round(usd * 1000000),
    }


def _frame():
    return caller_frame(session.namespace)


_BLOCK_LINE = re.compile(r"^[ \t]*#[ \t]*-{10,}[ \t]*$", re.MULTILINE)


def _blocks(code):
    if code is None:
        return []
    texts = [code] if isinstance(code, str) else [text for text in code if text is not None]
    for text in texts:
        if not isinstance(text, str):
            raise TypeError("warmup_code must be text or a list of texts, not %s" % type(text).__name__)
    return [block for text in texts for block in _BLOCK_LINE.split(text) if block.strip()]


def create_sub_task(job, handler_type=SubTaskHandler, **kwargs):
    """Gives a job that was just created a handler."""
    if not isinstance(job, Job):
        raise TypeError("create_sub_task() needs a Job, not %s" % type(job).__name__)
    if not (isinstance(handler_type, type) and issubclass(handler_type, SubTaskHandler)):
        raise TypeError("handler_type must be SubTaskHandler or a subclass of it")
    handler = handler_type(job, **kwargs)
    _check_id(handler.id)
    session.attach(handler)
    if handler_type.get_log_message is not SubTaskHandler.get_log_message:
        session.keep_log_message(handler)
    return handler


def _check_id(id):
    if type(id) not in _SCALARS:
        raise TypeError("A sub-task's id must be a string, a number, a bool or None, not %s" % type(id).__name__)


def complete_sub_task(result=None, error=None):
    """Ends this job's own sub-task with a result or an error; the job goes on until it exits."""
    if session is None or not session.may_ask():
        raise RuntimeError("complete_sub_task requires a current job")
    handler = session.namespace.get("sub_task_handler", session.own_handler())
    if handler is None:
        raise RuntimeError("complete_sub_task requires sub_task_handler in current job locals")
    if not isinstance(handler, SubTaskHandler):
        raise TypeError("sub_task_handler must be a SubTaskHandler, not %s" % type(handler).__name__)
    handler.complete(result, error)


def find_sub_task_handler(id=None):
    """The handler with that id, which must have completed; without an id, the newest completed one, or None."""
    if id is None:
        done = [handler for handler in _sub_tasks() if handler._outcome is not None]
        return done[-1] if done else None
    _check_id(id)
    found = session.children([id])
    if not found:
        raise RuntimeError("Sub-task id=%s does not exist; no sub-task of this job has that id." % (id,))
    if found[0]._outcome is None:
        raise RuntimeError(
            "Sub-task id=%s has not completed, it is %s; wait for it with .result or for the notification."
            % (id, found[0]._seen)
        )
    return found[0]


def cancel(sub_task, reason="no longer needed"):
    """Cancels a sub-task, or a job below this one, and all below it; one that has ended is left alone."""
    session.cancel(_job_of(sub_task, "cancel()"), str(reason))


def tell(sub_task, text, revive=True):
    """Sends a message to the model of a sub-task, which reads it before its next turn. One that is done goes on for it, or,
    without `revive`, refuses it. Gives the message's place in the history: it is delivered."""
    if not isinstance(text, str) or not text.strip():
        raise TypeError("tell() needs a message, a text that is not blank")
    return session.tell(_job_of(sub_task, "tell()"), text, revive)


def report_progress(text):
    """Says how far this job has come: its parent's model reads the latest at its next turn."""
    session.report(str(text))


def _job_of(sub_task, who):
    job = sub_task.job if isinstance(sub_task, SubTaskHandler) else sub_task
    if not isinstance(job, Job):
        raise TypeError("%s needs a sub-task's handler or a job, not %s" % (who, type(sub_task).__name__))
    return job


def sub_tasks():
    """The handlers of all sub-tasks of this job, oldest first."""
    return _sub_tasks()


def _sub_tasks():
    return [handler for handler in session.children() if not isinstance(handler, (Callback, JobExit))]


def delegate(
    function, /, *args, id=None, result_schema=None, time_limit=None, budget=None, retry=None, priority=None, **kwargs
):
    """Runs a function in a child job, with copies of the arguments and of what it refers to by name. What it returns must
    fit the JSON schema, if one is given; it is ended when it has not ended after so many seconds, and attempted again as
    `retry` says: a number of attempts, or a dict. All that is below it spends no more on models than its budget. Of jobs
    that are due, those of a higher priority go on first; it has this job's unless it is given another."""
    if isinstance(function, (SubtaskFactory, ToolFactory)) or not callable(function):
        raise TypeError("delegate() needs a function, not %s" % type(function).__name__)
    _check_id(id)
    return session.delegate(function, args, kwargs, id, _terms(result_schema, time_limit, budget, retry, priority))


class SubtaskFactory:
    """A function that starts a job; calling it gives the job's handler."""

    def __init__(self, function, system=False, target=None):
        signature = inspect.signature(function)
        parameters = signature.parameters.values()
        name = getattr(function, "__name__", "?")
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            raise TypeError(
                "Function '%s' must accept **kwargs to be used as a subtask. Current signature: %s" % (name, signature)
            )
        if any(parameter.name == "id" for parameter in parameters):
            raise TypeError(
                "Function '%s' cannot define parameter 'id'; subtask id is reserved for framework-managed kwargs." % name
            )
        self.__wrapped__ = function
        self.system = system
        self.target = target
        self.__name__ = name
        self.__qualname__ = getattr(function, "__qualname__", name)
        self.__doc__ = function.__doc__

    @property
    def __signature__(self):
        return _with_id(inspect.signature(self.__wrapped__))

    def __call__(self, *args, id=None, **kwargs):
        _check_id(id)
        function = self.__wrapped__
        args, kwargs = _converted(function, args, kwargs)
        made = function(*args, **kwargs)
        if inspect.iscoroutine(made):
            made = loop.drive(made)
        if isinstance(made, Job):
            return create_sub_task(made, id=id)
        if isinstance(made, SubTaskHandler):
            if made.id is None and id is not None:
                made.id = id
                session.attach(made)
            return made
        raise TypeError("@subtask functions must return Job or SubTaskHandler, got %s" % type(made).__name__)

    def __get__(self, instance, owner=None):
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self):
        return "<subtask %s>" % self.__name__


def _with_id(signature):
    """What a factory takes whose function takes this."""
    parameters = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    late = next((n for n, p in enumerate(parameters) if p.kind is p.KEYWORD_ONLY), len(parameters))
    rest = any(p.kind is not p.POSITIONAL_ONLY and p.kind is not p.POSITIONAL_OR_KEYWORD for p in parameters)
    kind = inspect.Parameter.KEYWORD_ONLY if rest else inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters.insert(late, inspect.Parameter("id", kind, default=None, annotation=str))
    return signature.replace(parameters=parameters, return_annotation=SubTaskHandler)


def subtask(function=None, *, system=False, target=None):
    """Makes a function that returns a job into one that returns the job's handler, and takes an `id`."""
    if function is None:
        return lambda decorated: SubtaskFactory(decorated, system, target)
    return SubtaskFactory(function, system, target)


def _converted(function, args, kwargs):
    """Strings given for parameters of another type, as a model gives them: members by name, moments in ISO form, and
    otherwise variables by name."""
    if not any(type(value) is str for value in (*args, *kwargs.values())):
        return args, kwargs
    annotations = getattr(function, "__annotations__", {})
    if not annotations:
        return args, kwargs
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except TypeError:
        return args, kwargs
    for name, value in bound.arguments.items():
        if type(value) is str and name in annotations:
            bound.arguments[name] = _convert(value, annotations[name])
    return bound.args, bound.kwargs


def _convert(text, kind):
    if isinstance(kind, str):
        kind = session.namespace.get(kind) or getattr(builtins, kind, None)
    if not isinstance(kind, type) or issubclass(str, kind) or isinstance(text, kind):
        return text
    if issubclass(kind, enum.Enum):
        return kind.__members__.get(text, text)
    parse = getattr(kind, "fromisoformat", None)
    if parse is not None:
        return parse(text)
    return session.namespace.get(text, text)


class Tool:
    """A function of the host application."""

    def __init__(self, name, description, parameters, after=()):
        self.__name__ = self.__qualname__ = name
        self.__doc__ = description
        self._parameters = parameters
        self._after = after

    @property
    def _names(self):
        return [parameter.rstrip("?") for parameter in self._parameters]

    @property
    def _required(self):
        return [parameter for parameter in self._parameters if not parameter.endswith("?")]

    @property
    def __signature__(self):
        return inspect.Signature(
            inspect.Parameter(
                name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=inspect.Parameter.empty if name in self._required else None,
            )
            for name in self._names
        )

    def __call__(self, *args, **kwargs):
        value = session.call_tool(self, self._bind(args, kwargs))
        if "on_error" in self._after:
            session.add_tool_handler(self._after["on_error"], value)
        if "exit" in self._after:
            session.exit(*self._after["exit"])
        return value

    def _bind(self, args, kwargs):
        called = self.__name__ + "()"
        if len(args) > len(self._names):
            raise TypeError("%s takes %d arguments but %d were given" % (called, len(self._names), len(args)))
        arguments = dict(zip(self._names, args))
        for name, value in kwargs.items():
            if name not in self._names:
                raise TypeError("%s got an unexpected keyword argument '%s'" % (called, name))
            if name in arguments:
                raise TypeError("%s got multiple values for argument '%s'" % (called, name))
            arguments[name] = value
        missing = [name for name in self._required if name not in arguments]
        if missing:
            raise TypeError("%s missing required argument: %s" % (called, ", ".join(map(repr, missing))))
        return arguments

    def __repr__(self):
        return "<tool %s>" % self.__name__


_TYPES = {kind.__name__: kind for kind in (str, int, float, bool, list, dict, object)}


class ToolFactory(Tool):
    """A function of the host application that says what job is to be started; calling it gives the job's handler."""

    @property
    def _types(self):
        return dict(zip(self._names, self._after["starts"]))

    @property
    def __signature__(self):
        signature = super().__signature__
        known = [p.replace(annotation=_TYPES.get(self._types[p.name], p.empty)) for p in signature.parameters.values()]
        return _with_id(signature.replace(parameters=known))

    def __call__(self, *args, id=None, **kwargs):
        _check_id(id)
        given = {name: self._argument(name, value) for name, value in self._bind(args, kwargs).items()}
        form = session.call_tool(self, given)
        return self._started(form, [form.get("id", id)])

    def _argument(self, name, value):
        kind = self._types[name]
        if type(value) is str:
            value = _convert(value, _TYPES.get(kind, durable.DurableObject))
        form = durable.form_of(value) if kind == "shared" else value
        if form is None and value is not None:
            raise TypeError("%s() argument '%s' must be a durable object or one of the application" % (self.__name__, name))
        return form

    @staticmethod
    def _started(form, ids):
        variables = {name: durable.given(value) for name, value in form.get("vars", {}).items()}
        terms = {name: form.get(name) for name in ("schema", "millis", "budget", "priority")}
        terms.update(retry=None, policy=form.get("retry"))
        told = {name: form.get(name) for name in ("locale", "message")}
        agent, code, params = Agent(form["agent"]), form.get("code", ()), form.get("params", {})
        return session.create(agent, code, variables, params, terms=terms, ids=ids, **told)

    def __repr__(self):
        return "<subtask %s>" % self.__name__


def tool(name, description, parameters, after=()):
    """A function of the host application."""
    return (ToolFactory if "starts" in after else Tool)(name, description, parameters, after)


def docstr(tool):
    """How a tool, or any function, is called, and what it does."""
    doc = inspect.getdoc(tool)
    return _signature_of(tool) + ("\n\n" + doc if doc else "")


def brief(tool):
    """The same in one line."""
    doc = inspect.getdoc(tool)
    return _signature_of(tool) + (": " + doc.splitlines()[0] if doc else "")


def _signature_of(tool):
    if not callable(tool) or not hasattr(tool, "__name__"):
        raise TypeError("docstr() and brief() take a tool or a function, not a %s" % type(tool).__name__)
    try:
        return tool.__name__ + str(inspect.signature(tool))
    except (TypeError, ValueError):
        return tool.__name__ + "(…)"


def exit(value=None):
    """Ends the job at once, with a value."""
    session.exit(value)


def print(*values, sep=" ", end="\n", file=None, flush=False):
    """Prints to the job's console."""
    if file is None:
        file = sys.stdout
    if type(file) is not Console:
        builtins.print(*values, sep=sep, end=end, file=file, flush=flush)
        return
    if sep is None:
        sep = " "
    if end is None:
        end = "\n"
    if not isinstance(sep, str) or not isinstance(end, str):
        raise TypeError("sep and end must be None or a string")
    session.print(sep.join([value if type(value) is str else str(value) for value in values]) + end)


def input(prompt=""):
    """There is nobody to answer."""
    raise RuntimeError("input() is not available in a job: nobody is at its console; pass what it needs as variables")


class Console:
    """What `sys.stdout` and `sys.stderr` are to code."""

    encoding = "utf-8"
    errors = "replace"
    closed = False

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not %s" % type(text).__name__)
        session.print(text)
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def writable(self):
        return True


def exception_of(kind, message):
    """The exception by which a refusal of the host reaches the code."""
    found = _OWN_ERRORS.get(kind) or getattr(builtins, kind, None)
    if not (isinstance(found, type) and issubclass(found, Exception)):
        found, message = RuntimeError, "%s: %s" % (kind, message)
    try:
        return found(message)
    except TypeError:  # a kind that wants more than a message
        return RuntimeError("%s: %s" % (kind, message))


_OWN_ERRORS = {
    kind.__name__: kind
    for kind in (SubTaskError, ReplayDivergence, EffectUnknown, ToolError, LostValue, durable.DurableConflict)
}

API = {
    value.__name__: value
    for value in (
        SubTaskState,
        SubTaskError,
        ReplayDivergence,
        EffectUnknown,
        ToolError,
        LostValue,
        durable.DurableConflict,
        durable.DurableObject,
        durable.durable,
        durable.Reference,
        TaskError,
        Job,
        Agent,
        SubTaskHandler,
        agent,
        current_job,
        create_new_job,
        create_sub_task,
        complete_sub_task,
        find_sub_task_handler,
        sub_tasks,
        cancel,
        tell,
        report_progress,
        waiting.wait_all,
        waiting.wait_any,
        waiting.as_completed,
        Callback,
        callback,
        Timer,
        timer,
        at,
        sleep,
        futures.FutureResult,
        futures.FutureElement,
        futures.FutureError,
        futures.get_any,
        futures.get_all,
        futures.temporal,
        delegate,
        subtask,
        docstr,
        brief,
        exit,
        print,
        input,
    )
}
API["quit"] = exit
_INTERNAL = {
    value.__name__: value for value in (SubtaskFactory, JobExit, futures.TemporalFunction, fence.Forbidden)
}

for _value in (*API.values(), *_INTERNAL.values()):
    _value.__module__ = "errand"


def offer(*values, internal=()):
    """Adds to these names, and to those by which a workspace is stored."""
    for more, names in ((values, API), (internal, _INTERNAL)):
        for value in more:
            value.__module__ = "errand"
            names[value.__name__] = value


def own_modules():
    """The modules under which these names can be imported."""
    module = facades.Facade("errand", __doc__)
    module.__dict__.update(API)
    module.__dict__["__all__"] = sorted(API)
    made = {"errand": module}
    for alias in ("statek", "statek.task"):
        twin = made[alias] = facades.Facade(alias, __doc__)
        twin.__dict__.update(API)
        twin.__dict__["__all__"] = sorted(API)
    made["statek"].__dict__.update(task=made["statek.task"], __path__=[])
    module.__dict__.update(_INTERNAL)
    kinds.register(module, _TAKERS, SubTaskHandler)
    sys.modules.update(made)
    return made


def _take_handler(writer, handler):
    if handler._own and not writer.crossing:
        return kinds.maker("_own_handler"), ()
    check(handler._outcome)
    if not handler._own and (type(handler.job.id) is not str or handler.job.id not in writer.keeper.handled):
        raise Unkeepable("it is a handler of job %s, which this job was not given one of" % (handler.job.id,))
    return kinds.maker("_handler"), (type(handler), handler.job), handler.__getstate__()


def _take_tool(writer, tool):
    return kinds.maker("_tool"), (tool.__name__,)


_TAKERS = {
    SubTaskHandler: _take_handler,
    Tool: _take_tool,
    ToolFactory: _take_tool,
    Console: lambda writer, console: (kinds.maker("_console"), ()),
}

reach.by_reference(Tool, ToolFactory, Console)
