package dev.errand.engine;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.errand.job.Json;
import dev.errand.job.RefusedException;
import dev.errand.job.Value;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a subtask's result, or a tool's arguments, must look like: a JSON schema, draft 2020-12
/// unless it names another.
///
/// Nothing is fetched for it: a reference leads into the schema itself. Immutable; any thread may
/// use it.
final class ResultSchema {
  private static final int MOST_PROBLEMS = 5;
  private static final SchemaLocation DIALECT =
      SchemaLocation.of("https://json-schema.org/draft/2020-12/schema");
  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  private final Schema schema;

  private ResultSchema(Schema schema) {
    this.schema = schema;
  }

  /// The schema of that form.
  ///
  /// @throws RefusedException if it is no JSON schema, saying why
  static ResultSchema of(Json.Object form) {
    var text = form.print();
    var problems = REGISTRY.getSchema(DIALECT).validate(text, InputFormat.JSON);
    if (!problems.isEmpty()) {
      throw refused("The result schema is no JSON schema: " + words(problems));
    }
    try {
      var schema = REGISTRY.getSchema(text, InputFormat.JSON);
      schema.initializeValidators();
      return new ResultSchema(schema);
    } catch (RuntimeException unusable) {
      throw refused("The result schema cannot be used: " + unusable.getMessage());
    }
  }

  private static RefusedException refused(String message) {
    return new RefusedException("ValueError", message);
  }

  /// Why a result does not fit; empty if it does.
  Optional<String> misfit(Value result) {
    return switch (result) {
      case Value.Plain(var json) ->
          problems(json).map(words -> "The result does not fit its schema: " + words);
      case Value.Pickled(var bytes, var text) ->
          Optional.of("The result does not fit its schema: it is no JSON, but " + text);
    };
  }

  /// What does not fit; empty if all does.
  Optional<String> problems(Json json) {
    var problems = schema.validate(json.print(), InputFormat.JSON);
    return problems.isEmpty() ? Optional.empty() : Optional.of(words(problems));
  }

  private static String words(List<Error> problems) {
    var words =
        problems.stream()
            .limit(MOST_PROBLEMS)
            .map(problem -> problem.getInstanceLocation() + " " + problem.getMessage())
            .map(String::strip)
            .collect(Collectors.joining("; "));
    int more = problems.size() - MOST_PROBLEMS;
    return more > 0 ? words + "; and " + more + " more" : words;
  }
}
