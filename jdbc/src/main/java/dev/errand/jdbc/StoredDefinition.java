package dev.errand.jdbc;

import dev.errand.job.JobDefinition;
import dev.errand.job.StoredForm;
import java.sql.SQLException;

/// A definition in the form in which it is stored, under its address.
record StoredDefinition(String address, String form) {
  static StoredDefinition of(JobDefinition definition) {
    return new StoredDefinition(definition.address(), StoredForm.write(definition).print());
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
