# Starts DynamoDB Local, for .ci/run and test/sam/run, which source this. Needs Java and npm.
. "$(dirname "${BASH_SOURCE[0]}")/npm-package.sh"

# In memory, on a free port, one database for all credentials: what runs in a container has others. The npm package ships AWS' own
# jar. Sets HEARTH_TEST_DYNAMODB_LOCAL and dynamodb_pid; what is fetched stays in the directory $1.
start_dynamodb_local() {
  local cache=$1 prefix=$1/dynamodb-local jar port
  if [ -z "$(find_jar "$prefix")" ]; then
    unpack_package amplify-dynamodb-simulator@2.9.30 "$prefix"
  fi
  jar=$(find_jar "$prefix")
  port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
  # It writes a file where it is started. `exec`, so that the id is Java's own.
  (
    cd "$cache"
    exec java "-Djava.library.path=$(dirname "$jar")/DynamoDBLocal_lib" -jar "$jar" \
      -inMemory -sharedDb -disableTelemetry -port "$port"
  ) >"$cache/dynamodb-local.log" 2>&1 </dev/null &
  dynamodb_pid=$!
  export HEARTH_TEST_DYNAMODB_LOCAL=http://127.0.0.1:$port
  wait_for_port "$port" "$dynamodb_pid" || { cat "$cache/dynamodb-local.log"; return 1; }
}

find_jar() {
  if [ -d "$1" ]; then find "$1" -name DynamoDBLocal.jar -print -quit; fi
}

# Until something listens there; fails when the process has ended, or after five minutes: a busy machine takes one for Java's start.
wait_for_port() {
  local port=$1 pid=$2 deadline=$((SECONDS + 300))
  until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    if ! kill -0 "$pid" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then return 1; fi
    sleep 0.2
  done
}
