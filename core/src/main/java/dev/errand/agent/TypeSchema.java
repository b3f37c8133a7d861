package dev.errand.agent;

import com.github.victools.jsonschema.generator.FieldScope;
import com.github.victools.jsonschema.generator.Option;
import com.github.victools.jsonschema.generator.OptionPreset;
import com.github.victools.jsonschema.generator.SchemaGenerator;
import com.github.victools.jsonschema.generator.SchemaGeneratorConfigBuilder;
import com.github.victools.jsonschema.generator.SchemaVersion;
import dev.errand.job.Json;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Optional;

/// The JSON schemas of Java types.
final class TypeSchema {
  private TypeSchema() {}

  /// The schema of a type's instances: all members must be there, and no others.
  static Json.Object of(Type type) {
    var config = config();
    config.forFields().withRequiredCheck(field -> true);
    return generate(config, type);
  }

  /// The schema of an argument: members that are `Optional` or `@Nullable` may be absent.
  static Json.Object ofArgument(Type type) {
    var config =
        config()
            .with(Option.FLATTENED_OPTIONALS)
            .with(Option.EXTRA_OPEN_API_FORMAT_VALUES)
            .with(Option.INLINE_ALL_SCHEMAS);
    config
        .forFields()
        .withRequiredCheck(field -> !isOptional(field))
        .withDescriptionResolver(
            field -> {
              var description = field.getAnnotationConsideringFieldAndGetter(Description.class);
              return description == null ? null : description.value();
            });
    return generate(config, type);
  }

  private static boolean isOptional(FieldScope field) {
    return field.getRawMember().getType() == Optional.class
        || Arrays.stream(field.getRawMember().getAnnotatedType().getAnnotations())
            .anyMatch(mark -> mark.annotationType().getSimpleName().equals("Nullable"));
  }

  private static SchemaGeneratorConfigBuilder config() {
    return new SchemaGeneratorConfigBuilder(SchemaVersion.DRAFT_2020_12, OptionPreset.PLAIN_JSON)
        .with(Option.FORBIDDEN_ADDITIONAL_PROPERTIES_BY_DEFAULT)
        .without(Option.SCHEMA_VERSION_INDICATOR);
  }

  private static Json.Object generate(SchemaGeneratorConfigBuilder config, Type type) {
    var form = new SchemaGenerator(config.build()).generateSchema(type);
    return (Json.Object) Json.parse(form.toString());
  }
}
