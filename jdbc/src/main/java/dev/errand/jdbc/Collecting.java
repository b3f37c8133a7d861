package dev.errand.jdbc;

import dev.errand.spi.Store;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/* Frees chunks that no piece names.
 *
 * A chunk is garbage when no row of `piece` names it. Such a row is only ever added by a transaction that either stores
 * the chunk itself or finds it named: a delta names what it brings along and what the workspace that it changes has, and a
 * fork what the workspace that it copies has. Here it is looked and deleted within one transaction, and transactions
 * that write follow one another, over all processes. So whoever stores the same content later stores it anew, whoever
 * did so before has a row that is found here, and nothing that is named is ever missing.
 *
 * To find garbage without reading everything, it is written down what a deleted row named. A chunk that is named
 * again by then is only struck off the list: its last row's end will put it back. */
record Collecting(int limit) implements Work<Store.Freed> {
  /// Notes what rows of `piece` named that are gone.
  static void note(Transaction transaction, List<String> addresses) throws SQLException {
    for (var address : addresses.stream().distinct().sorted().toList()) {
      transaction
          .direct("insert into candidate (address) values (?) on conflict do nothing")
          .bind(address)
          .update();
    }
  }

  @Override
  public Store.Freed apply(Transaction transaction) throws SQLException {
    var candidates = candidates(transaction);
    transaction.database().keepChunks(transaction, candidates);
    int pieces = 0;
    long bytes = 0;
    for (var address : candidates) {
      var freed = free(transaction, address);
      pieces += freed.isPresent() ? 1 : 0;
      bytes += freed.orElse(0L);
    }
    return new Store.Freed(pieces, bytes, candidates.size() == limit);
  }

  private List<String> candidates(Transaction transaction) throws SQLException {
    return transaction
        .direct("select address from candidate limit ?")
        .bind(limit)
        .list(row -> row.getString(1));
  }

  /// Strikes it off the list, and returns how many bytes that freed; empty if it is no garbage.
  private static Optional<Long> free(Transaction transaction, String address) throws SQLException {
    transaction.direct("delete from candidate where address = ?").bind(address).update();
    return transaction
        .direct(
            """
            delete from chunk where address = ?
              and not exists (select 1 from piece where piece.address = chunk.address)
            returning length(content)
            """)
        .bind(address)
        .first(row -> row.getLong(1));
  }

  @Override
  public boolean mayBeForgotten() {
    return true;
  }
}
