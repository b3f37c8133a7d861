package dev.errand.agents;

import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.select.NodeTraversor;
import org.jsoup.select.NodeVisitor;

/// What there is to read on an HTML page: its title, its words by paragraphs, its links.
final class ReadableText implements NodeVisitor {
  private static final String NOT_FOR_READING =
      "script, style, noscript, template, svg, iframe, nav, form, [hidden], [aria-hidden=true]";

  private final StringBuilder text = new StringBuilder();
  private int preformatted;

  private ReadableText() {}

  static String of(Document page) {
    page.select(NOT_FOR_READING).remove();
    var visitor = new ReadableText();
    NodeTraversor.traverse(visitor, page.body());
    var words = visitor.text.toString().replaceAll("[ \\t]+\n", "\n").replaceAll("\n{3,}", "\n\n");
    var title = page.title().strip();
    return (title.isEmpty() ? words : title + "\n\n" + words.strip()).strip();
  }

  @Override
  public void head(Node node, int depth) {
    switch (node) {
      case TextNode words -> append(preformatted > 0 ? words.getWholeText() : words.text());
      case Element element -> begin(element);
      default -> {}
    }
  }

  private void begin(Element element) {
    var name = element.normalName();
    if (isBlock(element)) {
      breakLine(name.equals("li") || name.equals("tr") ? 1 : 2);
    }
    switch (name) {
      case "br" -> text.append('\n');
      case "li" -> text.append("- ");
      case "td", "th" -> text.append(endsWith('\n') ? "" : " | ");
      case "pre" -> preformatted++;
      case "a" -> text.append(isLink(element) ? "[" : "");
      case "h1", "h2", "h3", "h4", "h5", "h6" ->
          text.append("#".repeat(name.charAt(1) - '0')).append(' ');
      default -> {}
    }
  }

  @Override
  public void tail(Node node, int depth) {
    if (node instanceof Element element) {
      switch (element.normalName()) {
        case "pre" -> preformatted--;
        case "a" -> text.append(isLink(element) ? "](" + element.absUrl("href") + ")" : "");
        default -> {}
      }
      if (isBlock(element)) {
        breakLine(1);
      }
    }
  }

  /// The cells of a table stand beside each other.
  private static boolean isBlock(Element element) {
    return element.isBlock() && !element.normalName().matches("t[dh]");
  }

  private static boolean isLink(Element anchor) {
    return anchor.absUrl("href").startsWith("http") && anchor.hasText();
  }

  private void append(String words) {
    boolean doubled = words.startsWith(" ") && (text.isEmpty() || endsWith(' ') || endsWith('\n'));
    text.append(doubled && preformatted == 0 ? words.substring(1) : words);
  }

  private void breakLine(int lines) {
    int there = 0;
    while (there < text.length() && text.charAt(text.length() - 1 - there) == '\n') {
      there++;
    }
    text.append("\n".repeat(text.isEmpty() ? 0 : Math.max(0, lines - there)));
  }

  private boolean endsWith(char last) {
    return !text.isEmpty() && text.charAt(text.length() - 1) == last;
  }
}
