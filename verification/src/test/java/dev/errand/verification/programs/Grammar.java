package dev.errand.verification.programs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Shrinkable;
import net.jqwik.api.ShrinkingDistance;

/// What programs are made of, read from `grammar.txt`: grows random trees, and cuts failing ones
/// down.
final class Grammar {
  private static final Pattern HEAD = Pattern.compile("== ([a-z]+)(?: (\\d+))?");
  private static final int MOST_STATEMENTS = 4;

  /// Symbols that take no tree.
  private static final Set<String> BARE = Set.of("#", "draw", "inside", "within");

  private final Map<String, List<Production>> productions = new LinkedHashMap<>();

  static Grammar read() {
    var grammar = new Grammar();
    var sections = resource("grammar.txt").split("\n(?=== )", -1);
    for (var section : List.of(sections).subList(1, sections.length)) {
      var lines = section.split("\n", 2);
      var head = HEAD.matcher(lines[0]);
      if (!head.matches()) {
        throw new IllegalStateException("No head of a production: " + lines[0]);
      }
      int weight = head.group(2) == null ? 1 : Integer.parseInt(head.group(2));
      grammar.of(head.group(1)).add(Production.of(head.group(1), weight, lines[1].stripTrailing()));
    }
    return grammar;
  }

  static String resource(String name) {
    try (var stream = Grammar.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(stream).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new IllegalStateException("Cannot read " + name, unreadable);
    }
  }

  private List<Production> of(String symbol) {
    return productions.computeIfAbsent(symbol, first -> new ArrayList<>());
  }

  /// Random trees of a symbol that are at most about that deep.
  Arbitrary<Tree> trees(String symbol, int depth) {
    return Arbitraries.fromGenerator(
        random -> new Shrinking(grow(symbol, 1 + random.nextInt(depth), random)));
  }

  private Tree grow(String symbol, int depth, Random random) {
    if (symbol.equals("block")) {
      int statements = 1 + random.nextInt(Math.clamp(depth, 1, MOST_STATEMENTS));
      return new Tree(
          Production.BLOCK,
          IntStream.range(0, statements).mapToObj(n -> grow("statement", depth, random)).toList());
    }
    var production = choose(symbol, depth, random);
    return new Tree(
        production,
        production.symbols().stream()
            .map(part -> BARE.contains(part) ? bare(part) : grow(part, depth - 1, random))
            .toList());
  }

  private static Tree bare(String symbol) {
    return new Tree(Production.of(symbol, 1, ""), List.of());
  }

  private Production choose(String symbol, int depth, Random random) {
    var choice = of(symbol).stream().filter(one -> depth > 0 || isShallow(one)).toList();
    int at = random.nextInt(choice.stream().mapToInt(Production::weight).sum());
    for (var one : choice) {
      at -= one.weight();
      if (at < 0) {
        return one;
      }
    }
    throw new IllegalStateException("No production of " + symbol);
  }

  /// Whether all that stands in it is mere words.
  private boolean isShallow(Production production) {
    return production.symbols().stream()
        .allMatch(
            part ->
                !part.equals("block")
                    && of(part).stream().allMatch(one -> one.symbols().isEmpty()));
  }

  /// A tree that can be cut down: to a tree of its symbol below it, to the simplest of its symbol,
  /// by a statement, or in one of its parts.
  private final class Shrinking implements Shrinkable<Tree> {
    private final Tree tree;

    private Shrinking(Tree tree) {
      this.tree = tree;
    }

    @Override
    public Tree value() {
      return tree;
    }

    @Override
    public Stream<Shrinkable<Tree>> shrink() {
      return smaller(tree).map(Shrinking::new);
    }

    @Override
    public ShrinkingDistance distance() {
      return ShrinkingDistance.of(tree.size());
    }

    private Stream<Tree> smaller(Tree whole) {
      var parts = whole.parts();
      var places = IntStream.range(0, parts.size()).boxed();
      return Stream.of(
              simplest(whole).stream(),
              whole.below().filter(part -> part.symbol().equals(whole.symbol())),
              IntStream.range(
                      0, whole.symbol().equals("block") && parts.size() > 1 ? parts.size() : 0)
                  .mapToObj(whole::without),
              places.flatMap(
                  place -> smaller(parts.get(place)).map(part -> whole.with(place, part))))
          .flatMap(trees -> trees);
    }

    private List<Tree> simplest(Tree whole) {
      if (whole.symbol().equals("block") || BARE.contains(whole.symbol())) {
        return List.of();
      }
      var simplest = new Tree(of(whole.symbol()).getFirst(), List.of());
      return simplest.equals(whole) ? List.of() : List.of(simplest);
    }
  }
}
