package dev.errand.jdbc;

/// The same where PgBouncer stands before the server.
class PgBouncerLostAnswersTest extends LostAnswersTest {
  @Override
  int port() {
    return TestPostgres.bouncer().port();
  }
}
