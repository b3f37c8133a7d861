package dev.errand.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.exception.ScramException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One connection to a server, for plain statements: what a test's frame needs where JDBC may not
/// be used.
///
/// Knows no password, a password in clear and SCRAM-SHA-256; no TLS. Not safe for several threads.
final class PostgresWire implements Closeable {
  private static final int VERSION = 3 << 16;
  private static final int MILLIS = 60_000;
  private static final String MECHANISM = "SCRAM-SHA-256";

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;

  private PostgresWire(Socket socket) throws IOException {
    this.socket = socket;
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
  }

  /// Connects to that address, which is not used for more than a minute in vain.
  static PostgresWire connect(PostgresAddress address) throws IOException {
    var socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(address.host(), address.port()), MILLIS);
      socket.setSoTimeout(MILLIS);
      socket.setTcpNoDelay(true);
      var wire = new PostgresWire(socket);
      wire.begin(address);
      return wire;
    } catch (IOException | RuntimeException failure) {
      socket.close();
      throw failure;
    }
  }

  /// The rows of a statement, each value as text.
  ///
  /// @throws IOException with the server's message, if it refuses
  List<List<@Nullable String>> ask(String sql) throws IOException {
    send('Q', text(sql));
    var rows = new ArrayList<List<@Nullable String>>();
    @Nullable String refusal = null;
    for (var message = next(); message.kind != 'Z'; message = next()) {
      switch (message.kind) {
        case 'D' -> rows.add(row(message.body));
        case 'E' -> refusal = refusal(message.body);
        default -> {}
      }
    }
    if (refusal != null) {
      throw new IOException(refusal + ", at: " + sql);
    }
    return rows;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private void begin(PostgresAddress address) throws IOException {
    var body = new ByteArrayOutputStream();
    for (var word : List.of("user", address.user(), "database", address.database())) {
      body.writeBytes(text(word));
    }
    body.write(0);
    out.writeInt(Integer.BYTES * 2 + body.size());
    out.writeInt(VERSION);
    body.writeTo(out);
    out.flush();
    @Nullable ScramClient scram = null;
    for (var message = next(); message.kind != 'Z'; message = next()) {
      if (message.kind == 'E') {
        throw new IOException(refusal(message.body));
      }
      if (message.kind == 'R') {
        scram = answer(message.body, scram, address.password());
      }
    }
  }

  private @Nullable ScramClient answer(
      ByteBuffer body, @Nullable ScramClient scram, @Nullable String password) throws IOException {
    int question = body.getInt();
    switch (question) {
      case 0 -> {}
      case 3 -> send('p', text(required(password)));
      case 10 -> {
        return beginScram(required(password));
      }
      case 11, 12 -> goOn(question, body, scram);
      default -> throw new IOException("The server asks in a way unknown here: " + question);
    }
    return scram;
  }

  private ScramClient beginScram(String password) throws IOException {
    var scram =
        ScramClient.builder()
            .advertisedMechanisms(List.of(MECHANISM))
            .username("*")
            .password(password.toCharArray())
            .build();
    var first = scram.clientFirstMessage().toString().getBytes(UTF_8);
    var name = text(MECHANISM);
    send(
        'p',
        ByteBuffer.allocate(name.length + Integer.BYTES + first.length)
            .put(name)
            .putInt(first.length)
            .put(first)
            .array());
    return scram;
  }

  private void goOn(int question, ByteBuffer body, @Nullable ScramClient scram) throws IOException {
    if (scram == null) {
      throw new IOException("The server goes on with what was not begun");
    }
    var said = UTF_8.decode(body).toString();
    try {
      if (question == 11) {
        scram.serverFirstMessage(said);
        send('p', scram.clientFinalMessage().toString().getBytes(UTF_8));
      } else {
        scram.serverFinalMessage(said);
      }
    } catch (ScramException untrue) {
      throw new IOException(untrue);
    }
  }

  private static String required(@Nullable String password) throws IOException {
    if (password == null) {
      throw new IOException("The server wants a password; the url has none");
    }
    return password;
  }

  private record Message(char kind, ByteBuffer body) {}

  private Message next() throws IOException {
    char kind = (char) in.readUnsignedByte();
    var body = new byte[in.readInt() - Integer.BYTES];
    in.readFully(body);
    return new Message(kind, ByteBuffer.wrap(body));
  }

  private void send(char kind, byte[] body) throws IOException {
    out.writeByte(kind);
    out.writeInt(Integer.BYTES + body.length);
    out.write(body);
    out.flush();
  }

  private static byte[] text(String text) {
    return (text + '\0').getBytes(UTF_8);
  }

  private static List<@Nullable String> row(ByteBuffer body) {
    int columns = body.getShort();
    var row = new ArrayList<@Nullable String>();
    for (int i = 0; i < columns; i++) {
      int length = body.getInt();
      if (length < 0) {
        row.add(null);
      } else {
        var value = new byte[length];
        body.get(value);
        row.add(new String(value, UTF_8));
      }
    }
    return row;
  }

  private static String refusal(ByteBuffer body) {
    for (var field : UTF_8.decode(body).toString().split("\0", -1)) {
      if (field.startsWith("M")) {
        return "PostgreSQL refuses: " + field.substring(1);
      }
    }
    return "PostgreSQL refuses";
  }
}
