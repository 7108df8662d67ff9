#!/usr/bin/env bash
# The whole test suite: installs what is missing, builds, runs CTest. Arguments go to ctest.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

install_missing "$packages_to_build $packages_to_test"
configure release -DBUILD_TESTING=ON
cmake --build --preset release
ctest --preset release "$@"
