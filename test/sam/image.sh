#!/usr/bin/env bash
# Makes what stands for Lambda's Node 24 image where none can be pulled: Debian with the project's Node and AWS' own runtime
# interface client. sam local adds the emulator of the runtime interface, which it brings with it.
#
#   image.sh NAME CACHE_DIRECTORY
set -euo pipefail

ric_version=4.0.2
headers_version=1.9.0
napi_version=8.9.2

image=$1
cache=$2
here=$(cd "$(dirname "$0")" && pwd)
node=$here/../../node_modules/node/bin/node
recipe=$(cat "$0" <("$node" --version) /etc/os-release | sha256sum | cut -c1-16)

main() {
  local made_by
  # One that was pulled has no such label: it is the real one.
  if made_by=$(docker image inspect -f '{{index .Config.Labels "hearth.recipe"}}' "$image" 2>/dev/null); then
    if [ -z "$made_by" ] || [ "$made_by" = "$recipe" ]; then return; fi
    # And what sam made of it.
    docker image ls --format '{{.Repository}}:{{.Tag}}' "${image%:*}" | xargs -r docker image rm -f
  fi
  mkdir -p "$cache"
  local root=$cache/lambda-root
  rm -rf "$root"
  build_client &
  make_base "$root"
  wait $!
  add_runtime "$root"
  tar -C "$root" -c . | docker import -c 'WORKDIR /var/task' -c "LABEL hearth.recipe=$recipe" - "$image"
  rm -rf "$root"
}

# The suite of this machine, whose libraries the runtime below is linked against.
make_base() {
  local suite
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  debootstrap --variant=minbase "$suite" "$1"
  rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/usr/share/{doc,locale,man}
}

add_runtime() {
  local runtime=$1/var/runtime
  mkdir -p "$runtime" "$1/var/task" "$1/usr/local/bin"
  cp "$node" "$1/usr/local/bin/node"
  cp "$cache/ric/node_modules/aws-lambda-ric/index.mjs" "$cache/ric/rapid-client.node" "$runtime/"
  cat >"$runtime/bootstrap" <<'BOOTSTRAP'
#!/bin/sh
export AWS_EXECUTION_ENV=AWS_Lambda_nodejs24.x LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime
exec /usr/local/bin/node /var/runtime/index.mjs "$_HANDLER"
BOOTSTRAP
  chmod 755 "$runtime/bootstrap"
}

# The client's sources come with its package. It is compiled here and not by its install script, which asks for headers of Node
# from the network; those that it includes beside Node-API's are never used.
build_client() {
  local package=$cache/ric/node_modules/aws-lambda-ric modules=$cache/ric/node_modules header
  rm -rf "$cache/ric"
  npm install --prefix "$cache/ric" --ignore-scripts --no-audit --no-fund --loglevel=error \
    "aws-lambda-ric@$ric_version" "node-api-headers@$headers_version" "node-addon-api@$napi_version"
  sh "$package/scripts/preinstall.sh" >"$cache/ric/build.log" 2>&1 || { tail -30 "$cache/ric/build.log"; return 1; }
  mkdir "$cache/ric/unused"
  for header in uv.h v8.h node.h; do : >"$cache/ric/unused/$header"; done
  g++ -shared -fPIC -O2 -std=c++17 -DNODE_GYP_MODULE_NAME=rapid_client -DNAPI_CPP_EXCEPTIONS \
    "-I$cache/ric/unused" "-I$modules/node-api-headers/include" "-I$modules/node-addon-api" \
    "-I$package/deps/artifacts/include" "$package/src/native/rapid-client.cc" \
    "$package/deps/artifacts/lib/libaws-lambda-runtime.a" "$package/deps/artifacts/lib/libcurl.a" \
    -pthread -o "$cache/ric/rapid-client.node"
}

main
