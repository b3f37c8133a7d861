package dev.errand.verification.workers;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.testkit.PostgresServer;
import dev.errand.testkit.PostgresServer.Stop;
import dev.errand.testkit.TcpProxy;
import dev.errand.testkit.TcpProxy.Side;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/// Everything that may go wrong around workers, one at a time.
///
/// Each lasts until it has done what its name says, by the rows or by what the proxy has seen.
///
/// @param site asks for the work that is disturbed
/// @param crew whose processes are disturbed
/// @param leases tells what the workers have in their hands
/// @param random decides whom and when
record Disturbances(Site site, Crew crew, Leases leases, Random random) {
  /// How workers are disturbed.
  interface Disturbance {
    void happen() throws Exception;
  }

  /// One of them and what it is called.
  record Named(String name, Disturbance disturbance) {}

  /// What can be done to processes alone.
  List<Named> ofProcesses() {
    return List.of(
        new Named("a worker is killed", () -> anyone().kill()),
        new Named("all workers are killed", () -> crew.members().forEach(Crew.Member::kill)),
        new Named("a worker is frozen beyond its lease", this::freeze));
  }

  private Crew.Member anyone() {
    return crew.members().get(random.nextInt(crew.members().size()));
  }

  /// Freezes a worker that has a job, until another has taken that over. One with more to do is
  /// often in the midst of a transaction: then nobody goes on before the server has ended that,
  /// after 15 seconds.
  private void freeze() throws Exception {
    if (random.nextBoolean()) {
      site.awaitQuiet();
    }
    try (var held = site.submitHeld()) {
      var frozen =
          Eventually.await("a worker that has a job")
              .until(
                  () -> leases.whileKept(held.job(), lease -> crew.freeze(lease.pid())),
                  Optional::isPresent)
              .orElseThrow();
      Eventually.await("another worker that takes the job of a frozen one")
          .until(
              () ->
                  leases
                      .of(held.job())
                      .filter(lease -> lease.fence() > frozen.fence())
                      .isPresent());
      assertThat(crew.thaw(frozen.pid())).as("the frozen worker is still there").isTrue();
    }
  }

  /// What can be done to a server and to the way to it.
  ///
  /// @param url a way to the database that is not disturbed
  List<Named> ofDatabase(PostgresServer server, TcpProxy proxy, String url) {
    var all = new ArrayList<Named>();
    for (var how : Stop.values()) {
      all.add(new Named("the server is restarted: " + how, () -> server.restart(how)));
    }
    all.add(new Named("all connections are cut", proxy::cut));
    all.add(new Named("all connections are cut again and again", () -> cutOften(proxy)));
    all.add(
        new Named(
            "the answers to commits are lost",
            () -> spring(() -> proxy.cutBefore(Side.SERVER, END_OF_TRANSACTION))));
    all.add(
        new Named(
            "commits are lost on their way",
            () -> springInWords(proxy, () -> proxy.cutBefore(Side.CLIENT, "errand"))));
    all.add(
        new Named(
            "the answers to statements are lost",
            () -> springInWords(proxy, () -> proxy.cutInsteadOfAnswerTo("errand"))));
    all.add(new Named("the server is not heard beyond a lease", () -> hold(proxy, Side.SERVER)));
    all.add(new Named("the server hears nothing beyond a lease", () -> hold(proxy, Side.CLIENT)));
    all.add(new Named("connections are half closed", () -> halfClose(proxy)));
    all.add(new Named("the network is slow", () -> delay(proxy)));
    all.add(new Named("commits fail as on a full disk", () -> failCommits(url)));
    return all;
  }

  /// A server's last words at the end of each transaction: `COMMIT`.
  private static final String END_OF_TRANSACTION = "COMMIT\0";

  /// Cuts as soon as some have come back, which may still be about to say who they are.
  private void cutOften(TcpProxy proxy) {
    for (int i = 0; i < 20; i++) {
      int back = proxy.seen() + 1 + random.nextInt(crew.members().size());
      proxy.cut();
      Eventually.await("workers that come back").until(() -> proxy.seen() >= back);
    }
  }

  private interface Laying {
    TcpProxy.Trap lay();
  }

  /// Lets a few traps go off, one after the other, under work that cannot but step on them.
  private void spring(Laying laying) {
    for (int i = 0; i < 5; i++) {
      var trap = laying.lay();
      site.submitSum(1);
      Eventually.await("a trap that goes off").until(trap::isOff);
    }
  }

  /// The same for traps that a word in a statement sets off: after a connection has sent a
  /// statement five times it sends but its name, so all have to come anew.
  private void springInWords(TcpProxy proxy, Laying laying) {
    proxy.cut();
    spring(laying);
  }

  /// Holds what comes from that side until a lease that was prolonged all the time has run out.
  private void hold(TcpProxy proxy, Side side) throws Exception {
    try (var held = site.submitHeld()) {
      Eventually.await("a worker that has a job").until(() -> leases.of(held.job()).isPresent());
      proxy.hold(side);
      Eventually.await("a lease that runs out").until(() -> leases.of(held.job()).isEmpty());
      proxy.release();
    }
  }

  private static void halfClose(TcpProxy proxy) {
    proxy.halfClose(Side.CLIENT);
    proxy.halfClose(Side.SERVER);
  }

  /// Delays all until something was done in spite of it.
  private void delay(TcpProxy proxy) {
    proxy.delay(Duration.ofMillis(40));
    int enough = site.operations() + 5;
    site.submitSum(5);
    site.awaitOperations(enough);
    proxy.delay(Duration.ZERO);
  }

  // A full disk

  /// Lets every transaction that changes a row of the store fail at its commit, and never before,
  /// while `disk.state` says so. How many did is counted by a sequence: that is not rolled back.
  static void prepareFullDisk(String url) {
    for (var statement :
        List.of(
            "CREATE SCHEMA disk",
            "CREATE TABLE disk.state (is_full boolean NOT NULL)",
            "INSERT INTO disk.state VALUES (false)",
            "CREATE SEQUENCE disk.failed",
            """
            CREATE FUNCTION disk.check() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF (SELECT is_full FROM disk.state) THEN
                PERFORM nextval('disk.failed');
                RAISE EXCEPTION 'could not extend file: No space left on device'
                  USING ERRCODE = 'disk_full';
              END IF;
              RETURN NULL;
            END $$
            """,
            """
            DO $$
            DECLARE t record;
            BEGIN
              FOR t IN SELECT schemaname, tablename FROM pg_tables
                  WHERE schemaname NOT IN ('disk', 'pg_catalog', 'information_schema') LOOP
                EXECUTE format(
                  'CREATE CONSTRAINT TRIGGER disk_is_full AFTER INSERT OR UPDATE OR DELETE ON %I.%I'
                  ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION disk.check()',
                  t.schemaname, t.tablename);
              END LOOP;
            END $$
            """)) {
      PostgresServer.ask(url, statement);
    }
  }

  /// Lets commits fail, and if it is those that are to prolong the lease of a job.
  private void failCommits(String url) throws IOException {
    try (var held = site.submitHeld()) {
      int enough = failedCommits(url) + 10;
      PostgresServer.ask(url, "UPDATE disk.state SET is_full = true");
      Eventually.await("commits that fail while %s is held".formatted(held.job()))
          .until(() -> failedCommits(url) >= enough);
      PostgresServer.ask(url, "UPDATE disk.state SET is_full = false");
    }
  }

  private static int failedCommits(String url) {
    var rows = PostgresServer.ask(url, "SELECT last_value FROM disk.failed");
    return Integer.parseInt(requireNonNull(rows.getFirst().getFirst()));
  }
}
