#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

#include "configs/machine.h"
#include "isa/decoder.h"
#include "kernels/compiler.h"
#include "kernels/onnx/import.h"
#include "kernels/plan/machine_config.h"
#include "models/cycle/configure.h"
#include "test/models/cycle/fresh_kernel.h"

// The array's cycles of every convolution are those of its own tiles: t + (N-1) + (M-1) each, no more, no less; and the
// work is the network's.
namespace systole::test {
namespace {

config::Machine machine_named(const std::string& hardware, const std::string& memory) {
  Diagnostics diagnostics;
  MachineRequest request;
  request.hardware = hardware;
  request.memory = memory;
  const config::Machine machine = load_machine(request, diagnostics).message;
  diagnostics.throw_if_any();
  return machine;
}

isa::Program compiled(const std::string& file, const config::Machine& machine) {
  CompileOptions options;
  options.fusion = false;
  return compile(import_onnx(file), machine_of(machine), options);
}

/// Vectors of one tile, counted from the loops alone.
std::int64_t vectors(const isa::Block& block, const isa::TileIndex& index) {
  std::int64_t count = 1;
  for (const isa::ArrayLoop& loop : block.array.loops) {
    const int tied = loop.trip.tail_loop;
    const bool last = tied >= 0 && index.at(static_cast<std::size_t>(tied)) + 1 ==
                                       block.tile_loops.at(static_cast<std::size_t>(tied));
    count *= last ? loop.trip.tail : loop.trip.count;
  }
  return count;
}

std::int64_t exact_cycles(const isa::Block& block, std::int64_t rows, std::int64_t columns) {
  std::int64_t cycles = 0;
  isa::TileIndex index{};
  for (bool more = true; more;) {
    cycles += vectors(block, index) + (rows - 1) + (columns - 1);
    more = false;
    for (std::size_t l = block.tile_loops.size(); l-- > 0 && !more;) {
      more = ++index.at(l) < block.tile_loops[l];
      if (!more) index.at(l) = 0;
    }
  }
  return cycles;
}

void expect_exact(const std::string& file, const std::string& hardware) {
  SCOPED_TRACE(file + " on " + hardware);
  fresh_kernel();
  const config::Machine machine = machine_named(hardware, "ideal");
  const isa::Program program = compiled(file, machine);
  const auto memory = make_memory(machine.memory_description());
  const RunCounters run = simulate(machine_parameters(machine), *memory, load_program(program));

  std::map<int, std::int64_t> expected;
  for (const isa::EncodedBlock& encoded : program.blocks()) {
    const isa::DecodeResult decoded =
        isa::decode(encoded.words().data(), static_cast<std::size_t>(encoded.words_size()));
    if (!decoded.block.array.used) continue;
    expected[encoded.array_layer()] +=
        exact_cycles(decoded.block, machine.systolic_array().rows(), machine.systolic_array().columns());
  }
  ASSERT_EQ(expected.size(), 54U);  // 53 convolutions and the fully connected layer
  std::int64_t macs = 0;
  for (const auto& [layer, cycles] : expected) {
    EXPECT_EQ(run.layers.at(static_cast<std::size_t>(layer)).compute.count(), cycles) << program.layers(layer).name();
    macs += program.layers(layer).macs();
  }
  EXPECT_EQ(macs, 4089184256);
}

TEST(ExactCompute, resnet50_as_generated) {
  for (const char* hardware : {"inference_64x64", "inference_16x16", "inference_128x128"}) {
    expect_exact(SYSTOLE_SOURCE_DIR "/configs/networks/resnet50.onnx", hardware);
  }
}

TEST(ExactCompute, resnet50_of_onnx_test_data) {
  expect_exact(SYSTOLE_SOURCE_DIR "/test/kernels/onnx/data/light_resnet50.onnx", "inference_64x64");
}

}  // namespace
}  // namespace systole::test
