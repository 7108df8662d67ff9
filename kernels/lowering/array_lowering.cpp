#include "kernels/lowering/array_lowering.h"

#include <algorithm>

#include "base/units.h"
#include "kernels/lowering/simd_lowerings.h"

namespace systole {

namespace {

/// Cycles of a depthwise convolution or gradient on the SIMD unit: a multiply-accumulate for each kernel position of
/// y, one instruction to finish, and the fused ones; each operand moves once.
double depthwise_cycles(const Node& node, LoweringContext& context) {
  const Graph& graph = context.graph();
  const Machine& machine = context.machine();
  const Shape& result = graph.shape(node.outputs.front());
  const Shape& y = node.op == OpKind::Conv ? result : graph.shape(node.inputs.front());
  const auto& conv = std::get<ConvAttributes>(node.attributes);
  const std::vector<NodeId>& chain = context.fused_behind(context.id(node));
  const auto words = static_cast<double>(y[0] * y[2] * y[3] * ceil_div(y[1], machine.columns));
  double issue = static_cast<double>(conv.kernel.height * conv.kernel.width + 1);
  auto bits =
      static_cast<double>(element_count(result) * context.layout(context.result_of(context.id(node))).element_bits);
  for (const TensorId input : node.inputs) {
    if (graph.tensor(input).constant) continue;
    bits += static_cast<double>(element_count(graph.shape(input)) * context.layout(input).element_bits);
  }
  if (!chain.empty()) {
    const ArrayJob job = array_ways(node, context).front().jobs.front();
    const FusedWork fused = FusedChain(job, chain, context).work();
    issue += static_cast<double>(fused.issue_cycles);
    bits += static_cast<double>(element_count(result) * fused.load_bits);
  }
  return simd_cycles(words, issue, bits, machine);
}

bool quicker_on_simd(const Node& node, const std::optional<ArrayPlan>& plan, LoweringContext& context) {
  if (!is_depthwise(context.graph(), node)) return false;
  return !plan || depthwise_cycles(node, context) < plan->cycles;
}

std::optional<ArrayPlan> plan_way(const Node& node, ArrayWay way, LoweringContext& context) {
  const std::vector<NodeId>& chain = context.fused_behind(context.id(node));
  if (!chain.empty() && (way.jobs.size() > 1 || !way.copies.empty())) return std::nullopt;
  ArrayPlan plan;
  plan.copies = std::move(way.copies);
  for (const Copy& copy : plan.copies) {
    const std::optional<double> cycles = copy_cycles(node, copy, context);
    if (!cycles) return std::nullopt;
    plan.cycles += *cycles;
  }
  for (ArrayJob& job : way.jobs) {
    const FusedWork fused = chain.empty() ? FusedWork{} : FusedChain(job, chain, context).work();
    std::optional<Choice> choice = context.tilings().find(job.problem, job.may_pack, fused, context.machine());
    if (!choice) return std::nullopt;
    plan.cycles += choice->estimate.cycles;
    plan.jobs.push_back({std::move(job), std::move(*choice)});
  }
  return plan;
}

}  // namespace

std::vector<ArrayWay> array_ways(const Node& node, LoweringContext& context) {
  switch (node.op) {
    case OpKind::Conv:
      return conv_ways(node, context);
    case OpKind::ConvInputGradient:
      return conv_input_gradient_ways(node, context);
    case OpKind::ConvWeightGradient:
      return conv_weight_gradient_ways(node, context);
    case OpKind::Gemm:
      return gemm_ways(node, context);
    default:
      return matmul_ways(node, context);
  }
}

std::optional<ArrayPlan> plan_array(const Node& node, LoweringContext& context) {
  std::optional<ArrayPlan> best;
  for (ArrayWay& way : array_ways(node, context)) {
    std::optional<ArrayPlan> plan = plan_way(node, std::move(way), context);
    if (plan && (!best || plan->cycles < best->cycles)) best = std::move(plan);
  }
  return best;
}

std::optional<double> estimated_cycles(const Node& node, LoweringContext& context) {
  const std::optional<ArrayPlan> plan = plan_array(node, context);
  if (quicker_on_simd(node, plan, context)) return depthwise_cycles(node, context);
  return plan ? std::optional<double>(plan->cycles) : std::nullopt;
}

void lower_array(const Node& node, LoweringContext& context) {
  const std::optional<ArrayPlan> plan = plan_array(node, context);
  if (!plan) {
    const ArrayJob job = array_ways(node, context).front().jobs.front();
    const Overflow overflow = smallest_overflow(job.problem, {}, context.machine());
    too_small(node, overflow.buffer, overflow.needed, overflow.available, overflow.unit);
  }
  for (const Copy& copy : plan->copies) append_copy(node, copy, context);
  const std::vector<NodeId>& chain = context.fused_behind(context.id(node));
  for (const auto& [job, choice] : plan->jobs) {
    BlockBuilder builder = context.begin(node);
    const ArrayOutput output = build_array(node, job, choice, builder, context);
    if (chain.empty()) {
      store_output(job, output, context.layout(node.outputs.front()), builder, context.machine());
    } else {
      FusedChain(job, chain, context).emit(output, builder);
    }
    context.finish(builder);
  }
}

void lower_conv(const Node& node, LoweringContext& context) {
  if (quicker_on_simd(node, plan_array(node, context), context)) {
    lower_depthwise(node, context);
  } else {
    lower_array(node, context);
  }
}

}  // namespace systole
