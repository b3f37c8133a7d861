#!/usr/bin/env bash
# Measures Errand and DBOS Transact for Java in turn on one PostgreSQL server, and prints one table.
#
#   benchmarks/postgres-beside-dbos.sh ANCHOR [FOLDER]
#
#   ANCHOR   the folder with the pom and the source of the DBOS benchmark; it is copied, not changed
#   FOLDER   below which the server keeps its data, such as /dev/shm; default the folder for temporary files
#
# Needs what a build needs, and tar with xz. The server is PostgreSQL as the tests use it, with the settings that it
# comes with; it ends with this script. The first run fetches DBOS from Maven Central.
set -euo pipefail

[ $# -ge 1 ] && [ $# -le 2 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
root=$(cd -P "$(dirname "$0")/.." && pwd)
anchor=$(cd -P "$1" && pwd)
place=${2:-${TMPDIR:-/tmp}}
rounds=15
version=$(sed -n 's/.*<postgres.binaries.version>\(.*\)<.*/\1/p' "$root/pom.xml")

scratch=$(mktemp -d "$place/errand-beside-dbos.XXXXXX")
chmod 755 "$scratch"
server=
finish() {
  if [ -n "$server" ]; then
    kill -INT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$scratch"
}
trap finish EXIT

say() { printf '%s\n' "$*" >&2; }

# A JDK that can run both; the launcher of the checkout knows how to find one.
java_home=${JAVA_HOME:-}
if ! "$java_home/bin/java" --version 2>/dev/null | grep -qE '(openjdk|java) (2[5-9]|[3-9][0-9])'; then
  java_home=$(ls -d /usr/lib/jvm/*25* 2>/dev/null | head -n 1)
fi
[ -x "$java_home/bin/javac" ] || { say "DBOS's benchmark needs JDK 25: point JAVA_HOME at one"; exit 2; }
export JAVA_HOME=$java_home

# PostgreSQL refuses root.
as_user=
if [ "$(id -u)" = 0 ]; then
  as_user="setpriv --reuid=$(id -u nobody) --regid=$(id -g nobody) --clear-groups"
fi

say "unpacking PostgreSQL $version ..."
case $(uname -m) in
  x86_64) machine=amd64 ;;
  aarch64) machine=arm64v8 ;;
  *) say "no PostgreSQL for $(uname -m)"; exit 2 ;;
esac
jar=$HOME/.m2/repository/io/zonky/test/postgres/embedded-postgres-binaries-linux-$machine/$version/embedded-postgres-binaries-linux-$machine-$version.jar
[ -r "$jar" ] || mvn -q -B -f "$root/pom.xml" -Dquick -pl testkit -am test-compile dependency:resolve >&2
mkdir "$scratch/postgres" "$scratch/data"
(cd "$scratch" && "$JAVA_HOME/bin/jar" xf "$jar" && tar -xJf postgres-*.txz -C postgres)
chmod -R a+rX "$scratch/postgres"
[ -z "$as_user" ] || chown nobody "$scratch/data"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# DBOS's benchmark has no password for its administrator; the server listens on the loopback address only.
(cd / && $as_user "$scratch/postgres/bin/initdb" -D "$scratch/data" -U postgres -A trust -E UTF8 --locale=C \
  --no-instructions) >"$scratch/initdb.log" 2>&1 || { cat "$scratch/initdb.log" >&2; exit 1; }
(cd / && exec $as_user "$scratch/postgres/bin/postgres" -D "$scratch/data" -p "$port" -c listen_addresses=127.0.0.1 \
  -c unix_socket_directories= -c max_connections=200) >"$scratch/server.log" 2>&1 &
server=$!
for _ in $(seq 600); do
  [ "$(sed -n 8p "$scratch/data/postmaster.pid" 2>/dev/null | tr -d ' ')" = ready ] && break
  sleep 0.1
done

say "building DBOS's benchmark and ours ..."
cp -R "$anchor/pom.xml" "$anchor/src" "$scratch/"
(cd "$scratch" && mvn -q -B compile org.apache.maven.plugins:maven-dependency-plugin:3.11.0:build-classpath \
  -Dmdep.outputFile=classpath) >&2
"$root/errand" --version >/dev/null
dbos() {
  "$JAVA_HOME/bin/java" -Dreps="$rounds" -Dn=1000 -Dlogback.configurationFile="$anchor/logback.xml" \
    -cp "$scratch/target/classes:$(cat "$scratch/classpath")" bench.DbosBench "$1" "$port" "${@:2}"
}
# Ours has a database of its own on the same server, which DBOS's client makes by the way.
ours() {
  "$root/errand" bench postgres --store "jdbc:postgresql://127.0.0.1:$port/postgres?user=postgres"
}

say "measuring DBOS ..."
dbos all >"$scratch/dbos.json"
dbos wait 5000 >>"$scratch/dbos.json"
say "measuring Errand ..."
ours >"$scratch/errand.txt"

python3 - "$scratch/dbos.json" "$scratch/errand.txt" "$place" <<'PYTHON'
import json, re, statistics, sys

theirs = [json.loads(line) for line in open(sys.argv[1]) if line.startswith("{")]
lines = [line.rstrip() for line in open(sys.argv[2])]

def dbos(what, figure):
    return statistics.median(row[figure] for row in theirs if row["what"].startswith(what))

def ours(what):
    line = next(line for line in lines if line.startswith("postgres") and what in line)
    return float(re.search(re.escape(what) + r"\D*?\s+(-?[0-9.]+) ", line).group(1))

rows = [
    ("fan-out of 1,000 no-op children, children/s", ours("fan-out of 1,000 no-op children"), dbos("fan", "childrenPerSec"), True),
    ("16 parents, each start-and-await in a row, children/s", ours("16 parents, each start-and-await in a row"), dbos("conc16", "childrenPerSec"), True),
    ("start one child and await it, p50, ms", ours("start one child and await it, p50"), dbos("seq", "p50ms"), False),
    ("1,000 children on 64 slots, children/s", ours("1,000 no-op children, 64 at a time"), dbos("queue64", "childrenPerSec"), True),
    ("5,000 waiting jobs: transactions a second", ours("5,000 waiting jobs: database transactions"), dbos("idleWaiters", "pgXactPerSec"), False),
    ("5,000 waiting jobs: processor, % of one", ours("5,000 waiting jobs: processor"), dbos("idleWaiters", "jvmCpuPct"), False),
    ("a signal wakes a waiting job, p50, ms", ours("a signal wakes one of 5,000 waiting jobs, p50"), dbos("wakeLatency", "p50ms"), False),
]
print("\n".join(lines[:2]))
print("server's data below " + sys.argv[3])
print()
print("| what | Errand | DBOS | Errand is better by |")
print("|---|---|---|---|")
for what, mine, other, more in rows:
    ratio = (mine / other if more else other / mine) if mine and other else float("inf")
    print(f"| {what} | {mine:,.2f} | {other:,.2f} | {ratio:,.2f} times |")
PYTHON
