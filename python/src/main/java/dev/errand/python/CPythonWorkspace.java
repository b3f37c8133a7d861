package dev.errand.python;

import dev.errand.job.RefusedException;
import dev.errand.job.TaskError;
import dev.errand.job.WorkspaceException;
import dev.errand.python.Frames.Frame;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace;
import dev.errand.spi.WorkspaceRuntime.Opening;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/// One Python process at work for one job: turns its frames into calls of the host.
final class CPythonWorkspace implements Workspace {
  private final Zygote zygote;
  private final Zygote.Child process;
  private final Frames frames;
  private final ScheduledExecutorService timer;
  private final Duration blockTime;

  /// Why the process is gone, where that was decided here; set once.
  private volatile @Nullable TaskError ended;

  private CPythonWorkspace(
      Zygote zygote, Zygote.Child process, ScheduledExecutorService timer, Duration blockTime) {
    this.zygote = zygote;
    this.process = process;
    this.frames = new Frames(process.channel());
    this.timer = timer;
    this.blockTime = blockTime;
  }

  static Workspace open(Zygote zygote, ScheduledExecutorService timer, Opening opening) {
    var workspace =
        new CPythonWorkspace(zygote, zygote.take(), timer, opening.limits().blockTime());
    try (var clock = BlockClock.start(timer, workspace.blockTime, workspace::outOfTime)) {
      workspace.begin(opening);
      clock.pause();
      return workspace;
    } catch (IOException | Form.Misfit gone) {
      var why = workspace.died(gone).error().message();
      throw new WorkspaceException(
          "The workspace of job " + opening.job() + " could not be opened. " + why, gone);
    } catch (WorkspaceException unreadable) {
      workspace.close();
      throw unreadable;
    }
  }

  private void begin(Opening opening) throws IOException {
    frames.send(Forms.opening(opening));
    if (opening.state() == null) {
      return;
    }
    var answer = frames.receive().header();
    if (answer.text("do").filter("opened"::equals).isEmpty()) {
      throw new WorkspaceException(
          "The stored workspace of job "
              + opening.job()
              + " cannot be read: "
              + answer.text("message").orElse("")
              + ". It was written by a newer release, or it is damaged.");
    }
  }

  @Override
  public Ending run(Run run, Host host) {
    try (var clock = BlockClock.start(timer, blockTime, this::outOfTime)) {
      frames.send(Forms.run(run, host.job()));
      var marks = new Marks(run);
      while (true) {
        var frame = frames.receive();
        clock.pause();
        var form = new Form(frame.header());
        var asked = new Asked(form, frame.parts(), marks.of(form, frame.parts()));
        var ending = heed(asked, host);
        if (ending != null) {
          return ending;
        }
        clock.resume();
      }
    } catch (IOException | Form.Misfit gone) {
      return died(gone);
    } catch (RuntimeException | Error thrownByHost) {
      close();
      throw thrownByHost;
    }
  }

  private @Nullable Ending heed(Asked asked, Host host) throws IOException {
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
        frames.send(answer(asked, host));
        yield null;
      }
    };
  }

  private static Frame answer(Asked asked, Host host) {
    try {
      return asked.put(host);
    } catch (RefusedException refused) {
      return Forms.refusal(refused);
    }
  }

  private void outOfTime() {
    end(
        TaskError.of(
            TaskError.Kind.LIMIT,
            "The code ran longer than the " + Forms.seconds(blockTime) + " that a block may take.",
            "Do the work in smaller blocks, or give the agent a larger blockTime"));
  }

  @Override
  public void close() {
    end(TaskError.of(TaskError.Kind.WORKSPACE, "The workspace was closed.", ""));
  }

  private TaskError end(TaskError why) {
    zygote.kill(process);
    synchronized (process) {
      var first = ended == null ? why : ended;
      ended = first;
      return first;
    }
  }

  private Ending.Died died(Exception how) {
    var known = ended;
    var why = known == null ? end(TaskError.of(TaskError.Kind.WORKSPACE, fate(how), "")) : known;
    return new Ending.Died(why, why.kind() != TaskError.Kind.LIMIT);
  }

  private String fate(Exception how) {
    return switch (how) {
      case ClosedChannelException interrupted -> "The workspace was interrupted.";
      case Form.Misfit misfit ->
          "The Python process of the workspace was not understood: " + misfit.getMessage() + ".";
      default -> "The Python process of the workspace " + zygote.fate(process) + ".";
    };
  }
}
