package dev.errand.jdbc;

import dev.errand.job.JobDefinition;
import dev.errand.job.Json;
import dev.errand.job.StoredForm;
import java.sql.SQLException;
import java.util.Optional;

/// A definition that is stored under its address.
record StoredDefinition(String address, JobDefinition definition) {
  static StoredDefinition of(JobDefinition definition) {
    return new StoredDefinition(definition.address(), definition);
  }

  /// The form in which it is stored.
  String form() {
    return StoredForm.write(definition).print();
  }

  static Optional<JobDefinition> find(Session session, String address) throws SQLException {
    return session
        .sql("select form from definition where address = ?")
        .bind(address)
        .first(row -> read(row.getString(1)));
  }

  /// The definition of a job that exists.
  static JobDefinition of(Transaction transaction, JobRow job) throws SQLException {
    var form = transaction.defined(job.definition());
    return form == null ? find(transaction.session(), job.definition()).orElseThrow() : read(form);
  }

  private static JobDefinition read(String form) {
    return StoredForm.definition((Json.Object) Json.parse(form));
  }
}
