#pragma once

namespace systole {

/// How the gradients of a strided convolution run on the array.
enum class GradientWay {
  quicker,      ///< whichever the estimate says
  zero_insert,  ///< a dense convolution with a stride of 1 over dy with zeros between its elements, as published
  phases        ///< no work on zeros: dx in interleaved parts, each with its own taps of the kernel
};

}  // namespace systole
