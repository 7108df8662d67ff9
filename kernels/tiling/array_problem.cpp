#include "kernels/tiling/array_problem.h"

#include <tuple>

#include "base/units.h"

namespace systole {

namespace {

auto fields(const WindowAxis& a) {
  return std::tie(a.out, a.in, a.kernel, a.stride, a.dilation, a.pad);
}
auto fields(const ArrayProblem& p) {
  return std::tie(p.outer, p.batch, p.ic, p.oc, p.bias, p.pack, p.last_pack, p.ifmap_bits, p.weight_bits, p.output_bits,
                  p.weights_repeat, p.weights_strided, p.weights_by_column, p.ifmap_by_pixel, p.output_by_pixel,
                  p.most_oc);
}
auto fields(const FusedWork& f) {
  return std::tie(f.issue_cycles, f.vmem1_areas, f.vmem2_areas, f.load_bits, f.store_bits);
}

}  // namespace

bool operator==(const ArrayProblem& a, const ArrayProblem& b) {
  return fields(a) == fields(b) && fields(a.h) == fields(b.h) && fields(a.w) == fields(b.w);
}

bool operator==(const FusedWork& a, const FusedWork& b) {
  return fields(a) == fields(b);
}

ArrayProblem packed(const ArrayProblem& problem, std::int64_t columns) {
  ArrayProblem result = problem;
  result.pack = columns;
  result.w.kernel = ceil_div(problem.w.kernel, columns);
  result.last_pack = problem.w.kernel - (result.w.kernel - 1) * columns;
  result.w.dilation = columns;
  result.ic = columns * problem.ic;
  return result;
}

}  // namespace systole
