#include "kernels/prepared_graph.h"

#include <fmt/format.h>

#include "base/errors.h"
#include "kernels/graph/passes/fold_affine.h"
#include "kernels/graph/passes/remove_dead.h"
#include "kernels/lowering/lowering.h"
#include "kernels/plan/prepare.h"
#include "kernels/plan/quantized.h"

namespace systole {

namespace {

/// Half bytes are addressed in pairs: tiles of an odd number of lanes would begin inside a byte.
void check_half_bytes(const Machine& machine) {
  const bool half = machine.weight_bits < 8 || machine.activation_bits < 8;
  if (!half || (machine.rows % 2 == 0 && machine.columns % 2 == 0)) return;
  throw UserError({"", 0, 0,
                   fmt::format("a {}x{} array cannot have 4-bit operands: its tiles would begin inside a byte",
                               machine.rows, machine.columns),
                   "even numbers of rows and columns, or 8-bit operands"});
}

}  // namespace

PreparedGraph prepare_graph(const Graph& imported, const Machine& machine) {
  PreparedGraph prepared{imported, {}, !machine.float32 && is_integer_network(imported)};
  prepared.origins = prepare_quantized(prepared.graph, machine, prepared.integers);
  if (!prepared.integers) {
    fold_bias(prepared.graph);
    fold_batch_norm(prepared.graph);
  }
  prepared.origins.merge(prepare_matrix_products(prepared.graph));
  remove_dead(prepared.graph);
  check_supported(prepared.graph);
  check_half_bytes(machine);
  return prepared;
}

}  // namespace systole
