package dev.errand.python;

import dev.errand.job.Blob;
import dev.errand.job.Limits;
import dev.errand.job.RefusedException;
import dev.errand.job.TaskError;
import dev.errand.job.WorkspaceException;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime.Opening;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One Python at work for one job: turns its frames into calls of the host, and holds it to the
/// job's limits.
public final class PythonWorkspace implements Workspace {
  /// How many Pythons may go before one is ready.
  private static final int DEATHS_ALLOWED = 3;

  private final DriverLink python;
  private final ScheduledExecutorService timer;
  private final Limits limits;
  private final Bounds bounds;
  private volatile long looked = System.nanoTime();

  /// Why the Python is gone, where that was decided here; set once.
  private volatile @Nullable TaskError ended;

  private PythonWorkspace(DriverLink python, ScheduledExecutorService timer, Limits limits) {
    this.python = python;
    this.timer = timer;
    this.limits = limits;
    this.bounds = new Bounds(limits);
  }

  /// Opens a job's workspace in a Python that waits for one.
  ///
  /// @param pythons gives one, and another where that turns out to have gone before
  /// @param timer rings when a block's time is over; it is never kept busy
  /// @throws WorkspaceException if that fails; the Python is ended
  public static Workspace open(
      Supplier<DriverLink> pythons, ScheduledExecutorService timer, Opening opening) {
    for (int deaths = 1; ; deaths++) {
      try {
        return openOnce(pythons.get(), timer, opening);
      } catch (DiedUnopened gone) {
        // It may have been a spare one that died before; nothing of the job was lost with it.
        if (deaths == DEATHS_ALLOWED) {
          throw gone.failure;
        }
      }
    }
  }

  /// The Python went before the workspace was open.
  private static final class DiedUnopened extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final WorkspaceException failure;

    DiedUnopened(WorkspaceException failure) {
      super(failure);
      this.failure = failure;
    }
  }

  private static Workspace openOnce(
      DriverLink python, ScheduledExecutorService timer, Opening opening) {
    var workspace = new PythonWorkspace(python, timer, opening.limits());
    try (var clock =
        BlockClock.start(
            timer,
            opening.limits().blockTime(),
            workspace::lookAtFolderBeside,
            workspace::outOfTime)) {
      workspace.begin(opening);
      clock.pause();
      return workspace;
    } catch (IOException | Form.Misfit gone) {
      var died = workspace.died(gone);
      var why = died.error().message();
      var failure =
          new WorkspaceException(
              "The workspace of job " + opening.job() + " could not be opened. " + why, gone);
      throw died.mayRetry() ? new DiedUnopened(failure) : failure;
    } catch (WorkspaceException unreadable) {
      workspace.close();
      throw unreadable;
    }
  }

  private void begin(Opening opening) throws IOException {
    python.send(Forms.opening(opening));
    if (opening.state() == null) {
      return;
    }
    var answer = python.receive().header();
    if (answer.text("do").filter("opened"::equals).isEmpty()) {
      throw new WorkspaceException(
          "The stored workspace of job "
              + opening.job()
              + " cannot be read: "
              + answer.text("message").orElse("")
              + ". It was written by a newer release, or it is damaged.");
    }
    for (var part : opening.state().parts()) {
      bounds.holds(
          part.number(), part.head().size(), part.chunks().stream().map(Blob::size).toList());
    }
  }

  @Override
  public Ending run(Run run, Host host) {
    try (var clock =
        BlockClock.start(timer, limits.blockTime(), this::lookAtFolderBeside, this::outOfTime)) {
      lookAtFolderNowAndThen();
      bounds.begin();
      python.send(Forms.run(run, host.job()));
      return converse(new Marks(run), host, clock);
    } catch (IOException | Form.Misfit gone) {
      return died(gone);
    } catch (RuntimeException | Error thrownByHost) {
      close();
      throw thrownByHost;
    }
  }

  private Ending converse(Marks marks, Host host, BlockClock clock) throws IOException {
    while (true) {
      var frame = python.receive();
      var form = new Form(frame.header());
      var asked = new Asked(form, frame.parts(), marks.of(form, frame.parts()));
      var excess = Form.fitting(() -> bounds.exceededBy(Marks.printed(form), asked.mark()));
      if (excess.isPresent()) {
        return new Ending.Died(end(excess.get()), false);
      }
      var ending = heed(asked, host, clock);
      if (ending != null) {
        return ending;
      }
    }
  }

  /// Time in which the host answers is not the code's. To send the answer is, lest it not be read.
  private @Nullable Ending heed(Asked asked, Host host, BlockClock clock) throws IOException {
    return switch (asked.what()) {
      case "finished" -> new Ending.Finished(asked.mark(), asked.value(), asked.shown());
      case "exited" -> new Ending.Exited(asked.mark(), asked.value());
      case "raised" -> new Ending.Raised(asked.mark(), asked.error());
      case "failed" -> throw new Form.Misfit(asked.form().text("message"));
      case "note" -> {
        host.note(asked.mark());
        yield null;
      }
      default -> {
        clock.pause();
        var answer = answer(asked, host);
        clock.resume();
        python.send(answer);
        yield null;
      }
    };
  }

  private static Frame answer(Asked asked, Host host) {
    var answer = answered(asked, host);
    return asked.what().equals("call") && host.tookNumber() ? answer.with("took", 1) : answer;
  }

  private static Frame answered(Asked asked, Host host) {
    try {
      return asked.put(host);
    } catch (RefusedException refused) {
      return Forms.refusal(refused);
    }
  }

  private void outOfTime() {
    end(Excess.time(limits));
  }

  private void lookAtFolderBeside() {
    Thread.ofVirtual().start(this::lookAtFolder);
  }

  /// For those that run many short blocks.
  private void lookAtFolderNowAndThen() {
    if (System.nanoTime() - looked > BlockClock.TICK.toNanos()) {
      lookAtFolder();
    }
  }

  private void lookAtFolder() {
    looked = System.nanoTime();
    if (OwnFolder.exceeds(python.folder(), limits.fileBytes())) {
      end(Excess.files(limits));
    }
  }

  @Override
  public void close() {
    end(gone("The workspace was closed."));
  }

  /// The reason is there before the connection is closed, for who reads from it looks for one.
  private TaskError end(TaskError why) {
    TaskError first;
    synchronized (python) {
      first = ended == null ? why : ended;
      ended = first;
    }
    python.end();
    return first;
  }

  private Ending.Died died(Exception how) {
    var known = ended;
    var why = known == null ? end(reason(how)) : known;
    return new Ending.Died(why, why.kind() != TaskError.Kind.LIMIT);
  }

  private TaskError reason(Exception how) {
    return switch (how) {
      case Frames.TooLarge large -> Excess.stored(limits);
      case ClosedChannelException interrupted -> gone("The workspace was interrupted.");
      case Form.Misfit misfit ->
          gone(
              "The Python process of the workspace was not understood: "
                  + misfit.getMessage()
                  + ".");
      default -> python.fate();
    };
  }

  /// What became of a workspace that may be opened again.
  static TaskError gone(String message) {
    return TaskError.of(TaskError.Kind.WORKSPACE, message, "");
  }
}
