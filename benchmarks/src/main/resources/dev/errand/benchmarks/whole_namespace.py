"""Runs steps in a plain namespace and writes all of it to a synced file after each. Prints lines of three columns."""

import importlib
import os
import pickle
import statistics
import sys
import time

FOLDER = sys.argv[1]
STRINGS = "big = [f'{i:06d}' + 'x' * 994 for i in range(50_000)]"
LARGE = {
    "bytes": "big = __import__('random').randbytes(50_000_000)",
    "list of 50,000 strings": STRINGS,
    "dict of 50,000 strings": "big = {i: f'{i:06d}' + 'x' * 994 for i in range(50_000)}",
    "list of 6 million ints": "big = list(range(1000, 6_001_000))",
}


def keep(space, dumps):
    data = dumps({name: value for name, value in space.items() if name != "__builtins__"})
    with open(os.path.join(FOLDER, "namespace"), "wb", 0) as file:
        file.write(data)
        os.fsync(file.fileno())
    return len(data)


def steps(name, dumps, title, setup, statements):
    space = {}
    exec(setup, space)
    keep(space, dumps)
    took, size = [], 0
    for statement in statements:
        code = compile(statement, "<step>", "exec")
        start = time.perf_counter()
        exec(code, space)
        size = keep(space, dumps)
        took.append((time.perf_counter() - start) * 1000)
    print("%s\t%s\tp50 %.2f ms, %s bytes written each" % (name, title, statistics.median(took), format(size, ",")))


def main():
    for name in ("pickle", "dill", "cloudpickle"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue

        def dumps(value, module=module):
            return module.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)

        few = 3 if name == "dill" else 7
        small = ["s%d = %d" % (i, i) for i in range(few)]
        steps(name, dumps, "step, one new small variable", "", ["x%d = %d" % (i, i) for i in range(200)])
        steps(name, dumps, "small step beside bytes of 50 MB", LARGE["bytes"], small)
        steps(name, dumps, "small step beside a list of 50,000 strings", STRINGS, small)
        steps(name, dumps, "small step beside a list of 6 million ints", LARGE["list of 6 million ints"], small)
        steps(name, dumps, "write one of 50,000 strings", STRINGS, ["big[%d] = 'y' * 1000" % (i * 997) for i in range(few)])
        steps(name, dumps, "read all of 50,000 strings", STRINGS, ["total = sum(map(len, big))"] * few)
        try:
            import pandas  # noqa: F401
        except ImportError:
            continue
        frame = "import numpy, pandas\nframe = pandas.DataFrame(numpy.random.rand(625_000, 10))\ndel numpy, pandas"
        steps(name, dumps, "write one cell of a DataFrame of 50 MB", frame, ["frame.iat[%d, 3] = 1.5" % i for i in range(few)])
    plain("reading all of 50,000 strings", STRINGS, "total = sum(map(len, big))", 20)
    for title, making in LARGE.items():
        plain("making 50 MB, " + title, "big = None", making, 5)


def plain(title, setup, statement, times):
    """What a statement takes by itself; nothing is left of what the one before made."""
    took = []
    for _ in range(times):
        space = {}
        exec(setup, space)
        code = compile(statement, "<step>", "exec")
        start = time.perf_counter()
        exec(code, space)
        took.append((time.perf_counter() - start) * 1000)
    print("plain\t%s, nothing kept\tp50 %.2f ms" % (title, statistics.median(took)))


main()
