package dev.errand.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.agent.Memory;
import dev.errand.job.Card;
import dev.errand.job.JobId;
import dev.errand.job.Note;
import dev.errand.spi.Cards;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Which ids the cards of a call have.
class OwnMemoryTest {
  private static final JobId JOB = new JobId("k3f9x2ab");

  private final Map<String, Note> kept = new LinkedHashMap<>();

  private Memory memory(String key) {
    var store =
        (Cards)
            Proxy.newProxyInstance(
                Cards.class.getClassLoader(),
                new Class<?>[] {Cards.class},
                (proxy, method, given) -> {
                  assertThat(method.getName()).isEqualTo("remember");
                  var id = (String) given[1];
                  kept.putIfAbsent(id, (Note) given[2]);
                  return Card.written(id, (Note) given[2], JOB, Instant.EPOCH);
                });
    return new OwnMemory(store, "team", JOB, key);
  }

  private static void write(Memory memory, String... texts) {
    for (var text : texts) {
      memory.remember(Note.of(Note.Type.FACT, text));
    }
  }

  private List<String> written() {
    var texts = new ArrayList<String>();
    kept.values().forEach(note -> texts.add(note.text()));
    return texts;
  }

  @Test
  void a_call_that_is_made_again_and_writes_in_another_order_loses_no_note() {
    write(memory("call"), "First.");
    write(memory("call"), "Second.", "First.", "Third.");

    assertThat(written()).containsExactlyInAnyOrder("First.", "Second.", "Third.");
  }

  @Test
  void what_a_call_writes_twice_is_there_twice_however_often_the_call_is_made() {
    write(memory("call"), "Again.", "Other.", "Again.");
    write(memory("call"), "Again.", "Again.", "Other.");
    write(memory("another call"), "Other.");

    assertThat(written()).containsExactlyInAnyOrder("Again.", "Again.", "Other.", "Other.");
  }

  @Test
  void notes_that_differ_in_anything_are_different_cards() {
    var memory = memory("call");
    var note = Note.of(Note.Type.FACT, "It is so.");
    memory.remember(note);
    memory.remember(note.importance(0.9));
    memory.remember(note.about("it"));

    var again = memory("call");
    again.remember(note.about("it"));
    again.remember(note.importance(0.9));
    again.remember(note);

    assertThat(kept).hasSize(3);
    assertThat(kept.values().stream().distinct()).hasSize(3);
  }
}
