package dev.errand.agent;

import dev.errand.job.JobId;
import java.util.List;
import java.util.function.Predicate;

/// Some tools of a source.
record SomeTools(ToolSource source, Predicate<ToolFunction> wanted) implements ToolSource {
  @Override
  public String name() {
    return source.name();
  }

  @Override
  public List<ToolFunction> tools() {
    return source.tools().stream().filter(wanted).toList();
  }

  @Override
  public void left(JobId job) {
    source.left(job);
  }

  @Override
  public void close() {
    source.close();
  }
}
