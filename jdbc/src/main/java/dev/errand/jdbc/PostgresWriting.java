package dev.errand.jdbc;

import java.sql.Array;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Several statements that are sent together, each of which writes the changes of one table.
///
/// Most of a job's many columns are the same in all new jobs, and most are left alone by most
/// steps: such rows are written by statements that name only the others, which costs the half.
final class PostgresWriting {
  private static final Statement TREE = Statement.inserting(Table.TREE, Table.TREE.replacing());
  private static final Statement DEFINITION =
      Statement.inserting(Table.DEFINITION, " on conflict do nothing");
  private static final Statement ENTRY = Statement.inserting(Table.ENTRY, "");
  private static final Statement WAIT = Statement.inserting(Table.WAIT, " on conflict do nothing");
  private static final Statement ACCOUNT =
      Statement.inserting(Table.ACCOUNT, Table.ACCOUNT.replacing());
  private static final Statement EFFECT =
      Statement.inserting(Table.EFFECT, Table.EFFECT.replacing());
  private static final Statement JOB = Statement.inserting(Table.JOB, "");
  private static final String WAIT_OVER =
      "delete from wait using unnest(?, ?) as gone (target, waiter) where wait.target ="
          + " gone.target and wait.waiter = gone.waiter";

  /// What differs among new jobs.
  private static final BitSet OF_NEW =
      columns(
          IntStream.of(
              JobRow.ID,
              JobRow.PARENT,
              JobRow.ORDINAL,
              JobRow.KEY,
              JobRow.DIGEST,
              JobRow.AGENT,
              JobRow.CREATED,
              JobRow.DEFINITION,
              JobRow.STATUS,
              JobRow.SUBTASK_ID,
              JobRow.FENCE,
              JobRow.WORKER,
              JobRow.PROCESS,
              JobRow.DUE,
              JobRow.HEARS,
              JobRow.GIVEN,
              JobRow.DEADLINE,
              JobRow.ADMITS,
              JobRow.QUEUED,
              JobRow.ALLOWS,
              JobRow.PRIORITY,
              JobRow.PLACE));

  /// A new job as most are, where it does not differ.
  private static final @Nullable Object[] AS_MOST =
      Row.fresh(Table.JOB)
          .set(JobRow.KEPT, -1)
          .set(JobRow.STOP, null)
          .set(JobRow.LAST_TOKENS, null)
          .set(JobRow.LAST_MICRO_USD, null)
          .values();

  private static final Statement NEW_JOB = Statement.inserting(Table.JOB, OF_NEW, AS_MOST, "");

  /// What steps, claims and ends change; not what models cost, and what messages do.
  private static final BitSet OF_STEPS =
      columns(
          IntStream.of(
              JobRow.STATUS,
              JobRow.TURN,
              JobRow.ACTING,
              JobRow.STATEMENT,
              JobRow.PRINTED,
              JobRow.CHILDREN,
              JobRow.TOLD,
              JobRow.VERSION,
              JobRow.FENCE,
              JobRow.WORKER,
              JobRow.PROCESS,
              JobRow.DUE,
              JobRow.NEEDED,
              JobRow.COMPLETION,
              JobRow.OUTCOME,
              JobRow.GIVEN,
              JobRow.LIVE,
              JobRow.QUEUED,
              JobRow.TOTAL,
              JobRow.PLACE));

  private static final Statement STEPPED = Statement.updating(Table.JOB, OF_STEPS);
  private static final Statement STEPPED_AS_KNOWN = Statement.updatingAsKnown(Table.JOB, OF_STEPS);
  private static final Statement CHANGED =
      Statement.updating(
          Table.JOB, columns(IntStream.range(Table.JOB.fixed(), Table.JOB.columns().size())));

  private final Session session;
  private final List<String> texts = new ArrayList<>();
  private final List<Object> parameters = new ArrayList<>();
  private final List<Sql.Results> looks = new ArrayList<>();

  PostgresWriting(Session session) {
    this.session = session;
  }

  private static BitSet columns(IntStream columns) {
    var all = new BitSet();
    columns.forEach(all::set);
    return all;
  }

  /// A statement that adds or changes rows, of which these columns are bound, each as an array.
  private record Statement(Table table, List<Integer> bound, String text) {
    static Statement inserting(Table table, String conflict) {
      var all = columns(IntStream.range(0, table.columns().size()));
      return inserting(table, all, new @Nullable Object[0], conflict);
    }

    /// @param others the values of the columns that are not bound
    static Statement inserting(
        Table table, BitSet bound, @Nullable Object[] others, String conflict) {
      var columns = bound.stream().boxed().toList();
      var names = names(table, columns);
      var constant =
          IntStream.range(0, others.length)
              .filter(column -> !bound.get(column))
              .boxed()
              .collect(Collectors.toList());
      var text =
          "insert into %s (%s) select %s from unnest(%s) as new (%s)%s"
              .formatted(
                  table.name(),
                  Stream.concat(names.stream(), constant.stream().map(table.columns()::get))
                      .collect(Collectors.joining(", ")),
                  Stream.concat(
                          names.stream().map(name -> "new." + name),
                          constant.stream().map(column -> String.valueOf(others[column])))
                      .collect(Collectors.joining(", ")),
                  marks(columns.size()),
                  String.join(", ", names),
                  conflict);
      return new Statement(table, columns, text);
    }

    static Statement updating(Table table, BitSet changed) {
      var bound = bound(table, changed);
      return new Statement(table, bound, updating(table, changed, names(table, bound)));
    }

    /// One that fails unless the number of the transaction that wrote each row last is the one that
    /// is bound for it; after these arrays comes one of the numbers, and then how many there are.
    static Statement updatingAsKnown(Table table, BitSet changed) {
      var bound = bound(table, changed);
      var names = Stream.concat(names(table, bound).stream(), Stream.of("stamp")).toList();
      var text =
          """
          with done as (%s and old.xmin::text::bigint = new.stamp returning 1)
          select 1 / (count(*) = ?)::int from done\
          """
              .formatted(updating(table, changed, names));
      return new Statement(table, bound, text);
    }

    private static List<Integer> bound(Table table, BitSet changed) {
      var keys = IntStream.range(0, table.keys());
      return IntStream.concat(keys, changed.stream()).boxed().toList();
    }

    /// @param names what `unnest` gives
    private static String updating(Table table, BitSet changed, List<String> names) {
      var keys = table.columns().subList(0, table.keys());
      return "update %s as old set %s from unnest(%s) as new (%s) where %s"
          .formatted(
              table.name(),
              names(table, changed.stream().boxed().toList()).stream()
                  .map(name -> name + " = new." + name)
                  .collect(Collectors.joining(", ")),
              marks(names.size()),
              String.join(", ", names),
              keys.stream()
                  .map(name -> "old.%s = new.%s".formatted(name, name))
                  .collect(Collectors.joining(" and ")));
    }
  }

  private static List<String> names(Table table, List<Integer> columns) {
    return columns.stream().map(table.columns()::get).toList();
  }

  private static String marks(int count) {
    return IntStream.range(0, count).mapToObj(one -> "?").collect(Collectors.joining(", "));
  }

  PostgresWriting of(Changes changes) throws SQLException {
    write(TREE, sequences(changes));
    writeNew(changes);
    var changed = changes.changed().stream().map(JobRow::row).toList();
    write(STEPPED, values(changed, PostgresWriting::isOfSteps));
    write(CHANGED, values(changed, row -> !isOfSteps(row)));
    return writeOthers(changes);
  }

  /// The same where the rows of trees are written already, and those of jobs that [#isOfSteps] must
  /// be as they are known.
  PostgresWriting ofKnown(Changes changes) throws SQLException {
    writeNew(changes);
    var steps = changes.changed().stream().filter(job -> isOfSteps(job.row())).toList();
    if (!steps.isEmpty()) {
      write(STEPPED_AS_KNOWN, Changes.values(steps.stream().map(JobRow::row).toList()));
      parameters.add(numbers(session, steps.stream().map(JobRow::stamp).toList()));
      parameters.add((long) steps.size());
      look(rows -> {});
    }
    var others = changes.changed().stream().map(JobRow::row).toList();
    write(CHANGED, values(others, row -> !isOfSteps(row)));
    return writeOthers(changes);
  }

  static Array numbers(Session session, List<Long> values) throws SQLException {
    return session.connection().createArrayOf("bigint", values.toArray());
  }

  private void writeNew(Changes changes) throws SQLException {
    write(DEFINITION, sorted(changes.definitions()));
    // By one statement, whatever it is: so their numbers grow in the order of creation.
    boolean areAsMost = changes.created().stream().allMatch(PostgresWriting::isAsMost);
    write(areAsMost ? NEW_JOB : JOB, Changes.values(changes.created()));
  }

  private PostgresWriting writeOthers(Changes changes) throws SQLException {
    write(ENTRY, changes.entries());
    write(WAIT, changes.waits());
    if (!changes.waitsOver().isEmpty()) {
      add(WAIT_OVER);
      bind(Table.WAIT, WAIT.bound, changes.waitsOver());
    }
    write(ACCOUNT, changes.accounts());
    write(EFFECT, changes.effects());
    return this;
  }

  private static List<@Nullable Object[]> values(List<Row> rows, Predicate<Row> which) {
    return Changes.values(rows.stream().filter(which).toList());
  }

  private static boolean isAsMost(Row row) {
    for (int column = OF_NEW.nextClearBit(0);
        column < AS_MOST.length;
        column = OF_NEW.nextClearBit(column + 1)) {
      if (!Objects.equals(row.value(column), AS_MOST[column])) {
        return false;
      }
    }
    return true;
  }

  /// Whether a row of a job is changed by [#STEPPED] alone.
  static boolean isOfSteps(Row row) {
    var others = row.changed();
    others.andNot(OF_STEPS);
    return others.isEmpty();
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

  /// Adds a statement with these parameters.
  PostgresWriting add(String text, Object... values) {
    texts.add(text);
    parameters.addAll(List.of(values));
    return this;
  }

  /// Has somebody look at the rows that the last statement gives.
  PostgresWriting look(Sql.Results look) {
    looks.add(look);
    return this;
  }

  private void write(Statement statement, List<@Nullable Object[]> rows) throws SQLException {
    if (!rows.isEmpty()) {
      add(statement.text());
      bind(statement.table(), statement.bound(), rows);
    }
  }

  private void bind(Table table, List<Integer> columns, Collection<@Nullable Object[]> rows)
      throws SQLException {
    for (int column : columns) {
      boolean isText = table.isText(column);
      @Nullable Object[] values = isText ? new String[rows.size()] : new Long[rows.size()];
      int next = 0;
      for (var row : rows) {
        values[next++] = row[column];
      }
      parameters.add(session.connection().createArrayOf(isText ? "text" : "bigint", values));
    }
  }

  void send() throws SQLException {
    if (texts.isEmpty()) {
      return;
    }
    var sql = session.sql(texts);
    for (var parameter : parameters) {
      sql.bindNative(parameter);
    }
    sql.all(looks);
  }
}
