package dev.errand.agent;

import dev.errand.job.JobId;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

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

  /// Who uses it uses its source: two choices of one source are told of the same jobs.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SomeTools some && some.source.equals(source);
  }

  @Override
  public int hashCode() {
    return source.hashCode();
  }
}
