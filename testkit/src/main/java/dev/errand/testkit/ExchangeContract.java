package dev.errand.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.spi.WorkspaceRuntime;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What two [WorkspaceRuntime]s that keep the same form must make of each other's workspaces: a job
/// goes on in either, wherever it was before.
@SuppressWarnings("JUnitClassModifiers") // it is for other modules to extend
public abstract class ExchangeContract extends DrivenJobs {
  /// The runtime that takes workspaces over, and gives them back.
  protected abstract WorkspaceRuntime other();

  static Stream<Arguments> workspaces() {
    return Stream.of(
        Arguments.of(
            "plain values, shared",
            """
            a = [1, -2.5, 10 ** 40, 'ä', b'b', None, True, (1, 2), {'k': {3}}, frozenset('x'), 2 + 1j]
            b = a
            c = {'again': a, 'self': None}
            c['self'] = c
            """,
            """
            (a[:8] == [1, -2.5, 10 ** 40, 'ä', b'b', None, True, (1, 2)] and b is a and c['again'] is a
             and c['self'] is c and a[8] == {'k': {3}} and a[10] == 2 + 1j)\
            """),
        Arguments.of(
            "large values",
            """
            numbers = list(range(5000))
            names = {'key %d' % i: i * 0.5 for i in range(1000)}
            text, raw = 'long ' * 20000, bytes(range(256)) * 300
            many = {'word %d' % i for i in range(600)}
            """,
            """
            (numbers == list(range(5000)) and names['key 999'] == 499.5 and len(names) == 1000 and len(text) == 100000
             and raw[-1] == 255 and len(raw) == 76800 and 'word 599' in many and len(many) == 600)\
            """),
        Arguments.of(
            "functions",
            """
            import functools
            def plain(a, b=2, *, c=3): return a + b + c
            def counter():
                n = 0
                def step():
                    nonlocal n
                    n += 1
                    return n
                return step, lambda: n
            step, seen = counter()
            step()
            def numbers(n):
                for i in range(n):
                    yield i
            async def later(x): return await again(x)
            async def again(x): return x + 1
            class Box:
                def __init__(self): self.__inner = 5
                def each(self): yield self.__inner
            shorten = functools.partial(plain, 1, c=0)
            pair = (lambda x: x + 1, lambda x: x * 2)
            """,
            """
            (plain(1) == 6 and seen() >= 1 and list(numbers(3)) == [0, 1, 2] and await later(1) == 2
             and list(Box().each()) == [5] and shorten() == 3 and (pair[0](3), pair[1](3)) == (4, 6)
             and plain.__name__ == 'plain' and pair[0].__name__ == '<lambda>' and step() == seen())\
            """),
        Arguments.of(
            "classes",
            """
            import abc, collections, dataclasses, enum
            @dataclasses.dataclass(order=True)
            class Point:
                x: int
                y: int = 0
            class Color(enum.Enum):
                RED = 1
                def name_of(self): return self.name.lower()
            class Shape(abc.ABC):
                @abc.abstractmethod
                def area(self): ...
            class Square(Shape):
                __slots__ = ('side',)
                def __init__(self, side): self.side = side
                def area(self): return self.side ** 2
                @property
                def double(self): return 2 * self.side
            Row = collections.namedtuple('Row', 'a b')
            made = [Point(1), Color.RED, Square(3), Row(1, 2)]
            """,
            """
            (made[0] == Point(1, 0) < Point(2) and made[1] is Color.RED and made[1].name_of() == 'red' and made[2].area() == 9
             and made[2].double == 6 and isinstance(made[2], Shape) and made[3].b == 2 and type(made[3]) is Row)\
            """),
        Arguments.of(
            "values of the standard library",
            """
            import collections, datetime, decimal, fractions, re, uuid
            values = [
                datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc), datetime.date(2026, 1, 2),
                datetime.timedelta(days=1, seconds=2), datetime.timezone(datetime.timedelta(hours=2)), datetime.time(1, 2),
                decimal.Decimal('1.50'), fractions.Fraction(1, 3), uuid.UUID(int=7), re.compile('a+b', re.I),
                collections.deque([1, 2], 3), collections.Counter('aab'),
                collections.defaultdict(list, {'k': [1]})]
            ordered = collections.OrderedDict(b=1, a=2)
            text = [repr(value) for value in values]
            """,
            """
            ([repr(value) for value in values] == text and values[8].match('AAB') is not None and list(ordered) == ['b', 'a']
             and type(ordered) is collections.OrderedDict)\
            """),
        Arguments.of(
            "exceptions",
            """
            class Trouble(ValueError):
                pass
            def fail():
                raise Trouble('deep')
            try:
                try:
                    fail()
                except Trouble as inner:
                    raise KeyError('outer') from inner
            except KeyError as problem:
                kept = problem
            """,
            """
            (type(kept) is KeyError and kept.args == ('outer',) and type(kept.__cause__) is Trouble
             and kept.__cause__.args == ('deep',))\
            """),
        Arguments.of(
            "chance and settings",
            """
            import decimal, random
            random.seed(5)
            expected = [random.Random(5).random()]
            decimal.getcontext().prec = 7
            """,
            "decimal.getcontext().prec == 7 and expected == [random.Random(5).random()]"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("workspaces")
  void a_job_goes_on_in_the_other_runtime_and_back(String what, String setup, String check) {
    goesOn(what, setup, check, runtime(), other());
    goesOn(what, setup, check, other(), runtime());
  }

  private void goesOn(
      String what, String setup, String check, WorkspaceRuntime first, WorkspaceRuntime second) {
    var job = job().in(first);
    finish(job, setup);
    assertThat(finish(job.in(second), check)).as(what).isEqualTo("true");
    assertThat(finish(job.in(second), check)).as(what + ", kept there").isEqualTo("true");
    assertThat(finish(job.in(first), check)).as(what + ", and back").isEqualTo("true");
  }

  @Test
  void random_numbers_go_on_where_they_were() {
    var job = job().in(runtime());
    finish(
        job,
        "import random\nrandom.seed(3)\nahead = random.Random(3)\nahead.random()\nrandom.random()");
    assertThat(finish(job.in(other()), "random.random() == ahead.random()")).isEqualTo("true");
    assertThat(finish(job.in(runtime()), "random.random() == ahead.random()")).isEqualTo("true");
  }

  @Test
  void what_was_lost_in_one_is_lost_in_the_other() {
    var job = job().in(runtime());
    finish(job, "running = (i for i in [1])");
    assertThat(raise(job.in(other()), "next(running)").message())
        .startsWith("LostValue: The variable 'running' was lost");
  }

  @Test
  void a_child_may_run_in_the_other() {
    var job = job().in(runtime());
    finish(job, "def twice(x): return [2 * x, {'of': x}]\nh = delegate(twice, 21, id='h')");
    job.carryOutChildren(other());
    assertThat(finish(job, "h.result == [42, {'of': 21}]")).isEqualTo("true");
  }
}
