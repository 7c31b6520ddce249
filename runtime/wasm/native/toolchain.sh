#!/usr/bin/env bash
# Builds the native call layer where a Rust toolchain is that can, and says so where none is.
#
#   toolchain.sh install BIN    build a wheel, and install it with BIN/pip (a virtual environment's)
#   toolchain.sh check          rustfmt, clippy, and cargo audit and deny where they are installed
#   toolchain.sh gate BIN       both; never fails for want of a toolchain or of time
#
# NATIVE_TARGET is the folder that compiled parts are kept in; without it, one in the user's cache.
# NATIVE_SECONDS is how long the gate may take for compiling what the layer is made of.
set -euo pipefail
cd "$(dirname "$0")"
least=1.97
export CARGO_TARGET_DIR="${NATIVE_TARGET:-${XDG_CACHE_HOME:-$HOME/.cache}/torvyn-studio/native-target}"

# The name of a toolchain that is new enough: "" for the usual one, "+nightly" for rustup's.
toolchain() {
  local name version
  for name in "" +nightly; do
    version=$(cargo $name --version 2>/dev/null | sed -n 's/^cargo \([0-9]*\.[0-9]*\).*/\1/p') || continue
    if [ -n "$version" ] && [ "$(printf '%s\n' "$least" "$version" | sort -V | head -1)" = "$least" ]; then
      echo "found$name"
      return
    fi
  done
}

found=$(toolchain)
if [ "$found" = found+nightly ]; then export RUSTUP_TOOLCHAIN=nightly; fi

need() {
  [ -n "$found" ] && return
  echo "the native call layer needs cargo $least or newer, which is not here: rustup toolchain install nightly" >&2
  exit 3
}

# False when the time is over. An error of the compiler is for the steps after this to report.
compile_in_time() {
  local status=0
  timeout "${NATIVE_SECONDS:-400}" ./toolchain.sh compile || status=$?
  [ "$status" != 124 ]
}

compile() {
  if cargo clippy --version > /dev/null 2>&1; then cargo clippy --quiet --release --locked; fi
  cargo build --quiet --release --locked
}

check() {
  if cargo fmt --version > /dev/null 2>&1; then cargo fmt --check; fi
  if cargo clippy --version > /dev/null 2>&1; then
    cargo clippy --quiet --release --locked -- -D warnings
  fi
  if cargo audit --version > /dev/null 2>&1; then cargo audit; fi
  if cargo deny --version > /dev/null 2>&1; then cargo deny check; fi
}

install() {
  local wheels
  wheels=$(mktemp -d)
  trap 'rm -rf "$wheels"' RETURN
  "$1/pip" install --quiet --disable-pip-version-check "$(sed -n 's/^requires = \["\(maturin[^"]*\)"\]/\1/p' pyproject.toml)"
  "$1/maturin" build --quiet --release --locked --interpreter "$1/python" --out "$wheels"
  "$1/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$wheels"/*.whl
  "$1/python" -c "import torvyn_studio_native as native; print('native call layer', native.__version__, 'with wasmtime', native.WASMTIME_VERSION)"
}

case "${1:-}" in
  install) need; install "$2" ;;
  check) need; check ;;
  compile) need; compile ;;
  gate)
    if [ -z "$found" ]; then
      echo "the native call layer is not built here: there is no cargo $least or newer"
    elif ! timeout 120 cargo fetch --quiet --locked; then
      echo "the native call layer is not built here: its crates cannot be fetched"
    elif ! compile_in_time; then
      echo "the native call layer is not built here: compiling did not end in ${NATIVE_SECONDS:-400} s; what is done is kept for the next run"
    else
      check
      install "$2"
    fi ;;
  *) sed -n 2,9p toolchain.sh >&2; exit 2 ;;
esac
