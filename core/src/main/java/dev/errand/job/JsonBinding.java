package dev.errand.job;

import java.lang.reflect.Type;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Binds [Json] to Java types; apart from [JsonText] so that programs that never bind do not pay
/// for loading it.
final class JsonBinding {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private JsonBinding() {}

  static Json toJson(Object value) {
    try {
      return JsonText.parse(MAPPER.writeValueAsString(value));
    } catch (JacksonException noForm) {
      throw new IllegalArgumentException(
          "No JSON form for a " + value.getClass().getName() + ": " + noForm.getOriginalMessage(),
          noForm);
    }
  }

  static <T> T fromJson(Json json, Class<T> type) {
    try {
      return MAPPER.readValue(json.print(), type);
    } catch (JacksonException misfit) {
      throw misfit(type.getSimpleName(), misfit);
    }
  }

  static Object fromJson(Json json, Type type) {
    try {
      return MAPPER.readValue(json.print(), MAPPER.constructType(type));
    } catch (JacksonException misfit) {
      throw misfit(type.getTypeName(), misfit);
    }
  }

  private static IllegalArgumentException misfit(String type, JacksonException misfit) {
    return new IllegalArgumentException(
        "The value is no " + type + ": " + misfit.getOriginalMessage(), misfit);
  }
}
