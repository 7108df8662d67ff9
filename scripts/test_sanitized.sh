#!/usr/bin/env bash
# The test suite under address and undefined-behaviour sanitizers; 10 to 20 times slower than scripts/test.sh. Arguments go to ctest.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

install_missing "$packages_to_build $packages_to_test"
configure asan
cmake --build --preset asan
ctest --preset asan "$@"
