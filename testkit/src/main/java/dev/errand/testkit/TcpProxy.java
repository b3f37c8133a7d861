package dev.errand.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// A network that fails when a test wants it to: stands between clients and a server on this
/// machine and passes bytes.
///
/// It knows no protocol; what it looks for is bytes, found also where they come in pieces. Safe for
/// several threads. No method waits for clients or the server but [Trap#await].
public final class TcpProxy implements AutoCloseable {
  private static final int CHUNK = 1 << 16;
  private static final int MILLIS = 10_000;

  private final InetSocketAddress server;
  private final ServerSocket door;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final List<Trap> traps = new CopyOnWriteArrayList<>();
  private final AtomicInteger seen = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<Side> held = EnumSet.noneOf(Side.class);
  private volatile Duration delay = Duration.ZERO;
  private volatile boolean refuses;

  /// Where bytes come from.
  public enum Side {
    /// From who connected.
    CLIENT,
    /// From whom it is connected to.
    SERVER
  }

  private TcpProxy(InetSocketAddress server) throws IOException {
    this.server = server;
    door = new ServerSocket(0, CHUNK, InetAddress.getLoopbackAddress());
  }

  /// A proxy to that server, on a free port of the loopback address; it passes everything.
  ///
  /// The server need not be there yet: a client that comes while it is not there is cut off.
  ///
  /// @throws UncheckedIOException if there is no free port
  public static TcpProxy to(String host, int port) {
    try {
      var proxy = new TcpProxy(new InetSocketAddress(host, port));
      Thread.ofVirtual().name("proxy").start(proxy::accept);
      return proxy;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /// Where clients connect to, on the loopback address.
  public int port() {
    return door.getLocalPort();
  }

  /// How many connections there are now.
  public int connections() {
    return connections.size();
  }

  /// How many connections there were in all, those that are there included.
  public int seen() {
    return seen.get();
  }

  /// Cuts all connections that are there, with a reset to both sides; new ones are let in.
  public void cut() {
    connections.forEach(Connection::cut);
  }

  /// Whether new connections are cut at once, instead of being let in.
  public void refuse(boolean all) {
    refuses = all;
  }

  /// Tells the other side of each connection that nothing more comes from that side; what comes
  /// back is still passed.
  public void halfClose(Side side) {
    connections.forEach(connection -> connection.halfClose(side));
  }

  /// How long each piece is kept before it is passed, from now on; zero for not at all.
  public void delay(Duration each) {
    delay = each;
  }

  /// Passes nothing more that comes from that side until [#release], on old and on new connections:
  /// nobody is told, as when a cable is pulled.
  public void hold(Side side) {
    lock.lock();
    try {
      held.add(side);
    } finally {
      lock.unlock();
    }
  }

  /// Passes what was held, and all that comes after it.
  public void release() {
    lock.lock();
    try {
      held.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Cuts the first connection on which that text (each character one byte) comes from that side,
  /// and does not pass its last piece: the other side never sees it whole.
  public Trap cutBefore(Side side, String text) {
    return laid(new Trap(side, text, false));
  }

  /// Cuts the first connection on which the client sends that text (each character one byte): the
  /// server gets it and does it, and its answer is lost. Also where the connection breaks by itself
  /// before the answer, the trap has gone off.
  public Trap cutInsteadOfAnswerTo(String text) {
    return laid(new Trap(Side.CLIENT, text, true));
  }

  private Trap laid(Trap trap) {
    traps.add(trap);
    return trap;
  }

  /// Ends the proxy and cuts its connections; a second call does nothing.
  @Override
  public void close() {
    try {
      door.close();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    cut();
    release();
  }

  /// Something that goes off once.
  public final class Trap {
    private final Side side;
    private final byte[] text;
    private final boolean answer;
    private final CountDownLatch off = new CountDownLatch(1);

    private Trap(Side side, String text, boolean answer) {
      if (text.isEmpty()) {
        throw new IllegalArgumentException("A trap needs a text to wait for");
      }
      this.side = side;
      this.text = text.getBytes(ISO_8859_1);
      this.answer = answer;
    }

    /// Whether it has gone off.
    public boolean isOff() {
      return off.getCount() == 0;
    }

    /// Waits until it has gone off; false if it has not within that time.
    public boolean await(Duration atMost) throws InterruptedException {
      return off.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// Takes it away.
    public void remove() {
      traps.remove(this);
    }

    /// True for one caller only.
    private boolean goOff() {
      return traps.remove(this);
    }
  }

  private void accept() {
    while (!door.isClosed()) {
      try {
        var client = door.accept();
        Thread.ofVirtual().name("proxy").start(() -> join(client));
      } catch (IOException closed) {
        // Which the loop sees.
      }
    }
  }

  private void join(Socket client) {
    var upstream = new Socket();
    var connection = new Connection(client, upstream);
    if (refuses) {
      connection.cut();
      return;
    }
    try {
      client.setTcpNoDelay(true);
      upstream.setTcpNoDelay(true);
      upstream.connect(server, MILLIS);
    } catch (IOException absent) {
      connection.cut();
      return;
    }
    seen.incrementAndGet();
    connections.add(connection);
    if (door.isClosed()) {
      connection.cut();
      return;
    }
    Thread.ofVirtual().name("proxy").start(() -> connection.pass(Side.CLIENT));
    connection.pass(Side.SERVER);
  }

  private final class Connection {
    private final Socket client;
    private final Socket upstream;
    private final AtomicInteger open = new AtomicInteger(Side.values().length);
    private final List<Trap> unanswered = new CopyOnWriteArrayList<>();

    Connection(Socket client, Socket upstream) {
      this.client = client;
      this.upstream = upstream;
    }

    void cut() {
      connections.remove(this);
      reset(client);
      reset(upstream);
      loseAnswers();
    }

    private void loseAnswers() {
      unanswered.forEach(trap -> trap.off.countDown());
    }

    void halfClose(Side side) {
      try {
        (side == Side.CLIENT ? upstream : client).shutdownOutput();
      } catch (IOException gone) {
        cut();
      }
    }

    /// Passes what comes from one side until it ends; the other direction then goes on alone.
    void pass(Side side) {
      var from = side == Side.CLIENT ? client : upstream;
      var to = side == Side.CLIENT ? upstream : client;
      var buffer = new byte[CHUNK];
      var window = new Window();
      try {
        for (int n = from.getInputStream().read(buffer);
            n >= 0;
            n = from.getInputStream().read(buffer)) {
          if (!mayPass(side, window.with(buffer, n))) {
            cut();
            return;
          }
          to.getOutputStream().write(buffer, 0, n);
        }
        to.shutdownOutput();
        if (open.decrementAndGet() == 0) {
          close();
        }
      } catch (IOException broken) {
        cut();
      } catch (InterruptedException ended) {
        Thread.currentThread().interrupt();
        cut();
      }
    }

    private boolean mayPass(Side side, byte[] bytes) throws InterruptedException {
      linger(side);
      if (side == Side.SERVER && !unanswered.isEmpty()) {
        cut();
        return false;
      }
      for (var trap : traps) {
        if (trap.side != side || !contains(bytes, trap.text) || !trap.goOff()) {
          continue;
        }
        if (!trap.answer) {
          cut();
          trap.off.countDown();
          return false;
        }
        unanswered.add(trap);
      }
      return true;
    }

    private void close() throws IOException {
      connections.remove(this);
      client.close();
      upstream.close();
      loseAnswers();
    }
  }

  /// Waits as long as pieces are kept, and while that side is held.
  private void linger(Side side) throws InterruptedException {
    if (delay.isPositive()) {
      Thread.sleep(delay);
    }
    lock.lockInterruptibly();
    try {
      while (held.contains(side)) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /// The end of what was passed before, so that a text is found across pieces.
  private final class Window {
    private byte[] tail = {};

    byte[] with(byte[] buffer, int length) {
      var all = new byte[tail.length + length];
      System.arraycopy(tail, 0, all, 0, tail.length);
      System.arraycopy(buffer, 0, all, tail.length, length);
      int longest = traps.stream().mapToInt(trap -> trap.text.length - 1).max().orElse(0);
      int kept = Math.min(longest, all.length);
      tail = Arrays.copyOfRange(all, all.length - kept, all.length);
      return all;
    }
  }

  private static boolean contains(byte[] bytes, byte[] text) {
    return new String(bytes, ISO_8859_1).contains(new String(text, ISO_8859_1));
  }

  private static void reset(Socket socket) {
    try (socket) {
      socket.setSoLinger(true, 0);
    } catch (IOException gone) {
      // Then it is as it should be.
    }
  }
}
