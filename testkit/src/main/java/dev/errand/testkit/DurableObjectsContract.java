package dev.errand.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Blob;
import dev.errand.job.DurableObject;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.Value;
import dev.errand.spi.Host;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What every workspace in Python promises of durable objects.
public abstract class DurableObjectsContract extends DrivenJobs {
  private static final String COUNTER =
      """
      @durable
      class Counter:
          step = 1
          def __init__(self, n=0):
              self.n = n
              self.seen = []
          def add(self):
              self.n += self.step
              self.seen.append(self.n)
              return self.n
      c = Counter(5)
      """;

  /// For subclasses.
  protected DurableObjectsContract() {}

  private DrivenJob counting() {
    var job = job();
    finish(job, COUNTER);
    return job;
  }

  private static DurableObject only(DrivenJob job) {
    assertThat(job.host().objects()).hasSize(1);
    return job.host().objects().getFirst();
  }

  private static Map<String, String> attributes(DrivenJob job) {
    var texts = new LinkedHashMap<String, String>();
    only(job).attributes().forEach((name, value) -> texts.put(name, value.text()));
    return texts;
  }

  /// As another job would.
  private static void changeElsewhere(DrivenJob job, String name, @Nullable Object value) {
    var object = only(job);
    var attributes = new LinkedHashMap<>(object.attributes());
    attributes.put(name, Value.of(value));
    job.host().put(object.changed(attributes, new JobId("other")));
  }

  /// Offers a tool `elsewhere(name, value)`, while which another job changes the object.
  private DrivenJob countingWithAnother() {
    var job = job();
    job.tool(
        tool("elsewhere", "name", "value"),
        call -> {
          changeElsewhere(job, call.text("name").orElseThrow(), call.members().get("value"));
          return Value.of(1);
        });
    finish(job, COUNTER);
    return job;
  }

  @Test
  void what_a_statement_sets_is_stored_at_its_end() {
    var job = counting();
    assertThat(attributes(job)).containsEntry("n", "5").containsEntry("seen", "[]");
    finish(job, "c.add()\nc.add()");
    assertThat(attributes(job)).containsEntry("n", "7").containsEntry("seen", "[6,7]");
    assertThat(only(job).type()).isEqualTo("Counter");
    assertThat(only(job).version()).isEqualTo(3);
  }

  @Test
  void a_statement_that_only_reads_changes_nothing() {
    var job = counting();
    finish(job, "[c.n for _ in range(100)] + c.seen");
    assertThat(only(job).version()).isEqualTo(1);
  }

  @Test
  void what_another_job_changed_is_there_in_the_next_statement() {
    var job = counting();
    finish(job, "c.n");
    changeElsewhere(job, "n", 40);
    assertThat(finish(job, "c.n")).isEqualTo("40");
  }

  @Test
  void an_object_stays_one_object_of_its_class_through_restarts() {
    survives(
        COUNTER
            + """
            more = {'same': c, 'list': [c]}
            def look(): return c
            """,
        """
        (more['same'] is c is more['list'][0] is look() and type(c) is Counter and isinstance(c, Counter)
         and c.n == 5 and c.step == 1)
        """);
  }

  @Test
  void values_that_only_python_knows_and_other_objects_can_be_attributes() {
    survives(
        COUNTER
            + """
            from datetime import date
            c.when = {date(2024, 5, 6): (1, 2)}
            c.other = Counter(1)
            c.other.back = c
            """,
        "c.when[date(2024, 5, 6)] == (1, 2) and c.other.back is c and c.other.n == 1");
  }

  @Test
  void what_was_taken_out_is_a_copy_from_the_next_statement_on() {
    for (boolean restarted : new boolean[] {false, true}) {
      var job = counting();
      finish(job, "taken = c.seen");
      if (restarted) {
        job.restart();
      }
      finish(job, "taken.append(2)");
      assertThat(finish(job, "(taken, c.seen) == ([2], [])")).isEqualTo("true");
    }
  }

  @Test
  void an_attribute_can_be_deleted() {
    var job = counting();
    finish(job, "del c.seen");
    assertThat(attributes(job)).containsOnlyKeys("n");
    assertThat(raise(job, "c.seen").message()).contains("no attribute 'seen'");
  }

  @Test
  void a_child_works_on_the_same_object_and_in_the_order_of_the_code() {
    for (var wait : DrivenJob.Wait.values()) {
      var job = job().waits(wait);
      finish(
          job,
          COUNTER
              + """
              def work(c):
                  c.n *= 10
                  return c.n
              def all():
                  c.n = 7
                  seen = [c.n]
                  seen.append(delegate(work, c).result)
                  c.n += 1
                  seen.append(c.n)
                  return seen
              """);
      assertThat(finish(job, "all()")).as("%s", wait).isEqualTo("[7,70,71]");
    }
  }

  @Test
  void a_change_before_a_question_is_stored_once_however_often_the_statement_is_carried_out() {
    var job = job();
    var fails = new boolean[] {true};
    job.tool(
        tool("pay"),
        call -> {
          if (fails[0]) {
            fails[0] = false;
            throw new DrivenJob.Interruption();
          }
          return Value.of("paid");
        });
    finish(job, COUNTER);
    finish(
        job,
        """
        def run():
            c.add()
            pay()
            c.add()
        run()
        """);
    assertThat(attributes(job)).containsEntry("n", "7").containsEntry("seen", "[6,7]");
  }

  @Test
  void setting_what_was_read_and_has_changed_since_raises() {
    var job = countingWithAnother();
    var error = raise(job, "c.n = c.n + elsewhere('n', 40)");
    assertThat(error.message())
        .contains("DurableConflict")
        .contains("'n'")
        .contains("Read it again");
    assertThat(attributes(job)).containsEntry("n", "40");
  }

  @Test
  void setting_what_was_not_read_before_or_did_not_change_does_not_raise() {
    var job = countingWithAnother();
    finish(job, "c.seen = [c.n, elsewhere('n', 40)]");
    finish(job, "def more():\n    x = (c.n, elsewhere('n', 41))\n    c.n += 1\nmore()");
    assertThat(attributes(job)).containsEntry("n", "42").containsEntry("seen", "[5,1]");
  }

  @Test
  void changing_a_value_that_the_object_no_longer_has_raises() {
    var job = countingWithAnother();
    var error = raise(job, "c.seen.append(elsewhere('seen', [8]))");
    assertThat(error.message()).contains("DurableConflict").contains("job other");
    assertThat(attributes(job)).containsEntry("seen", "[8]");
    finish(job, "c.seen.append(elsewhere('n', 3))");
    assertThat(attributes(job)).containsEntry("seen", "[8,1]").containsEntry("n", "3");
  }

  @Test
  void a_value_stays_the_same_object_while_a_statement_waits_if_nobody_changes_it() {
    var job = job();
    job.tool(tool("pause"), call -> Value.of(3));
    finish(job, COUNTER);
    finish(job, "c.seen.append(pause())");
    assertThat(attributes(job)).containsEntry("seen", "[3]");
  }

  @Test
  void a_statement_that_raises_leaves_what_it_changed_before() {
    var job = counting();
    assertThat(raise(job, "[c.add(), 1 / 0]").message()).contains("ZeroDivisionError");
    assertThat(attributes(job)).containsEntry("n", "6");
  }

  @Test
  void what_cannot_be_stored_is_refused_by_name_and_nothing_of_it_is_stored() {
    var job = counting();
    var error = raise(job, "def bad():\n    c.n = 9\n    c.seen = (x for x in [])\nbad()");
    assertThat(error.message()).contains("'seen'").contains("Counter").contains("cannot be stored");
    assertThat(attributes(job)).containsEntry("n", "5");
    assertThat(finish(job, "c.n")).isEqualTo("5");
  }

  @Test
  void a_dataclass_can_be_durable() {
    var job = job();
    finish(
        job,
        """
        from dataclasses import dataclass, field
        @durable
        @dataclass
        class Point:
            x: int = 1
            tags: list = field(default_factory=list)
        p = Point(4)
        """);
    job.restart();
    finish(job, "p.x += 1; p.tags.append('a')");
    assertThat(attributes(job)).containsEntry("x", "5").containsEntry("tags", "[\"a\"]");
    assertThat(finish(job, "repr(p)")).isEqualTo("Point(x=5, tags=['a'])");
  }

  @Test
  void copies_of_a_durable_object_are_the_object() {
    var job = counting();
    assertThat(finish(job, "import copy\ncopy.copy(c) is c and copy.deepcopy([c])[0] is c"))
        .isEqualTo("true");
  }

  @Test
  void an_exit_stores_what_was_changed() {
    var job = counting();
    job.run("def leave():\n    c.n = 8\n    exit(c.n)\nleave()");
    assertThat(attributes(job)).containsEntry("n", "8");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "class A:\n    __slots__ = ('a',)",
        "class A(dict): pass",
        "class A:\n    def __setattr__(self, name, value): pass",
        "class A:\n    def __new__(cls): return 1",
      })
  void a_class_that_cannot_be_durable_is_refused(String source) {
    assertThat(raise(job(), "@durable\n" + source).message())
        .startsWith("TypeError: ")
        .contains("durable");
  }

  @Test
  void an_object_that_does_not_exist_is_an_error() {
    var job = counting();
    var other = job();
    other.host().startingFrom(null);
    finish(job, "1");
    finish(other, COUNTER);
    other.restart();
    other.host().objectsOf(new RecordingHost(new JobId("empty")));
    assertThat(raise(other, "c.n").message()).contains("no durable object");
  }

  @Test
  void an_object_that_the_application_made_is_given_by_reference() {
    var job = job();
    var made = new DurableObject("4f", "stock", "Stock", 1, Map.of("left", Value.of(5)), null);
    job.host().put(made);
    job.host()
        .startingFrom(
            Host.Snapshot.beginning(
                new Blob(
                    Json.object("stock", Json.object("errand:object", "4f"))
                        .print()
                        .getBytes(StandardCharsets.UTF_8)),
                List.of(),
                List.of()));
    finish(job, "stock.left -= 1");
    job.restart();
    assertThat(finish(job, "stock.left")).isEqualTo("4");
    assertThat(only(job).version()).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource(DrivenJob.Wait.class)
  void a_wait_in_a_statement_that_uses_one_replays_alike(DrivenJob.Wait wait) {
    var job = job().waits(wait);
    finish(
        job,
        COUNTER
            + """
            def one(n): return n
            def sum_up(handlers):
                for h in handlers:
                    c.n += h.result
                    c.seen.append(c.n)
                return c.n
            hs = [delegate(one, n) for n in range(4)]
            """);
    assertThat(finish(job, "sum_up(hs)")).isEqualTo("11");
    assertThat(attributes(job)).containsEntry("n", "11").containsEntry("seen", "[5,6,8,11]");
  }
}
