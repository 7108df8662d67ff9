#!/usr/bin/env bash
# The lockstep run at 64x64: one tile of each kind of SqueezeNet's layers that match PATTERN. Verilator's model takes many minutes to build, once.
# usage: scripts/cosim_64x64.sh [PATTERN]      SYSTOLE: the program (default: the release build)
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
exec "${SYSTOLE:-$here/build/release/systole}" cosim squeezenet --hw inference_64x64 --layers "${1:-fire9*}"
