package dev.errand.spi;

import dev.errand.job.Note;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// The words of a text, as memories are searched by them; the same in every store.
///
/// A word is a run of letters and digits, in lower case and without accents. In writing that leaves
/// no space between words each character is one. What a user or a model asks for can be any text:
/// of it only words are left, and they have nothing in them that means something to a database.
///
/// @param words those that are looked for, each once
public record SearchWords(List<String> words) {
  /// From how many characters on a word that is looked for means those too that begin with it.
  public static final int PREFIX = 4;

  private static final int MOST = 32;
  private static final int MOST_OF_A_WORD = 40;
  private static final int LEAST = 2;

  private static final Pattern BETWEEN = Pattern.compile("[^\\p{L}\\p{N}\\p{M}]+");
  private static final Pattern ACCENTS = Pattern.compile("\\p{InCombiningDiacriticalMarks}+");

  /// Letters that are more than a letter and an accent.
  private static final Map<String, String> PLAIN =
      Map.of("ł", "l", "ø", "o", "đ", "d", "ß", "ss", "æ", "ae", "œ", "oe", "ı", "i", "þ", "th");

  /// Words that nearly every English sentence has: they find everything, and say nothing.
  private static final Set<String> EMPTY =
      Set.of(
          ("a about all also am an and any are as at be been but by can could did do does for from"
                  + " had has have he her him his how i if in into is it its just me more my no not"
                  + " of on or our please she should so some than that the their them then there"
                  + " these they this to up us was we were what when where which who why will with"
                  + " would you your")
              .split(" "));

  /// @throws IllegalArgumentException if one has anything but letters, digits and their marks
  public SearchWords {
    words = List.copyOf(words);
    for (var word : words) {
      if (word.isEmpty() || BETWEEN.matcher(word).find()) {
        throw new IllegalArgumentException(
            "'%s' is no word; SearchWords.of takes any text apart".formatted(word));
      }
    }
  }

  /// What to look for on behalf of a text: its words without those that say nothing, unless there
  /// are no others; the first 32.
  public static SearchWords of(String text) {
    var all = new LinkedHashSet<>(split(text));
    var telling = new ArrayList<>(all);
    telling.removeIf(word -> EMPTY.contains(word) || isTooShort(word));
    var chosen = telling.isEmpty() ? List.copyOf(all) : telling;
    return new SearchWords(chosen.stream().limit(MOST).toList());
  }

  private static boolean isTooShort(String word) {
    return word.length() < LEAST && word.codePoints().allMatch(letter -> letter < 128);
  }

  /// The words that a card has: those of its text, and those of its entities.
  public static List<String> of(Note note) {
    return split(note.text() + " " + String.join(" ", note.entities()));
  }

  /// All words of a text, in their order.
  private static List<String> split(String text) {
    var words = new ArrayList<String>();
    for (var run : BETWEEN.split(plain(text), -1)) {
      addWords(run, words);
    }
    return words;
  }

  private static String plain(String text) {
    var apart = Normalizer.normalize(text, Normalizer.Form.NFKD);
    var bare = ACCENTS.matcher(apart).replaceAll("");
    var lower = Normalizer.normalize(bare, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
    for (var letter : PLAIN.entrySet()) {
      lower = lower.replace(letter.getKey(), letter.getValue());
    }
    return lower;
  }

  private static void addWords(String run, List<String> words) {
    var word = new StringBuilder();
    run.codePoints()
        .forEach(
            letter -> {
              if (isWord(letter)) {
                endWord(word, words);
                words.add(Character.toString(letter));
              } else {
                word.appendCodePoint(letter);
              }
            });
    endWord(word, words);
  }

  private static void endWord(StringBuilder word, List<String> words) {
    if (!word.isEmpty()) {
      words.add(word.length() <= MOST_OF_A_WORD ? word.toString() : cut(word));
      word.setLength(0);
    }
  }

  private static String cut(StringBuilder word) {
    boolean halves = Character.isHighSurrogate(word.charAt(MOST_OF_A_WORD - 1));
    return word.substring(0, halves ? MOST_OF_A_WORD - 1 : MOST_OF_A_WORD);
  }

  /// Whether one character is a word.
  private static boolean isWord(int letter) {
    return switch (Character.UnicodeScript.of(letter)) {
      case HAN, HIRAGANA, KATAKANA, THAI, LAO, KHMER, MYANMAR -> true;
      default -> false;
    };
  }

  /// Whether a word of a card is meant by one that is looked for.
  public static boolean isMeant(String lookedFor, String word) {
    return lookedFor.length() >= PREFIX ? word.startsWith(lookedFor) : word.equals(lookedFor);
  }
}
