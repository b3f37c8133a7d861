package dev.errand.python;

import dev.errand.job.Blob;
import dev.errand.job.Checkpoint;
import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Json;
import dev.errand.job.Slot;
import dev.errand.job.Value;
import dev.errand.spi.Host;
import dev.errand.spi.Workspace;
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

  Host.Mark of(Form form, List<Blob> parts) {
    var before = undropped(form.optionalText("c0").orElse(""));
    var after = undropped(form.optionalText("c").orElse(""));
    var snapshot = form.optional("snap").map(s -> snapshot(Form.of(s), parts, before.length()));
    var readings = form.optional("r").map(Form::items).orElse(List.of());
    return new Host.Mark(
        form.number("s"),
        before + after,
        readings.stream().map(this::reading).toList(),
        snapshot.orElse(null));
  }

  private String undropped(String console) {
    int dropped = (int) Math.min(drop, console.length());
    drop -= dropped;
    return console.substring(dropped);
  }

  private Effect reading(Json json) {
    var reading = Form.items(json);
    return Form.fitting(
        () ->
            new Effect(
                new Slot(turn, Form.number(reading.get(0)), Form.number(reading.get(1))),
                Form.text(reading.get(2)),
                "",
                EffectPolicy.READ_ONLY,
                new Effect.Result.Returned(new Value.Plain(reading.get(3)))));
  }

  static Host.Snapshot snapshot(Form form, List<Blob> parts, int printed) {
    return Form.fitting(
        () ->
            new Host.Snapshot(
                form.number("s"),
                form.number("n"),
                printed,
                parts.get(form.number("m")),
                form.items("p").stream().map(piece -> piece(Form.number(piece), parts)).toList(),
                form.items("v").stream().map(Marks::variable).toList()));
  }

  /// A piece is named by its number in the last snapshot, or by the negative of its place among the
  /// parts, where the manifest came before it.
  private static Host.Piece piece(int number, List<Blob> parts) {
    return number < 0 ? new Host.Piece.Fresh(parts.get(-number)) : new Host.Piece.Kept(number);
  }

  private static Checkpoint.Variable variable(Json json) {
    var line = Form.items(json).stream().map(Form::text).toList();
    return new Checkpoint.Variable(line.get(0), line.get(1), line.get(2), line.get(3));
  }
}
