package dev.errand.agents;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the model names of agent files mean to this process.
///
/// A file may write `provider:name`, which means itself; an alias; a name without a provider; or
/// `inherit`, which like no name at all means the standard model.
///
/// @param standard the model of agents that name none, as `provider:name`; null for none
/// @param aliases `provider:name` by other names, such as `sonnet`
/// @param provider of names without one; null if such names are refused
public record ModelNames(
    @Nullable String standard, Map<String, String> aliases, @Nullable String provider) {
  private static final Set<String> TIERS = Set.of("sonnet", "opus", "haiku", "opusplan", "default");

  /// No standard model, no aliases, no provider.
  public static final ModelNames NONE = new ModelNames(null, Map.of(), null);

  public ModelNames {
    aliases = Map.copyOf(aliases);
  }

  /// Those with a standard model and nothing else.
  public static ModelNames standard(String providerAndName) {
    return new ModelNames(providerAndName, Map.of(), null);
  }

  /// The same with one more alias.
  public ModelNames alias(String name, String providerAndName) {
    var more = new HashMap<>(aliases);
    more.put(name, providerAndName);
    return new ModelNames(standard, more, provider);
  }

  /// The same with a provider for names without one.
  public ModelNames provider(String other) {
    return new ModelNames(standard, aliases, other);
  }

  /// The model that a file means, as `provider:name`.
  ///
  /// @param asked what it says; null for nothing
  /// @throws IllegalArgumentException if that cannot be said
  public String resolve(@Nullable String asked) {
    if (asked == null || asked.equals("inherit")) {
      return orStandard("It names no model; write model: provider:name, or set a standard one");
    }
    var alias = aliases.get(asked);
    if (alias != null) {
      return alias;
    }
    if (asked.indexOf(':') > 0) {
      return asked;
    }
    if (TIERS.contains(asked)) {
      return orStandard(
          "Model '%s' means nothing here; give it a meaning, or set a standard model"
              .formatted(asked));
    }
    if (provider == null) {
      throw new IllegalArgumentException(
          "Model '%s' names no provider; write provider:%s".formatted(asked, asked));
    }
    return provider + ":" + asked;
  }

  /// Whether it names a kind of model that has no meaning here, and gets the standard one.
  boolean isReplaced(@Nullable String asked) {
    return asked != null && TIERS.contains(asked) && !aliases.containsKey(asked);
  }

  private String orStandard(String otherwise) {
    if (standard == null) {
      throw new IllegalArgumentException(otherwise);
    }
    return standard;
  }
}
