package dev.errand.verification;

import dev.errand.Errand;
import dev.errand.testkit.PostgresServer;

/// The same where the workers share a database.
class DrainOnPostgresTest extends DrainTest {
  private final String database = PostgresServer.shared().newDatabase();

  @Override
  Errand opened(Errand.Builder builder) {
    return builder.open(database);
  }
}
