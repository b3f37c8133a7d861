package dev.errand.python;

import dev.errand.job.Limits;
import dev.errand.job.TaskError;
import java.io.IOException;
import java.nio.file.Path;

/// A process of a zygote, at work for a job with these limits.
final class CPythonProcess implements DriverLink {
  /// What a frame may have beside variables.
  private static final long FRAME_SPARE = 64L << 20;

  private final Zygote zygote;
  private final Zygote.Child process;
  private final Frames frames;
  private final Limits limits;

  CPythonProcess(Zygote zygote, Limits limits) {
    this.zygote = zygote;
    this.process = zygote.take();
    this.frames = new Frames(process.channel(), limits.storedBytes() + FRAME_SPARE);
    this.limits = limits;
  }

  @Override
  public void send(Frame frame) throws IOException {
    frames.send(frame);
  }

  @Override
  public Frame receive() throws IOException {
    return frames.receive();
  }

  @Override
  public Path folder() {
    return process.folder();
  }

  @Override
  public void end() {
    zygote.kill(process);
  }

  @Override
  public TaskError fate() {
    var fate = zygote.fate(process);
    return fate.ofMemory(limits.memoryBytes())
        ? Excess.memory(limits)
        : PythonWorkspace.gone("The Python process of the workspace " + fate.words() + ".");
  }
}
