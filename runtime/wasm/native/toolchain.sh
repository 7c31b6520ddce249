#!/usr/bin/env bash
# Builds the native call layer where a Rust toolchain is that can, and says so where none is.
#
#   toolchain.sh install BIN    build a wheel, and install it with BIN/pip (a virtual environment's)
#   toolchain.sh check          rustfmt, clippy, and cargo audit and deny where they are installed
#   toolchain.sh gate BIN       both; never fails for want of a toolchain
#
# NATIVE_TARGET is the folder that compiled parts are kept in; without it, one in the user's cache.
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
  gate)
    if [ -z "$found" ]; then
      echo "the native call layer is not built here: there is no cargo $least or newer"
    elif ! cargo fetch --quiet --locked; then
      echo "the native call layer is not built here: its crates cannot be fetched"
    else
      check
      install "$2"
    fi ;;
  *) sed -n '2,9p' "$0" >&2; exit 2 ;;
esac
