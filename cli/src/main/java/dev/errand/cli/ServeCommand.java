package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.cli.http.FrontDoor;
import dev.errand.cli.http.Token;
import dev.errand.job.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Works on the jobs of a store for as long as it is let, and answers by HTTP.
@Command(
    name = "serve",
    description = {
      "Works on the jobs of a store until it is interrupted, and takes messages and answers by"
          + " HTTP.",
      "Callers send Authorization: Bearer TOKEN; ERRAND_TOKEN sets the token, else one is drawn and"
          + " printed."
    })
final class ServeCommand implements Callable<Integer> {
  private static final int HIGHEST_PORT = 65_535;

  /// The variable of the environment that has the token, if one is to be used again.
  private static final String TOKEN = "ERRAND_TOKEN";

  private final Surroundings surroundings;

  @Mixin StoreOptions options = new StoreOptions();
  @Mixin WorkOptions work = new WorkOptions();
  @Mixin DrainOptions drain = new DrainOptions();
  @Mixin AgentOptions agents = new AgentOptions();

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "Where to listen; default ${DEFAULT-VALUE}, which only this machine reaches.")
  String host = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Listen on port N, 0 for any that is free; default ${DEFAULT-VALUE}.")
  int port = 7433;

  @Option(names = "--no-token", description = "Let every program of this machine in.")
  boolean noToken;

  @Option(names = "--no-worker", description = "Work on no job; another process does.")
  boolean noWorker;

  @Option(names = "--json", description = "Print address and token as one JSON object.")
  boolean json;

  ServeCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws InterruptedException {
    work.check();
    drain.check();
    agents.check();
    check();
    var token = token();
    try (var termination = Termination.heeded();
        var errand = Stores.open(surroundings, options, work.python());
        var door = open(errand, token)) {
      agents.register(errand, surroundings);
      tell(door.address(), token == null || isGiven() ? null : token);
      if (!noWorker) {
        work.start(errand);
      }
      return leave(errand, door, DrainOptions.awaitEnd(termination, errand, surroundings.screen()));
    }
  }

  private void check() {
    if (port < 0 || port > HIGHEST_PORT) {
      throw Refusal.usage("--port must be from 0 to " + HIGHEST_PORT + ", not " + port);
    }
    if (noToken && !isLoopback()) {
      throw Refusal.usage("--no-token is for this machine only, not for " + host);
    }
  }

  private boolean isLoopback() {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException unknown) {
      throw Refusal.usage("there is no address " + Text.oneLine(host));
    }
  }

  private @Nullable Token token() {
    if (noToken) {
      return null;
    }
    var given = surroundings.variable(TOKEN);
    try {
      return given == null ? Token.random() : new Token(given);
    } catch (IllegalArgumentException weak) {
      throw Refusal.usage(TOKEN + ": " + weak.getMessage());
    }
  }

  private boolean isGiven() {
    return surroundings.variable(TOKEN) != null;
  }

  private FrontDoor open(Errand errand, @Nullable Token token) {
    try {
      return FrontDoor.open(host, port, token, Routes.of(errand));
    } catch (IOException taken) {
      throw Refusal.usage(
          "cannot listen on %s port %d: %s; --port 0 takes any that is free"
              .formatted(host, port, taken.getMessage()));
    }
  }

  /// Says where the door is, and the token that was drawn, which nobody else can say.
  private void tell(InetSocketAddress address, @Nullable Token token) {
    var screen = surroundings.screen();
    var at = address.getAddress().getHostAddress();
    var url = "http://" + (at.contains(":") ? "[" + at + "]" : at) + ":" + address.getPort();
    if (json) {
      screen.line(
          Json.object("url", url).with("token", token == null ? null : token.text()).print());
      return;
    }
    screen.line("url    " + url);
    if (token != null) {
      screen.line("token  " + token.text());
    }
    if (!address.getAddress().isLoopbackAddress()) {
      screen.say("errand: others can reach this, and can read what is sent; put TLS before it");
    }
  }

  /// Lets nobody in any more, and leaves the jobs to others.
  private int leave(Errand errand, FrontDoor door, Termination.Cause cause)
      throws InterruptedException {
    var screen = surroundings.screen();
    screen.say(
        "errand: interrupted; jobs go on with: " + Foreground.resuming(surroundings, options));
    door.close();
    var left = drain.drain(errand);
    if (!left.isEmpty()) {
      screen.say("errand: " + DrainOptions.words(left));
    }
    return DrainOptions.exitCode(cause, left);
  }
}
