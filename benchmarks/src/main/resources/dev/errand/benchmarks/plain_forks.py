"""What processes alone cost: a plain Python forks 1,000 children, eight at a time.

Each makes a function, calls it, pickles the result, and ends. It is not locked in, talks to nobody and keeps nothing. The
parent has imported what the driver of workspaces imports.
"""

import ast, bisect, collections, contextlib, copy, ctypes, dataclasses, datetime, dis, enum, functools, gc, hashlib  # noqa
import inspect, io, json, linecache, math, os, pickle, random, re, resource, select, socket, struct, time  # noqa
import traceback, types, typing, uuid, warnings, weakref  # noqa

CHILDREN = 1000


def child():
    names = {}
    exec("def same(value):\n    return value\nresult = same(7)", names)
    pickle.dumps(names["result"])
    os._exit(0)


def used():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


gc.collect()
gc.freeze()
gc.disable()
before, begun = used(), time.perf_counter()
alive = 0
for _ in range(CHILDREN):
    if os.fork() == 0:
        child()
    alive += 1
    if alive == 8:
        os.wait()
        alive -= 1
while alive:
    os.wait()
    alive -= 1
took, used_in_all = time.perf_counter() - begun, used() - before
print(
    "python\tplain forks of a Python with the driver's imports\t%.0f children/s, %.2f ms of processor time each"
    % (CHILDREN / took, 1000 * used_in_all / CHILDREN)
)
