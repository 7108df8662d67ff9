#pragma once

#include "isa/block.h"
#include "isa/program.pb.h"

namespace systole::isa {

/// A machine of 4 rows and 8 columns with small buffers.
Target small_target();

/// A convolution 3x3, padding 1, 8x20x20 to 16x20x20, on small_target(): output channels, rows (tiles of 8, 8 and 4)
/// and input channels in tiles; partial sums stay in OBUF, the SIMD unit adds, scales and clips them and writes VMEM1,
/// which is stored.
Block example_block();

/// example_block() as a program of one block, with its memory plan and layers.
Program example_program();

}  // namespace systole::isa
