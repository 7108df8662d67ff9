#!/usr/bin/env bash
# The lockstep run at 64x64: one tile of each kind of NETWORK's layers, in Icarus Verilog, two minutes for LeNet-5. (Verilator would be faster to
# run, but its model of 4,096 processing elements takes long to build.)
# usage: scripts/cosim_64x64.sh [NETWORK]      SYSTOLE: the program (default: the release build)
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
exec "${SYSTOLE:-$here/build/release/systole}" cosim "${1:-lenet5}" --hw inference_64x64 --tiles 1 --simulator icarus
