#!/usr/bin/env bash
# The main job from nothing: installs what is missing, builds, runs ResNet-50 on the 64x64 machine with DDR4.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

install_missing "$packages_to_build"
configure release -DBUILD_TESTING=OFF
cmake --build --preset release
build/release/systole run configs/networks/resnet50.onnx --hw inference_64x64 --out systole-out/quickstart --force
