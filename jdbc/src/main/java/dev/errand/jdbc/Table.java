package dev.errand.jdbc;

import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// A table whose rows a [Transaction] changes in memory and writes in sets.
final class Table {
  /// Without `number`, which the database gives; [JobRow] has the places.
  static final Table JOB =
      new Table(
          "job",
          1,
          8,
          List.of(
              "id",
              "parent",
              "ordinal",
              "key",
              "digest",
              "agent",
              "created",
              "definition",
              "status",
              "turn",
              "acting",
              "statement",
              "printed",
              "children",
              "heard",
              "subtask_id",
              "told",
              "calls",
              "input_tokens",
              "output_tokens",
              "micro_usd",
              "version",
              "fence",
              "worker",
              "process",
              "due",
              "needed",
              "completion",
              "outcome",
              "kept",
              "hears",
              "heeds",
              "given",
              "stop",
              "deadline",
              "admits",
              "live",
              "queued",
              "allows",
              "total",
              "reserved_tokens",
              "reserved_micro_usd",
              "last_tokens",
              "last_micro_usd",
              "said",
              "news",
              "priority",
              "place"),
          Set.of(
              "id",
              "parent",
              "key",
              "digest",
              "agent",
              "definition",
              "status",
              "subtask_id",
              "worker",
              "completion",
              "outcome"));

  static final Table ENTRY =
      new Table(
          "entry",
          7,
          7,
          List.of("root", "sequence", "time", "job", "turn", "kind", "data"),
          Set.of("root", "job", "kind", "data"));

  static final Table WAIT =
      new Table("wait", 2, 2, List.of("target", "waiter"), Set.of("target", "waiter"));

  /// Since when a call is under way stays as it is.
  static final Table EFFECT =
      new Table(
          "effect",
          4,
          5,
          List.of(
              "job",
              "turn",
              "statement",
              "ordinal",
              "since",
              "name",
              "digest",
              "policy",
              "result",
              "unknown"),
          Set.of("job", "name", "digest", "policy", "result"));

  static final Table ACCOUNT =
      new Table(
          "account",
          1,
          1,
          List.of(
              "job",
              "open",
              "granted_tokens",
              "spent_tokens",
              "reserved_tokens",
              "shared_tokens",
              "returned_tokens",
              "granted_micro_usd",
              "spent_micro_usd",
              "reserved_micro_usd",
              "shared_micro_usd",
              "returned_micro_usd"),
          Set.of("job"));

  static final Table DEFINITION =
      new Table("definition", 2, 2, List.of("address", "form"), Set.of("address", "form"));

  static final Table TREE = new Table("tree", 1, 1, List.of("root", "sequence"), Set.of("root"));

  private final String name;
  private final int keys;
  private final int fixed;
  private final List<String> columns;
  private final BitSet texts = new BitSet();
  private final String replacing;

  private Table(String name, int keys, int fixed, List<String> columns, Set<String> texts) {
    this.name = name;
    this.keys = keys;
    this.fixed = fixed;
    this.columns = columns;
    texts.forEach(text -> this.texts.set(columns.indexOf(text)));
    this.replacing =
        " on conflict (%s) do update set %s"
            .formatted(
                String.join(", ", columns.subList(0, keys)),
                columns.subList(fixed, columns.size()).stream()
                    .map(column -> column + " = excluded." + column)
                    .collect(Collectors.joining(", ")));
  }

  String name() {
    return name;
  }

  /// How many of the columns, from the first on, make the key.
  int keys() {
    return keys;
  }

  /// How many columns, from the first on, never change.
  int fixed() {
    return fixed;
  }

  List<String> columns() {
    return columns;
  }

  /// Whether the column is text; else it is an integer.
  boolean isText(int column) {
    return texts.get(column);
  }

  /// What a row does that takes the place of another.
  String replacing() {
    return replacing;
  }
}
