package dev.errand.jdbc;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Several statements that are sent together, each of which writes the changes of one table.
final class PostgresWriting {
  private final Session session;
  private final List<String> texts = new ArrayList<>();
  private final List<Object> parameters = new ArrayList<>();

  PostgresWriting(Session session) {
    this.session = session;
  }

  PostgresWriting of(Changes changes) throws SQLException {
    insert(Table.TREE, sequences(changes), SqliteWriting.replacing(Table.TREE));
    insert(Table.DEFINITION, sorted(changes.definitions()), " on conflict do nothing");
    insert(Table.JOB, Changes.values(changes.created()), "");
    update(Table.JOB, changes.changed());
    insert(Table.ENTRY, changes.entries(), "");
    insert(Table.WAIT, changes.waits(), " on conflict do nothing");
    if (!changes.waitsOver().isEmpty()) {
      add(
          "delete from wait using unnest(?, ?) as gone (target, waiter) where wait.target ="
              + " gone.target and wait.waiter = gone.waiter",
          column(Table.WAIT, 0, changes.waitsOver()),
          column(Table.WAIT, 1, changes.waitsOver()));
    }
    insert(Table.ACCOUNT, changes.accounts(), SqliteWriting.replacing(Table.ACCOUNT));
    insert(Table.EFFECT, changes.effects(), SqliteWriting.replacing(Table.EFFECT));
    return this;
  }

  private static List<@Nullable Object[]> sequences(Changes changes) {
    var rows = new ArrayList<@Nullable Object[]>();
    changes.sequences().forEach((root, last) -> rows.add(new @Nullable Object[] {root, last}));
    return rows;
  }

  /// Others may insert the same at the same time: in one order nobody waits in a circle.
  private static List<@Nullable Object[]> sorted(List<@Nullable Object[]> rows) {
    return rows.stream()
        .sorted((one, other) -> String.valueOf(one[0]).compareTo(String.valueOf(other[0])))
        .toList();
  }

  void add(String text, Object... bound) {
    texts.add(text);
    parameters.addAll(List.of(bound));
  }

  private void insert(Table table, List<@Nullable Object[]> rows, String conflict)
      throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    texts.add(
        "insert into %s (%s) select * from unnest(%s)%s"
            .formatted(
                table.name(),
                String.join(", ", table.columns()),
                marks(table.columns().size()),
                conflict));
    for (int column = 0; column < table.columns().size(); column++) {
      parameters.add(column(table, column, rows));
    }
  }

  private void update(Table table, List<Row> rows) throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    int size = table.columns().size();
    var names = table.columns().subList(0, table.keys()).stream().collect(Collectors.toList());
    names.addAll(table.columns().subList(table.fixed(), size));
    texts.add(
        "update %s as old set %s from unnest(%s) as new (%s) where %s"
            .formatted(
                table.name(),
                table.columns().subList(table.fixed(), size).stream()
                    .map(name -> name + " = new." + name)
                    .collect(Collectors.joining(", ")),
                marks(names.size()),
                String.join(", ", names),
                table.columns().subList(0, table.keys()).stream()
                    .map(name -> "old.%s = new.%s".formatted(name, name))
                    .collect(Collectors.joining(" and "))));
    var values = Changes.values(rows);
    for (int column = 0; column < table.keys(); column++) {
      parameters.add(column(table, column, values));
    }
    for (int column = table.fixed(); column < size; column++) {
      parameters.add(column(table, column, values));
    }
  }

  private static String marks(int count) {
    return IntStream.range(0, count).mapToObj(one -> "?").collect(Collectors.joining(", "));
  }

  private Object column(Table table, int column, Collection<@Nullable Object[]> rows)
      throws SQLException {
    boolean isText = table.isText(column);
    var values = rows.stream().map(row -> row[column]);
    return session
        .connection()
        .createArrayOf(
            isText ? "text" : "bigint",
            isText ? values.toArray(String[]::new) : values.toArray(Long[]::new));
  }

  void send() throws SQLException {
    if (texts.isEmpty()) {
      return;
    }
    var sql = session.sql(String.join(";\n", texts));
    for (var parameter : parameters) {
      if (parameter instanceof Long number) {
        sql.bind(number.longValue());
      } else {
        sql.bindNative(parameter);
      }
    }
    sql.all(List.of());
  }
}
