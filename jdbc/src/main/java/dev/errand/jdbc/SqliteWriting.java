package dev.errand.jdbc;

import dev.errand.jdbc.Database.Collision;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Writes what a transaction has changed row by row: in one process that costs no more than a set.
record SqliteWriting(Session session) {
  void write(Changes changes) throws SQLException, Collision {
    insert(Table.DEFINITION, changes.definitions(), " on conflict do nothing");
    for (var job : changes.created()) {
      if (insert(Table.JOB, job.values(), " on conflict do nothing") == 0) {
        throw new Collision();
      }
    }
    for (var job : changes.changed()) {
      update(job.row());
    }
    insert(Table.ENTRY, changes.entries(), "");
    insert(Table.WAIT, changes.waits(), " on conflict do nothing");
    for (var gone : changes.waitsOver()) {
      bind(session.sql("delete from wait where target = ? and waiter = ?"), gone).update();
    }
    for (var account : changes.accounts()) {
      keep(account);
    }
    insert(Table.EFFECT, changes.effects(), Table.EFFECT.replacing());
  }

  private void insert(Table table, List<@Nullable Object[]> rows, String conflict)
      throws SQLException {
    for (var row : rows) {
      insert(table, row, conflict);
    }
  }

  private int insert(Table table, @Nullable Object[] values, String conflict) throws SQLException {
    var marks = table.columns().stream().map(column -> "?").collect(Collectors.joining(", "));
    var text =
        "insert into %s (%s) values (%s)%s"
            .formatted(table.name(), String.join(", ", table.columns()), marks, conflict);
    return bind(session.sql(text), values).update();
  }

  /// Only the columns that are not as they were: to set one, even to what it is, writes its index.
  private void update(Row row) throws SQLException {
    var table = row.table();
    var changed = row.changed();
    var sql = session.sql(update(table, changed));
    for (int column : changed.stream().toArray()) {
      sql.bindOrNull(row.value(column));
    }
    for (int column = 0; column < table.keys(); column++) {
      sql.bindOrNull(row.value(column));
    }
    sql.update();
  }

  private static String update(Table table, BitSet changed) {
    return "update %s set %s where %s"
        .formatted(
            table.name(),
            changed.stream()
                .mapToObj(column -> table.columns().get(column) + " = ?")
                .collect(Collectors.joining(", ")),
            IntStream.range(0, table.keys())
                .mapToObj(column -> table.columns().get(column) + " = ?")
                .collect(Collectors.joining(" and ")));
  }

  /// Puts an account in the row of its job.
  private void keep(@Nullable Object[] account) throws SQLException {
    var balances = Arrays.asList(account).subList(Table.ACCOUNT.keys(), account.length);
    var marks = balances.stream().map(balance -> "?").collect(Collectors.joining(", "));
    var sql = session.sql("update job set account = json_array(%s) where id = ?".formatted(marks));
    for (var balance : balances) {
      sql.bindOrNull(balance);
    }
    sql.bindOrNull(account[0]).update();
  }

  private static Sql bind(Sql sql, @Nullable Object[] values) throws SQLException {
    for (var value : values) {
      sql.bindOrNull(value);
    }
    return sql;
  }
}
