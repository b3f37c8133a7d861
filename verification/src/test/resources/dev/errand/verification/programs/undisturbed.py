"""Carries out programs in plain CPython and says what came of each: what a job must come to, whatever disturbs it.

Shares nothing with Errand. A job is a fork, which has copies of everything by nature; `exit` ends the process, so nothing
of the program sees it. One program per line of standard input, as JSON; one account per line of standard output.
"""

import hashlib
import json
import os
import pickle
import signal
import sys
import traceback
import types

MOST_JOBS = 40
MOST_EFFECTS = 400
LONGEST_SECONDS = 5


class SubTaskError(RuntimeError):
    pass


class ToolError(RuntimeError):
    pass


class EffectUnknown(RuntimeError):
    pass


for error in (SubTaskError, ToolError, EffectUnknown):
    error.__module__ = "__main__"


class Job:
    """The job that this process is."""

    def __init__(self, path, seed):
        self.path = path
        self.seed = seed
        self.console = []
        self.effects = []
        self.once = []
        self.calls = {}
        self.created = 0
        self.handlers = []
        self.below = {}
        self.completion = None

    def account(self):
        jobs = dict(self.below)
        jobs[self.path] = {"console": "".join(self.console), "effects": self.effects, "once": self.once}
        return jobs

    def end(self, outcome):
        jobs = self.account()
        if len(jobs) > MOST_JOBS or sum(len(job["effects"]) for job in jobs.values()) > MOST_EFFECTS:
            outcome = ("large", None)
        try:
            report = pickle.dumps((outcome, self.completion, jobs))
        except Exception:  # of a class that pickle does not find by its name: no yardstick for that
            report = pickle.dumps((("large", None), None, {}))
        with os.fdopen(self.report, "wb") as out:
            out.write(report)
        os._exit(0)

    def decide(self, tool):
        number = self.calls[tool] = self.calls.get(tool, 0) + 1
        text = "%d %s %s %d" % (self.seed, self.path, tool, number)
        return hashlib.sha256(text.encode()).digest()


def in_a_fork(path, seed, work):
    """Carries out `work` as the job of that path; returns its outcome, its completion, and the account of all jobs."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        signal.alarm(LONGEST_SECONDS)
        os.close(reading)
        begin(Job(path, seed), writing)
        try:
            job.end(("returned", work()))
        except BaseException as problem:
            job.end(("raised", "".join(traceback.format_exception_only(type(problem), problem)).strip()))
    os.close(writing)
    with os.fdopen(reading, "rb") as report:
        content = report.read()
    os.waitpid(process, 0)
    if not content:
        return ("large", None), None, {}  # it took too long
    return pickle.loads(content)


def in_attempts(most):
    """The same, until one has a result: each is a job below that of the path."""

    def attempt(path, seed, work):
        all_jobs = {path: {"console": "", "effects": [], "once": []}}
        for number in range(1, most + 1):
            outcome, completion, jobs = in_a_fork("%s.%d" % (path, number), seed, work)
            if outcome[0] == "large":
                return outcome, None, {}
            all_jobs.update(jobs)
            kind, value = completion or delivered(outcome)
            if kind == "value":
                return outcome, (kind, value), all_jobs
        return outcome, (kind, "%s (attempt %d of %d)" % (value, most, most)), all_jobs

    return attempt


def begin(made, writing):
    global job
    job = made
    job.report = writing


class TaskError:
    def __init__(self, message):
        self.err_message = message

    def __str__(self):
        return self.err_message


class Handler:
    """A child, which is over by the time its parent goes on."""

    def __init__(self, path, id, work, attempts=None):
        if id is not None and any(other.id == id for other in job.handlers):
            taken = next(other for other in job.handlers if other.id == id)
            raise ValueError(
                "Sub-task id=%s is taken by job %s; ids are unique per parent, choose another." % (json.dumps(id), taken.path)
            )
        self.path = path
        self.id = id
        self.is_completed = True
        job.handlers.append(self)
        how = in_a_fork if attempts is None else in_attempts(attempts)
        outcome, completion, jobs = how(path, job.seed, work)
        job.below.update(jobs)
        if outcome[0] == "large":
            job.end(outcome)
        self._outcome = completion or delivered(outcome)

    @property
    def state(self):
        return "COMPLETED" if self._outcome[0] == "value" else "ERROR"

    @property
    def error(self):
        return None if self._outcome[0] == "value" else TaskError(self._outcome[1])

    @property
    def result(self):
        if self._outcome[0] == "error":
            raise SubTaskError(self._outcome[1])
        return self._outcome[1]

    def peek(self):
        return self._outcome[1] if self._outcome[0] == "value" else None


def delivered(outcome):
    how, value = outcome
    if how == "returned":
        return ("value", value)
    if how == "exited":
        told = "The child ended without completing its handler; it exited with: "
        return ("error", told + ("null" if value is None else str(value)))
    return ("error", value)


def next_path():
    job.created += 1
    if job.created > MOST_JOBS:
        job.end(("large", None))
    return "%s.%d" % (job.path, job.created)


def delegate(function, *args, id=None, retry=None, **kwargs):
    attempts = None if retry is None else retry["attempts"]
    return Handler(next_path(), id, lambda: function(*args, **kwargs), attempts)


def create_new_job(agent, shared_vars, warmup_code):
    return shared_vars, warmup_code


def subtask(function):
    def start(*args, id=None, **kwargs):
        variables, code = function(*args, **kwargs)

        def work():
            exec(code, {**NAMES, **variables})

        return Handler(next_path(), id, work)

    return start


@subtask
def aide(n):
    return create_new_job("aide", {"n": n}, "print('aiding', n)\ncomplete_sub_task(n * 3)")


def complete_sub_task(result=None, error=None):
    if job.path == "root":
        raise RuntimeError("complete_sub_task requires sub_task_handler in current job locals")
    if job.completion is not None:
        raise RuntimeError("Sub-task handler is already completed")
    job.completion = ("value", result) if error is None else ("error", error)


def handlers(given):
    found = []
    for item in given:
        found += [item] if isinstance(item, Handler) else handlers(item)
    return found


def wait_all(*given):
    return handlers(given)


def wait_any(*given):
    return handlers(given)[0]


def as_completed(*given):
    return iter(dict.fromkeys(handlers(given)))


def sub_tasks():
    return list(job.handlers)


def find_sub_task_handler(id):
    for handler in job.handlers:
        if handler.id == id:
            return handler
    raise RuntimeError("Sub-task id=%s does not exist; no sub-task of this job has that id." % (id,))


def console(*values, sep=" ", end="\n"):
    job.console.append(sep.join(map(str, values)) + end)


def leave(value=None):
    job.end(("exited", value))


def printed(value):
    return json.dumps(value, separators=(",", ":"))


def effect(tool, argument, outcome):
    job.effects.append("%s(%s) %s" % (tool, printed(argument), outcome))


def fetch(n):
    dice = job.decide("fetch")
    if dice[0] % 5 == 0:
        effect("fetch", n, "failed")
        raise ToolError("fetch: refused %d" % dice[1])
    effect("fetch", n, dice[1] % 50)
    return dice[1] % 50


def rows(n):
    dice = job.decide("rows")
    made = [dice[at] % 50 for at in range(1, 1 + dice[0] % 4)]
    effect("rows", n, printed(made))
    return made


def mark(value):
    effect("mark", None, "null")  # what it marks differs each time


def look(n):
    return hashlib.sha256(("%d look %s" % (job.seed, printed(n))).encode()).digest()[1] % 50


def once(n):
    dice = job.decide("once")
    job.once.append(printed(n))
    if dice[0] % 3 == 0:
        raise ToolError("once: refused")


NAMES = {
    "SubTaskError": SubTaskError,
    "ToolError": ToolError,
    "EffectUnknown": EffectUnknown,
    "agent": lambda name: name,
    "aide": aide,
    "as_completed": as_completed,
    "complete_sub_task": complete_sub_task,
    "create_new_job": create_new_job,
    "delegate": delegate,
    "exit": leave,
    "fetch": fetch,
    "find_sub_task_handler": find_sub_task_handler,
    "look": look,
    "mark": mark,
    "once": once,
    "print": console,
    "rows": rows,
    "sub_tasks": sub_tasks,
    "subtask": subtask,
    "wait_all": wait_all,
    "wait_any": wait_any,
}


def carry_out(program):
    def work():
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        main.__dict__.update(NAMES)
        for block in program["blocks"]:
            exec(compile(block, "<block>", "exec"), main.__dict__)

    outcome, _completion, jobs = in_a_fork("root", program["seed"], work)
    how, value = outcome
    if how in ("returned", "exited"):
        told = "succeeded with " + ("null" if value is None else value)
    else:
        told = "failed with %s" % value if how == "raised" else how
    return {"outcome": told, "jobs": jobs}


for line in sys.stdin:
    print(json.dumps(carry_out(json.loads(line))), flush=True)
