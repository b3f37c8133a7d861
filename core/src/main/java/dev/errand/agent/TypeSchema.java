package dev.errand.agent;

import com.github.victools.jsonschema.generator.Option;
import com.github.victools.jsonschema.generator.OptionPreset;
import com.github.victools.jsonschema.generator.SchemaGenerator;
import com.github.victools.jsonschema.generator.SchemaGeneratorConfigBuilder;
import com.github.victools.jsonschema.generator.SchemaVersion;
import dev.errand.job.Json;
import java.lang.reflect.Type;

/// The JSON schemas of Java types.
final class TypeSchema {
  private TypeSchema() {}

  /// The schema of a type's instances: all members must be there, and no others.
  static Json.Object of(Type type) {
    var config =
        new SchemaGeneratorConfigBuilder(SchemaVersion.DRAFT_2020_12, OptionPreset.PLAIN_JSON)
            .with(Option.FORBIDDEN_ADDITIONAL_PROPERTIES_BY_DEFAULT)
            .without(Option.SCHEMA_VERSION_INDICATOR);
    config.forFields().withRequiredCheck(field -> true);
    var form = new SchemaGenerator(config.build()).generateSchema(type);
    return (Json.Object) Json.parse(form.toString());
  }
}
