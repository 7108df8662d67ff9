#include "kernels/tiling/geometry.h"

#include <numeric>
#include <tuple>

#include "base/units.h"

namespace systole {

namespace {

auto fields(const Tiling& t) {
  return std::tie(t.batch, t.oh, t.ow, t.kh, t.kw, t.ic, t.oc, t.order);
}

InputAxis input_axis(const WindowAxis& axis, std::int64_t out, std::int64_t kernel) {
  InputAxis input;
  // What neither outputs nor kernel elements reach is left in memory: the other columns of a strided 1x1 convolution.
  const std::int64_t outputs = out > 1 || kernel == 1 ? axis.stride : 0;
  const std::int64_t elements = kernel > 1 ? axis.dilation : 0;
  input.step = std::gcd(outputs, elements);
  input.positions = input_positions(axis, input.step, out, kernel);
  input.output_distance = outputs / input.step;
  input.kernel_distance = elements / input.step;
  return input;
}

}  // namespace

bool operator==(const Tiling& a, const Tiling& b) {
  return fields(a) == fields(b);
}

std::int64_t input_positions(const WindowAxis& axis, std::int64_t step, std::int64_t out, std::int64_t kernel) {
  return ((out - 1) * axis.stride + (kernel - 1) * axis.dilation) / step + 1;
}

Geometry geometry_of(const ArrayProblem& problem, const Tiling& tiling, const Machine& machine) {
  Geometry g;
  g.batches = ceil_div(problem.batch, tiling.batch);
  g.rows = ceil_div(problem.h.out, tiling.oh);
  g.columns = ceil_div(problem.w.out, tiling.ow);
  g.kernel_rows = ceil_div(problem.h.kernel, tiling.kh);
  g.kernel_columns = ceil_div(problem.w.kernel, tiling.kw);
  g.ics = ceil_div(problem.ic, tiling.ic);
  g.ocs = ceil_div(problem.oc, tiling.oc);
  g.ic_blocks = ceil_div(tiling.ic, machine.rows);
  g.oc_blocks = ceil_div(tiling.oc, machine.columns);
  g.h = input_axis(problem.h, tiling.oh, tiling.kh);
  g.w = input_axis(problem.w, tiling.ow, tiling.kw);
  const std::int64_t pixels = tiling.batch * tiling.oh * tiling.ow;
  g.ibuf_elements = tiling.batch * g.h.positions * g.w.positions * g.ic_blocks * machine.rows;
  g.wbuf_elements = tiling.kh * tiling.kw * g.ic_blocks * g.oc_blocks * machine.rows * machine.columns;
  g.bbuf_elements = problem.bias ? g.oc_blocks * machine.columns : 0;
  g.obuf_words = pixels * g.oc_blocks;
  g.order = tiling.order;
  g.oc_inside = g.oc_blocks > 1 && pixels < machine.obuf_accumulate_latency;
  return g;
}

Overflow overflow_of(const Geometry& g, const FusedWork& fused, const Machine& machine) {
  const auto over = [](const char* buffer, std::int64_t needed, std::int64_t available, const char* unit) {
    return needed > available ? Overflow{buffer, needed, available, unit} : Overflow{};
  };
  const std::int64_t slot = machine.vmem_slot_words();
  for (const Overflow& overflow : {over("half of WBUF", g.wbuf_elements, machine.wbuf_half_elements, "elements"),
                                   over("half of IBUF", g.ibuf_elements, machine.ibuf_half_elements, "elements"),
                                   over("half of BBUF", g.bbuf_elements, machine.bbuf_half_elements, "elements"),
                                   over("half of OBUF", g.obuf_words, machine.obuf_half_words, "words"),
                                   over("VMEM1", g.obuf_words * fused.vmem1_areas, slot, "words"),
                                   over("VMEM2", g.obuf_words * fused.vmem2_areas, slot, "words")}) {
    if (overflow.buffer != nullptr) return overflow;
  }
  return {};
}

}  // namespace systole
