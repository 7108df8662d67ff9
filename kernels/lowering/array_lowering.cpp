#include "kernels/lowering/array_lowering.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/units.h"
#include "kernels/lowering/simd_lowerings.h"

namespace systole {

namespace {

/// Tilings of a short list that are looked at closer although their estimate is not below what another one is known to
/// take; and of those that equal layers elsewhere in memory liked best.
constexpr std::size_t kLeastJudged = 128;
constexpr std::size_t kLeastJudgedAgain = 8;

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
  context.relies_on().costs = true;
  return !plan || depthwise_cycles(node, context) < plan->cycles;
}

std::string tile_of(const Choice& choice) {
  const ArrayProblem& p = choice.problem;
  const Tiling& t = choice.tiling;
  const Geometry& g = choice.geometry;
  std::string text = fmt::format(
      "tiles of {} x {} x {} outputs, kernel {} x {}, {} of {} input and {} of {} output channels",
      std::min(t.batch, p.batch), t.oh, t.ow, t.kh, t.kw, std::min(t.ic, p.ic), p.ic, std::min(t.oc, p.oc), p.oc);
  if (p.pack > 1) text += fmt::format(", {} kernel columns side by side on the rows", p.pack);
  if (g.order == LoopOrder::reduction_inside) text += ", the reduction innermost";
  if (g.order == LoopOrder::pixels_outside) text += ", output pixels outermost";
  return text;
}

/// What was chosen, among how many, and what others were predicted to take.
std::string reason_of(const Found& found, TilingRule rule) {
  const Choice& best = found.choices.front();
  const auto cycles = [](double value) { return std::llround(value); };
  std::string text = fmt::format("{}: {} cycles predicted", tile_of(best), cycles(best.estimate.cycles));
  if (found.candidates == 0) return text + ", by the greedy rule";
  if (rule == TilingRule::simdit) return text + ", by search: the greedy rule has no tile that fits";
  text += fmt::format(", the best of {} tilings", found.candidates);
  std::string others;
  if (found.choices.size() > 1) others = fmt::format("next {}", cycles(found.choices[1].estimate.cycles));
  if (found.greedy)
    others += fmt::format("{}greedy rule {}", others.empty() ? "" : ", ", cycles(found.greedy->estimate.cycles));
  return others.empty() ? text : text + " (" + others + ")";
}

FusedWork fused_work(const ArrayJob& job, LoweringContext& context) {
  const std::vector<NodeId>& chain = context.fused_behind(job.node);
  return chain.empty() ? FusedWork{} : FusedChain(job, chain, context).work();
}

/// The node's block with everything that is fused behind it.
BlockBuilder build(const Node& node, const ArrayJob& job, const Choice& choice, LoweringContext& context) {
  BlockBuilder builder = context.begin(node);
  const ArrayOutput output = build_array(node, job, choice, builder, context);
  const std::vector<NodeId>& chain = context.fused_behind(job.node);
  if (chain.empty()) {
    store_output(job, output, context.layout(node.outputs.front()), builder, context.machine());
  } else {
    FusedChain(job, chain, context).emit(output, builder);
  }
  return builder;
}

TilingKey key_of(const ArrayJob& job, LoweringContext& context) {
  return {job.problem, job.may_pack, fused_work(job, context)};
}

std::optional<ArrayPlan> plan_way(const Node& node, ArrayWay way, LoweringContext& context) {
  const std::vector<NodeId>& chain = context.fused_behind(context.id(node));
  if (!chain.empty() && (way.jobs.size() > 1 || !way.copies.empty())) return std::nullopt;
  ArrayPlan plan;
  plan.copies = std::move(way.copies);
  if (!way.name.empty()) plan.reason = way.name + ": ";
  for (const Copy& copy : plan.copies) {
    const std::optional<double> cycles = copy_cycles(node, copy, context);
    if (!cycles) return std::nullopt;
    plan.cycles += *cycles;
  }
  for (ArrayJob& job : way.jobs) {
    TilingCache& tilings = context.tilings();
    const Found& found = tilings.find(static_cast<std::size_t>(job.node), key_of(job, context), context.machine());
    if (found.candidates > 0) context.relies_on().costs = true;
    if (found.choices.empty()) return std::nullopt;
    plan.cycles += found.choices.front().estimate.cycles;
    plan.reason += (plan.jobs.empty() ? "" : "; ") + reason_of(found, tilings.rule());
    plan.jobs.push_back({std::move(job), found.choices.front()});
  }
  return plan;
}

/// Is computing alone longer, with any of the tilings, than the whole layer on the SIMD unit?
bool hopeless(const Node& node, const Found& found, LoweringContext& context) {
  if (!is_depthwise(context.graph(), node)) return false;
  const double simd = depthwise_cycles(node, context);
  return std::all_of(found.choices.begin(), found.choices.end(),
                     [simd](const Choice& choice) { return choice.estimate.array_cycles > simd; });
}

/// Puts the choices in the order of `cycles`. Of those behind the first `least`, only the ones that may be the best are
/// kept.
void judge(Found& found, std::size_t least, const std::function<double(const Choice&)>& cycles) {
  std::vector<Choice> judged;
  double best = std::numeric_limits<double>::infinity();
  const auto consider = [&](Choice& choice) {
    choice.estimate.cycles = cycles(choice);
    best = std::min(best, choice.estimate.cycles);
    judged.push_back(choice);
  };
  if (found.greedy) consider(*found.greedy);
  for (Choice& choice : found.choices) {
    if (found.greedy && choice.tiling == found.greedy->tiling && choice.problem == found.greedy->problem) continue;
    if (judged.size() >= least && choice.estimate.cycles >= best) break;
    consider(choice);
  }
  found.choices = std::move(judged);
  std::stable_sort(found.choices.begin(), found.choices.end(),
                   [](const Choice& a, const Choice& b) { return a.estimate.cycles < b.estimate.cycles; });
  found.judged = true;
}

void judge_tilings(const Node& node, const ArrayJob& job, LoweringContext& context, const BlockCycles& cycles) {
  const auto layer = static_cast<std::size_t>(job.node);
  const TilingKey key = key_of(job, context);
  Found& known = context.tilings().find(layer, key, context.machine());
  if (hopeless(node, known, context)) return;
  const auto here = [&](const Choice& choice) { return cycles(build(node, job, choice, context).take()); };
  if (!known.judged) return judge(known, kLeastJudged, here);
  Found own = known;
  judge(own, kLeastJudgedAgain, here);
  context.tilings().give(layer, key, std::move(own));
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
  std::vector<ArrayWay> ways = array_ways(node, context);
  if (ways.size() > 1) context.relies_on().costs = true;
  for (ArrayWay& way : ways) {
    std::optional<ArrayPlan> plan = plan_way(node, std::move(way), context);
    if (plan && (!best || plan->cycles < best->cycles)) best = std::move(plan);
  }
  return best;
}

void judge_tilings(const Node& node, LoweringContext& context, const BlockCycles& cycles) {
  for (const ArrayWay& way : array_ways(node, context)) {
    if (!context.fused_behind(context.id(node)).empty() && (way.jobs.size() > 1 || !way.copies.empty())) continue;
    for (const ArrayJob& job : way.jobs) judge_tilings(node, job, context, cycles);
  }
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
  for (const PlannedJob& planned : plan->jobs) {
    BlockBuilder builder = build(node, planned.job, planned.choice, context);
    context.finish(builder);
  }
  context.note(context.id(node), plan->reason);
}

void lower_conv(const Node& node, LoweringContext& context) {
  if (quicker_on_simd(node, plan_array(node, context), context)) {
    lower_depthwise(node, context);
  } else {
    lower_array(node, context);
  }
}

}  // namespace systole
