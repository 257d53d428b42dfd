#!/usr/bin/env bash
# Makes what stands for Lambda's Node 24 image where none can be pulled: the project's Node and AWS' own runtime interface client,
# with the libraries of this machine that they are linked against, and the three programs that sam's own layer and the bootstrap
# call. sam local adds the emulator of the runtime interface, which it brings with it.
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
. "$here/../../.ci/npm-package.sh"
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
  build_client
  add_runtime "$root"
  tar -C "$root" -c . | docker import -c 'WORKDIR /var/task' -c "LABEL hearth.recipe=$recipe" - "$image"
  rm -rf "$root"
}

add_runtime() {
  local runtime=$1/var/runtime
  mkdir -p "$runtime" "$1/var/task" "$1/usr/local/bin" "$1/bin"
  mkdir -m 1777 "$1/tmp"
  add_program "$(command -v sh)" "$1" bin
  add_program "$(command -v mv)" "$1" bin
  add_program "$(command -v chmod)" "$1" bin
  add_program "$node" "$1" usr/local/bin
  add_program "$cache/ric/rapid-client.node" "$1" var/runtime
  cp "$cache/ric/aws-lambda-ric/index.mjs" "$runtime/"
  cat >"$runtime/bootstrap" <<'BOOTSTRAP'
#!/bin/sh
export AWS_EXECUTION_ENV=AWS_Lambda_nodejs24.x LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime
exec /usr/local/bin/node /var/runtime/index.mjs "$_HANDLER"
BOOTSTRAP
  chmod 755 "$runtime/bootstrap"
}

# A program, or a module of Node, and the libraries that it is linked against, these where they are on this machine.
add_program() {
  local program=$1 root=$2 directory=$3
  cp -L "$program" "$root/$directory/"
  ldd "$program" | grep -o '/[^ ]*' | xargs -I{} cp -L --parents {} "$root"
}

# The client's sources come with its package, those of AWS' runtime in C++ within. They are compiled here, with the system's libcurl,
# and not by the package's scripts, which build a curl of their own for minutes and ask for headers of Node from the network; those
# that it includes beside Node-API's are never used.
build_client() {
  local sources=$cache/ric runtime=$cache/ric/runtime header
  rm -rf "$sources"
  unpack_package "aws-lambda-ric@$ric_version" "$sources/aws-lambda-ric"
  unpack_package "node-api-headers@$headers_version" "$sources/node-api-headers"
  unpack_package "node-addon-api@$napi_version" "$sources/node-addon-api"
  mkdir "$runtime" "$sources/unused"
  tar -xJf "$sources/aws-lambda-ric/deps/aws-lambda-cpp.tar.xz" --no-same-owner --warning=no-unknown-keyword -C "$runtime"
  sed -E 's/@PROJECT_VERSION_[A-Z]+@/0/; s/@PROJECT_VERSION@/0/' "$runtime/src/version.cpp.in" >"$runtime/src/version.cpp"
  for header in uv.h v8.h node.h; do : >"$sources/unused/$header"; done
  g++ -shared -fPIC -std=c++17 -DNODE_GYP_MODULE_NAME=rapid_client -DNAPI_CPP_EXCEPTIONS -DAWS_LAMBDA_LOG=0 \
    "-I$sources/unused" "-I$sources/node-api-headers/include" "-I$sources/node-addon-api" "-I$runtime/include" \
    "$sources/aws-lambda-ric/src/native/rapid-client.cc" "$runtime"/src/{logging,runtime,backward,version}.cpp \
    -lcurl -pthread -o "$sources/rapid-client.node"
}

main
