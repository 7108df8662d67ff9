# Sourced by the scripts beside it: goes to the repository's root and installs what a fresh Debian 12 lacks.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
  echo "$(basename "$0"): $1" >&2
  exit 2
}

packages_to_build="ca-certificates cmake g++ git libboost-program-options-dev libeigen3-dev libfmt-dev libonnx-dev
  libprotobuf-dev libspdlog-dev libsqlite3-dev libsystemc-dev ninja-build nlohmann-json3-dev pkg-config protobuf-compiler zlib1g-dev"
packages_to_test="clang-format iverilog libgmock-dev libgtest-dev libonnx-testdata munge python3-onnx slurm-wlm verilator"

# install_missing PACKAGES: apt installs those that are not there; nothing happens, and nobody needs to be root, when all are.
install_missing() {
  local missing=()
  for package in $1; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null || die "needs Debian's apt-get to install: ${missing[*]}"
  [ "$(id -u)" -eq 0 ] || die "must be root to install: ${missing[*]}"
  echo "installing ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    die "apt-get could not install ${missing[*]} (no network?); its log: $log"
  fi
  rm -f "$log"
}

# configure PRESET [CMAKE_OPTION...]
configure() {
  local log
  log=$(mktemp)
  if ! cmake --preset "$@" >"$log" 2>&1; then
    cat "$log" >&2
    die "cmake could not configure preset $1"
  fi
  rm -f "$log"
}
