package dev.errand.models;

import dev.errand.job.ModelException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;

/// A model's name with its parameters, as in `gpt-4.1?temperature=0.2&max_tokens=4000`.
///
/// @param name what its provider calls it
/// @param settings what stands after the question mark
record ModelName(String name, Settings settings) {
  private static final int MILLI = 1000;

  /// @throws ModelException if there is no name, or a parameter is unknown or has no such value
  static ModelName of(Service service, String words) {
    int mark = words.indexOf('?');
    var name = mark < 0 ? words : words.substring(0, mark);
    if (name.isBlank()) {
      throw new ModelException(
          "%s:%s names no model; write %s:NAME.".formatted(service.name(), words, service.name()));
    }
    var settings = Settings.DEFAULT;
    var seen = new HashSet<String>();
    for (var parameter :
        mark < 0 ? List.<String>of() : List.of(words.substring(mark + 1).split("&"))) {
      var key = parameter.split("=", 2)[0];
      if (!service.parameters().contains(key) || !seen.add(key)) {
        throw new ModelException(
            "'%s' is no parameter of %s:%s, or stands there twice; known are %s."
                .formatted(key, service.name(), name, String.join(", ", service.parameters())));
      }
      settings = with(settings, key, value(parameter), service.name() + ":" + name);
    }
    return new ModelName(name, settings);
  }

  private static String value(String parameter) {
    int equals = parameter.indexOf('=');
    return equals < 0 ? "" : parameter.substring(equals + 1);
  }

  private static Settings with(Settings settings, String key, String value, String model) {
    try {
      return switch (key) {
        case "temperature" -> settings.temperature(new BigDecimal(value).doubleValue());
        case "top_p" -> settings.topP(new BigDecimal(value).doubleValue());
        case "max_tokens" -> settings.maxTokens(Integer.parseInt(value));
        case "seed" -> settings.seed(Integer.parseInt(value));
        case "reasoning_effort" -> settings.reasoningEffort(word(value));
        case "timeout" -> settings.timeout(seconds(value));
        default -> throw new IllegalArgumentException("unknown");
      };
    } catch (IllegalArgumentException | ArithmeticException wrong) {
      throw new ModelException(
          "'%s' is no value for %s of %s; %s."
              .formatted(
                  value,
                  key,
                  model,
                  wrong instanceof NumberFormatException || wrong instanceof ArithmeticException
                      ? "it is a number"
                      : wrong.getMessage()),
          wrong);
    }
  }

  private static Duration seconds(String value) {
    return Duration.ofMillis(
        new BigDecimal(value).multiply(BigDecimal.valueOf(MILLI)).longValueExact());
  }

  private static String word(String value) {
    if (!value.matches("[a-z]{1,20}")) {
      throw new IllegalArgumentException("it is a word such as low, medium or high");
    }
    return value;
  }
}
