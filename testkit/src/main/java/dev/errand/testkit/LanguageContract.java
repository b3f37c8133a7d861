package dev.errand.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.RefusedException;
import dev.errand.job.TaskError;
import dev.errand.spi.Capability;
import dev.errand.spi.Workspace;
import dev.errand.spi.Workspace.Ending;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.testkit.DrivenJob.Wait;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every [WorkspaceRuntime] must make of Python as a language: coroutines, refusals of what
/// cannot be durable, errors with the job's own lines, values as a model is shown them, and each
/// kind of object that survives a restart.
///
/// An implementation extends it and gives its runtime, which the whole class shares.
@SuppressWarnings("JUnitClassModifiers") // it is for other modules to extend
public abstract class LanguageContract extends DrivenJobs {
  private DrivenJob echoing() {
    return echoing(job());
  }

  private static DrivenJob echoing(DrivenJob job) {
    return job.tool(tool("echo", "value"), DrivenJobs::echo);
  }

  // Coroutines

  @Test
  void what_a_tool_gives_may_be_awaited_anywhere() {
    var source =
        """
        first = await echo('a')
        async def ask(x):
            return await echo(x)
        asked = await ask('b')
        later = [ask('c'), ask('d')]
        [first, asked, echo('plain'), *[await one for one in later]]
        """;
    assertThat(finish(echoing(), source)).isEqualTo("[\"a\",\"b\",\"plain\",\"c\",\"d\"]");
  }

  @Test
  void await_async_for_and_async_with_stand_at_top_level() {
    var job = job();
    job.run(
        """
        class Numbers:
            def __init__(self, n): self.n = n
            def __aiter__(self): return self
            async def __anext__(self):
                self.n -= 1
                if self.n < 0: raise StopAsyncIteration
                return self.n
        class Open:
            async def __aenter__(self): return 'open'
            async def __aexit__(self, *error): print('closed')
        async def produce(n):
            for i in range(n):
                yield i
        """);
    job.restart();
    assertThat(
            finish(
                job,
                """
                seen = []
                async for n in Numbers(3):
                    seen.append(n)
                async with Open() as how:
                    seen.append(how)
                seen + [n async for n in produce(2)] + [[n async for n in Numbers(1)]]
                """))
        .isEqualTo("[2,1,0,\"open\",0,1,[0]]");
    assertThat(job.host().console()).isEqualTo("closed\n");
  }

  @Test
  void tasks_take_turns_in_the_order_in_which_they_were_made() {
    var job = echoing();
    job.run(
        """
        import asyncio
        async def twice(name):
            first = await echo(name + '1')
            await asyncio.sleep(0)
            return first + echo(name + '2')
        both = await asyncio.gather(twice('a'), twice('b'), echo('plain'))
        """);
    assertThat(finish(job, "both")).isEqualTo("[\"a1a2\",\"b1b2\",\"plain\"]");
    assertThat(job.host().effects())
        .containsExactly(
            "echo{\"value\":\"plain\"}",
            "echo{\"value\":\"a1\"}",
            "echo{\"value\":\"b1\"}",
            "echo{\"value\":\"a2\"}",
            "echo{\"value\":\"b2\"}");
  }

  @Test
  void what_asyncio_offers_works() {
    assertThat(
            finish(
                job(),
                """
                import asyncio
                from asyncio import Queue, Semaphore
                log = []
                async def work(n, seconds):
                    async with limit:
                        await asyncio.sleep(seconds)
                        log.append(n)
                        return n
                limit = Semaphore(2)
                await asyncio.gather(work(1, 0.02), work(2, 0.01), work(3, 0))
                try:
                    await asyncio.wait_for(work(4, 1000), timeout=0.01)
                except asyncio.TimeoutError:
                    log.append('late')
                done, pending = await asyncio.wait([asyncio.create_task(work(n, 0)) for n in (5, 6)])
                log.append([task.result() for task in done])
                for first in asyncio.as_completed([work(7, 0.02), work(8, 0.01)]):
                    log.append(await first)
                queue = Queue()
                async def fill():
                    for i in range(2):
                        await queue.put(i)
                async def drain():
                    return [await queue.get() for _ in range(2)]
                log.append((await asyncio.gather(drain(), fill()))[0])
                log.append(asyncio.run(work(9, 0)))
                log
                """))
        .isEqualTo("[2,3,1,\"late\",5,6,[5,6],8,8,7,7,[0,1],9,9]");
  }

  @Test
  void a_statement_ends_when_the_tasks_that_it_started_have_ended() {
    var job = echoing();
    job.run(
        """
        import asyncio
        async def work(x):
            await asyncio.sleep(0)
            return echo(x)
        async def fail():
            raise KeyError('k')
        task, failed, limit = asyncio.create_task(work(5)), asyncio.create_task(fail()), asyncio.Semaphore(1)
        """);
    assertThat(job.host().effects()).hasSize(1);
    job.restart();
    assertThat(finish(job, "async with limit:\n    got = await task\ngot")).isEqualTo("5");
    assertThat(raise(job, "await failed").message()).isEqualTo("KeyError: 'k'");
  }

  private static final String CONCURRENT =
      """
      import asyncio
      def double(n):
          return 2 * n
      async def chain(name, n):
          first = await delegate(double, n)
          print(name, first)
          second = await delegate(double, first)
          return echo(name + str(second))
      async def all():
          return await asyncio.gather(chain('a', 1), chain('b', 10), delegate(double, 5))
      got = await all()
      [*got, await chain('c', 100)]
      """;

  @ParameterizedTest
  @EnumSource(Wait.class)
  void tasks_wait_for_handlers_together_and_interruptions_change_nothing(Wait wait) {
    var undisturbed = echoing(job("async"));
    var expected = finish(undisturbed, CONCURRENT);
    assertThat(expected).isEqualTo("[\"a4\",\"b40\",10,\"c400\"]");
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int round = 0; round < many(4); round++) {
      var job = echoing(job("async")).waits(wait);
      interrupt(job, random, 20);
      assertThat(finish(job, CONCURRENT)).as("seed %d", seed).isEqualTo(expected);
      assertThat(job.host().console()).as("seed %d", seed).isEqualTo(undisturbed.host().console());
      assertThat(job.host().effects()).as("seed %d", seed).isEqualTo(undisturbed.host().effects());
    }
  }

  @Test
  void an_async_function_can_be_delegated() {
    assertThat(
            finish(
                echoing(),
                "async def ask(x):\n    return await echo(x) + 1\nawait delegate(ask, 4)"))
        .isEqualTo("5");
  }

  @Test
  void a_trace_out_of_a_coroutine_shows_the_jobs_lines_only() {
    var error =
        raise(
            job(),
            """
            import asyncio
            async def inner():
                await asyncio.sleep(0)
                return 1 / 0
            async def outer():
                await asyncio.gather(inner())
            await outer()
            """);
    assertThat(error.trace())
        .contains("line 7, in <module>", "line 6, in outer", "line 4, in inner")
        .doesNotContain("asyncio/", "loop.py", "session.py");
  }

  @Test
  void a_coroutine_that_nobody_awaits_says_nothing() {
    var job = job();
    job.run("async def f():\n    print('never')\nf()\nx = f()\nx = None");
    job.run("f()");
    assertThat(job.host().console()).isEmpty();
  }

  @Test
  void coroutines_that_wait_for_each_other_are_told_and_later_ones_run() {
    var job = job();
    assertThat(raise(job, "import asyncio\nawait asyncio.Event().wait()").message())
        .contains("wait for each other");
    assertThat(finish(job, "await asyncio.sleep(0, 7)")).isEqualTo("7");
  }

  // What a checkpoint could not hold

  @ParameterizedTest
  @ValueSource(
      strings = {
        "import threading\nthreading.Thread(target=print).start()",
        "import threading\nthreading.Timer(1, print).start()",
        "import _thread\n_thread.start_new_thread(print, ())",
        "import os\nos.fork()",
        "import os\nos.forkpty()",
        "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor().submit(print)",
        "from concurrent.futures import ProcessPoolExecutor\nProcessPoolExecutor().submit(print)",
        "import multiprocessing\nmultiprocessing.Process(target=print).start()",
        "import multiprocessing as m\nm.get_context('spawn').Process(target=print).start()",
        "import asyncio\nawait asyncio.to_thread(print)"
      })
  void threads_and_forks_are_refused_with_what_to_do_instead(String source) {
    var job = job().unrestricted();
    assertThat(raise(job, source).message())
        .contains("cannot be started in a job", "use delegate(function, ...)");
    assertThat(finish(job, "1 + 1")).isEqualTo("2");
  }

  @Test
  void no_thread_is_started_in_restricted_mode_either() {
    assertThat(raise(job(), "import asyncio\nawait asyncio.to_thread(print)").message())
        .contains("Threads cannot be started in a job");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "try:\n    exit(1)\nexcept BaseException:\n    print('no')\nfinally:\n    print('no')",
        "def g():\n    try:\n        yield exit(1)\n    finally:\n        print('no')\nlist(g())",
        "sorted([2, 1], key=exit)",
        "{exit(1) for _ in range(3)}",
        "def f():\n    def g():\n        exit(1)\n    g()\n    print('no')\nf()\nprint('no')",
        "async def f():\n    try:\n        exit(1)\n    finally:\n        print('no')\nawait f()",
        "import asyncio\nasync def f():\n    exit(1)\nawait asyncio.gather(f(), f())\nprint('no')",
        "import contextlib\nwith contextlib.suppress(BaseException):\n    exit(1)\nprint('no')",
        "next(filter(exit, [1]))\nprint('no')",
        "import re\nre.sub('a', lambda m: exit(1), 'aa')\nprint('no')"
      })
  void exit_ends_the_job_from_wherever_it_is_called(String source) {
    var job = job().unrestricted();
    assertThat(job.run(source)).isInstanceOf(Ending.Exited.class);
    assertThat(job.host().console()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"c = C()\ndel c\nprint('later')", "[C()] and None\nprint('later')"})
  void exit_ends_the_job_from_a_finalizer_whenever_that_is_called(String source) {
    var job = job().unrestricted();
    var ending = job.run("class C:\n    def __del__(self): exit(1)\n" + source);
    if (can(Capability.PROMPT_FINALIZERS)) {
      assertThat(ending).isInstanceOf(Ending.Exited.class);
      assertThat(job.host().console()).isEmpty();
    } else {
      assertThat(ending).isInstanceOfAny(Ending.Exited.class, Ending.Finished.class);
    }
  }

  // Values as a model is shown them

  private Workspace.Shown shown(String source) {
    var job = job();
    job.host().showing();
    return shown(job, source);
  }

  private static Workspace.Shown shown(DrivenJob job, String source) {
    if (job.run(source) instanceof Ending.Finished(var mark, var value, var shown)) {
      return Objects.requireNonNull(shown, "nothing was shown");
    }
    throw new AssertionError("It did not finish");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'text'",
        "[1, 'two', {'three': (4,)}]",
        "{'a': {1}, 'b': frozenset(), 'c': set()}",
        "-1.5",
        "range(0, 3)",
        "b'x'",
        "ValueError('v')",
        "True"
      })
  void a_short_value_is_shown_as_python_prints_it(String literal) {
    var shown = shown(literal);
    assertThat(shown.brief()).isEqualTo(literal).isEqualTo(shown.full());
  }

  @Test
  void what_is_long_is_left_out_and_counted_and_readable_in_full() {
    var numbers = shown("list(range(1000))");
    assertThat(numbers.brief()).startsWith("[0, 1, 2").endsWith("24, … (975 more)]");
    assertThat(numbers.full()).endsWith("998, 999]");
    var text = shown("'x' * 9000");
    assertThat(text.brief()).hasSizeLessThan(5000).endsWith("'… (5000 more characters)");
    assertThat(text.full()).hasSize(9002);
    assertThat(shown("{i: {'key': list(range(100))} for i in range(40)}").brief())
        .contains("{'key': [0, 1,", "… (75 more)]}", "… (15 more)}");
    assertThat(shown("'y' * 10**7").full()).hasSizeLessThan(110_000).contains("more characters");
  }

  @Test
  void a_class_may_say_how_it_is_shown_to_a_model() {
    var source =
        """
        from dataclasses import dataclass
        from collections import namedtuple, deque
        class Order:
            def __repr__(self): return 'for people'
            def __llm_repr__(self): return '<order 7, open>'
        @dataclass
        class Box:
            order: Order
            sizes: list
        class Plain:
            def __init__(self): self.order = Order()
        class Said:
            def __str__(self): return 'in words'
        Pair = namedtuple('Pair', 'a b')
        [Order(), Box(Order(), list(range(30))), Pair(Order(), 1), Plain(), Said(), deque([Order()])]
        """;
    assertThat(shown(source).brief())
        .startsWith("[<order 7, open>, Box(order=<order 7, open>, sizes=[0, 1, ")
        .contains("… (5 more)]), Pair(a=<order 7, open>, b=1), Plain(order=<order 7, open>)")
        .endsWith("in words, deque([<order 7, open>])]");
  }

  @Test
  void what_a_class_does_while_it_is_shown_has_no_effect() {
    var job = echoing();
    job.host().showing();
    job.run(
        """
        class Odd:
            def __init__(self, act): self.act = act
            def __llm_repr__(self): return self.act()
        odd = [Odd(lambda: echo(1)), Odd(lambda: exit(2)), Odd(lambda: 1 / 0), Odd(lambda: print('no') or 'fine'), Odd(lambda: 5)]
        """);
    assertThat(shown(job, "odd").brief())
        .isEqualTo(
            "[<Odd that cannot be shown: RuntimeError>, <Odd that cannot be shown: RuntimeError>,"
                + " <Odd that cannot be shown: ZeroDivisionError>, fine, <Odd that cannot be shown:"
                + " TypeError>]");
    assertThat(job.host().effects()).isEmpty();
    assertThat(job.host().console()).isEmpty();
  }

  @Test
  void what_was_lost_is_shown_as_lost() {
    var job = job();
    job.host().showing();
    job.run("steps = (i for i in [1])");
    job.restart();
    assertThat(shown(job, "[1, steps]").brief())
        .startsWith("[1, <The variable 'steps' was lost: its value, of type generator");
  }

  @Test
  void nothing_is_shown_of_none_or_where_nobody_asks() {
    var job = job();
    assertThat(((Ending.Finished) job.run("1 + 1")).shown()).isNull();
    job.host().showing();
    assertThat(((Ending.Finished) job.run("print('x')")).shown()).isNull();
    assertThat(((Ending.Finished) job.run("x = 1")).shown()).isNull();
  }

  @Test
  void what_is_shown_of_one_object_is_the_same_in_every_process() {
    var job = job();
    job.host().showing();
    job.run("def f(): pass\ncycle = [f]\ncycle.append(cycle)\nsteps = iter([1])");
    var before = shown(job, "[f, cycle, print, object()]").brief();
    assertThat(before).startsWith("[<function f>, [<function f>, …]");
    job.restart();
    assertThat(shown(job, "[f, cycle, print, object()]").brief()).isEqualTo(before);
  }

  @Test
  void the_preview_of_a_variable_runs_none_of_the_jobs_code() {
    var job = job();
    job.run(
        """
        class Loud(Exception):
            def __repr__(self): print('ran')
            __str__ = __llm_repr__ = __len__ = __iter__ = __hash__ = __bool__ = __repr__
        x = Loud('why', [1])
        """);
    assertThat(job.host().console()).isEmpty();
    var lines = Objects.requireNonNull(job.host().marks().getLast().snapshot()).variables();
    assertThat(lines.getLast().preview()).isEqualTo("Loud('why', [1])");
  }

  // Errors

  private static final String FAILING =
      """
      import functools

      def plain(x):
          y = 1
          return y / x

      double = lambda x: plain(x) * 2

      def outer(x):
          def inner():
              return double(x)
          return inner()

      class Shape:
          size = 0
          @property
          def area(self):
              return outer(self.size)
          @staticmethod
          def of(x):
              return Shape().area

      def traced(function):
          @functools.wraps(function)
          def wrapper(*args):
              return function(*args)
          return wrapper

      @traced
      def start(xs):
          return [Shape.of(x) for x in xs]
      """;

  @Test
  void a_trace_has_the_lines_of_all_earlier_code_also_after_restarts() {
    var job = job();
    job.run(FAILING);
    var before = raise(job, "# one\nstart([1])");
    assertThat(before.trace())
        .contains("line 2, in <module>\n    start([1])")
        .contains("line 26, in wrapper\n    return function(*args)")
        .contains("line 31, in start\n    return [Shape.of(x) for x in xs]")
        .contains("line 21, in of\n    return Shape().area")
        .contains("line 18, in area\n    return outer(self.size)")
        .contains("line 12, in outer\n    return inner()")
        .contains("line 11, in inner\n    return double(x)")
        .contains("line 7, in <lambda>\n    double = lambda x: plain(x) * 2")
        .contains("line 5, in plain\n    return y / x")
        .doesNotContain("session.py");
    job.restart();
    assertThat(raise(job, "# one\nstart([1])")).isEqualTo(before);
    job.restart();
    job.restart();
    assertThat(raise(job, "# one\nstart([1])")).isEqualTo(before);
  }

  @Test
  void groups_causes_contexts_and_notes_are_in_the_trace() {
    var error =
        raise(
            job(),
            """
            def fail(kind):
                raise kind('no')
            class Own(Exception):
                pass
            try:
                try:
                    fail(KeyError)
                except KeyError as problem:
                    raise Own('own') from problem
            except Own as problem:
                problem.add_note('a note') if hasattr(problem, 'add_note') else None
                fail(ValueError)
            """);
    assertThat(error.message()).isEqualTo("ValueError: no");
    assertThat(error.trace())
        .containsSubsequence(
            "line 7, in <module>",
            "line 2, in fail",
            "KeyError: 'no'",
            "direct cause of the following",
            "line 9, in <module>",
            "Own: own",
            "During handling of the above",
            "line 12, in <module>",
            "ValueError: no");
  }

  @Test
  void a_syntax_error_points_at_its_place() {
    var error = raise(job(), "x = 1\nif x:\n    y = (1 +* 2)\n");
    assertThat(error.kind()).isEqualTo(TaskError.Kind.REFUSED_CODE);
    assertThat(error.message()).isEqualTo("SyntaxError: invalid syntax (line 3)");
    assertThat(error.trace()).contains("line 3\n    y = (1 +* 2)\n            ^\n");
  }

  @Test
  void code_given_to_exec_is_in_the_trace() {
    var error = raise(job().unrestricted(), "exec('def f():\\n    return 1 / 0\\nf()')");
    assertThat(error.trace())
        .contains("\"<string>\", line 3, in <module>", "\"<string>\", line 2, in f");
  }

  @Test
  void the_same_warning_comes_once_in_each_statement() {
    var job = job().unrestricted();
    job.run("import warnings\ndef warn():\n    warnings.warn('careful')\n[warn(), warn()]\nwarn()");
    job.restart();
    job.run("warn()");
    assertThat(job.host().console().split("UserWarning", -1)).hasSize(4);
  }

  // Exceptions in variables

  @Test
  void a_kept_exception_is_raised_again_with_where_it_came_from() {
    var source =
        """
        def f(x):
            return 1 / x
        def g():
            try:
                f(0)
            except ZeroDivisionError as problem:
                raise Odd(7, why='seven') from problem
        class Odd(Exception):
            def __init__(self, number, *, why):
                super().__init__('odd: %d' % number)
                self.number, self.why = number, why
        try:
            g()
        except Odd as problem:
            kept = problem
            kept.again = problem
        """;
    var job = job();
    job.run(source);
    var twin = job();
    twin.run(source);
    job.restart();
    var error = raise(job, "raise kept");
    assertThat(error).isEqualTo(raise(twin, "raise kept"));
    assertThat(error.trace())
        .containsSubsequence(
            "line 5, in g\n    f(0)",
            "line 2, in f\n    return 1 / x",
            "ZeroDivisionError: division by zero",
            "direct cause",
            "line 1, in <module>\n    raise kept",
            "line 13, in <module>\n    g()",
            "line 7, in g\n    raise Odd(7, why='seven') from problem",
            "Odd: odd: 7");
    assertThat(finish(job, "[kept.number, kept.why, kept.args, kept.again is kept, str(kept)][:2]"))
        .isEqualTo("[7,\"seven\"]");
  }

  @Test
  void a_trace_that_is_printed_later_is_the_same() {
    var job = job().unrestricted();
    job.run(
        """
        import json, traceback
        def load(text):
            return json.loads(text)
        try:
            load('{')
        except ValueError as problem:
            kept, where = problem, problem.__traceback__
        text = traceback.format_exception(kept)
        """);
    job.restart();
    assertThat(finish(job, "traceback.format_exception(kept) == text")).isEqualTo("true");
    assertThat(finish(job, "where is kept.__traceback__")).isEqualTo("true");
    job.restart();
    assertThat(finish(job, "traceback.format_exception(kept) == text")).isEqualTo("true");
  }

  @Test
  void of_a_deep_trace_both_ends_are_kept() {
    var job = job();
    job.run(
        """
        def dive(n):
            return 1 / n if n == 0 else dive(n - 1)
        try:
            dive(300)
        except ZeroDivisionError as problem:
            kept = problem
        """);
    job.restart();
    var trace = raise(job, "raise kept").trace();
    assertThat(trace).contains("line 4, in <module>", "ZeroDivisionError: division by zero");
    assertThat(trace).contains("Previous line repeated 96 more times");
  }

  @Test
  void exceptions_of_every_making_survive() {
    survives(
        """
        import json, decimal
        def caught(act):
            try:
                act()
            except BaseException as problem:
                return problem
        class Dec(UnicodeDecodeError):
            def __init__(self):
                super().__init__('utf-8', b'ab', 0, 1, 'odd')
        class Slotted(ValueError):
            __slots__ = ('more',)
        class Loop(Exception):
            pass
        loop = Loop(1)
        loop.args = (loop,)
        slotted = Slotted('s')
        slotted.more = [1]
        def stop():
            raise StopIteration([5])
        def leave():
            raise SystemExit(4)
        kept = [caught(act) for act in [
            lambda: {}['k'], lambda: b'\\xff'.decode(), lambda: [].missing, lambda: unknown, lambda: int('x'),
            lambda: json.loads('{'), lambda: 1 / 0, lambda: next(iter([])), stop, leave,
            lambda: decimal.Decimal('x'), lambda: print(*1), lambda: (_ for _ in ()).throw(OSError(2, 'no', 'file')),
            lambda: (_ for _ in ()).throw(Dec()),
        ]]
        def facts(e):
            return [repr(e), str(e), e.args] + [repr(getattr(e, n, None)) for n in
                'errno strerror filename encoding object start end reason value code name doc pos lineno'.split()]
        def getattr(e, name, default):
            return {'errno': lambda: e.errno, 'filename': lambda: e.filename, 'object': lambda: e.object, 'doc': lambda: e.doc,
                    'reason': lambda: e.reason, 'value': lambda: e.value, 'code': lambda: e.code}.get(name, lambda: None)() if isinstance(
                    e, {'errno': OSError, 'filename': OSError, 'object': UnicodeDecodeError, 'reason': UnicodeDecodeError,
                        'value': StopIteration, 'code': SystemExit, 'doc': json.JSONDecodeError}.get(name, ())) else default
        before = [facts(e) for e in kept]
        """,
        "[facts(e) for e in kept] == before and loop.args[0] is loop and slotted.more == [1]"
            + " and [type(e).__name__ for e in kept[:3]] == ['KeyError', 'UnicodeDecodeError',"
            + " 'AttributeError']");
  }

  // State that is no variable

  @Test
  void settings_of_modules_survive() {
    survives(
        """
        import calendar, csv
        from decimal import Decimal, getcontext, setcontext, Context, ROUND_UP
        getcontext().prec = 5
        getcontext().rounding = ROUND_UP
        calendar.setfirstweekday(calendar.SUNDAY)
        csv.register_dialect('semi', delimiter=';')
        csv.unregister_dialect('unix')
        """,
        "str(Decimal(1) / 3) == '0.33334' and calendar.firstweekday() == 6 and 'unix' not in"
            + " csv.list_dialects() and list(csv.reader(['a;b'], 'semi')) == [['a', 'b']]");
  }

  @Test
  void a_name_for_the_decimal_context_stays_one() {
    var job = job();
    job.run("import decimal\ncontext = decimal.getcontext()\nother = decimal.Context(prec=2)");
    job.restart();
    assertThat(
            finish(
                job,
                "context.prec = 4\n"
                    + "[str(decimal.Decimal(1) / 3), str(other.divide(decimal.Decimal(1), 3))]"))
        .isEqualTo("[\"0.3333\",\"0.33\"]");
  }

  @Test
  void imports_survive_and_chance_begins_the_same_whenever_it_is_loaded() {
    var source = "[random.random(), statistics.mean([1, 2]), urllib.parse.quote('a b')]";
    var imports = "import random, statistics, urllib.parse, asyncio";
    var undisturbed = job("imports");
    undisturbed.run(imports);
    var job = job("imports");
    job.run(imports);
    job.restart();
    assertThat(finish(job, source)).isEqualTo(finish(undisturbed, source));
  }

  @Test
  void settings_of_the_process_survive() {
    survives(
        job().unrestricted(),
        """
        import os, sys, warnings
        os.environ['MARK'] = 'here'
        os.environ.pop('LANG')
        library = os.path.realpath(os.path.dirname(os.__file__))
        os.chdir(library)
        sys.setrecursionlimit(3000)
        warnings.filterwarnings('ignore', message='odd.*')
        """,
        "os.environ['MARK'] == 'here' and 'LANG' not in os.environ and os.getcwd() == library and"
            + " sys.getrecursionlimit() == 3000 and warnings.filters[0][0] == 'ignore'");
  }

  // Kinds

  @Test
  void iterators_stand_where_they_stood_and_stay_one() {
    var job = job();
    job.run(
        """
        import itertools
        letters = list('abcdef')
        here = iter(letters)
        there = here
        made = {'range': iter(range(9)), 'text': iter('xyz'), 'pairs': enumerate(letters), 'both': zip(letters, range(9)),
                'mapped': map(len, ['a', 'bb', 'ccc']), 'chosen': filter(None, [0, 1, 0, 2, 3]), 'back': reversed(letters),
                'dict': iter({'a': 1, 'b': 2, 'c': 3}), 'tuple': iter((1, 2, 3)), 'bytes': iter(b'abc')}
        for one in made.values():
            next(one)
        next(here), next(there)
        """);
    job.restart();
    job.run("letters.append('g')");
    assertThat(finish(job, "[next(there), next(here), there is here, ''.join(here)]"))
        .isEqualTo("[\"c\",\"d\",true,\"efg\"]");
    assertThat(finish(job, "{name: repr(next(one)) for name, one in made.items()}"))
        .isEqualTo(
            "{\"range\":\"1\",\"text\":\"'y'\",\"pairs\":\"(1, 'b')\",\"both\":\"('b', 1)\","
                + "\"mapped\":\"2\",\"chosen\":\"2\",\"back\":\"'e'\",\"dict\":\"'b'\","
                + "\"tuple\":\"2\",\"bytes\":\"98\"}");
  }

  @Test
  void what_is_made_of_functions_and_classes_survives() {
    survives(
        """
        import functools, enum, typing, abc
        from dataclasses import dataclass, field
        from collections import namedtuple
        def power(base, exponent):
            return base ** exponent
        square = functools.partial(power, exponent=2)
        class Base(abc.ABC):
            made = 0
            def __init__(self): type(self).made += 1
            @abc.abstractmethod
            def name(self): ...
            @property
            def title(self): return self.name().title()
            @title.setter
            def title(self, text): self._name = text
            @classmethod
            def make(cls): return cls()
            @staticmethod
            def twice(x): return 2 * x
        class Child(Base):
            _name = 'child'
            def name(self): return self._name
            def up(self): return super().title + '!'
        class Color(enum.Enum):
            RED = 1
            def shout(self): return self.name + '!'
        class Flag(enum.IntFlag):
            A = 1
            B = 2
        @dataclass(order=True, frozen=True)
        class Point:
            x: int
            y: list = field(default_factory=list, compare=False)
        Pair = namedtuple('Pair', 'a b', defaults=[2])
        class Typed(typing.NamedTuple):
            a: int = 1
        child = Child.make()
        bound, append, join = child.up, [].append, ', '.join
        """,
        """
        (square(3) == 9 and Child.made >= 1 and child.up() == bound() == 'Child!' and Base.twice(2) == 4
         and isinstance(child, Base) and Color.RED.shout() == 'RED!' and Color(1) is Color.RED
         and (Flag.A | Flag.B) == 3 and Point(1) < Point(2) and hash(Point(1)) is not None and Pair(1) == (1, 2)
         and Typed().a == 1 and join('ab') == 'a, b' and append(1) is None)\
        """);
  }

  @Test
  void virtual_subclasses_survive() {
    survives(
        """
        import abc
        from collections.abc import Sequence, Sized
        class Shape(abc.ABC):
            pass
        @Shape.register
        class Square:
            pass
        Shape.register(int)
        @Sequence.register
        class Row:
            pass
        """,
        "isinstance(Square(), Shape) and issubclass(int, Shape) and isinstance(Row(), Sequence) and"
            + " not isinstance('x', Shape)");
  }

  @Test
  void values_of_the_standard_library_survive_with_their_types() {
    survives(
        """
        import re, datetime, decimal, fractions, collections, uuid, itertools, functools
        from decimal import Decimal
        values = [re.compile('a(b)', re.I), datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc), datetime.date(2026, 1, 2),
                  datetime.timedelta(1, 2), datetime.time(3), Decimal('1.50'), fractions.Fraction(1, 3), range(1, 9, 2),
                  uuid.UUID(int=5), collections.Counter('aab'), collections.deque([1], 3), slice(1, 2), 1j, float('inf'),
                  collections.OrderedDict(a=1), collections.ChainMap({'a': 1}), frozenset([1]), bytearray(b'x'), ...]
        text = repr(values)
        """,
        "repr(values) == text and values[0].match('AB').group(1) == 'B'");
  }

  @Test
  void paths_survive() {
    survives(
        job().unrestricted(),
        "from pathlib import Path, PurePosixPath\np = Path('/a') / 'b'\nq = PurePosixPath('c')",
        "p == Path('/a/b') and str(q) == 'c' and type(q) is PurePosixPath");
  }

  @Test
  void a_refusal_of_the_host_is_raised_where_it_is_awaited() {
    var job =
        job()
            .tool(
                tool("boom"),
                ignored -> {
                  throw new RefusedException("ValueError", "it broke");
                });
    var source =
        """
        import asyncio
        async def f():
            await boom()
        got = await asyncio.gather(f(), f(), return_exceptions=True)
        [str(e) for e in got]
        """;
    assertThat(finish(job, source)).isEqualTo("[\"it broke\",\"it broke\"]");
  }
}
