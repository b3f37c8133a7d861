package dev.errand.python;

import dev.errand.job.Blob;
import dev.errand.job.Json;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Java's end of the connection to a workspace's process; `wire.py` is the other.
///
/// A frame is a header length and a blob length (4 bytes each), a JSON header, and the blob, which
/// the header's `parts` says how to cut.
final class Frames {
  private static final int LENGTHS = 8;

  /// As much as is read or written at once: the channel keeps a buffer outside the heap of that
  /// size for each thread.
  private static final int AT_ONCE = 1 << 16;

  private static final int TAKEN_ON_TRUST = 1 << 20;

  /// A header takes many times its size when it is read.
  private static final int MOST_HEADER = 16 << 20;

  private final SocketChannel channel;
  private final long most;
  private final ByteBuffer arrived = ByteBuffer.allocate(1 << 13).flip();

  /// @param most how many bytes of content a frame may bring
  Frames(SocketChannel channel, long most) {
    this.channel = channel;
    this.most = most;
  }

  /// A frame came that is too large.
  static final class TooLarge extends IOException {
    private static final long serialVersionUID = 1L;
  }

  void send(Frame frame) throws IOException {
    var text = frame.text().getBytes(StandardCharsets.UTF_8);
    int blob = frame.parts().stream().mapToInt(Blob::size).reduce(0, Math::addExact);
    var first = ByteBuffer.allocate(LENGTHS + text.length).putInt(text.length).putInt(blob);
    write(first.put(text).flip());
    for (var part : frame.parts()) {
      write(ByteBuffer.wrap(part.bytes()));
    }
  }

  /// Waits for the next frame.
  ///
  /// @throws EOFException if the process is gone
  /// @throws TooLarge if it has more bytes than it may have
  /// @throws Form.Misfit if what came is no frame
  Frame receive() throws IOException {
    var lengths = ByteBuffer.wrap(read(LENGTHS));
    int head = lengths.getInt();
    int blob = lengths.getInt();
    if (head > MOST_HEADER || blob > most) {
      throw new TooLarge();
    }
    var header = parse(read(head));
    var parts = new ArrayList<Blob>();
    int rest = blob;
    for (var size : header.optional("parts").map(Form::items).orElse(List.of())) {
      rest -= Form.number(size);
      parts.add(new Blob(read(Form.number(size))));
    }
    if (rest != 0) {
      throw new Form.Misfit("the parts do not make up the blob");
    }
    return new Frame(header.json(), parts);
  }

  private static Form parse(byte[] text) {
    return Form.of(Form.fitting(() -> Json.parse(new String(text, StandardCharsets.UTF_8))));
  }

  /// Reads that many bytes; memory is taken as they come, since the size is only the process's
  /// word.
  private byte[] read(int size) throws IOException {
    if (size < 0) {
      throw new Form.Misfit("a negative size");
    }
    var bytes = new byte[Math.min(size, TAKEN_ON_TRUST)];
    int have = 0;
    while (have < size) {
      if (have == bytes.length) {
        bytes = Arrays.copyOf(bytes, (int) Math.min(size, 2L * have));
      }
      have += readInto(bytes, have);
    }
    return bytes;
  }

  private int readInto(byte[] bytes, int have) throws IOException {
    int missing = bytes.length - have;
    if (!arrived.hasRemaining()) {
      if (missing >= arrived.capacity()) {
        return fill(ByteBuffer.wrap(bytes, have, Math.min(missing, AT_ONCE)));
      }
      fill(arrived.clear());
      arrived.flip();
    }
    int more = Math.min(missing, arrived.remaining());
    arrived.get(bytes, have, more);
    return more;
  }

  private int fill(ByteBuffer into) throws IOException {
    int count = channel.read(into);
    if (count < 0) {
      throw new EOFException("the process is gone");
    }
    return count;
  }

  private void write(ByteBuffer bytes) throws IOException {
    int end = bytes.limit();
    while (bytes.position() < end) {
      bytes.limit(Math.min(end, bytes.position() + AT_ONCE));
      channel.write(bytes);
      bytes.limit(end);
    }
  }
}
