package dev.errand.verification.workers;

import dev.errand.testkit.PostgresServer;
import dev.errand.testkit.PostgresServer.Stop;
import dev.errand.testkit.TcpProxy;
import dev.errand.testkit.TcpProxy.Side;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Everything that may go wrong around workers, one at a time.
///
/// @param crew whose processes are disturbed
/// @param lease how long a worker may be silent before others take its jobs
/// @param random decides whom and when
record Disturbances(Crew crew, Duration lease, Random random) {
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

  private void freeze() throws Exception {
    anyone().freeze(lease.multipliedBy(2));
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
            () -> spring(() -> proxy.cutBefore(Side.CLIENT, "errand"))));
    all.add(
        new Named(
            "the answers to statements are lost",
            () -> spring(() -> proxy.cutInsteadOfAnswerTo("errand"))));
    all.add(new Named("the server is not heard beyond a lease", () -> hold(proxy, Side.SERVER)));
    all.add(new Named("the server hears nothing beyond a lease", () -> hold(proxy, Side.CLIENT)));
    all.add(new Named("connections are half closed", () -> halfClose(proxy)));
    all.add(new Named("the network is slow", () -> delay(proxy)));
    all.add(new Named("commits fail as on a full disk", () -> failCommits(url)));
    return all;
  }

  /// A server's last words at the end of each transaction: `COMMIT`.
  private static final String END_OF_TRANSACTION = "COMMIT\0";

  private void cutOften(TcpProxy proxy) throws InterruptedException {
    for (int i = 0; i < 20; i++) {
      proxy.cut();
      Thread.sleep(random.nextInt(60));
    }
  }

  private interface Laying {
    TcpProxy.Trap lay();
  }

  /// Lets a few traps go off, one after the other; one that nobody steps on is taken away.
  private static void spring(Laying laying) throws InterruptedException {
    for (int i = 0; i < 5; i++) {
      var trap = laying.lay();
      trap.await(Duration.ofSeconds(1));
      trap.remove();
    }
  }

  private void hold(TcpProxy proxy, Side side) throws InterruptedException {
    proxy.hold(side);
    Thread.sleep(lease.multipliedBy(2));
    proxy.release();
  }

  private static void halfClose(TcpProxy proxy) {
    proxy.halfClose(Side.CLIENT);
    proxy.halfClose(Side.SERVER);
  }

  private void delay(TcpProxy proxy) throws InterruptedException {
    proxy.delay(Duration.ofMillis(40));
    Thread.sleep(lease);
    proxy.delay(Duration.ZERO);
  }

  // A full disk

  /// Lets every transaction that changes a row of the store fail at its commit, and never before,
  /// while `disk.full` says so.
  static void prepareFullDisk(String url) {
    for (var statement :
        List.of(
            "CREATE SCHEMA disk",
            "CREATE TABLE disk.state (is_full boolean NOT NULL)",
            "INSERT INTO disk.state VALUES (false)",
            """
            CREATE FUNCTION disk.check() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF (SELECT is_full FROM disk.state) THEN
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

  private void failCommits(String url) throws InterruptedException {
    PostgresServer.ask(url, "UPDATE disk.state SET is_full = true");
    Thread.sleep(lease);
    PostgresServer.ask(url, "UPDATE disk.state SET is_full = false");
  }
}
