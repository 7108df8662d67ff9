#include "kernels/lowering/array_lowering.h"
#include "base/errors.h"

namespace systole {

std::vector<ArrayJob> array_jobs(const Node& node, LoweringContext& context) {
  switch (node.op) {
    case OpKind::Conv:
      return conv_jobs(node, context);
    case OpKind::Gemm:
      return gemm_jobs(node, context);
    default:
      return matmul_jobs(node, context);
  }
}

std::optional<ArrayPlan> plan_array(const Node& node, LoweringContext& context) {
  const std::vector<NodeId>& chain = context.fused_behind(context.id(node));
  std::optional<ArrayPlan> best;
  for (ArrayJob& job : array_jobs(node, context)) {
    const FusedWork fused = chain.empty() ? FusedWork{} : FusedChain(job, chain, context).work();
    const std::optional<Choice> choice = context.tilings().find(job.problem, job.may_pack, fused, context.machine());
    if (!choice || (best && choice->estimate.cycles >= best->choice.estimate.cycles)) continue;
    best = ArrayPlan{std::move(job), *choice};
  }
  return best;
}

void lower_array(const Node& node, LoweringContext& context) {
  const std::optional<ArrayPlan> plan = plan_array(node, context);
  if (!plan) {
    const ArrayJob job = array_jobs(node, context).front();
    const Overflow overflow = smallest_overflow(job.problem, {}, context.machine());
    too_small(node, overflow.buffer, overflow.needed, overflow.available, overflow.unit);
  }
  const ArrayJob& job = plan->job;
  BlockBuilder builder = context.begin(node);
  const ArrayOutput output = build_array(node, job, plan->choice, builder, context);
  const std::vector<NodeId>& chain = context.fused_behind(context.id(node));
  if (chain.empty()) {
    store_output(job, output, context.layout(node.outputs.front()), builder, context.machine());
  } else {
    FusedChain(job, chain, context).emit(output, builder);
  }
  context.finish(builder);
}

}  // namespace systole
