#!/bin/sh
# Installs the Debian packages that are missing, and says which before it does: what building and running takes, with
# the argument `tests` also what the tests look at lockstep with (a browser, shells, Python's PyTorch), with `fuzz` also
# clang and its libFuzzer. Where there is no apt, it checks nothing and points to the README. LOCKSTEP_PACKAGES=skip:
# everything is there already, in whatever way.
set -eu

# OpenBLAS by name: LibTorch takes whatever provides libblas.so.3, and the reference BLAS is 10 to 50 times slower.
packages="g++ cmake ninja-build ccache pkg-config git ca-certificates
libtorch-dev libopenmpi-dev openmpi-bin libopenblas0-pthread
libsqlitecpp-dev libsqlite3-dev libcli11-dev libyaml-cpp-dev libboost-dev libboost-filesystem-dev
nlohmann-json3-dev libfmt-dev libsimdjson-dev libxxhash-dev libssl-dev zlib1g-dev libjpeg-dev libarchive-dev
catch2 librapidcheck-dev dataset-fashion-mnist"
[ "${1:-}" != tests ] || packages="$packages
clang-format chromium tidy libxml2-utils zsh fish python3-torch python3-torchvision"
[ "${1:-}" != fuzz ] || packages="$packages
clang libclang-rt-dev"

[ "${LOCKSTEP_PACKAGES:-}" != skip ] || exit 0
if ! command -v apt-get >/dev/null; then
  echo "No apt-get here: packages are not checked. README.md, \"Without apt\", lists what lockstep needs." >&2
  exit 0
fi

missing=""
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "Installing packages:$missing"
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "These packages are missing, and neither root nor sudo is here to install them. As root, run:" >&2
    echo "  apt-get install$missing" >&2
    echo "If you have them in another way: make LOCKSTEP_PACKAGES=skip ..." >&2
    exit 5
  fi
  as_root="sudo"
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "The command above failed: $*" >&2
    exit 5
  fi
}
run $as_root apt-get update -q
# shellcheck disable=SC2086  # a list of words
run $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
