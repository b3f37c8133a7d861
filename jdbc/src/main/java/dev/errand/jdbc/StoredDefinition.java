package dev.errand.jdbc;

import dev.errand.job.JobDefinition;
import dev.errand.job.Json;
import dev.errand.job.StoredForm;
import java.sql.SQLException;
import java.util.Optional;

/// A definition in the form in which it is stored, under its address.
record StoredDefinition(String address, String form) {
  static StoredDefinition of(JobDefinition definition) {
    return new StoredDefinition(definition.address(), StoredForm.write(definition).print());
  }

  static Optional<JobDefinition> find(Session session, String address) throws SQLException {
    return session
        .sql("select form from definition where address = ?")
        .bind(address)
        .first(row -> StoredForm.definition((Json.Object) Json.parse(row.getString(1))));
  }

  void store(Transaction transaction) throws SQLException {
    if (transaction.isNewDefinition(address)) {
      transaction
          .sql("insert into definition (address, form) values (?, ?) on conflict do nothing")
          .bind(address)
          .bind(form)
          .update();
    }
  }
}
