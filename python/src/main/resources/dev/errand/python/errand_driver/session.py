"""One workspace at work: runs blocks statement by statement and speaks with Java.

Every frame to Java carries a mark: the statement being carried out, what was printed and read since the last frame, and
a snapshot of the variables if one was taken. A snapshot is taken at the end of a statement that reached the outside,
about every second, and at the end of the block; it rides on the next frame, so that Java can commit what was asked
together with the state that asked it.
"""

import gc
import inspect
import json
import sys
import types
from time import monotonic

from . import (
    ambient,
    durable,
    facades,
    failure,
    fence,
    futures,
    guard,
    interpreter,
    loop,
    names,
    outside,
    packages,
    policy,
    preview,
    raised,
    reach,
    reads,
    shown,
    source,
    waiting,
)
from .arrived import arrived
from .keep import Keeper, Unkeepable, reason_of
from .raised import describe, own_part
from .variables import Variables, form
from .wire import json_bytes, shortened

FLUSH_SECONDS = 0.01
FLUSH_CHARACTERS = 65536
SNAPSHOT_SECONDS = 1.0
EXACT_CLOCK_CALLS = 1000
HELD_CLOCK_NS = 10_000_000
TEXT_LIMIT = 2000
LONGEST_MILLIS = 10**14
EVENT_ADVICE = "Let that code read one name that it does not bind, which is given the event; the job still has the event"


class Session:
    def __init__(self, own_modules, builtins):
        self.running = False
        self._restricted = True
        self._main, self.namespace = interpreter.main_module()
        self.namespace["__name__"] = "__main__"
        self._own_modules = own_modules
        self._builtins = builtins
        for available in builtins.values():
            available["__build_class__"] = self._build_class
        builtins[True]["__import__"] = facades.make_import(own_modules, self._imported)
        builtins[False]["__import__"] = self._plain_import
        self.keeper = Keeper(self.namespace, self._import)
        self.variables = Variables(self.keeper)
        self.job = None
        self.created = 0
        self.statement = 0
        self._console = []
        self._printed = 0
        self._again = 0
        self._before = ""
        self._readings = []
        self._known_readings = {}
        self._told = {}
        self._told_parts = []
        self._held = None
        self._changed = {}
        self._flushed = self._kept = 0.0
        self._call = None
        self._random = False
        self._quiet = False
        self.keeper.rules = self._prepared
        self._tasks = {"open": self._open, "run": self._run}

    @staticmethod
    def confine(namespace, granted):
        """Keeps the process from what restricted code must not do; where it serves no other."""

    @staticmethod
    def bound(**limits):
        """Sets the limits of the process; where it is one of its own."""

    def _prepared(self, text, tree, whole):
        """The tree of a text as it is to run."""
        if self._restricted and policy.check(text, tree, self.namespace if whole else None):
            tree = guard.rewritten(tree)
        return source.prepared(text, tree)

    def begin(self):
        """Is the one that the names which code has belong to."""
        for module in (outside, names, loop, raised, durable, waiting, futures):
            module.session = self
        facades.imported = self._imported
        facades.load = self._load
        sys.modules["__main__"] = self._main

    def serve(self, wire):
        """Does what it is told over the connection, until that ends."""
        self.wire = wire
        while True:
            header, parts = self.wire.receive()
            self._tasks[header["do"]](header, parts)

    # Opening

    def _open(self, header, parts):
        self._bound(header["limits"])
        self.job = names.Job(header["job"], header["agent"])
        self._restricted = header["restricted"]
        facades.unrestricted = not self._restricted
        facades.granted = tuple(header.get("imports", ())) if self._restricted else ()
        if self._restricted:
            if facades.granted:
                packages.open_up()
            self.confine(self.namespace, facades.granted)
        else:
            packages.offer()
            fence.unseal()
        ambient.begin(self.job.id, self._restricted)
        available = self._builtins[self._restricted]
        for name, description, parameters, *after in header["tools"]:
            tool = self.keeper.tools[name] = names.tool(name, description, parameters, *after)
            if "__" not in name and not name.startswith("_"):  # else it is a method of an application's object, or internal
                available[name] = tool
        self._available = available
        interpreter.offer(available, self.namespace)
        reach.unrestricted = not self._restricted or bool(facades.granted)
        if "w" not in header:
            return
        try:
            self._bring_back(header["w"], parts)
        except Exception as problem:
            self.wire.send({"do": "unreadable", "message": reason_of(problem)})
            self.wire.leave()
        self.wire.send({"do": "opened"})

    def _bound(self, limits):
        self._statements = limits["statements"]
        if "process" in limits:
            self.bound(**limits["process"])

    def _bring_back(self, counts, contents):
        parts = []
        at = 0
        for number, count in counts:
            parts.append((number, contents[at], contents[at + 1 : at + 1 + count]))
            at += 1 + count
        extras, self._call = self.variables.load(parts)
        ambient.restore(extras.get("ambient", {}))
        state = extras.get("random")
        if state is not None:
            __import__("random")
            self._imported()
            outside.chance.setstate(state)
        outcome = extras.get("outcome")
        if outcome is not None:
            self._make_own_handler(None)._learn("", outcome)

    def _build_class(self, body, name, /, *bases, **keywords):
        if self._restricted:
            facades.real_metaclass(bases, keywords)
        made = _build_class(body, name, *bases, **keywords)
        self.keeper.made_class(made, body.__code__)
        return made

    def _imported(self):
        """Called when code may have loaded a module. Chance begins the same for the same job, wherever it runs."""
        outside.imported()
        if self._restricted:
            fence.seal_more()
        if not self._random and outside.chance is not None:
            self._random = True
            outside.chance.seed(self.job.id)

    def _load(self, name):
        """Loads a module as nothing that a replay has to repeat: there it may be loaded at another place."""
        was, self._quiet = self._quiet, True
        try:
            _import(name)
        finally:
            self._quiet = was

    def _plain_import(self, name, globals=None, locals=None, fromlist=(), level=0):
        made = _import(name, globals, locals, fromlist, level)
        self._imported()
        return made

    def _import(self, name):
        """The module of that name as a stored workspace refers to it."""
        own = self._own_modules.get(name)
        if own is not None:
            return own
        if not self._restricted:
            __import__(name)
            made = sys.modules[name]
        elif facades.may_import(name):
            made = facades.facade(name, at_once=False)
        elif facades.is_above(name):
            made = facades.package(name)
        else:
            raise ImportError("importing '%s' is not allowed in restricted mode" % name)
        self._imported()
        return made

    # The job's own handler

    def own_handler(self):
        """The handler that this job is to complete, or None."""
        if self.keeper.own_handler is None:
            self._learn_job(self.ask({"do": "job"})[0]["job"])
        return self.keeper.own_handler

    def _learn_job(self, info):
        for name, value in info.items():
            if name not in ("id", "agent", "subtask"):
                self.job.__dict__[name] = value
        if info.get("subtask"):
            self._make_own_handler(info.get("subtask_id"))

    def _make_own_handler(self, id):
        handler = self.keeper.own_handler
        if handler is None:
            handler = self.keeper.own_handler = names.SubTaskHandler(self.job, id)
            handler._own = True
            handler._seen = names.SubTaskState.STARTED
            self._available["sub_task_handler"] = handler
        if id is not None:
            handler.id = id
        return handler

    # Running

    def _run(self, header, parts):
        self.turn = self.variables.turn = header["turn"]
        self.created = header["created"]
        self.statement = header["statement"]
        self._known_readings = {(s, n): (name, value) for s, n, name, value in header.get("readings", ())}
        self._told = {(s, n): ended for s, n, ended in header.get("told", ())}
        self._told_parts = parts
        self._learn_job(header["job"])
        self._kept = self._flushed = monotonic()
        self._begin_statement()
        self.running = True
        try:
            if header["kind"] == "PYTHON":
                end, parts = self._run_python(header)
            elif header["kind"] == "EVENT":
                end, parts = self._take_event(json.loads(header["source"]))
            elif header["kind"] == "LOG_MESSAGES":
                end, parts = self._log_messages()
            elif header["kind"] == "ON_ERROR":
                end, parts = self._call_error_handlers(json.loads(header["source"]))
            else:
                end, parts = self._run_call()
        finally:
            self.running = False
        self._send(end, parts)

    def _run_python(self, header):
        block = self.keeper.source(header["hash"])
        self._last_statement = 0
        self._quiet = header["statement"] > 0  # what the compiler warns of was printed when the block began
        try:
            tree = block.parse(header["source"])
            self._last_statement = len(tree.body)
            if self._last_statement > self._statements:
                return self._ended(self._too_many_statements()), []
            self._last_statement = min(self._last_statement, header.get("stop", self._last_statement))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
            return self._ended(refused_syntax(problem)), []
        except policy.Refused as problem:
            message = "Restricted mode does not allow this code: %s" % problem
            advice = "Do without it, or let the operator give the agent unrestricted mode"
            return self._ended({"do": "raised", "kind": "refused_code", "message": message, "advice": advice}), []
        finally:
            self._quiet = False
        value = None
        for self.statement in range(header["statement"], self._last_statement):
            self._begin_statement()
            code = block.code(self.statement)
            self.variables.ran(code)
            last = self.statement + 1 == self._last_statement
            try:
                value = self._run_statement(code)
                stored = durable.settle(None if last else self._pass_statement)
            except SystemExit as ending:
                return self._left(ending)
            except BaseException as error:
                return self._raised(error), []
            if not last:
                self._end_statement(stored)
        self.statement = self._last_statement
        parts = []
        end = {"do": "finished"}
        if header["show"]:  # to a model, instead of being returned
            if value is not None:
                end["shown"] = self._quietly(shown.of, value)
            value = None
        end["value"] = self._encoded(value, parts, "<%s>")
        return self._ended(end), parts

    def _too_many_statements(self):
        message = "The code has %d statements at its top level, more than the %d that a block may have."
        advice = "Do the work in several blocks, or in functions and loops; or give the agent a larger limit of statements"
        counted = message % (self._last_statement, self._statements)
        self._last_statement = 0
        return {"do": "raised", "kind": "limit", "message": counted, "advice": advice}

    def _run_statement(self, code):
        value = interpreter.run(code, self.namespace)
        if code.co_flags & inspect.CO_COROUTINE:
            value = loop.drive(value)
        loop.finish()
        return value

    def _run_call(self):
        function, args, kwargs = self._call
        self._last_statement = None
        self.statement = 0
        self._begin_statement()
        try:
            value = function(*args, **kwargs)
            if type(value) is types.CoroutineType:
                value = loop.drive(value)
            loop.finish()
            durable.settle()
        except SystemExit as ending:
            return self._left(ending)
        except BaseException as error:
            return self._raised(error), []
        parts = []
        try:
            return {"do": "finished", "value": self._encoded(value, parts)}, parts
        except Unkeepable as problem:
            message = "The return value cannot be stored: %s" % problem
            advice = "Return plain values, such as text, numbers, lists and dicts"
            return {"do": "raised", "kind": "unstorable", "message": message, "advice": advice}, []

    def _take_event(self, blocks):
        """Gives the job's event to the one name that the agent's own code reads and does not bind."""
        self._last_statement = 1
        self.statement = 0
        try:
            external = reads.external_names(blocks, self._available)
        except SyntaxError as problem:
            return self._ended(refused_syntax(problem)), []
        if len(external) != 1:
            message = "Agent '%s' warmup definition must reference exactly one external local, got %s"
            wrong = message % (self.job.agent, external)
            return self._ended({"do": "raised", "kind": "refused_code", "message": wrong, "advice": EVENT_ADVICE}), []
        self.namespace[external[0]] = self.namespace.pop(names.EVENT)
        parts = []
        return self._ended({"do": "finished", "value": self._encoded(None, parts)}), parts

    def keep_log_message(self, handler):
        """Keeps a handler that tells the job's model of its end in words of its own."""
        kept = self.namespace.get(names.LOG_MESSAGES, {})
        self.namespace[names.LOG_MESSAGES] = {**kept, handler.job.id: handler}

    def _log_messages(self):
        """What such handlers say of the ends that were told: no snapshot, for nothing has happened, and the handlers know
        no more afterwards than those that are kept."""
        kept = self.namespace.get(names.LOG_MESSAGES, {})
        said = {}
        for child in (child for ended in self._told.values() for child in ended):
            handler = kept.get(child["job"])
            if handler is not None:
                known = handler._outcome, handler._seen
                handler._learn(child["state"], _outcome(child, self._told_parts))
                said[child["job"]] = self._quietly(_log_message, handler)
                handler._outcome, handler._seen = known
        parts = []
        told = {job: text for job, text in said.items() if text is not None}
        return {"do": "finished", "value": self._encoded(told, parts)}, parts

    def add_error_handler(self, function, context, inherited):
        """Has a function called when this job fails; see `names.Job`."""
        if not isinstance(function, failure.ErrorHandler):
            function = failure.error_handler(function)
        self._register(function, context, inherited)

    def add_tool_handler(self, name, context):
        """The same with the error handler of a tool, which is a tool itself."""
        self._register(failure.ToolHandler(self.keeper.tools[name]), context, False)

    def _register(self, handler, context, inherited):
        kept = self.namespace.get(names.ERROR_HANDLERS, ())
        self.namespace[names.ERROR_HANDLERS] = [*kept, (handler, context, self.turn, inherited)]

    def inherited_error_handlers(self):
        """The handlers that a child of this job begins with."""
        kept = self.namespace.get(names.ERROR_HANDLERS, ())
        return [(function, context, 0, True) for function, context, _turn, inherited in kept if inherited]

    def _call_error_handlers(self, fault):
        """Calls them in order, each once; what one of them raises keeps none of the others from its turn."""
        self._last_statement = 1
        self.statement = 0
        self._begin_statement()
        error = names.TaskError(fault["message"], fault["kind"], fault["advice"], fault["trace"])
        for function, context, turn, _inherited in self.namespace.pop(names.ERROR_HANDLERS, ()):
            if turn >= fault["since"]:
                self._call_error_handler(function, context, error)
        parts = []
        return self._ended({"do": "finished", "value": self._encoded(None, parts)}), parts

    def _call_error_handler(self, function, context, error):
        try:
            value = function.handle(context, error)
            if type(value) is types.CoroutineType:
                loop.drive(value)
            loop.finish()
            durable.settle()
        except BaseException as problem:
            loop.abandon()
            self.print("Error handler %s failed: %s\n" % (function.__name__, describe(problem)[0]))

    def _begin_statement(self):
        self.namespace.pop("__warningregistry__", None)  # a warning is given once in each statement
        durable.begin()
        self._ordinal = 0
        self._reached_out = False
        self._clock_calls = self._chance_calls = 0
        self._chance_key = None
        self._held_clocks = {}

    def _pass_statement(self):
        """What a statement changed of durable objects is stored together with the variables after it: then it is over."""
        self._snapshot(self.statement + 1)

    def _end_statement(self, passed):
        now = monotonic()
        late = now - self._kept >= SNAPSHOT_SECONDS
        if (self._reached_out or late) and not passed:
            self._pass_statement()
        if late or self._printed > FLUSH_CHARACTERS or (self._console and now - self._flushed > FLUSH_SECONDS):
            self._note()

    def _ended(self, end):
        if self._last_statement is not None:
            self._snapshot(self._last_statement)
        return end

    def _raised(self, error):
        loop.abandon()
        try:
            durable.settle()
        except Exception as problem:
            error = problem
        message, trace = describe(error)
        error.__traceback__ = own_part(error.__traceback__)
        return self._ended({"do": "raised", "kind": "exception", "message": message, "trace": trace})

    def _left(self, ending):
        try:
            self._exit(ending.code, "<%s>")
        except Exception as problem:
            return self._raised(problem), []

    def exit(self, value):
        if self._quiet or not self.running:
            raise RuntimeError("exit() is for the job's own code")
        self._exit(value)

    def _exit(self, value, fallback=None):
        """Ends the job. Nothing of the code runs after this, so the process ends too."""
        durable.settle()
        parts = []
        try:
            encoded = self._encoded(value, parts, fallback)
        except Unkeepable as problem:
            raise TypeError("exit() got a value that cannot be stored: %s" % problem) from None
        self._send(self._ended({"do": "exited", "value": encoded}), parts)
        self.wire.leave()

    # Marks

    def _snapshot(self, statement):
        self._quiet = True
        collecting = gc.isenabled()
        gc.disable()  # what runs when objects go must not change the variables meanwhile
        try:
            extras = {"ambient": ambient.read() or None}
            if self._random:
                extras["random"] = outside.chance.getstate()
            own = self.keeper.own_handler
            if own is not None:
                extras["outcome"] = own._outcome
            for number, part in self.variables.changes(extras).items():
                self._changed[number] = part and (number, part, self.variables.show(part))
            self._held = (statement, self.created)
        finally:
            self._quiet = False
            if collecting:
                gc.enable()
        self._before += "".join(self._console)
        self._console.clear()
        self._readings.clear()
        self._kept = monotonic()

    def _mark(self, header, parts):
        header["s"] = self.statement
        if self._held is not None:
            statement, created = self._held
            changed = self._changed
            header["snap"] = {
                "s": statement,
                "n": created,
                "p": form([put for put in changed.values() if put is not None], parts),
                "d": [number for number, put in changed.items() if put is None],
            }
            self._changed = {}
            self._held = None
            if self._before:
                header["c0"] = self._before
                self._before = ""
        if self._console:
            header["c"] = "".join(self._console)
            self._console.clear()
            self._printed = 0
        if self._readings:
            header["r"] = self._readings
            self._readings = []
            self._held_clocks.clear()  # a reading that was sent is not given any more

    @staticmethod
    def _package_form(package, parts):
        """The form of the workspace that a child begins with."""
        (head, pieces), shown = package
        parts.append(head)
        place = len(parts) - 1
        parts += pieces
        runs = [(0, place + 1, len(pieces))] if pieces else []
        return {"s": 0, "n": 0, "p": [(0, place, len(pieces), runs, shown)], "d": []}

    def _send(self, header, parts):
        self._mark(header, parts)
        self.wire.send(header, parts)
        self._flushed = monotonic()

    def _note(self):
        self._send({"do": "note"}, [])

    def may_ask(self):
        """Whether Java can be asked: it is the job's own code that runs."""
        return self.running and not self._quiet

    def ask(self, header, parts=None):
        """Asks Java and waits for the answer, for as long as it takes."""
        if self.may_ask():
            durable.settle()
        return self._ask(header, parts)

    def _ask(self, header, parts=None):
        if not self.may_ask():
            raise RuntimeError("This can only be asked for by the job's own code")
        self._send(header, [] if parts is None else parts)
        answer, parts = self.wire.receive()
        self.created += answer.get("took", 0)  # whether a person was asked if a tool may be called
        refusal = answer.get("no")
        if refusal is not None:
            raise names.exception_of(*refusal)
        return answer, parts

    def _effect(self, header, parts=None):
        self._reached_out = True
        return self.ask(header, parts)

    def _next_ordinal(self):
        ordinal = self._ordinal
        self._ordinal = ordinal + 1
        return ordinal

    # Console and readings

    def print(self, text):
        if self._quiet or not self.running:  # while variables are kept or brought back
            return
        console = self._console
        if len(text) > FLUSH_CHARACTERS:
            for at in range(0, len(text), FLUSH_CHARACTERS):
                console.append(text[at : at + FLUSH_CHARACTERS])
                self._note()
            return
        console.append(text)
        self._printed += len(text)
        if self._printed > FLUSH_CHARACTERS or monotonic() - self._flushed > FLUSH_SECONDS:
            self._note()

    def reading(self, name, take):
        """What was read at this place before, or else what `take` reads now, which is recorded."""
        if self._quiet:
            return take()
        ordinal = self._next_ordinal()
        known = self._known_reading(ordinal, name)
        if known is not None:
            return known[0]
        value = take()
        self._readings.append([self.statement, ordinal, name, value])
        return value

    def _known_reading(self, ordinal, name):
        known = self._known_readings.pop((self.statement, ordinal), None)
        if known is None:
            return None
        if known[0] != name:
            raise names.ReplayDivergence(
                "Statement %d read the %s where it read the %s before" % (self.statement, name, known[0])
            )
        return known[1:]

    def clock(self, name, take):
        """A reading of a clock. A statement that reads clocks very often gets each reading several times."""
        self._clock_calls += 1
        if self._clock_calls <= EXACT_CLOCK_CALLS or self._quiet:
            return self.reading(name, take)
        held = self._held_clocks.get(name)
        if held is None or not held.lasts(take):
            held = self._held_clocks[name] = self._hold_clock(name + ".held", take)
        return held.give()

    def _hold_clock(self, name, take):
        ordinal = self._next_ordinal()
        known = self._known_reading(ordinal, name)
        if known is not None:
            return _ReplayedClock(*known[0])
        held = _HeldClock([take(), 0])
        self._readings.append([self.statement, ordinal, name, held.reading])
        return held

    def chance(self, size, take):
        """Random bytes: those of a statement follow from one recorded key."""
        if self._quiet:
            return take(size)
        if self._chance_key is None:
            self._chance_key = bytes.fromhex(self.reading("random", lambda: take(32).hex()))
        self._chance_calls += 1
        return interpreter.stretched(self._chance_key + self._chance_calls.to_bytes(8, "big"), size)

    # Values

    def _encoded(self, value, parts, fallback=None):
        """The form of a value; its content is appended to the parts. Raises Unkeepable, unless there is a fallback."""
        data = json_bytes(value)
        if data is not None:
            parts.append(data)
            return {"json": len(parts) - 1}
        try:
            data = self.keeper.value(value)
        except Unkeepable:
            if fallback is None:
                raise
            data = self.keeper.value(None)
            text = fallback % type(value).__name__
        else:
            text = self._quietly(_text, value)
        parts.append(data)
        return {"pickle": len(parts) - 1, "text": text}

    def _quietly(self, text_of, value):
        """What a function says of a value whose own code it calls: that code can print, ask and end nothing."""
        self._quiet = True
        try:
            return text_of(value)
        finally:
            self._quiet = False

    def _decoded(self, form, parts):
        return form["json"] if "json" in form else self.keeper.load_value(parts[form["pickle"]])

    # What the code asks for

    def call_tool(self, tool, arguments):
        name = tool.__name__
        if type(name) is not str or self.keeper.tools.get(name) is not tool:
            raise NameError("This job has no tool named %r" % (name,))
        parts = []
        for parameter, value in arguments.items():
            if json_bytes(value, exact=False) is None:
                raise TypeError(
                    "%s() argument '%s' must be made of text, numbers, bools, None, lists and dicts; got %s"
                    % (name, parameter, type(value).__name__)
                )
        parts.append(json_bytes(arguments, exact=False))
        ordinal = self._next_ordinal()
        header = {"do": "call", "n": ordinal, "child": self.created + 1, "tool": name, "args": 0}
        answer, parts = self._effect(header, parts)
        return self._decoded(answer["value"], parts)

    def create(self, agent, blocks, variables, params, locale, message=None, future=False, terms=None, ids=None):
        """Creates a job; one that is a future, or has the only one of `ids`, has a handler, which is given in its place."""
        for name, value in params.items():
            if json_bytes(value, exact=False) is None:
                raise TypeError("The parameter '%s' must be made of text, numbers, lists and dicts" % name)
        inherited = self.inherited_error_handlers()
        if inherited:
            variables = {**variables, names.ERROR_HANDLERS: inherited}
        form = {}
        if agent.instructions is not None:
            form["instructions"] = agent.instructions
        if agent.model is not None:
            form["model"] = agent.model
        header = {
            "do": "create",
            "agent": agent.name,
            "form": form,
            "blocks": [["PYTHON", block] for block in blocks],
            "params": params,
            "locale": locale,
            "message": message,
            **_checked(terms),
        }
        if future:
            ids = [{names.FUTURE: self.created + 1}]
        if ids is not None:
            header["id"] = ids
        package = None
        if variables:
            package = self._plain(variables) or self._package("create_new_job()", variables)
        child = self._create(header, package)
        return names.Job(child["job"], child["agent"]) if ids is None else self._handler_of(child)

    def delegate(self, function, args, kwargs, id, terms):
        package = self._package("delegate()", {}, function, (args, kwargs))
        called = getattr(function, "__qualname__", None) or type(function).__name__
        header = {"do": "create", "agent": None, "form": {}, "blocks": [["CALL", called]], "id": [id]}
        header.update(_checked(terms))
        child = self._create(header, package)
        handler = names.SubTaskHandler(names.Job(child["job"], child["agent"]), id)
        self.keeper.know_handler(handler.job.id, handler)
        return handler

    @staticmethod
    def _plain(variables):
        """Variables that JSON holds exactly, in the form that every runtime reads; None if it does not."""
        if any(map(durable.is_reference, variables.values())):
            return None
        data = json_bytes(variables)
        return data and ((data, []), preview.of(variables, {}, len(data)))

    def _package(self, who, variables, call=None, arguments=None):
        try:
            container, shipped = self.keeper.package(variables, call, arguments)
        except Unkeepable as problem:
            raise TypeError("%s cannot send %s" % (who, problem)) from None
        shown = {name: variables.get(name, self.namespace.get(name)) for name in shipped}
        head, pieces = container
        return container, preview.of(shown, {}, len(head) + sum(map(len, pieces)))

    def _create(self, header, package):
        parts = []
        if package is not None:
            header["w"] = self._package_form(package, parts)
        self.created += 1
        header["n"] = self.created
        answer, _parts = self._effect(header, parts)
        self.keeper.handled.add(answer["child"]["job"])
        return answer["child"]

    def _handled(self, jobs):
        """The ids of jobs, all of which this job was given handlers of."""
        jobs = list(jobs)
        for job in jobs:
            if type(job) is str and self._is_own_child(job):
                self.keeper.handled.add(job)
            if type(job) is not str or job not in self.keeper.handled:
                raise RuntimeError("Job %s is none that this job has created or was given a handler of" % (job,))
        return jobs

    def _is_own_child(self, job):
        parent, _, number = job.rpartition(".")
        return parent == self.job.id and number.isdecimal() and int(number) <= self.created

    def attach(self, handler):
        (job,) = self._handled([handler.job.id])
        self._effect({"do": "attach", "job": job, "id": handler.id})
        self.keeper.know_handler(handler.job.id, handler)

    def complete(self, handler, result, error):
        if result is not None and error is not None:
            raise ValueError("Sub-task completion cannot mix result and error")
        if handler._outcome is not None:
            raise RuntimeError("Sub-task handler is already completed")
        parts = []
        if error is not None:
            error = error.err_message if isinstance(error, names.TaskError) else str(error)
            self._effect({"do": "complete", "error": error})
            handler._learn("", ("error", names.TaskError(error)))
            return
        try:
            form = self._encoded(result, parts)
        except Unkeepable as problem:
            raise TypeError("The result cannot be stored: %s" % problem) from None
        self._effect({"do": "complete", "value": form}, parts)
        handler._learn("", ("value", result))

    def wait(self, handlers, needed, until=None):
        """Waits until so many of these handlers, in lists by job, have ended, or until that moment, in milliseconds since
        1970; returns the jobs of those that have ended."""
        ordinal = self._next_ordinal()
        told = self._told.pop((self.statement, ordinal), None)
        if told is None:
            jobs = self._handled(handlers)
            header = {"do": "await", "n": ordinal, "jobs": jobs, "needed": needed}
            if until is not None:
                header["until"] = until
            answer, parts = self._effect(header)
            told = answer["children"]
        else:
            durable.settle()
            self._reached_out = True
            parts = self._told_parts
        for child in told:
            if child["job"] not in handlers:
                raise names.ReplayDivergence(
                    "At %s/%d/%d/%d the code waits for %s, but it waited for %s there before"
                    % (self.job.id, self.turn, self.statement, ordinal, ", ".join(list(handlers)[:3]), child["job"])
                )
            for handler in handlers[child["job"]]:
                handler._learn(child["state"], _outcome(child, parts))
        return [child["job"] for child in told]

    def later(self, seconds):
        """The moment so long from now, in milliseconds since 1970."""
        millis = min(max(0, int(seconds * 1000)), LONGEST_MILLIS)
        return self.ask({"do": "later", "n": self._next_ordinal(), "millis": millis})[0]["at"]

    def callback(self, name):
        """This job's callback of that name, made now unless it was before."""
        id = {names.CALLBACK: name}
        known = self.children([id])
        if known:
            return known[0]
        header = {"do": "create", "agent": None, "form": {}, "blocks": [["ANSWER", name]], "id": [id]}
        child = self._create(header, None)
        return self._handler_of({**child, "id": id})

    def exit_of(self, job):
        """The handler of a job of which the exit value is awaited, given to it now if it has none; None for what is no
        job."""
        if isinstance(job, names.SubTaskHandler):
            return job
        if not isinstance(job, names.Job):
            return None
        known = self.keeper.handler(job.id) or next((one for one in self.children() if one.job == job), None)
        if known is None:
            known = names.JobExit(job, {names.FUTURE: int(job.id.rpartition(".")[2])})
            self.attach(known)
        return known

    def replies(self, job):
        """What the model of a job has said besides its code."""
        (id,) = self._handled([job.id])
        return self.ask({"do": "replies", "n": self._next_ordinal(), "job": id})[0]["texts"]

    def new_object(self):
        """The id of a new durable object."""
        return self._ask({"do": "new_object", "n": self._next_ordinal()})[0]["id"]

    def look_at_object(self, id):
        """A durable object as it is stored: its version, who made that, and its attributes."""
        answer, parts = self._ask({"do": "object", "n": self._next_ordinal(), "id": id})
        attributes = {name: self._decoded(form, parts) for name, form in answer["attributes"].items()}
        return answer["version"], answer["by"], attributes

    def change_objects(self, objects):
        """Stores durable objects: id, type, version and the stored forms of the attributes of each."""
        self._reached_out = True
        parts = []
        lines = []
        for id, kind, version, form in objects:
            attributes = {}
            for name, (how, data, text) in form.items():
                parts.append(data)
                attributes[name] = {how: len(parts) - 1, "text": text}
            lines.append((id, kind, version, attributes))
        self._ask({"do": "change", "n": self._next_ordinal(), "objects": lines}, parts)

    def pickled(self, value):
        """The stored form of a value that JSON does not hold. Raises Unkeepable."""
        return "pickle", self.keeper.value(value), self._quietly(_text, value)

    def peek(self, handlers):
        jobs = self._handled([handler.job.id for handler in handlers])
        answer, parts = self.ask({"do": "peek", "n": self._next_ordinal(), "jobs": jobs})
        self._learn_children(handlers, answer, parts)

    def _learn_children(self, handlers, answer, parts):
        known = {child["job"]: child for child in answer["children"]}
        for handler in handlers:
            child = known.get(handler.job.id)
            if child is not None:
                handler._learn(child["state"], _outcome(child, parts))

    def tell(self, job, text, revive):
        question = {"do": "tell", "n": self._next_ordinal(), "job": job.id, "text": text, "revives": int(revive)}
        return self._effect(question)[0]["place"]

    def report(self, text):
        self._effect({"do": "report", "n": self._next_ordinal(), "text": text})

    def cancel(self, job, reason):
        self._effect({"do": "cancel", "n": self._next_ordinal(), "job": job.id, "reason": reason})

    def children(self, id=None):
        """The handlers of this job's children, or of the one that has an id, as they are now."""
        answer, parts = self.ask({"do": "children", "n": self._next_ordinal(), "id": id})
        found = []
        for child in answer["children"]:
            if not child["handled"]:
                continue
            handler = self.keeper.handler(child["job"]) or self._handler_of(child)
            handler._learn(child["state"], _outcome(child, parts))
            found.append(handler)
        return found


    def _handler_of(self, child):
        made = names.handler_of(names.Job(child["job"], child["agent"]), child["id"])
        self.keeper.handled.add(child["job"])
        self.keeper.know_handler(child["job"], made)
        return made


class _HeldClock:
    """A reading that is given for a while: the value, and how often it was given."""

    def __init__(self, reading):
        self.reading = reading

    def lasts(self, take):
        return take() - self.reading[0] < HELD_CLOCK_NS

    def give(self):
        self.reading[1] += 1
        return self.reading[0]


class _ReplayedClock:
    """The same, given as often as before."""

    def __init__(self, value, times):
        self.value = value
        self.left = times

    def lasts(self, take):
        return self.left > 0

    def give(self):
        self.left -= 1
        return self.value


def _checked_schema(schema):
    if schema is not None and (not isinstance(schema, dict) or json_bytes(schema, exact=False) is None):
        raise TypeError("result_schema must be a JSON schema, a dict of text, numbers, lists and dicts")
    return schema


def _checked(terms):
    """The same, if they can be bound to."""
    return {**terms, "schema": _checked_schema(terms["schema"]), "retry": _checked_retry(terms["retry"])}


def _checked_retry(retry):
    """Java reads what is in it."""
    if retry is not None and (type(retry) not in (int, dict) or json_bytes(retry, exact=False) is None):
        raise TypeError("retry must be a number of attempts, or a dict such as {'attempts': 3}, not %r" % (retry,))
    return retry


_import, _build_class = __import__, __build_class__


def _outcome(child, parts):
    ended = child.get("ended")
    if ended is None:
        return None
    if "error" in ended:
        error = ended["error"]
        return ("error", names.TaskError(error["message"], error["kind"], error["advice"], error["trace"]))
    if "json" in ended:
        return ("value", ended["json"])
    return ("pickle", arrived(parts[ended["pickle"]]))


def _text(value):
    try:
        return shortened(str(value), TEXT_LIMIT)
    except (Exception, SystemExit):
        return "<%s>" % type(value).__name__


def _log_message(handler):
    """A handler's own words; None if they fail, or are no text."""
    try:
        text = handler.get_log_message()
    except BaseException:
        return None
    return shortened(text, TEXT_LIMIT) if type(text) is str else None


def refused_syntax(problem):
    if isinstance(problem, SyntaxError):
        message, trace = describe(problem)
        if problem.lineno is not None:
            message = "%s (line %d)" % (message, problem.lineno)
        return {"do": "raised", "kind": "refused_code", "message": message, "trace": trace}
    message = "The code cannot be read: %s" % (str(problem) or type(problem).__name__)
    return {"do": "raised", "kind": "refused_code", "message": message}
