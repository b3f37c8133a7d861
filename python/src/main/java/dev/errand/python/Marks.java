package dev.errand.python;

import dev.errand.job.Blob;
import dev.errand.job.Effect;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Json;
import dev.errand.job.Slot;
import dev.errand.job.Value;
import dev.errand.job.Variable;
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

  /// How many characters a frame brings, those to be dropped included.
  static int printed(Form form) {
    return form.optionalText("c0").orElse("").length() + form.optionalText("c").orElse("").length();
  }

  Host.Mark of(Form form, List<Blob> parts) {
    var before = undropped(form.optionalText("c0").orElse(""));
    int boundary = drop > 0 ? Math.toIntExact(-drop) : before.length();
    var after = undropped(form.optionalText("c").orElse(""));
    var snapshot = form.optional("snap").map(s -> snapshot(Form.of(s), parts, boundary));
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

  static Host.Snapshot snapshot(Form form, List<Blob> blobs, int printed) {
    return Form.fitting(
        () ->
            new Host.Snapshot(
                form.number("s"),
                form.number("n"),
                printed,
                form.items("p").stream().map(part -> part(Form.items(part), blobs)).toList(),
                form.items("d").stream().map(Form::number).toList()));
  }

  /// A part is its number, the place of its head among the blobs, how many pieces it has, runs of
  /// pieces, and its variables.
  private static Host.Part part(List<Json> form, List<Blob> blobs) {
    var pieces = new ArrayList<Host.Piece>();
    for (var run : Form.items(form.get(3))) {
      add(pieces, Form.items(run).stream().map(Form::number).toList(), blobs);
    }
    return new Host.Part(
        Form.number(form.get(0)),
        blobs.get(Form.number(form.get(1))),
        Form.number(form.get(2)),
        pieces,
        Form.items(form.get(4)).stream().map(Marks::variable).toList());
  }

  /// A run of new pieces is a place, the first among the blobs, and how many; a run of those that
  /// were there before is a place, a part's number, the place there, and how many.
  private static void add(List<Host.Piece> pieces, List<Integer> run, List<Blob> blobs) {
    if (run.size() == 4) {
      pieces.add(new Host.Piece.Kept(run.get(0), run.get(1), run.get(2), run.get(3)));
      return;
    }
    for (int i = 0; i < run.get(2); i++) {
      pieces.add(new Host.Piece.Fresh(run.get(0) + i, blobs.get(run.get(1) + i)));
    }
  }

  private static Variable variable(Json json) {
    var line = Form.items(json);
    return new Variable(
        Form.text(line.get(0)),
        Form.text(line.get(1)),
        Form.number(line.get(2)),
        Form.text(line.get(3)),
        Form.text(line.get(4)));
  }
}
