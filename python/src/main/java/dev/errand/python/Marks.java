package dev.errand.python;

import dev.errand.job.Blob;
import dev.errand.job.Checkpoint;
import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Json;
import dev.errand.job.Slot;
import dev.errand.job.Value;
import dev.errand.python.Frames.Frame;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace;
import java.util.ArrayList;
import java.util.List;

/// Reads the marks of one run's frames, and drops the console that was committed before the run.
///
/// It does so here because the host counts characters as Java does. A process tells what it printed
/// before its snapshot apart from what it printed after.
final class Marks {
  private final int turn;
  private long drop;

  Marks(Workspace.Run run) {
    this.turn = run.turn();
    this.drop = run.printed();
  }

  Host.Mark of(Frame frame) {
    var header = frame.header();
    var before = undropped(header.text("c0").orElse(""));
    var after = undropped(header.text("c").orElse(""));
    var snapshot =
        header
            .get("snap")
            .map(form -> snapshot((Json.Object) form, frame.parts(), before.length()))
            .orElse(null);
    int statement = header.number("s").orElse(0L).intValue();
    return new Host.Mark(statement, before + after, readings(header), snapshot);
  }

  private String undropped(String console) {
    int dropped = (int) Math.min(drop, console.length());
    drop -= dropped;
    return console.substring(dropped);
  }

  private List<Effect> readings(Json.Object header) {
    return items(header, "r").stream().map(reading -> reading(((Json.Array) reading).items())).toList();
  }

  private Effect reading(List<Json> form) {
    return new Effect(
        new Slot(turn, number(form.get(0)), number(form.get(1))),
        ((Json.Text) form.get(2)).value(),
        "",
        EffectPolicy.READ_ONLY,
        new Effect.Result.Returned(new Value.Plain(form.get(3))));
  }

  static Host.Snapshot snapshot(Json.Object form, List<Blob> parts, int printed) {
    var pieces = new ArrayList<Host.Piece>();
    for (var piece : items(form, "p")) {
      int place = number(piece);
      pieces.add(
          place < 0 ? new Host.Piece.Fresh(parts.get(-place)) : new Host.Piece.Kept(place));
    }
    return new Host.Snapshot(
        number(form.members().get("s")),
        number(form.members().get("n")),
        printed,
        parts.get(number(form.members().get("m"))),
        pieces,
        items(form, "v").stream().map(line -> variable(((Json.Array) line).items())).toList());
  }

  private static Checkpoint.Variable variable(List<Json> line) {
    var texts = line.stream().map(part -> ((Json.Text) part).value()).toList();
    return new Checkpoint.Variable(texts.get(0), texts.get(1), texts.get(2), texts.get(3));
  }

  private static List<Json> items(Json.Object form, String name) {
    return form.get(name).map(array -> ((Json.Array) array).items()).orElse(List.of());
  }

  private static int number(Json number) {
    return (int) ((Json.Number) number).toLong();
  }
}
