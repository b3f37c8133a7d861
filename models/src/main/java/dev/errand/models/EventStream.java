package dev.errand.models;

import dev.errand.job.Json;
import dev.langchain4j.http.client.sse.ServerSentEvent;
import dev.langchain4j.http.client.sse.ServerSentEventContext;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParsingHandle;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads server-sent events on the calling thread, and knows whether the stream came to its end.
///
/// The library's own parser takes a connection that was cut for the end, and logs and forgets an
/// event that could not be read; either would make half a reply an ordinary one.
final class EventStream {
  private static final Pattern FINISHED = Pattern.compile("\"finish_reason\"\\s*:\\s*\"");
  private static final Pattern ERROR = Pattern.compile("\"error\"\\s*:\\s*[{\"]");

  /// How long the connection may take to end after the last event.
  private static final Duration FAREWELL = Duration.ofSeconds(1);

  private final WatchedBody body;
  private final ServerSentEventListener listener;
  private final FailedAnswer failures;
  private final Handle handle = new Handle();
  private boolean events;
  private boolean finished;
  private boolean over;

  EventStream(WatchedBody body, ServerSentEventListener listener, FailedAnswer failures) {
    this.body = body;
    this.listener = listener;
    this.failures = failures;
  }

  /// Hands on all events.
  ///
  /// @return whether the stream came to its end, and there was at least one event
  /// @throws CallFailed if an event says that something went wrong
  /// @throws IOException if the connection broke or stalled before the end
  boolean read() throws IOException {
    try (var lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      var event = new Event();
      for (var line = next(lines); line != null && !handle.cancelled; line = next(lines)) {
        if (!line.isEmpty()) {
          event.add(line);
        } else if (!event.data.isEmpty()) {
          tell(event.asEvent());
          event = new Event();
        }
      }
      if (!event.data.isEmpty() && !handle.cancelled) {
        tell(event.asEvent());
      }
    }
    return events && (finished || over || handle.cancelled);
  }

  private @Nullable String next(BufferedReader lines) throws IOException {
    try {
      return lines.readLine();
    } catch (IOException broken) {
      if (over) {
        return null;
      }
      throw broken;
    }
  }

  private void tell(ServerSentEvent event) {
    var data = event.data();
    if (isError(event)) {
      throw failures.failure(data).asException();
    }
    events = true;
    finished |= FINISHED.matcher(data).find();
    if (data.strip().equals("[DONE]") || "message_stop".equals(event.event())) {
      over = true;
      body.patience(FAREWELL);
    }
    listener.onEvent(event, new ServerSentEventContext(handle));
  }

  private static boolean isError(ServerSentEvent event) {
    if ("error".equals(event.event())) {
      return true;
    }
    if (!ERROR.matcher(event.data()).find()) {
      return false;
    }
    try {
      return Json.parse(event.data()) instanceof Json.Object object
          && object.get("error").isPresent();
    } catch (IllegalArgumentException malformed) {
      return false;
    }
  }

  private static final class Event {
    private @Nullable String name;
    private final StringBuilder data = new StringBuilder();

    void add(String line) {
      int colon = line.indexOf(':');
      var field = colon < 0 ? line : line.substring(0, colon);
      var value = colon < 0 ? "" : line.substring(colon + 1);
      if (value.startsWith(" ")) {
        value = value.substring(1);
      }
      if (field.equals("event")) {
        name = value.strip();
      } else if (field.equals("data")) {
        data.append(data.isEmpty() ? "" : "\n").append(value);
      }
    }

    ServerSentEvent asEvent() {
      return new ServerSentEvent(name, data.toString());
    }
  }

  private static final class Handle implements ServerSentEventParsingHandle {
    private volatile boolean cancelled;

    @Override
    public void cancel() {
      cancelled = true;
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }
  }
}
