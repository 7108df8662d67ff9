#include "models/analytical/systole/analysis.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "configs/idealize.h"
#include "isa/decoder.h"
#include "isa/program.h"
#include "models/analytical/systole/block_timing.h"
#include "models/analytical/systole/program_clock.h"

namespace systole::analytical {

namespace {

constexpr std::size_t kBuffers = 6;
constexpr double kBitsPerByte = 8;
constexpr std::array<const char*, kBuffers> kBufferNames = {"WBUF", "BBUF", "IBUF", "OBUF", "VMEM1", "VMEM2"};
constexpr std::size_t kObuf =
    3;  ///< isa::Buffer::obuf; the SIMD namespaces OBUF, VMEM1, VMEM2 follow one another as here

/// Bits that move into and out of the buffers, by isa::Buffer.
struct BufferTraffic {
  std::array<double, kBuffers> read{};
  std::array<double, kBuffers> write{};
};

/// What one layer did; times are cycles since the start of the run.
struct LayerSums {
  bool ran = false;
  double start = 0, end = 0;
  double compute = 0, macs = 0, operations = 0;
  double dram_read = 0, dram_write = 0;
  BufferTraffic sram;

  void cover(double from, double to) {
    start = ran ? std::min(start, from) : from;
    end = ran ? std::max(end, to) : to;
    ran = true;
  }
};

isa::BlockWords words_of(const isa::DecodeResult& block) {
  return {static_cast<std::int64_t>(block.simd_begin), static_cast<std::int64_t>(block.simd_end - block.simd_begin),
          static_cast<std::int64_t>(block.words - block.simd_end)};
}

std::int64_t whole(double value) {
  return std::llround(value);
}

class Analyzer {
 public:
  Analyzer(const isa::Program& program, const config::Machine& machine)
      : program_(program),
        config_(machine),
        machine_(machine_model(machine)),
        memory_(machine.memory_description(), machine),
        layers_(static_cast<std::size_t>(program.layers_size())) {}

  Analysis run() {
    Analysis analysis;
    const isa::Region* region = isa::instruction_region(program_);
    ProgramClock clock(isa::word_count(program_), region == nullptr ? 0 : region->address(), machine_, memory_);
    for (const isa::EncodedBlock& encoded : program_.blocks()) {
      const isa::DecodeResult block =
          isa::decode(encoded.words().data(), static_cast<std::size_t>(encoded.words_size()));
      check(block.faults.empty(), "analytical", "a block that isa::validate would refuse");
      const isa::BlockWords words = words_of(block);
      const double start = clock.start(words);
      BlockParts parts(block.block, machine_, memory_);
      const BlockResult result = BlockTiming(parts, machine_, memory_).run(parts.setting(machine_));
      clock.run(result.cycles, result.simd_end);
      analysis.block_ends.push_back(clock.end());
      book(encoded, block.block, result, start);
      analysis.work += work_of(block.block, result, machine_);
      analysis.work += work_of(words);
    }
    analysis.work.events.cycles = whole(clock.end());
    analysis.run = collect(clock.end());
    return analysis;
  }

 private:
  LayerSums* layer(int index) { return index < 0 ? nullptr : &layers_.at(static_cast<std::size_t>(index)); }

  void book(const isa::EncodedBlock& encoded, const isa::Block& block, const BlockResult& result, double start) {
    for (std::size_t s = 0; s < block.streams.size(); ++s) {
      if (!block.streams[s].used || static_cast<int>(s) >= encoded.stream_layers_size()) continue;
      if (LayerSums* const sums = layer(encoded.stream_layers(static_cast<int>(s)))) {
        book(*sums, block.streams[s], result.streams[s], start);
      }
    }
    if (LayerSums* const sums = layer(encoded.array_layer()); sums != nullptr && block.array.used) {
      book(*sums, result.array, start);
    }
    for (std::size_t n = 0; n < result.nests.size(); ++n) {
      if (static_cast<int>(n) >= encoded.nest_layers_size()) break;
      if (LayerSums* const sums = layer(encoded.nest_layers(static_cast<int>(n)))) {
        const bool on_array = encoded.nest_layers(static_cast<int>(n)) == encoded.array_layer();
        book(*sums, result.nests[n], n == 0 ? start : start + result.nests[n].start, start, !on_array);
      }
    }
  }

  void book(LayerSums& sums, const isa::Stream& stream, const StreamResult& result, double start) {
    sums.cover(start + result.start, start + result.end);
    const auto buffer = static_cast<std::size_t>(stream.buffer);
    const double bits = result.elements * static_cast<double>(machine_.element_bits[buffer]);
    const bool load = stream.direction == isa::Direction::load;
    (load ? sums.dram_read : sums.dram_write) += result.bytes;
    (load ? sums.sram.write : sums.sram.read)[buffer] += bits;
  }

  void book(LayerSums& sums, const ArrayResult& result, double start) {
    sums.cover(start, start + result.end);
    sums.compute += result.busy;
    sums.macs += result.macs;
    const auto add = [&](std::array<double, kBuffers>& traffic, isa::Buffer buffer, double elements) {
      const auto b = static_cast<std::size_t>(buffer);
      traffic[b] += elements * static_cast<double>(machine_.element_bits[b]);
    };
    add(sums.sram.read, isa::Buffer::wbuf, result.macs);
    add(sums.sram.read, isa::Buffer::ibuf, result.ibuf_reads);
    add(sums.sram.read, isa::Buffer::bbuf, result.bbuf_reads);
    add(sums.sram.read, isa::Buffer::obuf, result.obuf_reads);
    add(sums.sram.write, isa::Buffer::obuf, result.obuf_writes);
  }

  /// `counts`: the layer's unit is the SIMD unit, so this is its computing.
  void book(LayerSums& sums, const NestResult& result, double from, double start, bool counts) {
    sums.cover(from, start + result.end);
    if (counts) sums.compute += result.busy;
    sums.operations += result.operations;
    for (std::size_t space = 0; space < 3;
         ++space) {  // IMM is not a stream's buffer and has no traffic of its own here
      const std::size_t b = kObuf + space;
      sums.sram.read[b] += result.reads[space] * static_cast<double>(machine_.element_bits[b]);
      sums.sram.write[b] += result.writes[space] * static_cast<double>(machine_.element_bits[b]);
    }
  }

  RunResult collect(double cycles) {
    RunResult run;
    run.engine = Engine::analytical;
    run.model = program_.model();
    run.hardware = config_.name();
    run.memory = config_.memory_description().name();
    run.mode = program_.mode();
    run.batch = program_.batch();
    run.clock_hz = machine_.clock_hz;
    run.rows = machine_.rows;
    run.columns = machine_.columns;
    run.cycles = Cycles{whole(cycles)};
    run.dram.peak_bytes_per_s = memory_.peak_bytes_per_second();
    std::array<SramTraffic, kBuffers> sram{};
    for (const isa::LayerInfo& info : program_.layers()) {
      const LayerSums& sums = layers_[static_cast<std::size_t>(info.index())];
      run.layers.push_back(row(info, sums));
      const LayerResult& layer = run.layers.back();
      run.macs += layer.macs;
      run.dram.read += layer.dram_read;
      run.dram.write += layer.dram_write;
      for (std::size_t b = 0; b < kBuffers; ++b) {
        sram[b].read += Bytes{whole(sums.sram.read[b] / kBitsPerByte)};
        sram[b].write += Bytes{whole(sums.sram.write[b] / kBitsPerByte)};
      }
    }
    for (std::size_t b = 0; b < kBuffers; ++b) run.sram.emplace_back(kBufferNames[b], sram[b]);
    return run;
  }

  [[nodiscard]] LayerResult row(const isa::LayerInfo& info, const LayerSums& sums) const {
    LayerResult result;
    result.index = info.index();
    result.name = info.name();
    result.op = info.op();
    result.phase = static_cast<Phase>(info.phase());
    result.unit = info.unit() == isa::LayerInfo::systolic_array ? LayerUnit::systolic_array
                  : info.unit() == isa::LayerInfo::simd_unit    ? LayerUnit::simd_unit
                                                                : LayerUnit::none;
    result.fused_into = info.fused_into() < 0 ? "" : isa::layer_name(program_, info.fused_into());
    result.note = info.note();
    if (!sums.ran) return result;
    result.start = Cycles{whole(sums.start)};
    result.end = Cycles{whole(sums.end)};
    result.cycles = *result.end - *result.start;
    result.compute_cycles = Cycles{whole(sums.compute)};
    result.stall_cycles = result.cycles - result.compute_cycles;
    result.macs = Macs{whole(sums.macs)};
    result.ops = whole(sums.operations);
    result.dram_read = Bytes{whole(sums.dram_read)};
    result.dram_write = Bytes{whole(sums.dram_write)};
    for (std::size_t b = 0; b < kBuffers; ++b) {
      result.sram_read.emplace_back(kBufferNames[b], Bytes{whole(sums.sram.read[b] / kBitsPerByte)});
      result.sram_write.emplace_back(kBufferNames[b], Bytes{whole(sums.sram.write[b] / kBitsPerByte)});
    }
    return result;
  }

  const isa::Program& program_;
  const config::Machine& config_;
  MachineModel machine_;
  MemoryModel memory_;
  std::vector<LayerSums> layers_;
};

}  // namespace

Analysis analyze(const isa::Program& program, const config::Machine& machine) {
  const config::Machine modelled = idealized(machine);
  return Analyzer(program, modelled).run();
}

std::function<double(const isa::Block&)> block_predictor(const config::Machine& machine) {
  const MachineModel model = machine_model(machine);
  const MemoryModel memory(machine.memory_description(), machine);
  return [model, memory](const isa::Block& block) {
    BlockParts parts(block, model, memory);
    return BlockTiming(parts, model, memory).run(parts.setting(model)).cycles;
  };
}

}  // namespace systole::analytical
