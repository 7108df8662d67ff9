#pragma once

#include "kernels/graph/graph.h"

/// Windows of convolutions and pools, as the tests of their lowerings and values write them.
namespace systole::test {

/// Square, the same in both directions.
inline ConvAttributes window(std::int64_t kernel, std::int64_t stride, std::int64_t pad, std::int64_t dilation = 1,
                             std::int64_t groups = 1) {
  ConvAttributes conv;
  conv.kernel = {kernel, kernel};
  conv.strides = {stride, stride};
  conv.pads = {pad, pad, pad, pad};
  conv.dilations = {dilation, dilation};
  conv.groups = groups;
  return conv;
}

inline PoolAttributes window(Extent2 kernel, Extent2 strides, Padding2 pads = {}) {
  PoolAttributes pool;
  pool.kernel = kernel;
  pool.strides = strides;
  pool.pads = pool.counted = pads;
  return pool;
}

/// Shape of the result for an image in NCHW, padding rounded down; `channels` of the result.
template <class Window>
Shape windowed(const Shape& image, std::int64_t channels, const Window& window) {
  const auto positions = [](std::int64_t extent, std::int64_t pads, std::int64_t kernel, std::int64_t stride,
                            std::int64_t dilation) {
    return (extent + pads - (dilation * (kernel - 1) + 1)) / stride + 1;
  };
  return {image[0], channels,
          positions(image[2], window.pads.top + window.pads.bottom, window.kernel.height, window.strides.height,
                    window.dilations.height),
          positions(image[3], window.pads.left + window.pads.right, window.kernel.width, window.strides.width,
                    window.dilations.width)};
}

}  // namespace systole::test
