package dev.errand.verification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.job.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// What `docs/history.md` says of entries.
final class HistoryPage {
  private static final Pattern MEMBER = Pattern.compile("(\\()?`(\\w+)`");
  private static final Map<String, Members> KINDS = read();

  private record Members(List<String> required, List<String> optional) {}

  private HistoryPage() {}

  private static Map<String, Members> read() {
    var kinds = new HashMap<String, Members>();
    var table = Page.of("docs/history.md").table("kind", "when");
    for (var row : table.body()) {
      var required = new ArrayList<String>();
      var optional = new ArrayList<String>();
      MEMBER
          .matcher(row.get(2))
          .results()
          .forEach(member -> (member.group(1) == null ? required : optional).add(member.group(2)));
      kinds.put(row.getFirst().replace("`", ""), new Members(required, optional));
    }
    return kinds;
  }

  /// Fails unless the entry has the members that are written down, and no others.
  static void describes(Entry entry) {
    var members = KINDS.getOrDefault(entry.kind().code(), new Members(List.of(), List.of()));
    var found = entry.data().members().keySet();
    assertThat(found).as("members of %s", entry).containsAll(members.required());
    assertThat(found)
        .as("members of %s that docs/history.md does not name", entry)
        .allMatch(name -> members.required().contains(name) || members.optional().contains(name));
  }
}
