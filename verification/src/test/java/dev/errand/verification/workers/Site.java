package dev.errand.verification.workers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.Errand;
import dev.errand.JobSpec;
import dev.errand.agent.Agent;
import dev.errand.job.Budget;
import dev.errand.job.JobId;
import dev.errand.job.Json;
import dev.errand.job.StoreException;
import dev.errand.spi.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// One store, those who ask things of it, and what they were told; the judge at the end.
final class Site implements AutoCloseable {
  private static final Duration LONG = Duration.ofMinutes(3);
  private static final Duration BEFORE_ASKING_AGAIN = Duration.ofMillis(50);

  private final String store;
  private final Log log;
  private final Work work;
  private final AtomicInteger number = new AtomicInteger();
  private final ConcurrentLinkedQueue<JobId> chats = new ConcurrentLinkedQueue<>();
  private @Nullable Errand client;

  /// @param store as the test itself reaches it, which may be through a bad network
  Site(String store, Log log) {
    this.store = store;
    this.log = log;
    work = new Work(log, "test");
  }

  Log log() {
    return log;
  }

  private synchronized Errand client() {
    if (client == null) {
      client = Errand.builder().store(Stores.open(store)).open();
    }
    return client;
  }

  private synchronized void hangUp() {
    if (client != null) {
      try {
        client.close();
      } catch (StoreException gone) {
        System.out.println("Site: " + gone.getMessage());
      }
      client = null;
    }
  }

  /// Asks until it is answered: for what may be asked twice.
  private <T> T ask(Function<Errand, T> question) {
    long end = System.nanoTime() + LONG.toNanos();
    while (true) {
      try {
        return question.apply(client());
      } catch (StoreException failed) {
        if (System.nanoTime() - end > 0) {
          throw failed;
        }
        hangUp();
        LockSupport.parkNanos(BEFORE_ASKING_AGAIN.toNanos());
      }
    }
  }

  JobId submitSum(int children) {
    return submit(work.summing(), spec -> spec.var("n", children), Json.of(Work.sum(children)));
  }

  JobId submitCode() {
    return submit(work.coding(), spec -> spec.code(Work.CODE), Json.of(Work.CODE_ENDS_WITH));
  }

  JobId submitTree(int levels, int wide, String until) {
    return submit(
        work.tree(),
        spec -> spec.var("levels", levels).var("wide", wide).var("until", until),
        null);
  }

  JobId submitChat() {
    var chat =
        submit(
            work.chatting(), spec -> spec.message("Begin.").budget(Budget.tokens(100_000)), null);
    log.write("test", new Operation.Sending(chat, "Begin."));
    chats.add(chat);
    return chat;
  }

  /// A job that one worker or another has in its hands until this is closed.
  record Held(JobId job, Path sign) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      Files.createFile(sign);
    }
  }

  /// Submits one, and waits until it is in the midst of a tool.
  Held submitHeld() {
    var until = "held-" + number.incrementAndGet();
    var job = submit(work.held(), spec -> spec.var("until", until), Json.of(true));
    Eventually.await("the tool of job " + job)
        .until(() -> log.read().stream().anyMatch(done -> isMade(done, job)));
    return new Held(job, log.sign(until));
  }

  private static boolean isMade(Operation done, JobId job) {
    return done instanceof Operation.Made made && made.key().startsWith(job.text() + "/");
  }

  private JobId submit(Agent agent, UnaryOperator<JobSpec> details, @Nullable Json expects) {
    var key = agent.spec().name() + "-" + number.incrementAndGet();
    var job = ask(errand -> errand.submit(agent, spec -> details.apply(spec).key(key)).id());
    log.write("test", new Operation.Submitted(key, job, expects));
    return job;
  }

  /// Says something to each of the chats, once: a message whose answer is lost is not said again.
  void sayToChats() {
    for (var chat : chats) {
      var text = "message " + number.incrementAndGet();
      log.write("test", new Operation.Sending(chat, text));
      try {
        long sequence = client().job(chat.text()).say(text);
        log.write("test", new Operation.Sent(chat, text, sequence));
      } catch (StoreException failed) {
        hangUp();
      }
    }
  }

  /// Says nothing more to the chats there are.
  void forgetChats() {
    chats.clear();
  }

  /// How much was done so far, by all processes.
  int operations() {
    return log.read().size();
  }

  /// Waits until that much was done.
  void awaitOperations(int enough) {
    Eventually.await(enough + " operations").until(() -> operations() >= enough);
  }

  /// Waits until the job has ended, and notes how.
  void awaitEnd(JobId job) {
    Eventually.await("the end of job " + job)
        .until(() -> ask(errand -> errand.job(job.text()).outcome()).isPresent());
    var outcome = ask(errand -> errand.job(job.text()).outcome()).orElseThrow();
    log.write("test", new Operation.Ended(job, outcome.code()));
  }

  /// Waits until nothing is left to be done.
  void awaitQuiet() {
    Eventually.await("rest")
        .untilAsserted(
            () ->
                assertThat(read(Store::busy).booleanValue())
                    .as(() -> "still busy; the workers said:\n" + Crew.errors(log))
                    .isFalse());
  }

  /// Lets the judge decide, of what is in the store when nothing is left to be done.
  void judge(String when) {
    awaitQuiet();
    var rows = ask(errand -> Rows.of(errand.store()));
    assertThat(HistoryChecker.check(log.read(), rows))
        .as(() -> when + "; the workers said:\n" + Crew.errors(log))
        .isEmpty();
  }

  <T> T read(Function<Store, T> question) {
    return ask(errand -> question.apply(errand.store()));
  }

  @Override
  public void close() {
    hangUp();
  }
}
