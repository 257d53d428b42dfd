# Fetches npm packages that hold more than JavaScript; .ci/dynamodb-local.sh and test/sam/image.sh source this.

# Unpacks the package $1 (name@version) into the directory $2, without what it depends on. npm checks its integrity.
unpack_package() {
  local package=$1 directory=$2 archive
  mkdir -p "$directory"
  archive=$directory/$(npm pack --silent --pack-destination "$directory" "$package")
  tar -xzf "$archive" --strip-components=1 --no-same-owner -C "$directory"
  rm "$archive"
}
