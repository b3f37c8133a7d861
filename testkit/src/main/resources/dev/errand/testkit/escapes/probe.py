def probe():
    """What the library and the driver say where nobody has changed them."""
    import asyncio, base64, calendar, collections, contextlib, copy, csv, dataclasses, datetime, difflib, enum, fractions
    import functools, json, pprint, random, re, statistics, string, textwrap, typing, errand, statek.task
    from collections.abc import Mapping, Sequence

    def said(function, *given):
        try:
            return repr(function(*given))
        except Exception as problem:
            return "%s: %s" % (type(problem).__name__, problem)

    class Color(enum.Enum):
        RED = 1

    @dataclasses.dataclass
    class Point:
        x: int = 1

    class Plain(collections.UserDict):
        pass

    handler = SubTaskHandler(current_job())
    half = fractions.Fraction(1, 3)
    return [
        said(json.dumps, [1, {"a": None}]), said(json.JSONEncoder().encode, {"a": 1}), said(json.JSONEncoder().default, 1),
        said(half.limit_denominator, 2), said(lambda: [half.numerator, half.denominator]),
        said(re.sub, "a", "b", "aaa"), said(re.compile("a").search, "b"),
        said(list, collections.Counter("ab").items()), said(Plain, {"a": 1}), said(lambda: Plain(a=1).data),
        said(textwrap.fill, "a b", 1), said(string.Template("$a").substitute, {"a": 1}), said(string.Template("!a").safe_substitute),
        said(lambda: string.ascii_letters), said(difflib.SequenceMatcher(None, "a", "b").ratio),
        said(list, calendar.Calendar().iterweekdays()), said(lambda: calendar.setfirstweekday.__name__),
        said(lambda: Color.RED.name), said(lambda: hasattr(Color, "x")), said(copy.copy, Point()), said(lambda: Point(2)),
        said(lambda: datetime.datetime(2020, 1, 1).isoformat()), said(lambda: datetime.date.today.__name__),
        said(lambda: datetime.datetime.now.__name__), said(pprint.pformat, {"a": [1]}), said(statistics.mean, [1, 2]),
        said(lambda: random.Random(3).random() == random.Random(3).random() != 4), said(lambda: random.random() != 4),
        said(lambda: [hasattr(one, "x") for one in (typing.Generic, typing.Protocol, contextlib.AbstractContextManager)]),
        said(lambda: [one.__name__ for one in (asyncio.gather, asyncio.get_event_loop, contextlib.ExitStack.close)]),
        said(lambda: asyncio.Future.result.__name__), said(lambda: asyncio.Task.get_coro.__name__),
        said(lambda: [errand.delegate.__name__, statek.task.delegate.__name__, statek.task is None]),
        said(handler.complete, 1), said(lambda: handler.state), said(lambda: handler.result), said(lambda: handler.peek.__name__),
        said(lambda: [str(SubTaskState.WAITING), hasattr(SubTaskState, "extra")]), said(lambda: ToolError("x").args),
        said(lambda: hasattr(ToolError, "with_notes")), said(lambda: LostValue("x").args),
        said(lambda: [isinstance(3, Mapping), isinstance([], Sequence)]), said(functools.partial(max, 1), 2),
        said(base64.b64encode, b"a"), said(lambda: type(json).__name__), said(lambda: hasattr(json, "pi")),
    ]
probe()
