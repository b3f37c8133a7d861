package dev.errand.engine;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The languages in which a model can be told to speak, each in its own words.
enum Language {
  EN(
      "Write everything that people read in English, whatever language they write in.",
      "(Reply in English.)"),
  PL(
      "Wszystko, co czytają ludzie, pisz po polsku, w jakimkolwiek języku piszą oni sami.",
      "(Odpowiedz po polsku.)"),
  DE(
      "Schreibe alles, was Menschen lesen, auf Deutsch, in welcher Sprache sie auch schreiben.",
      "(Antworte auf Deutsch.)"),
  FR(
      "Écris en français tout ce que des personnes lisent, quelle que soit la langue dans laquelle"
          + " elles écrivent.",
      "(Réponds en français.)"),
  ES(
      "Escribe en español todo lo que lean las personas, sea cual sea el idioma en que escriban.",
      "(Responde en español.)"),
  IT(
      "Scrivi in italiano tutto ciò che leggono le persone, in qualunque lingua scrivano.",
      "(Rispondi in italiano.)");

  private final String rule;
  private final String hint;

  Language(String rule, String hint) {
    this.rule = rule;
    this.hint = hint;
  }

  /// The language of a locale such as `pl-PL` or `PL`, if it is one of these.
  static Optional<Language> of(@Nullable String locale) {
    if (locale == null) {
      return Optional.empty();
    }
    var code = Locale.forLanguageTag(locale.replace('_', '-')).getLanguage();
    for (var language : values()) {
      if (language.name().equalsIgnoreCase(code)) {
        return Optional.of(language);
      }
    }
    return Optional.empty();
  }

  /// The instructions with the rule after them.
  String ruling(String instructions) {
    return instructions.isBlank() ? rule : instructions.stripTrailing() + "\n\n" + rule;
  }

  /// A message with the hint after it.
  String hinting(String message) {
    return message.stripTrailing() + "\n" + hint;
  }
}
