package dev.errand.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.errand.job.Blob;
import dev.errand.job.Budget;
import dev.errand.job.CodeBlock;
import dev.errand.job.Completion;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Limits;
import dev.errand.job.RefusedException;
import dev.errand.job.Retry;
import dev.errand.job.StoredForm;
import dev.errand.job.TaskError;
import dev.errand.job.Value;
import dev.errand.job.WorkspaceException;
import dev.errand.spi.Capability;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace;
import dev.errand.spi.Workspace.Ending;
import dev.errand.spi.WorkspaceRuntime;
import dev.errand.spi.WorkspaceRuntime.ToolSignature;
import dev.errand.testkit.DrivenJob.Wait;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every [WorkspaceRuntime] must do: each promise of [Workspace] and [Host] that a workspace
/// has a part in.
///
/// An implementation extends it and gives its runtime, which the whole class shares.
@SuppressWarnings("JUnitClassModifiers") // it is for other modules to extend
public abstract class WorkspaceContract extends DrivenJobs {
  private static Host.Snapshot snapshot(Host.Mark mark) {
    return Objects.requireNonNull(mark.snapshot(), "no snapshot was taken");
  }

  private static List<Host.Piece> pieces(Ending.Finished ending) {
    return snapshot(ending.mark()).parts().stream()
        .flatMap(part -> part.pieces().stream())
        .toList();
  }

  private static Host.Snapshot sent(RecordingHost.ChildJob child) {
    return Objects.requireNonNull(child.request().workspace(), "nothing was sent");
  }

  private static TaskError error(@Nullable Completion completion) {
    if (completion instanceof Completion.Error(var error)) {
      return error;
    }
    throw new AssertionError("It did not fail: " + completion);
  }

  // Statements and values

  @Test
  void a_block_finishes_with_the_value_of_its_last_expression() {
    assertThat(finish(job(), "x = 20\nx * 2 + 2")).isEqualTo("42");
  }

  @Test
  void a_block_that_does_not_end_in_an_expression_finishes_with_none() {
    assertThat(finish(job(), "40 + 2\nx = 1")).isEqualTo("null");
  }

  @Test
  void an_empty_block_finishes() {
    assertThat(finish(job(), "# nothing\n")).isEqualTo("null");
  }

  @Test
  void variables_live_from_block_to_block() {
    var job = job();
    job.run("x = [1]");
    job.run("x.append(2)");
    assertThat(finish(job, "x")).isEqualTo("[1,2]");
  }

  @Test
  void a_deleted_variable_stays_deleted() {
    var job = job();
    job.run("x = 1\ny = 2");
    job.run("del x");
    job.restart();
    assertThat(raise(job, "x").message()).isEqualTo("NameError: name 'x' is not defined");
    assertThat(finish(job, "y")).isEqualTo("2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "None",
        "True",
        "-7",
        "12345678901234567890123",
        "0.1",
        "1e300",
        "'ü☃😀'",
        "''",
        "[]",
        "{}",
        "[1, [2, {'a': None}]]",
        "{'x': [1.5, 'y']}"
      })
  void what_json_holds_exactly_travels_as_json(String literal) {
    var ending = (Ending.Finished) job().run(literal);
    assertThat(ending.value()).isInstanceOf(Value.Plain.class);
    var tooled = job().tool(tool("echo", "value"), DrivenJobs::echo);
    assertThat(finish(tooled, "echo(" + literal + ") == " + literal)).isEqualTo("true");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(1, 2)",
        "{1, 2}",
        "b'x'",
        "float('nan')",
        "float('inf')",
        "{1: 2}",
        "1j",
        "range(3)",
        "'\\ud800'",
        "(lambda a: [a, a])([])",
        "10 ** 5000"
      })
  void what_json_cannot_hold_exactly_travels_pickled(String expression) {
    var ending = (Ending.Finished) job().run(expression);
    assertThat(ending.value()).isInstanceOf(Value.Pickled.class);
  }

  @Test
  void a_pickled_value_says_how_python_prints_it() {
    assertThat(finish(job(), "{1, 2}")).isEqualTo("{1, 2}");
    assertThat(finish(job(), "tuple(range(10000))"))
        .startsWith("(0, 1, 2")
        .contains("more characters");
  }

  @Test
  void a_value_that_nothing_can_hold_still_finishes_the_block() {
    assertThat(finish(job(), "(x for x in [])")).isEqualTo("<generator>");
  }

  @Test
  void large_values_pass_both_ways() {
    var job = job().tool(tool("echo", "value"), DrivenJobs::echo);
    assertThat(finish(job, "big = 'ä' * 5_000_000\nlen(echo(big))")).isEqualTo("5000000");
    job.restart();
    assertThat(finish(job, "len(big)")).isEqualTo("5000000");
  }

  // Console

  @Test
  void print_goes_to_the_console() {
    var job = job();
    job.run("print('a', 1, [2], sep='-', end='!\\n')\nprint()\nprint('ü😀')");
    assertThat(job.host().console()).isEqualTo("a-1-[2]!\n\nü😀\n");
  }

  @Test
  void print_works_from_functions_and_through_files() {
    var job = job().unrestricted();
    job.run(
        """
        import sys, io
        def f():
            print('inner')
        f()
        print('err', file=sys.stderr)
        sys.stdout.write('written\\n')
        text = io.StringIO()
        print('elsewhere', file=text)
        """);
    assertThat(job.host().console()).isEqualTo("inner\nerr\nwritten\n");
    assertThat(finish(job, "text.getvalue()")).isEqualTo("elsewhere\n");
  }

  @Test
  void a_bare_expression_is_not_printed() {
    var job = job();
    job.run("1 + 1\n2 + 2");
    assertThat(job.host().console()).isEmpty();
  }

  @Test
  void long_output_arrives_before_the_block_ends() {
    var job = job();
    job.run("for i in range(5000):\n    print('x' * 100)");
    assertThat(job.host().console()).hasSize(5000 * 101);
    assertThat(job.host().marks()).hasSizeGreaterThan(3);
  }

  @Test
  void output_of_a_failing_statement_is_kept() {
    var job = job();
    job.run("print('before')\nprint(1 / 0)");
    assertThat(job.host().console()).isEqualTo("before\n");
  }

  // Errors

  @Test
  void an_uncaught_exception_ends_the_block_with_the_jobs_own_lines() {
    var error =
        raise(
            job(),
            """
            import json
            def parse(text):
                return json.loads(text)

            parse('{')
            """);
    assertThat(error.kind()).isEqualTo(TaskError.Kind.EXCEPTION);
    assertThat(error.message()).startsWith("json.decoder.JSONDecodeError: Expecting property name");
    assertThat(error.trace())
        .contains("line 5, in <module>", "    parse('{')", "line 3, in parse", "json.loads(text)")
        .doesNotContain("decoder.py", "session.py");
  }

  @Test
  void statements_before_the_one_that_raised_have_happened() {
    var job = job();
    job.run("x = 1\ny = 1 / 0\nz = 3");
    assertThat(finish(job, "x")).isEqualTo("1");
    assertThat(raise(job, "z").message()).contains("NameError");
  }

  @Test
  void a_trace_shows_lines_of_code_that_was_restored() {
    var job = job();
    job.run("# first\n\ndef f(x):\n    y = x + 1\n    return 1 / x\n");
    job.restart();
    assertThat(raise(job, "f(0)").trace()).contains("line 5, in f", "return 1 / x");
  }

  @Test
  void a_chain_of_exceptions_is_shown() {
    var error =
        raise(job(), "try:\n    {}['k']\nexcept KeyError as e:\n    raise ValueError('v') from e");
    assertThat(error.message()).isEqualTo("ValueError: v");
    assertThat(error.trace())
        .contains("KeyError: 'k'", "The above exception was the direct cause", "ValueError: v");
  }

  @Test
  void exceptions_of_the_job_are_caught_and_kept() {
    var job = job();
    job.run(
        """
        class Odd(Exception):
            pass
        try:
            raise Odd('x', 1)
        except Odd as e:
            kept = e\
        """);
    job.restart();
    assertThat(finish(job, "isinstance(kept, Odd) and kept.args == ('x', 1)")).isEqualTo("true");
  }

  @Test
  void a_syntax_error_is_refused_before_anything_runs() {
    var job = job();
    var error = raise(job, "print('never')\nx = (\n");
    assertThat(error.kind()).isEqualTo(TaskError.Kind.REFUSED_CODE);
    assertThat(error.message()).startsWith("SyntaxError: ").contains("line 2");
    assertThat(job.host().console()).isEmpty();
  }

  @Test
  void what_only_the_compiler_finds_is_refused_too() {
    var job = job();
    assertThat(raise(job, "print('never')\nreturn 1").kind())
        .isEqualTo(TaskError.Kind.REFUSED_CODE);
    assertThat(job.host().console()).isEmpty();
  }

  @Test
  void deep_recursion_raises_and_harms_nothing() {
    var job = job();
    assertThat(raise(job, "def f(): return f()\nf()").message()).startsWith("RecursionError");
    assertThat(finish(job, "1")).isEqualTo("1");
  }

  @Test
  void input_says_that_nobody_is_there() {
    assertThat(raise(job(), "input('name? ')").message()).contains("input() is not available");
  }

  // Exit

  @ParameterizedTest
  @ValueSource(
      strings = {
        "exit({'a': 1})\nprint('no')",
        "if True:\n    exit({'a': 1})\n    print('no')",
        "def f():\n    exit({'a': 1})\nf()\nprint('no')",
        """
        try:
            exit({'a': 1})
        except BaseException:
            print('no')
        finally:
            print('no')\
        """,
        """
        class C:
            def __enter__(self): pass
            def __exit__(self, *a): print('no')
        with C():
            exit({'a': 1})\
        """,
        "[exit({'a': 1}) for x in range(3)]",
        "quit({'a': 1})",
        "raise SystemExit({'a': 1})"
      })
  void exit_ends_the_block_at_once_wherever_it_stands(String source) {
    var job = job();
    var ending = job.run(source);
    assertThat(ending).isInstanceOf(Ending.Exited.class);
    assertThat(((Ending.Exited) ending).value().text()).isEqualTo("{\"a\":1}");
    assertThat(job.host().console()).isEmpty();
  }

  @Test
  void exit_without_a_value_exits_with_none() {
    var ending = (Ending.Exited) job().run("exit()");
    assertThat(ending.value()).isEqualTo(Value.none());
  }

  @Test
  void the_variables_are_kept_as_they_are_at_exit() {
    var job = job();
    job.run("x = 1\nfor i in range(5):\n    x = i\n    if i == 3:\n        exit(x)");
    assertThat(finish(job, "x")).isEqualTo("3");
  }

  // Checkpoints

  @Test
  void the_end_of_a_block_is_a_checkpoint_after_its_last_statement() {
    var ending = (Ending.Finished) job().run("x = 1\ny = 2");
    assertThat(snapshot(ending.mark())).isNotNull();
    assertThat(snapshot(ending.mark()).statement()).isEqualTo(2);
  }

  @Test
  void a_checkpoint_follows_a_statement_with_an_effect_and_rides_on_the_next_call() {
    var job = job().tool(tool("echo", "value"), DrivenJobs::echo);
    job.run("a = 1\nb = echo(2)\nc = 3\nd = echo(4)\ne = 5");
    var snapshots = job.host().marks().stream().map(Host.Mark::snapshot).toList();
    assertThat(snapshots).hasSize(3);
    assertThat(snapshots.get(0)).isNull();
    assertThat(snapshots.get(1)).extracting(Host.Snapshot::statement).isEqualTo(2);
    assertThat(snapshots.get(2)).extracting(Host.Snapshot::statement).isEqualTo(5);
  }

  @Test
  void pure_statements_are_not_checkpointed_one_by_one() {
    var job = job();
    job.run(String.join("\n", IntStream.range(0, 200).mapToObj(i -> "x" + i + " = " + i).toList()));
    assertThat(job.host().marks()).hasSize(1);
  }

  @Test
  void a_snapshot_says_how_much_console_came_before_it() {
    var job = job().tool(tool("echo", "value"), DrivenJobs::echo);
    job.run("print('one')\necho(1)\nprint('😀two')\necho(2)\nprint('three')\necho(3)");
    var before = new ArrayList<String>();
    var console = "";
    for (var mark : job.host().marks()) {
      var snapshot = mark.snapshot();
      if (snapshot != null) {
        before.add(console + mark.console().substring(0, snapshot.printed()));
      }
      console += mark.console();
    }
    assertThat(before).containsExactly("one\n", "one\n😀two\n", "one\n😀two\nthree\n");
  }

  @Test
  void a_snapshot_says_how_much_that_counts_already_is_printed_again_behind_it() {
    var job = job().tool(tool("echo", "value"), DrivenJobs::echo);
    var block = CodeBlock.python("print('one')\necho(1)\nprint('😀two')\necho(2)\nprint('three')");
    int printed = "one\n😀two\n".length();
    var run = new Workspace.Run(0, block, 0, 0, printed, List.of());
    var end = ((Ending.Finished) job.workspace().run(run, job.host())).mark();
    var within = job.host().marks().getLast();
    assertThat(job.host().console()).isEmpty();
    assertThat(snapshot(within).statement()).isEqualTo(2);
    assertThat(snapshot(within).printed()).isEqualTo(-"😀two\n".length());
    assertThat(end.console()).isEqualTo("three\n");
    assertThat(snapshot(end).printed()).isEqualTo(end.console().length());
  }

  @Test
  void so_does_one_that_time_alone_makes() {
    var job = job().unrestricted();
    var lines =
        List.of(
            "import time",
            "print('one')",
            "time.sleep(1.1)",
            "print('two')",
            "time.sleep(1.1)",
            "x = 1");
    var printed = List.of(0, 0, 4, 4, 8, 8, 8);
    var block = CodeBlock.python(String.join("\n", lines));
    job.workspace().run(new Workspace.Run(0, block, 0, 0, 8, List.of()), job.host());
    var snapshots =
        job.host().marks().stream().flatMap(mark -> Stream.ofNullable(mark.snapshot())).toList();
    assertThat(snapshots).anyMatch(snapshot -> snapshot.printed() < 0);
    assertThat(snapshots)
        .allSatisfy(
            snapshot ->
                assertThat(snapshot.printed()).isEqualTo(printed.get(snapshot.statement()) - 8));
  }

  @Test
  void a_piece_that_did_not_change_is_kept() {
    var job = job();
    job.run("big = list(range(5000))");
    var ending = (Ending.Finished) job.run("1");
    assertThat(snapshot(ending.mark()).parts()).isEmpty();
    job.restart();
    ending = (Ending.Finished) job.run("big[4999] = -1");
    assertThat(pieces(ending)).hasSize(1).allMatch(Host.Piece.Fresh.class::isInstance);
    ending = (Ending.Finished) job.run("other = [big]");
    assertThat(pieces(ending)).noneMatch(Host.Piece.Fresh.class::isInstance);
    ending = (Ending.Finished) job.run("small = other\ndel big, other");
    assertThat(pieces(ending)).noneMatch(Host.Piece.Fresh.class::isInstance);
    job.restart();
    assertThat(finish(job, "small[0][4998:]")).isEqualTo("[4998,-1]");
  }

  @Test
  void a_stored_piece_of_plain_values_that_refers_to_a_name_is_not_read() {
    var job = job().unrestricted();
    job.run("big = list(range(5000))");
    var forged = new Blob("]]cposix\ngetpid\n)Raa.".getBytes(StandardCharsets.UTF_8));
    job.host().forging(forged);
    job.restart();
    assertThatExceptionOfType(WorkspaceException.class)
        .isThrownBy(() -> job.run("big"))
        .withMessageContaining("plain values refer to no names");
  }

  @Test
  void what_a_generator_changes_is_kept_though_the_generator_is_not() {
    var job = job();
    job.run("kept = []\nsteps = (kept.append(i) for i in [1, 2, 3])");
    job.run("next(steps)");
    job.restart();
    assertThat(finish(job, "kept")).isEqualTo("[1]");
  }

  @Test
  void a_workspace_without_variables_is_brought_back_too() {
    var job = job();
    job.run("x = 1");
    job.run("del x");
    job.restart();
    assertThat(finish(job, "y = 2\ny")).isEqualTo("2");
  }

  @Test
  void what_happens_when_an_object_goes_is_kept_whenever_that_is() {
    var job = job().unrestricted();
    job.run(
        """
        log = []
        class Tied:
            def __del__(self):
                log.append('gone')
        tied = Tied()
        tied.me = tied
        del tied, Tied
        """);
    job.run("many = [[i] for i in range(300000)]\ndel many");
    job.run("seen = 'gone' in log");
    job.restart();
    if (can(Capability.PROMPT_FINALIZERS)) {
      assertThat(finish(job, "('gone' in log) == seen")).isEqualTo("true");
      assertThat(finish(job, "seen")).isEqualTo("true");
    } else {
      assertThat(finish(job, "log in ([], ['gone'])")).isEqualTo("true");
    }
  }

  @Test
  void a_value_is_kept_again_once_nothing_in_it_stands_in_the_way() {
    var job = job();
    job.run("facts = {'n': 1, 'source': (i for i in [1])}");
    job.run("del facts['source']");
    job.restart();
    assertThat(finish(job, "facts")).isEqualTo("{\"n\":1}");
  }

  @Test
  void an_object_of_a_class_that_cannot_be_kept_is_lost_with_it() {
    var job = job();
    job.run("class Holder:\n    pass\none = Holder()\nother = [1]");
    job.run("Holder.source = (i for i in [1])");
    job.restart();
    assertThat(finish(job, "other")).isEqualTo("[1]");
    assertThat(raise(job, "one.x").message()).contains("'one' was lost");
    assertThat(raise(job, "Holder()").message()).contains("'Holder' was lost");
  }

  @Test
  void an_object_keeps_its_class_when_the_name_goes_to_another() {
    var job = job();
    job.run("class A:\n    n = 1\na = A()\nb = A()");
    job.run("class A:\n    n = 2");
    job.restart();
    assertThat(finish(job, "[a.n, b.n, A.n, type(a) is type(b), type(a) is A]"))
        .isEqualTo("[1,1,2,true,false]");
  }

  @Test
  void a_set_is_brought_back_in_its_order() {
    var job = job();
    job.run("seen = {3, 19, 35}\nseen.add(51)\nwords = {str(n * 7919) for n in range(40)}");
    var before = finish(job, "[list(seen), list(words)]");
    job.restart();
    assertThat(finish(job, "[list(seen), list(words)]")).isEqualTo(before);
    job.restart();
    assertThat(finish(job, "[list(seen), list(words)]")).isEqualTo(before);
  }

  @Test
  void a_small_workspace_needs_no_pieces() {
    var ending = (Ending.Finished) job().run("x = 1\ndef f(a):\n    return a + x");
    assertThat(pieces(ending)).isEmpty();
  }

  @Test
  void the_variables_are_listed_with_type_and_a_short_preview() {
    var ending =
        (Ending.Finished)
            job()
                .run("import math\nn = 41\ns = 'text'\nl = list(range(100000))\ndef f(a, b): pass");
    var variables = snapshot(ending.mark()).variables();
    assertThat(variables)
        .extracting(v -> v.name() + ":" + v.type())
        .containsExactly("n:int", "s:str", "l:list", "f:function");
    assertThat(variables.get(2).preview())
        .startsWith("[0, 1, 2")
        .contains("100000")
        .hasSizeLessThan(130);
    assertThat(variables).allMatch(variable -> variable.lost().isEmpty());
  }

  @Test
  void a_new_job_may_begin_with_variables_given_as_json() {
    var job = job();
    var json = new Blob("{\"x\":[1,\"ü\"],\"y\":null}".getBytes(StandardCharsets.UTF_8));
    job.host().startingFrom(Host.Snapshot.beginning(json, List.of(), List.of()));
    assertThat(finish(job, "[x, y]")).isEqualTo("[[1,\"ü\"],null]");
    job.restart();
    assertThat(finish(job, "x")).isEqualTo("[1,\"ü\"]");
  }

  @Test
  void a_checkpoint_is_due_after_a_second_of_work() {
    var job = job();
    var busy = "import time\nend = time.monotonic() + 1.1\nwhile time.monotonic() < end: pass\n";
    job.run(busy + "x = 1\ny = 2");
    var snapshots = job.host().marks().stream().map(Host.Mark::snapshot).filter(Objects::nonNull);
    assertThat(snapshots).extracting(Host.Snapshot::statement).containsExactly(3, 5);
  }

  @Test
  void a_state_that_is_damaged_is_refused_at_opening() {
    var job = job();
    job.host()
        .startingFrom(
            Host.Snapshot.beginning(
                new Blob("nonsense".getBytes(StandardCharsets.UTF_8)), List.of(), List.of()));
    assertThatExceptionOfType(WorkspaceException.class)
        .isThrownBy(() -> job.run("1"))
        .withMessageContaining("cannot be read");
  }

  // What survives

  @Test
  void plain_values_survive() {
    survives(
        """
        a = [1, 2.5, 'x', None, True, (1, 2), {3}, frozenset([4]), b'5', 6j, range(7), ...]
        d = {'k': a}\
        """,
        "a == [1, 2.5, 'x', None, True, (1, 2), {3}, frozenset([4]), b'5', 6j, range(7), ...] and"
            + " d['k'] is a");
  }

  @Test
  void sharing_and_cycles_survive() {
    survives(
        "a = []\nb = a\nc = {'self': a}\na.append(c)", "a is b and a[0] is c and c['self'] is a");
  }

  @Test
  void functions_survive_with_defaults_and_attributes() {
    survives(
        """
        K = 10
        def f(a, b=2, *rest, c=3, **more) -> int:
            'Adds.'
            return a + b + c + K + len(rest) + len(more)
        f.note = 'n'
        g = f
        """,
        "f(1) == 16 and f(1, 1, 9, c=0, z=1) == 14 and f.__doc__ == 'Adds.' and g is f and f.note"
            + " == 'n'");
  }

  @Test
  void lambdas_on_one_line_survive() {
    survives(
        "fs = [lambda: 1, lambda: 2, lambda x: x + 3]",
        "[fs[0](), fs[1](), fs[2](0)] == [1, 2, 3]");
  }

  @Test
  void statements_that_share_a_line_survive() {
    survives("x = 5; f = lambda: x; g = lambda: 2 * x\nh = 1", "f() == 5 and g() == 10");
  }

  @Test
  void closures_keep_sharing_their_cells() {
    survives(
        """
        def counter():
            n = 0
            def inc():
                nonlocal n
                n += 1
                return n
            def get():
                return n
            return inc, get
        inc, get = counter()
        inc()
        """,
        "(lambda before: inc() == before + 1 == get())(get())");
  }

  @Test
  void recursive_and_mutually_recursive_functions_survive() {
    survives(
        """
        def make():
            def even(n): return n == 0 or odd(n - 1)
            def odd(n): return n != 0 and even(n - 1)
            return even
        even = make()
        def fact(n): return 1 if n < 2 else n * fact(n - 1)
        """,
        "even(10) and not even(7) and fact(5) == 120");
  }

  @Test
  void decorated_functions_survive() {
    survives(
        """
        from functools import wraps, lru_cache, partial
        def twice(f):
            @wraps(f)
            def inner(*args):
                return 2 * f(*args)
            return inner
        @twice
        def one(): return 1
        @lru_cache(maxsize=None)
        def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
        add = partial(lambda a, b: a + b, 5)
        """,
        "one() == 2 and one.__name__ == 'one' and fib(50) == 12586269025 and add(1) == 6");
  }

  @Test
  void classes_and_their_instances_survive() {
    survives(
        """
        class Base:
            registry = []
            def __init__(self, x):
                self.x = x
                self.__secret = x * 2
                self.registry.append(x)
            def secret(self): return self.__secret
            def name(self): return 'base'
        class Child(Base):
            def __init__(self, x):
                super().__init__(x)
            def name(self): return super().name() + '-child'
            @property
            def double(self): return self.x * 2
            @double.setter
            def double(self, value): self.x = value / 2
            @staticmethod
            def st(): return 's'
            @classmethod
            def make(cls): return cls(9)
            def __eq__(self, other): return isinstance(other, Child) and self.x == other.x
            def __repr__(self): return f'Child({self.x})'
        c = Child(4)
        bound = c.name
        """,
        """
        (c.secret() == 8 and c.name() == 'base-child' and c.double == 8 and Child.st() == 's' and Child(4) == c
         and isinstance(c, Base) and bound() == 'base-child' and repr(c) == 'Child(4)' and Base.registry[0] == 4
         and c.__class__ is Child and Child.make().x == 9 and c.registry is Base.registry)
        """);
  }

  @Test
  void special_classes_survive() {
    survives(
        """
        from abc import ABC, abstractmethod
        from collections import namedtuple
        from dataclasses import dataclass, field, replace
        from enum import Enum, Flag
        from typing import NamedTuple, Generic, TypeVar
        class Color(Enum):
            RED = 1
            BLUE = 'b'
            def hi(self): return 'hi ' + self.name
        class Perm(Flag):
            R = 1
            W = 2
        @dataclass(order=True)
        class Point:
            x: int
            y: int = 2
            tags: list = field(default_factory=list)
            def dist(self): return self.x + self.y
        @dataclass(frozen=True)
        class Fixed:
            a: int
        @dataclass
        class Point3(Point):
            z: int = 0
        class Slotted:
            __slots__ = ('a', 'b')
            def __init__(self): self.a = 1
        class Shape(ABC):
            @abstractmethod
            def area(self): ...
        class Square(Shape):
            def area(self): return 4
        Pair = namedtuple('Pair', 'a b', defaults=[7])
        class Row(NamedTuple):
            n: int
            label: str = 'l'
            def both(self): return f'{self.n}{self.label}'
        T = TypeVar('T')
        class Box(Generic[T]):
            def __init__(self, v: T): self.v = v
        p, q, s, sq, pair, row, box = Point(1), Fixed(3), Slotted(), Square(), Pair(1), Row(5), Box(8)
        red, rw, p3 = Color.RED, Perm.R | Perm.W, Point3(1, z=4)
        """,
        """
        (red is Color.RED and Color('b').hi() == 'hi BLUE' and rw == Perm.R | Perm.W and Perm.W in rw
         and p == Point(1, 2, []) and Point(1) < Point(2) and p.dist() == 3 and repr(p) == 'Point(x=1, y=2, tags=[])'
         and q == Fixed(3) and hash(q) == hash(Fixed(3)) and replace(q, a=4).a == 4 and p3.z == 4 and p3.dist() == 3
         and s.a == 1 and not hasattr(s, 'b') and sq.area() == 4 and pair == (1, 7) and pair.b == 7
         and row.both() == '5l' and row._replace(n=6).n == 6 and box.v == 8 and list(Color) == [Color.RED, Color.BLUE])
        """);
  }

  @Test
  void an_abstract_class_stays_abstract() {
    var job = job();
    job.run(
        """
        from abc import ABC, abstractmethod
        class S(ABC):
            @abstractmethod
            def f(self): ...\
        """);
    job.restart();
    assertThat(raise(job, "S()").message())
        .startsWith("TypeError: Can't instantiate abstract class S");
  }

  @Test
  void values_of_the_standard_library_survive() {
    survives(
        """
        import re, json, math
        from collections import Counter, OrderedDict, defaultdict, deque
        from datetime import date, datetime, timedelta, timezone
        from decimal import Decimal
        from fractions import Fraction
        import uuid
        when = datetime(2024, 5, 6, 7, 8, tzinfo=timezone.utc)
        v = [Counter('aab'), OrderedDict(a=1), deque([1, 2], 5), Decimal('1.10'), Fraction(1, 3), when, date(2024, 1, 2),
             timedelta(days=3), re.compile('a+', re.I), uuid.UUID(int=5), math.sqrt, json.dumps, str.upper, len, int]
        groups = defaultdict(list)
        groups['x'].append(1)
        it = iter([1, 2, 3])
        next(it)
        """,
        """
        (v[0]['a'] == 2 and v[2].maxlen == 5 and str(v[3]) == '1.10' and v[4] * 3 == 1 and v[5] == when
         and v[6] + v[7] == date(2024, 1, 5) and v[8].match('AAb').group() == 'AA' and v[9].int == 5 and v[10](4) == 2
         and v[11]([1]) == '[1]' and v[12]('a') == 'A' and v[13]('ab') == 2 and v[14] is int and groups['y'] == []
         and isinstance(when, datetime) and isinstance(when, date) and type(when) == datetime)
        """);
  }

  @Test
  void attributes_set_on_objects_of_library_classes_and_of_their_subclasses_survive() {
    survives(
        """
        from collections import Counter, defaultdict
        from datetime import datetime
        from decimal import Decimal
        from fractions import Fraction
        import random
        class Price(Decimal):
            __slots__ = ('currency', '__dict__')
        class Third(Fraction): pass
        class Groups(defaultdict): pass
        class When(datetime): pass
        v = [Counter('aab'), Price('1.10'), Third(1, 3), Groups(list, a=[1]), When(2024, 5, 6), random.Random(3)]
        for one in v:
            one.note = [v]
        v[1].currency = v[0].note
        expected = random.Random(3).getstate()
        """,
        """
        (all(one.note[0] is v for one in v) and v[0].note is v[1].currency and v[0] == Counter('aab')
         and v[1] == Decimal('1.10') and v[2] * 3 == 1 and v[3]['a'] == [1] and v[3]['b'] == []
         and v[4].month == 5 and v[5].getstate() == expected
         and [type(one) for one in v] == [Counter, Price, Third, Groups, When, random.Random])
        """);
  }

  @Test
  void imports_survive() {
    survives(
        """
        import math
        import collections.abc
        from math import pi as p
        import urllib.parse
        import json as j\
        """,
        """
        (math.floor(p) == 3 and isinstance([], collections.abc.Sequence) and urllib.parse.quote('a b') == 'a%20b'
         and j.loads('1') == 1)
        """);
  }

  @Test
  void code_of_an_earlier_block_with_the_same_text_is_told_apart_by_its_variables() {
    var job = job();
    job.run("def f(): return 'first'");
    job.run("g = f");
    job.run("def f(): return 'second'");
    job.run("def f(): return 'first'");
    job.restart();
    assertThat(finish(job, "[f(), g(), f is g]")).isEqualTo("[\"first\",\"first\",false]");
  }

  @Test
  void what_cannot_be_kept_is_named_and_raises_when_it_is_used() {
    var job = job();
    var ending = (Ending.Finished) job.run("before = 1\ng = (x for x in [1])\nafter = [2]");
    assertThat(snapshot(ending.mark()).variables())
        .extracting(v -> v.name() + ":" + v.type() + ":" + !v.lost().isEmpty())
        .containsExactly("before:int:false", "g:generator:true", "after:list:false");
    assertThat(finish(job, "next(g)")).as("it still works here").isEqualTo("1");
    job.restart();
    assertThat(raise(job, "print(g)").message())
        .startsWith("LostValue: The variable 'g' was lost")
        .contains("generator");
    assertThat(finish(job, "[before, after]")).isEqualTo("[1,[2]]");
    job.restart();
    assertThat(raise(job, "next(g)").message())
        .contains("'g' was lost", "of type generator", "in turn 0");
    assertThat(finish(job, "g = 5\ng")).isEqualTo("5");
  }

  @Test
  void a_container_with_something_that_cannot_be_kept_is_lost_as_a_whole() {
    var job = job();
    job.run("ok = [1]\nbad = {'deep': [ok, (x for x in [])]}");
    job.restart();
    assertThat(finish(job, "ok")).isEqualTo("[1]");
    assertThat(raise(job, "bad['deep']").message()).contains("'bad' was lost");
  }

  @Test
  void variables_that_an_earlier_release_kept_are_brought_back() {
    var job = job();
    job.run(
        """
        factor = 3
        def scaled(x): return x * factor
        class Point:
            def __init__(self, x): self.x = x
        p = Point(4)
        both = [p, p]
        zeros = bytearray(5_000)
        many = list(range(10_000))
        """);
    job.host().rewriting(WorkspaceContract::asBefore);
    job.restart();
    var all = "[scaled(2), p.x, both[0] is p, type(p) is Point, len(zeros), sum(many)]";

    assertThat(finish(job, all)).isEqualTo("[6,4,true,true,5000,49995000]");
    job.run("factor = 4\nboth.append(zeros)\nmany[7] = 0");
    job.restart();
    assertThat(finish(job, all)).isEqualTo("[8,4,true,true,5000,49994993]");
  }

  /// A part as releases wrote it that named each field of the head, the streams at the end.
  private static WorkspaceRuntime.Part asBefore(WorkspaceRuntime.Part part) {
    var head = ByteBuffer.wrap(part.head().bytes());
    assertThat(head.getInt()).isEqualTo(0x45525233); // "ERR3"
    var json = new byte[head.getInt()];
    head.get(json);
    var contents = new byte[head.remaining()];
    head.get(contents);
    var fields =
        new ArrayList<>(
            ((Json.Array) Json.parse(new String(json, StandardCharsets.UTF_8))).items());
    while (fields.size() < 8) {
      fields.add(fields.size() == 3 ? new Json.Number(0) : new Json.Array(List.of()));
    }
    fields.addLast(fields.remove(1));
    var before = new Json.Array(fields).print().getBytes(StandardCharsets.UTF_8);
    var whole =
        ByteBuffer.allocate(8 + before.length + contents.length)
            .putInt(0x45525232) // "ERR2"
            .putInt(before.length)
            .put(before)
            .put(contents);
    return new WorkspaceRuntime.Part(part.number(), new Blob(whole.array()), part.chunks());
  }

  // Going on after a crash

  @Test
  void a_block_goes_on_at_its_last_checkpoint() {
    var job = job().tool(tool("echo", "value"), DrivenJobs::echo);
    var failing = new AtomicInteger(2);
    job.host().aroundCalls(() -> failIf(failing.getAndDecrement() == 0), () -> {});
    assertThat(
            finish(
                job,
                "log = []\nlog.append(echo(1))\nlog.append(echo(2))\nlog.append(echo(3))\nlog"))
        .isEqualTo("[1,2,3]");
    assertThat(job.opened()).isEqualTo(2);
    assertThat(job.host().effects()).hasSize(3);
  }

  private static final String EVENTFUL =
      """
      import random, time, uuid
      from datetime import datetime
      def note(i):
          print('note', i)
          return echo(i) * 2
      print('start')
      total = 0
      seen = []
      for i in range(6):
          total += note(i)
          seen.append((i, random.random()))
      clock = [time.time(), datetime.now().isoformat(), str(uuid.uuid4())]
      print('middle', echo(len(seen)), clock == [clock[0], clock[1], clock[2]])
      try:
          total += echo(100)
          boom()
      except RuntimeError as problem:
          print('caught', problem)
      finally:
          print('finally')
      values = [echo(n) for n in range(3)]
      def add(a, b):
          print('adding', a, b)
          return echo(a + b)
      tasks = [delegate(add, i, 10, id=str(i)) for i in range(3)]
      before = time.time()
      for t in tasks:
          total += t.result
          print('result', t.result, time.time() >= before)
      print('sum', total, random.randint(0, 10**9), echo(str(clock)) == str(clock))
      total
      """;

  private DrivenJob eventful(String id) {
    return job(id)
        .tool(tool("echo", "value"), DrivenJobs::echo)
        .tool(
            tool("boom"),
            arguments -> {
              throw new RefusedException("RuntimeError", "it broke");
            });
  }

  @ParameterizedTest
  @EnumSource(Wait.class)
  void interruptions_anywhere_change_neither_outcome_nor_console_nor_effects(Wait wait) {
    var undisturbed = eventful("same");
    var expected = finish(undisturbed, EVENTFUL);
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int round = 0; round < many(8); round++) {
      var job = eventful("same").waits(wait);
      interrupt(job, random, 6);
      assertThat(finish(job, EVENTFUL)).as("seed %d", seed).isEqualTo(expected);
      assertThat(job.host().console()).as("seed %d", seed).isEqualTo(undisturbed.host().console());
      assertThat(withoutClock(job)).as("seed %d", seed).isEqualTo(withoutClock(undisturbed));
    }
  }

  private static List<String> withoutClock(DrivenJob job) {
    return job.host().effects().stream().filter(effect -> !effect.contains("'")).toList();
  }

  @Test
  void readings_are_repeated_when_a_statement_runs_again() {
    var job = job().tool(tool("echo", "value"), DrivenJobs::echo);
    var failing = new AtomicInteger(1);
    job.host().aroundCalls(() -> {}, () -> failIf(failing.getAndDecrement() == 1));
    var source =
        """
        import time, uuid, os, secrets, random
        from datetime import datetime, date
        seen = [time.time(), time.time_ns(), time.monotonic(), time.perf_counter(), str(uuid.uuid4()), datetime.now(), date.today(), secrets.token_hex(4), random.Random().random(), random.SystemRandom().random(), str(uuid.uuid1()), time.localtime(), os.urandom(3), echo('')]; told = echo(repr(seen)); same = told == repr(seen)
        same
        """;
    assertThat(finish(job.unrestricted(), source)).isEqualTo("true");
    assertThat(job.opened()).isEqualTo(2);
  }

  @Test
  void very_many_readings_are_repeated_too_and_few_are_recorded() {
    var job = job().tool(tool("echo", "value"), DrivenJobs::echo);
    var failing = new AtomicInteger(2);
    job.host().aroundCalls(() -> {}, () -> failIf(failing.getAndDecrement() == 1));
    var source =
        """
        import time, secrets
        def read(): return [[time.time(), secrets.randbelow(10**9)] for _ in range(5000)]
        a = read(); told = echo(a); b = read(); told = echo([a, b]); same = told == [a, b]
        [same, a != b]
        """;
    assertThat(finish(job, source)).isEqualTo("[true,true]");
    assertThat(job.opened()).isEqualTo(2);
    assertThat(job.host().marks().stream().mapToInt(mark -> mark.readings().size()).sum())
        .isLessThan(3000);
  }

  @Test
  void chance_goes_on_where_it_was() {
    var once = job("chance1");
    finish(once, "import random\na = [random.random() for _ in range(3)]");
    var expected = finish(once, "[random.random(), random.randint(0, 10**9)]");
    var again = job("chance1");
    finish(again, "import random\na = [random.random() for _ in range(3)]");
    again.restart();
    assertThat(finish(again, "[random.random(), random.randint(0, 10**9)]")).isEqualTo(expected);
  }

  @Test
  void the_order_of_sets_of_text_is_the_same_in_every_process() {
    var order = finish(job(), "list({'a', 'b', 'c', 'd', 'e', 'f'})");
    var job = job();
    assertThat(finish(job, "list({'a', 'b', 'c', 'd', 'e', 'f'})")).isEqualTo(order);
  }

  // Tools

  @Test
  void a_tool_takes_arguments_by_place_and_by_name() {
    var job = job().tool(tool("join", "a", "b", "c?"), arguments -> Value.of(arguments.print()));
    assertThat(finish(job, "join(1, b='x')")).isEqualTo("{\"a\":1,\"b\":\"x\"}");
    assertThat(finish(job, "join(1, [2, (3,)], c=None)"))
        .isEqualTo("{\"a\":1,\"b\":[2,[3]],\"c\":null}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "join(1)|join() missing required argument: 'b'",
        "join(1, 2, 3, 4)|join() takes 3 arguments but 4 were given",
        "join(1, 2, a=3)|join() got multiple values for argument 'a'",
        "join(1, 2, d=3)|join() got an unexpected keyword argument 'd'",
        "join(1, b={1})|join() argument 'b' must be made of text, numbers"
      })
  void wrong_arguments_are_type_errors_that_name_them(String example) {
    var parts = example.split("\\|", -1);
    var job = job().tool(tool("join", "a", "b", "c?"), arguments -> Value.none());
    assertThat(raise(job, parts[0]).message()).startsWith("TypeError: " + parts[1]);
    assertThat(job.host().effects()).isEmpty();
  }

  @Test
  void a_refusal_is_raised_in_the_code_as_the_type_it_names() {
    var job =
        job()
            .tool(
                tool("fail", "type"),
                arguments -> {
                  throw new RefusedException(arguments.text("type").orElseThrow(), "no way");
                });
    assertThat(
            finish(
                job,
                """
                try:
                    fail('PermissionError')
                except PermissionError as e:
                    x = str(e)
                x\
                """))
        .isEqualTo("no way");
    assertThat(raise(job, "fail('EffectUnknown')").message()).isEqualTo("EffectUnknown: no way");
    assertThat(raise(job, "fail('Strange')").message()).isEqualTo("RuntimeError: Strange: no way");
  }

  @Test
  void the_number_that_a_question_took_is_given_to_no_child_whatever_was_answered() {
    var job =
        job()
            .tool(tool("pay", "value"), DrivenJobs::echo)
            .tool(
                tool("drop"),
                arguments -> {
                  throw new RefusedException("PermissionError", "not allowed");
                });
    job.host().askBefore("pay");
    job.host().askBefore("drop");
    var ending =
        job.run(
            """
            pay(1)
            a = create_new_job('x')
            try:
                drop()
            except Exception as error:
                print(error)
            b = create_new_job('x')
            print(a.id, b.id)
            """);
    assertThat(job.host().numbers()).containsExactly(1, 3);
    assertThat(job.host().console())
        .isEqualTo("not allowed\n%s %s\n".formatted(job.id().child(2), job.id().child(4)));
    assertThat(snapshot(((Ending.Finished) ending).mark()).created()).isEqualTo(4);
  }

  @Test
  void a_tool_that_exits_ends_the_job_with_its_value_once_it_has_returned() {
    var parting = new ToolSignature("part", "", List.of(), new Json.Text("gone"), null, null);
    var job =
        job()
            .tool(
                parting,
                arguments -> {
                  throw new RefusedException("ToolError", "not yet");
                });
    assertThat(raise(job, "part()").message()).isEqualTo("ToolError: not yet");
    var other = job().tool(parting, arguments -> Value.none());
    assertThat(other.run("part()\nprint('unreached')"))
        .isInstanceOfSatisfying(
            Ending.Exited.class, ending -> assertThat(ending.value().text()).isEqualTo("gone"));
    assertThat(other.host().console()).isEmpty();
  }

  @Test
  void a_tool_of_a_name_that_begins_with_an_underscore_is_not_offered() {
    var job = job().tool(tool("_inner"), arguments -> Value.none());
    assertThat(raise(job, "_inner()").message()).startsWith("NameError");
  }

  @Test
  void the_error_handler_of_a_tool_is_called_for_each_call_that_has_returned() {
    var told = new ArrayList<String>();
    var job =
        job()
            .tool(
                new ToolSignature("take", "", List.of("what"), null, "_release", null),
                arguments -> Value.of(arguments.members().get("what")))
            .tool(
                tool("_release", "taken", "error?"),
                arguments -> {
                  told.add(arguments.print());
                  return Value.none();
                });
    finish(job, "take('crane')\ntake(2)");
    job.restart();
    var failure = TaskError.of(TaskError.Kind.EXCEPTION, "broke", "mend it");
    job.run(
        new CodeBlock(CodeBlock.Kind.ON_ERROR, StoredForm.write(failure).with("since", 0).print()));
    var error = "\"error\":{\"kind\":\"exception\",\"message\":\"broke\",\"advice\":\"mend it\"}}";
    assertThat(told).containsExactly("{\"taken\":\"crane\"," + error, "{\"taken\":2," + error);
  }

  private DrivenJob jobWithFactory() {
    var types = List.of("str", "int");
    return job()
        .tool(
            new ToolSignature("ask", "Asks.", List.of("what", "n?"), null, null, types),
            arguments ->
                Value.of(
                    Json.object("agent", "specialist")
                        .with("vars", arguments)
                        .with("params", Json.object("tone", "dry"))
                        .with("locale", "pl-PL")
                        .with("code", List.of("m = n * 2", "complete_sub_task([what, m])"))
                        .with("message", "Begin.")
                        .with("schema", Json.object("type", "array"))
                        .with("millis", 60_000)
                        .with("budget", StoredForm.write(Budget.tokens(200)))
                        .with("priority", 7)
                        .with("retry", StoredForm.write(Retry.attempts(2)))));
  }

  @ParameterizedTest
  @EnumSource(Wait.class)
  void a_subtask_factory_makes_one_child_for_each_call(Wait wait) {
    var job = jobWithFactory().waits(wait);
    assertThat(finish(job, "[ask('all', n, id=n).result for n in (1, 2, 3)]"))
        .isEqualTo("[[\"all\",2],[\"all\",4],[\"all\",6]]");
    assertThat(job.host().effects()).hasSize(3);
    assertThat(job.host().childJobs())
        .extracting(RecordingHost.ChildJob::subtaskId)
        .containsExactly(new Json.Number(1), new Json.Number(2), new Json.Number(3));
    var request = job.host().childJobs().getFirst().request();
    assertThat(request.agent()).isEqualTo("specialist");
    assertThat(request.briefing())
        .isEqualTo(
            new Host.Briefing(
                Json.object("tone", "dry"),
                "pl-PL",
                "Begin.",
                Json.object("type", "array"),
                Duration.ofMinutes(1),
                Budget.tokens(200),
                Retry.attempts(2),
                7));
  }

  @Test
  void what_is_given_to_a_subtask_factory_is_converted_and_checked() {
    var job = jobWithFactory();
    assertThat(
            finish(
                job,
                """
                many = 5
                [ask('many', 'many').result, ask(what='x', n=True).result]
                """))
        .isEqualTo("[[\"many\",10],[\"x\",2]]");
    assertThat(raise(job, "ask()").message())
        .isEqualTo("TypeError: ask() missing required argument: 'what'");
    assertThat(raise(job, "ask('x', 1, 2)").message()).startsWith("TypeError: ask() takes 2");
    assertThat(raise(job, "ask('x', id=[])").message()).startsWith("TypeError: A sub-task's id");
    assertThat(raise(job, "delegate(ask, 'x')").message()).startsWith("TypeError: delegate()");
    assertThat(job.host().effects()).hasSize(2);
  }

  @Test
  void a_subtask_factory_passes_on_what_is_shared_and_nothing_else() {
    var signature =
        new ToolSignature("pass_on", "", List.of("what"), null, null, List.of("shared"));
    var job =
        job()
            .tool(
                signature,
                arguments ->
                    Value.of(
                        Json.object("agent", "specialist")
                            .with("vars", arguments)
                            .with("code", List.of("what.n += 1"))));
    assertThat(
            finish(
                job,
                """
                @durable
                class Box:
                    n = 0
                box = Box()
                wait_all(pass_on(box), pass_on('box'))
                box.n
                """))
        .isEqualTo("2");
    assertThat(raise(job, "pass_on({'errand:object': 'guess'})").message())
        .startsWith("TypeError: pass_on() argument 'what' must be a durable object");
  }

  @Test
  void a_subtask_factory_survives_and_is_shown_with_an_id() {
    var job = jobWithFactory().unrestricted();
    finish(job, "import inspect\nkept = [ask]");
    job.restart();
    assertThat(finish(job, "[kept[0] is ask, repr(ask), ask.__doc__, str(inspect.signature(ask))]"))
        .isEqualTo(
            "[true,\"<subtask ask>\",\"Asks.\",\"(what: str, n: int = None, id: str = None)"
                + " -> errand.SubTaskHandler\"]");
  }

  @Test
  void code_makes_no_subtask_factory_for_a_tool_that_it_is_not_offered() {
    var job = jobWithFactory().tool(tool("_inner", "value"), DrivenJobs::echo);
    assertThat(raise(job, "type(ask)('_inner', '', ['value'], {'starts': ['str']})('x')").message())
        .isEqualTo("NameError: This job has no tool named '_inner'");
  }

  @Test
  void an_event_is_given_to_the_one_name_that_the_agents_code_reads() {
    var code = List.of(CodeBlock.python("total = sum(order)"), CodeBlock.python("print(total)"));
    var job = job().unrestricted();
    finish(job, CodeBlock.EVENT + " = [1, 2]");
    job.run(CodeBlock.event(code));
    job.restart();
    assertThat(finish(job, "order, '__event__' in globals()")).isEqualTo("([1, 2], False)");
    finish(job, CodeBlock.EVENT + " = 3");
    assertThat(error(job.run(CodeBlock.event(List.of(CodeBlock.python("1"))))).message())
        .endsWith("warmup definition must reference exactly one external local, got []");
    assertThat(finish(job, CodeBlock.EVENT)).isEqualTo("3");
  }

  @Test
  void what_the_host_throws_is_thrown_on_and_unseen_by_the_code() {
    var job = job().tool(tool("echo", "value"), DrivenJobs::echo);
    job.host()
        .aroundCalls(
            () -> {
              throw new IllegalStateException("the host broke");
            },
            () -> {});
    var source =
        CodeBlock.python(
            "try:\n    echo(1)\nexcept BaseException:\n    echo(2)\nfinally:\n    echo(3)");
    var workspace = job.workspace();
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> workspace.run(job.host().again(source), job.host()))
        .withMessage("the host broke");
    assertThat(job.host().effects()).isEmpty();
    assertThat(workspace.run(job.host().again(source), job.host())).isInstanceOf(Ending.Died.class);
  }

  // Delegation

  @ParameterizedTest
  @EnumSource(Wait.class)
  void a_delegated_function_runs_in_a_child_with_what_it_refers_to(Wait wait) {
    var job = job().waits(wait);
    assertThat(
            finish(
                job,
                """
                import math
                FACTOR = 3
                unrelated = 'stays'
                class Shape:
                    def __init__(self, side): self.side = side
                    def area(self): return scale(self.side ** 2)
                def scale(x): return math.floor(x) * FACTOR
                def work(shape, extra=0):
                    assert isinstance(shape, Shape)
                    return shape.area() + extra
                h = delegate(work, Shape(2), extra=1, id='w')
                result = h.result
                [result, h.state == 'COMPLETED', str(h)]
                """))
        .isEqualTo("[13,true,\"13\"]");
    var child = job.host().childJobs().getFirst();
    assertThat(child.subtaskId()).isEqualTo(new Json.Text("w"));
    assertThat(child.request().agent()).isNull();
    assertThat(child.request().blocks())
        .containsExactly(new CodeBlock(CodeBlock.Kind.CALL, "work"));
    assertThat(sent(child).variables())
        .extracting(v -> v.name())
        .contains("scale", "FACTOR", "Shape")
        .doesNotContain("unrelated");
  }

  @Test
  void arguments_are_copies() {
    var job = job();
    assertThat(
            finish(
                job,
                """
                data = [1]
                def f(d):
                    d.append(2)
                    return d
                r = delegate(f, data).result
                [data, r]\
                """))
        .isEqualTo("[[1],[1,2]]");
  }

  @Test
  void a_child_does_not_see_the_parents_variables() {
    var job = job();
    assertThat(
            finish(
                job,
                """
                secret = 1
                def f():
                    try:
                        return eval_it()
                    except NameError as e:
                        return str(e)
                def g(): return 'secret' in names
                names = ['x']
                delegate(f).result
                """))
        .isEqualTo("name 'eval_it' is not defined");
  }

  @Test
  void an_instance_that_comes_back_is_of_the_parents_class() {
    var job = job();
    assertThat(
            finish(
                job,
                """
                from dataclasses import dataclass
                from enum import Enum
                from collections import namedtuple
                @dataclass
                class P:
                    x: int
                class E(Enum):
                    A = 1
                N = namedtuple('N', 'a')
                def f(p): return [P(p.x + 1), E.A, N(5), P]
                r = delegate(f, P(1)).result
                [isinstance(r[0], P), r[0] == P(2), r[1] is E.A, isinstance(r[2], N), r[3] is P]
                """))
        .isEqualTo("[true,true,true,true,true]");
  }

  @Test
  void lambdas_closures_methods_and_builtins_can_be_delegated() {
    var job = job();
    assertThat(
            finish(
                job,
                """
                def make(n):
                    return lambda x: x + n
                class C:
                    def __init__(self, k): self.k = k
                    def times(self, x): return self.k * x
                    @classmethod
                    def name(cls): return cls.__name__
                hs = [delegate(make(5), 1), delegate(C(3).times, 4), delegate(C.name), delegate(len, 'abc'),
                      delegate(lambda f, x: f(x), make(1), 1), delegate(sorted, [2, 1])]
                [h.result for h in hs]
                """))
        .isEqualTo("[6,12,\"C\",3,2,[1,2]]");
  }

  @ParameterizedTest
  @EnumSource(Wait.class)
  void a_delegated_function_may_delegate(Wait wait) {
    var job = job().waits(wait);
    assertThat(
            finish(
                job,
                """
                def fib(n):
                    if n < 2: return n
                    a, b = delegate(fib, n - 1), delegate(fib, n - 2)
                    return a.result + b.result
                delegate(fib, 4).result
                """))
        .isEqualTo("3");
  }

  @Test
  void the_definitions_of_equal_delegations_are_equal_pieces() {
    var job = job();
    var padding = "# " + "x".repeat(2000);
    job.run(
        "def f(x):\n    " + padding + "\n    return x\nhs = [delegate(f, i) for i in range(3)]");
    var pieces =
        job.host().childJobs().stream().map(c -> sent(c).parts().getFirst().pieces()).toList();
    assertThat(pieces.get(0)).isNotEmpty().isEqualTo(pieces.get(1)).isEqualTo(pieces.get(2));
  }

  @Test
  void a_failing_child_raises_where_its_result_is_read() {
    var job = job();
    var error =
        raise(job, "def f():\n    raise ValueError('bad')\nh = delegate(f, id='f')\nh.result");
    assertThat(error.message()).isEqualTo("SubTaskError: ValueError: bad");
    assertThat(
            finish(
                job,
                "[h.state == 'ERROR', h.error.err_message, h.is_completed, h.get_log_message()]"))
        .isEqualTo(
            "[true,\"ValueError: bad\",true,\"[Error] sub-task id=f failed with ValueError:"
                + " bad\"]");
    assertThat(raise(job, "str(h)").message()).isEqualTo("RuntimeError: ValueError: bad");
  }

  @Test
  void a_result_that_cannot_be_stored_fails_the_call() {
    var job = job();
    job.run("def f(): return (x for x in [])\nh = delegate(f)");
    job.carryOutChildren();
    var error = error(job.host().childJobs().getFirst().completion());
    assertThat(error.kind()).isEqualTo(TaskError.Kind.UNSTORABLE);
  }

  @Test
  void an_argument_that_cannot_be_sent_is_named() {
    assertThat(raise(job(), "delegate(len, 1, x=(i for i in []))").message())
        .startsWith("TypeError: delegate() cannot send the argument 'x'");
    assertThat(raise(job(), "g = (i for i in [])\ndef f(): return next(g)\ndelegate(f)").message())
        .contains("the variable 'g', which it refers to");
    assertThat(raise(job(), "delegate(5)").message())
        .contains("delegate() needs a function, not int");
  }

  @Test
  void created_jobs_are_counted_on_across_blocks_and_restarts() {
    var job = job();
    job.run("def f(): return 1\ndelegate(f)\ndelegate(f)");
    job.restart();
    job.run("delegate(f)");
    assertThat(job.host().childJobs())
        .extracting(c -> c.request().ordinal())
        .containsExactly(1, 2, 3);
  }

  // Jobs, subtasks, handlers

  @ParameterizedTest
  @EnumSource(Wait.class)
  void the_form_of_the_seed_pages_works(Wait wait) {
    var job = job().waits(wait);
    var ending =
        job.run(
            """
            from statek.task import create_new_job
            worker = agent("counter")

            @subtask
            def count_words(text, **kwargs):
                \"""Start a job that counts words.\"""
                return create_new_job(worker, shared_vars={"text": text},
                                      warmup_code="complete_sub_task(result=len(text.split())); exit('done')")

            h = count_words("three small words", id="a")
            print(h.state)
            print(h.result)
            print(find_sub_task_handler(id="a"))
            """);
    text(ending);
    assertThat(job.host().console()).isEqualTo("STARTED\n3\n3\n");
    var child = job.host().childJobs().getFirst();
    assertThat(child.request().agent()).isEqualTo("counter");
    assertThat(child.subtaskId()).isEqualTo(new Json.Text("a"));
  }

  @Test
  void warm_up_code_gets_what_it_reads_of_the_callers_variables() {
    var job = job();
    assertThat(
            finish(
                job,
                """
                base = 10
                other = 'not read'
                def helper(x): return x + base
                def start(text):
                    local = 'loc'
                    return create_sub_task(create_new_job('w', shared_vars={'text': text},
                        warmup_code='complete_sub_task([local, text, helper(1)])'))
                h = start('t')
                h.result
                """))
        .isEqualTo("[\"loc\",\"t\",11]");
    assertThat(sent(job.host().childJobs().getFirst()).variables())
        .extracting(v -> v.name())
        .containsExactlyInAnyOrder("local", "text", "helper", "base");
  }

  @Test
  void a_job_is_created_with_its_agents_form_parameters_and_locale() {
    var job = job();
    job.run(
        """
        a = agent('x', instructions='Do {topic}', model='scripted:m')
        j = create_new_job(a, locale='pl-PL', topic='pricing', warmup_code=['1', 'print(2)\\n# ----------\\nprint(3)'])
        """);
    var request = job.host().childJobs().getFirst().request();
    assertThat(request.agentForm().print())
        .isEqualTo("{\"instructions\":\"Do {topic}\",\"model\":\"scripted:m\"}");
    assertThat(request.briefing().parameters().print()).isEqualTo("{\"topic\":\"pricing\"}");
    assertThat(request.briefing().locale()).isEqualTo("pl-PL");
    assertThat(request.subtaskId()).isNull();
    assertThat(request.workspace()).isNull();
    assertThat(request.blocks()).extracting(CodeBlock::source).hasSize(3).startsWith("1");
  }

  @Test
  void a_handler_without_an_id_has_json_null() {
    var job = job();
    job.run("h = create_sub_task(create_new_job('x'))\nk = delegate(len, [])");
    assertThat(job.host().childJobs()).allMatch(child -> Json.Null.VALUE.equals(child.subtaskId()));
    assertThat(finish(job, "[h.id, k.id]")).isEqualTo("[null,null]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "def f(a): pass|Function 'f' must accept **kwargs to be used as a subtask. Current"
            + " signature: (a)",
        "def f(id, **kwargs): pass|Function 'f' cannot define parameter 'id'; subtask id is"
            + " reserved for framework-managed kwargs."
      })
  void a_factory_that_does_not_fit_is_refused_when_it_is_declared(String example) {
    var parts = example.split("\\|", -1);
    assertThat(raise(job(), "@subtask\n" + parts[0]).message()).isEqualTo("TypeError: " + parts[1]);
  }

  @Test
  void a_factory_shows_an_id_in_its_signature() {
    var job = job().unrestricted();
    assertThat(
            finish(
                job,
                """
                import inspect
                from errand import subtask
                @subtask
                def a(name, **kwargs): 'Doc.'
                @subtask()
                def b(name, *, k, **kwargs): ...
                @subtask(system=True)
                def c(*names, **kwargs): ...
                [list(inspect.signature(f).parameters) for f in (a, b, c)] + [a.__doc__, a.__name__,
                 str(inspect.signature(b).parameters['id'].kind), str(inspect.signature(a).parameters['id'].default)]
                """))
        .isEqualTo(
            "[[\"name\",\"id\"],[\"name\",\"id\",\"k\"],[\"names\",\"id\"],\"Doc.\",\"a\",\"KEYWORD_ONLY\",\"None\"]");
  }

  @Test
  void a_factory_must_return_a_job_or_a_handler() {
    assertThat(raise(job(), "@subtask\ndef f(**kwargs): return 5\nf()").message())
        .isEqualTo("TypeError: @subtask functions must return Job or SubTaskHandler, got int");
  }

  @Test
  void a_factory_that_returns_a_handler_gives_it_its_id() {
    var job = job();
    assertThat(
            finish(
                job,
                """
                @subtask
                def f(own=None, **kwargs):
                    return create_sub_task(create_new_job('x'), id=own)
                a, b = f(id='new'), f(own='kept', id='other')
                [a.id, b.id]
                """))
        .isEqualTo("[\"new\",\"kept\"]");
    assertThat(job.host().childJobs().getFirst().subtaskId()).isEqualTo(new Json.Text("new"));
  }

  @Test
  void a_factory_survives_and_converts_text_as_tools_do() {
    var job = job();
    job.run(
        """
        from enum import Enum
        from datetime import date
        class Size(Enum):
            S = 1
        table = [1, 2]
        @subtask
        def f(size: Size, day: date, rows: list, plain: str, **kwargs):
            global got
            got = [size is Size.S, day.year, rows is table, plain]
            return create_new_job('x')
        """);
    job.restart();
    assertThat(finish(job, "f('S', '2024-02-03', 'table', plain='table', id=1)\ngot"))
        .isEqualTo("[true,2024,true,\"table\"]");
  }

  @Test
  void an_id_must_be_plain() {
    assertThat(raise(job(), "delegate(len, [], id=(1, 2))").message())
        .startsWith("TypeError: A sub-task's id must be");
  }

  @Test
  void a_second_use_of_an_id_is_refused_by_the_host_in_words() {
    assertThat(raise(job(), "delegate(len, [], id='a')\ndelegate(len, [], id='a')").message())
        .startsWith("ValueError: Sub-task id is taken");
  }

  @Test
  void an_unfinished_handler_says_so_and_does_not_wait() {
    var job = job();
    assertThat(
            finish(
                job,
                """
                h = delegate(len, 'ab', id=7)
                [h.is_completed, str(h.state), h.error, h.peek(), h.state == 'STARTED']\
                """))
        .isEqualTo("[false,\"STARTED\",null,null,true]");
    assertThat(raise(job, "str(h)").message())
        .isEqualTo("RuntimeError: Sub-task id=7 is not completed: STARTED");
    job.carryOutChildren();
    assertThat(finish(job, "[h.peek(), h.is_completed, str(h), h.get_log_message()]"))
        .isEqualTo("[2,true,\"2\",\"[Notification] sub-task id=7 completed successfully.\"]");
  }

  @Test
  void the_text_of_a_result_of_none_is_empty() {
    var job = job();
    assertThat(finish(job, "h = delegate(print, 'x')\nh.result\nstr(h)")).isEmpty();
  }

  @Test
  void only_the_child_can_complete_its_handler() {
    var job = job();
    assertThat(raise(job, "h = delegate(len, '')\nh.complete(5)").message())
        .startsWith("RuntimeError: Only the job itself can complete its sub-task");
  }

  @Test
  void a_child_completes_its_handler_once() {
    var job = job();
    job.host().asSubtask();
    assertThat(
            finish(
                job,
                """
                before = sub_task_handler.state
                complete_sub_task(result={'a': 1})
                before == 'STARTED'\
                """))
        .isEqualTo("true");
    assertThat(job.host().completion()).isEqualTo(new Completion.Result(Value.of(Map.of("a", 1))));
    job.restart();
    assertThat(raise(job, "complete_sub_task(2)").message())
        .isEqualTo("RuntimeError: Sub-task handler is already completed");
    assertThat(finish(job, "[sub_task_handler.result, sub_task_handler.state == 'COMPLETED']"))
        .isEqualTo("[{\"a\":1},true]");
  }

  @Test
  void a_child_may_complete_with_an_error() {
    var job = job();
    job.host().asSubtask();
    finish(job, "sub_task_handler.complete(error='could not')");
    var error = error(job.host().completion());
    assertThat(error.kind()).isEqualTo(TaskError.Kind.REPORTED);
    assertThat(error.message()).isEqualTo("could not");
  }

  @Test
  void a_completion_cannot_mix_result_and_error() {
    var job = job();
    job.host().asSubtask();
    assertThat(raise(job, "complete_sub_task(1, error='x')").message())
        .isEqualTo("ValueError: Sub-task completion cannot mix result and error");
    assertThat(job.host().completion()).isNull();
    finish(job, "complete_sub_task(error='')");
    assertThat(job.host().completion()).isInstanceOf(Completion.Error.class);
  }

  @Test
  void a_result_that_cannot_be_stored_is_a_type_error() {
    var job = job();
    job.host().asSubtask();
    assertThat(raise(job, "complete_sub_task((x for x in []))").message())
        .startsWith("TypeError: The result cannot be stored");
    assertThat(job.host().completion()).isNull();
  }

  @Test
  void a_job_without_a_handler_has_nothing_to_complete() {
    assertThat(raise(job(), "complete_sub_task(1)").message())
        .isEqualTo(
            "RuntimeError: complete_sub_task requires sub_task_handler in current job locals");
  }

  @Test
  void handlers_survive_with_what_is_known_of_them() {
    var job = job();
    job.run(
        """
        def f(x): return [x]
        hs = {i: delegate(f, i, id=i) for i in range(3)}
        first = hs[0].result\
        """);
    job.restart();
    assertThat(
            finish(
                job,
                """
                first.append('same')
                [hs[0].result, hs[1].result, hs[0] is find_sub_task_handler(0), hs[2].job.id == hs[2].job.id]\
                """))
        .isEqualTo("[[0,\"same\"],[1],true,true]");
  }

  @Test
  void a_handler_passes_by_reference() {
    var job = job();
    assertThat(
            finish(
                job,
                """
                h = delegate(len, 'abc', id='h')
                n = h.result
                def f(h): return [h.id, h.result, isinstance(h, SubTaskHandler)]
                delegate(f, h).result
                """))
        .isEqualTo("[\"h\",3,true]");
  }

  @Test
  void unknown_running_and_finished_ids_are_told_apart() {
    var job = job();
    job.run("h = delegate(len, 'ab', id='r')");
    assertThat(raise(job, "find_sub_task_handler(id='r')").message())
        .startsWith("RuntimeError: Sub-task id=r has not completed");
    assertThat(raise(job, "find_sub_task_handler(id='u')").message())
        .startsWith("RuntimeError: Sub-task id=u does not exist");
    assertThat(finish(job, "find_sub_task_handler()")).isEqualTo("null");
    job.carryOutChildren();
    assertThat(finish(job, "find_sub_task_handler(id='r') is h and find_sub_task_handler() is h"))
        .isEqualTo("true");
  }

  @Test
  void sub_tasks_lists_the_handlers() {
    var job = job();
    assertThat(
            finish(
                job,
                """
                a = delegate(len, '', id='a')
                b = create_new_job('x')
                c = delegate(len, '')
                [h.id for h in sub_tasks()]\
                """))
        .isEqualTo("[\"a\",null]");
    assertThat(finish(job, "repr(sub_tasks()[0])")).contains("id='a' STARTED");
  }

  @ParameterizedTest
  @EnumSource(Wait.class)
  void several_can_be_waited_for(Wait wait) {
    var job = job().waits(wait);
    assertThat(
            finish(
                job,
                """
                hs = [delegate(pow, 2, i) for i in range(4)]
                first = wait_any(hs[2], hs[3])
                done = wait_all(hs)
                both = wait_all(hs[0], [hs[1]])
                late = [h.result for h in as_completed(hs, hs)]
                [first is hs[2], [h.result for h in done], len(both), late]
                """))
        .isEqualTo("[true,[1,2,4,8],2,[1,2,4,8]]");
  }

  @Test
  void what_is_known_to_have_ended_is_not_asked_again() {
    var job = job();
    job.run("hs = [delegate(len, 'x' * i) for i in range(3)]\nwait_all(hs)");
    int before = job.host().marks().size();
    assertThat(finish(job, "wait_all(hs)\nwait_any(hs)\n[h.result for h in hs]"))
        .isEqualTo("[0,1,2]");
    assertThat(job.host().marks()).hasSize(before + 1);
  }

  @Test
  void the_job_knows_itself() {
    assertThat(finish(job("knows1"), "j = current_job()\n[j.id, j.agent, j.status]"))
        .isEqualTo("[\"knows1\",\"main\",\"STARTED\"]");
    assertThat(raise(job(), "create_new_job('x', parent_job=5)").message())
        .startsWith("ValueError");
  }

  // Restricted mode

  @ParameterizedTest
  @ValueSource(
      strings = {
        "import os",
        "from subprocess import run",
        "import os.path as p",
        "from . import x",
        "open('x')",
        "eval('1')",
        "exec('1')",
        "compile('1', '', 'eval')",
        "__import__('os')",
        "globals()",
        "getattr(1, 'x')",
        "().__class__.__bases__",
        "(lambda: 0).__globals__",
        "[].__class__.__subclasses__()",
        "x = [].__dict__",
        "(i for i in []).gi_frame",
        "__builtins__",
        "def __getattribute__(self): pass",
        "class A:\n    def __reduce__(self): pass",
        "x = 5\nx._private",
        "match 5:\n    case int(__class__=c): pass",
        "import random\nrandom._os",
        "try:\n    pass\nexcept Exception as __builtins__:\n    pass"
      })
  void restricted_mode_refuses_what_leads_out(String source) {
    var job = job();
    var error = raise(job, "print('never')\n" + source);
    assertThat(error.kind()).isEqualTo(TaskError.Kind.REFUSED_CODE);
    assertThat(error.message()).startsWith("Restricted mode does not allow this code: line ");
    assertThat(job.host().console()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "import random\nx = random.os",
        "import collections\ncollections.sys",
        "import math\nmath.pi = 3",
        "type('X', (), {})",
        "import operator\noperator.attrgetter('x')",
        "print.x.y"
      })
  void restricted_mode_gives_no_way_round(String source) {
    assertThat(raise(job(), source).kind()).isEqualTo(TaskError.Kind.EXCEPTION);
  }

  @Test
  void ordinary_code_passes_restricted_mode() {
    assertThat(
            finish(
                job(),
                """
                from __future__ import annotations
                import math, re, json, random, statistics, itertools, functools, collections, string, textwrap
                from datetime import datetime, timedelta
                class Account:
                    _count = 0
                    def __init__(self, owner: str):
                        self._owner = owner
                        self.__balance = 0
                        Account._count_up = True
                    def __str__(self): return f"{self._owner}:{self.__balance}"
                    def __len__(self): return 1
                    def __lt__(self, other): return self._owner < other._owner
                    def add(self, n):
                        self.__balance += n
                        return self
                dir = 'docs'
                vars = [dir]
                kind = type(Account('x')).__name__
                data = sorted([Account('b').add(2), Account('a')])
                text = ', '.join(f'{a!s:>5}' for a in data)
                ok = isinstance(5, int) and hasattr(data[0], 'add') and __name__ == '__main__'
                [kind, text, len(data[0]), vars, ok, json.dumps({'m': max([1, 2])})]
                """))
        .isEqualTo("[\"Account\",\"  a:0,   b:2\",1,[\"docs\"],true,\"{\\\"m\\\": 2}\"]");
  }

  @Test
  void a_module_that_the_agent_grants_can_be_imported() {
    var job = job().imports("struct", "email.*");
    assertThat(
            finish(
                job,
                """
                import struct
                import email.message as mail
                from email import message
                letter = mail.Message()
                letter['To'] = 'you'
                [struct.calcsize('>I'), letter['To'], mail is message]\
                """))
        .isEqualTo("[4,\"you\",true]");
    job.restart();
    assertThat(finish(job, "letter['To'] + mail.Message().get_content_type()"))
        .isEqualTo("youtext/plain");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "import xml.sax",
        "import xml.dom",
        "import structure",
        "from xml import sax",
        "import os"
      })
  void what_is_not_granted_stays_refused(String source) {
    var error = raise(job().imports("struct", "xml.etree.*"), source);
    assertThat(error.message()).contains("not allowed in restricted mode", "import");
  }

  @Test
  void a_module_that_is_granted_gives_no_other() {
    var job = job().imports("shutil", "xml");
    assertThat(raise(job, "import shutil\nshutil.os").message())
        .isEqualTo("AttributeError: module 'shutil' has no attribute 'os'");
    assertThat(raise(job, "import xml\nxml.etree").message())
        .isEqualTo("AttributeError: module 'xml' has no attribute 'etree'");
    assertThat(raise(job, "shutil.rmtree('/nothing')").message())
        .containsAnyOf("Restricted mode does not let code do this", "Permission denied");
  }

  @Test
  void code_that_is_too_large_is_refused() {
    assertThat(raise(job(), "x = '" + "a".repeat(200_001) + "'").message())
        .contains("200000 bytes");
    assertThat(raise(job(), "x = [" + "1,".repeat(20_001) + "]").message())
        .contains("20000 syntax nodes");
  }

  @Test
  void unrestricted_mode_has_all_of_python() {
    var job = job().unrestricted();
    assertThat(
            finish(
                job,
                """
                import os, sys
                x = eval('1 + 1')
                [x, os.path.join('a', 'b'), [].__class__.__name__]\
                """))
        .isEqualTo("[2,\"a/b\",\"list\"]");
    job.restart();
    assertThat(finish(job, "os.path.basename('a/b')")).isEqualTo("b");
  }

  // Limits and endings

  @Test
  void a_block_that_runs_too_long_is_stopped_for_good() {
    var job = job().limits(Limits.DEFAULT.withBlockTime(Duration.ofMillis(300)));
    var ending = job.run("print('kept?')\nx = 1\nwhile True:\n    pass");
    assertThat(ending).isInstanceOf(Ending.Died.class);
    var died = (Ending.Died) ending;
    assertThat(died.error().kind()).isEqualTo(TaskError.Kind.LIMIT);
    assertThat(died.error().message()).contains("300 ms");
    assertThat(died.mayRetry()).isFalse();
    assertThat(finish(job, "1")).as("the job itself goes on").isEqualTo("1");
  }

  @Test
  void code_that_never_comes_back_to_python_is_stopped_too() {
    var job = job().limits(Limits.DEFAULT.withBlockTime(Duration.ofMillis(200)));
    // Where it goes on nevertheless, let it be over some time.
    var count = can(Capability.STOPPED_ANYWHERE) ? "10 ** 12" : "10 ** 8";
    assertThat(job.run("sum(range(" + count + "))")).isInstanceOf(Ending.Died.class);
    assertThat(job.run("try:\n    while True: pass\nexcept BaseException:\n    while True: pass"))
        .isInstanceOf(Ending.Died.class);
  }

  @Test
  void time_in_which_the_host_answers_does_not_count() throws Exception {
    var gate = new CountDownLatch(1);
    var job =
        job()
            .limits(Limits.DEFAULT.withBlockTime(Duration.ofMillis(250)))
            .tool(
                tool("slow"),
                arguments -> {
                  await(gate);
                  return Value.of("done");
                });
    try (var threads = Executors.newSingleThreadScheduledExecutor()) {
      var opening = threads.schedule(gate::countDown, 600, TimeUnit.MILLISECONDS);
      assertThat(finish(job, "slow()")).isEqualTo("done");
      opening.get();
    }
  }

  private static void await(CountDownLatch gate) {
    try {
      gate.await();
    } catch (InterruptedException interrupt) {
      throw new IllegalStateException(interrupt);
    }
  }

  @Test
  void closing_a_workspace_ends_a_run_under_way() {
    var job = job().tool(tool("echo", "value"), DrivenJobs::echo);
    var workspace = job.workspace();
    job.host().aroundCalls(() -> {}, () -> Thread.ofVirtual().start(workspace::close));
    var ending =
        workspace.run(job.host().again(CodeBlock.python("echo(1)\nwhile True: pass")), job.host());
    assertThat(ending).isInstanceOf(Ending.Died.class);
    assertThat(((Ending.Died) ending).mayRetry()).isTrue();
    workspace.close();
  }

  @Test
  void a_process_that_dies_may_be_tried_again() {
    var job = job().unrestricted();
    var ending = job.once(CodeBlock.python("import os\nos._exit(7)"));
    assertThat(ending).isInstanceOf(Ending.Died.class);
    var died = (Ending.Died) ending;
    assertThat(died.error().kind()).isEqualTo(TaskError.Kind.WORKSPACE);
    assertThat(died.error().message()).contains("exited with status 7");
    assertThat(died.mayRetry()).isTrue();
    var signal = "import os\nos.kill(os.getpid(), 11)";
    if (can(Capability.OWN_PROCESS)) {
      ending = job.once(CodeBlock.python(signal));
      assertThat(((Ending.Died) ending).error().message()).contains("signal 11");
    } else {
      assertThat(raise(job, signal).message()).startsWith("PermissionError: os.kill()");
    }
    assertThat(finish(job, "1")).isEqualTo("1");
  }

  @Test
  void memory_beyond_the_limit_is_refused() {
    var job = job().limits(Limits.DEFAULT.withMemoryBytes(256L << 20));
    boolean bounded = can(Capability.BOUNDED_MEMORY);
    int bytes = bounded ? 1 << 29 : 1 << 10;
    var made = "try:\n    x = bytes(" + bytes + ")\nexcept MemoryError:\n    x = b''\nlen(x)";
    assertThat(finish(job, made)).isEqualTo(bounded ? "0" : "1024");
  }

  @Test
  void a_module_written_in_c_can_be_imported() {
    var job = job().unrestricted();
    var code = "import ctypes\nctypes.sizeof(ctypes.c_int32)";
    if (can(Capability.NATIVE_MODULES)) {
      assertThat(finish(job, code)).isEqualTo("4");
    } else {
      assertThat(raise(job, code).message()).startsWith("ImportError: ");
    }
  }

  @Test
  void workspaces_work_side_by_side_and_share_nothing() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var results =
          IntStream.range(0, many(50))
              .mapToObj(i -> threads.submit(() -> besideOthers(i)))
              .toList();
      for (int i = 0; i < results.size(); i++) {
        assertThat(results.get(i).get()).isEqualTo("[" + i + "," + 2 * i + "]/out " + i + "\n");
      }
    }
  }

  private String besideOthers(int i) {
    try (var job = new DrivenJob(runtime(), new JobId("beside" + i))) {
      job.tool(tool("echo", "value"), DrivenJobs::echo);
      job.run("import math\nx = " + i);
      job.run("print('out', echo(x))");
      job.restart();
      return finish(job, "[x, 2 * x]") + "/" + job.host().console();
    }
  }
}
