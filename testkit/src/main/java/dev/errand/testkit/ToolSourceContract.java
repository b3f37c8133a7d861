package dev.errand.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errand.agent.ToolFunction;
import dev.errand.agent.ToolSource;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.ToolSourceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What every [ToolSource] promises.
@SuppressWarnings("JUnitClassModifiers") // it is for other modules to extend
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class ToolSourceContract {
  private static final JobId ONE = new JobId("one");
  private static final JobId OTHER = new JobId("other");
  private static final Json.Object HELLO = Json.object("message", "hello");

  private final ArrayList<ToolSource> opened = new ArrayList<>();

  /// A source whose connection stays for that long when nobody uses it any more. It has a tool
  /// `echo`, whose result contains its argument `message`.
  protected abstract ToolSource source(Duration linger);

  /// A source that cannot be reached.
  protected abstract ToolSource unreachable();

  /// The name of a tool of the source that does not return by itself, given [#endlessly].
  protected abstract String endless();

  /// The arguments with which [#endless] does not return.
  protected abstract Json.Object endlessly();

  /// Whether it has a connection now.
  protected abstract boolean isConnected(ToolSource source);

  /// How many calls are under way.
  protected abstract int underWay(ToolSource source);

  /// Has the connection break off, as if the other side had died; it can be reached again when this
  /// returns.
  protected abstract void breakOff(ToolSource source) throws Exception;

  @AfterEach
  void close_what_was_opened() {
    opened.forEach(ToolSource::close);
  }

  private ToolSource opened(Duration linger) {
    var source = source(linger);
    opened.add(source);
    return source;
  }

  private static ToolFunction tool(ToolSource source, String name) {
    return source.tools().stream()
        .filter(tool -> tool.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static @Nullable Object call(
      ToolSource source, JobId job, String name, Json.Object arguments) throws Exception {
    return tool(source, name)
        .action()
        .call(new ToolFunction.Call(job, job.text() + "/1/0/0", arguments));
  }

  private static String echoed(ToolSource source, JobId job) throws Exception {
    return String.valueOf(call(source, job, "echo", HELLO));
  }

  private CompletableFuture<@Nullable Object> underWay(ToolSource source, JobId job)
      throws InterruptedException {
    var over = new CompletableFuture<@Nullable Object>();
    Thread.ofVirtual().start(() -> completed(over, source, job));
    until(() -> underWay(source) > 0);
    return over;
  }

  @SuppressWarnings("IllegalCatch")
  private void completed(CompletableFuture<@Nullable Object> over, ToolSource source, JobId job) {
    try {
      over.complete(call(source, job, endless(), endlessly()));
    } catch (Exception failed) {
      over.completeExceptionally(failed);
    }
  }

  private static void until(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  @Test
  void its_tools_have_names_that_are_free_to_use_and_an_alias_with_its_own() {
    var source = opened(Duration.ZERO);
    assertThat(source.tools())
        .extracting(ToolFunction::name)
        .contains("echo")
        .doesNotHaveDuplicates();
    assertThat(tool(source, "echo").isKnownAs("mcp__" + source.name() + "__echo")).isTrue();
    assertThat(source.only(tool -> tool.name().equals("echo")).tools()).hasSize(1);
  }

  @Test
  void a_job_is_a_user_from_its_first_call_until_it_has_left() throws Exception {
    var source = opened(Duration.ZERO);
    source.tools();
    assertThat(isConnected(source)).as("nobody uses it yet").isFalse();
    assertThat(echoed(source, ONE)).contains("hello");
    assertThat(isConnected(source)).isTrue();
    source.left(ONE);
    until(() -> !isConnected(source));
    assertThat(echoed(source, ONE)).as("it may come again").contains("hello");
    source.left(ONE);
    until(() -> !isConnected(source));
  }

  @Test
  void it_closes_with_the_last_of_its_users() throws Exception {
    var source = opened(Duration.ZERO);
    echoed(source, ONE);
    echoed(source, OTHER);
    source.left(ONE);
    source.left(ONE);
    source.left(new JobId("stranger"));
    assertThat(isConnected(source)).as("another uses it").isTrue();
    source.only(tool -> true).left(OTHER);
    until(() -> !isConnected(source));
  }

  @Test
  void it_stays_for_a_while_when_all_have_left() throws Exception {
    var source = opened(Duration.ofHours(1));
    echoed(source, ONE);
    source.left(ONE);
    assertThat(isConnected(source)).isTrue();
  }

  @Test
  void a_call_that_is_under_way_keeps_it_though_its_job_has_left() throws Exception {
    var source = opened(Duration.ZERO);
    var over = underWay(source, ONE);
    source.left(ONE);
    assertThat(echoed(source, OTHER)).contains("hello");
    source.left(OTHER);
    assertThat(over).isNotDone();
    assertThat(isConnected(source)).isTrue();
  }

  @Test
  void many_may_call_at_once() throws Exception {
    var source = opened(Duration.ZERO);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var all = new ArrayList<java.util.concurrent.Future<String>>();
      for (int n = 0; n < 20; n++) {
        var job = new JobId("job" + n);
        all.add(threads.submit(() -> echoed(source, job)));
      }
      for (var one : all) {
        assertThat(one.get()).contains("hello");
      }
    }
  }

  @Test
  void when_it_breaks_off_what_is_under_way_fails_and_the_next_call_connects_anew()
      throws Exception {
    var source = opened(Duration.ZERO);
    assertThat(echoed(source, OTHER)).contains("hello");
    var over = underWay(source, ONE);
    breakOff(source);
    assertThatThrownBy(over::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(ToolSourceException.class)
        .hasMessageContaining(source.name());
    until(() -> !isConnected(source));
    assertThat(echoed(source, OTHER)).contains("hello");
  }

  @Test
  void a_call_that_is_interrupted_ends_and_the_others_go_on() throws Exception {
    var source = opened(Duration.ZERO);
    echoed(source, OTHER);
    var over = new CompletableFuture<@Nullable Object>();
    var calling = Thread.ofVirtual().start(() -> completed(over, source, ONE));
    until(() -> underWay(source) > 0);
    calling.interrupt();
    assertThatThrownBy(over::get).hasCauseInstanceOf(InterruptedException.class);
    until(() -> underWay(source) == 0);
    assertThat(isConnected(source)).isTrue();
    assertThat(echoed(source, OTHER)).contains("hello");
  }

  @Test
  void once_closed_it_fails_all_calls_and_may_be_closed_again() throws Exception {
    var source = opened(Duration.ofHours(1));
    var echo = tool(source, "echo");
    var over = underWay(source, ONE);
    source.close();
    source.close();
    assertThatThrownBy(over::get).hasCauseInstanceOf(ToolSourceException.class);
    assertThatThrownBy(() -> echo.action().call(new ToolFunction.Call(ONE, "one/1/0/1", HELLO)))
        .isInstanceOf(ToolSourceException.class)
        .hasMessageContaining(source.name());
    assertThat(isConnected(source)).isFalse();
    source.left(ONE);
  }

  @Test
  void one_that_cannot_be_reached_says_so() {
    var source = unreachable();
    opened.add(source);
    assertThatThrownBy(source::tools)
        .isInstanceOf(ToolSourceException.class)
        .hasMessageContaining(source.name());
  }
}
