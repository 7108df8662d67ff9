#include "kernels/lowering/fusion.h"

#include <optional>

#include "kernels/lowering/array_lowering.h"

namespace systole {

namespace {

/// Words of SIMD instruction memory that one instruction takes with its nest (loops, lanes), and what iterators need
/// besides: generous, so that a chain that passes fits.
constexpr std::size_t kWordsEach = 12;
constexpr std::size_t kWordsBesides = 64;

std::vector<NodeId> longest_chain(const Graph& graph, const Uses& uses, NodeId root, const std::vector<bool>& taken) {
  std::vector<NodeId> chain;
  TensorId running = graph.node(root).outputs.front();
  while (!graph.is_output(running) && uses.consumers(running).size() == 1) {
    const NodeId next = uses.consumers(running).front();
    const Node& node = graph.node(next);
    if (taken[static_cast<std::size_t>(next)] || !can_fuse(graph, uses, node, running, root)) break;
    chain.push_back(next);
    running = node.outputs.front();
  }
  return chain;
}

/// About what a node costs on its own: an instruction and a load for each further operand.
FusedWork work_alone(const Node& node, const LoweringContext& context) {
  FusedWork work;
  work.issue_cycles = static_cast<std::int64_t>(node.inputs.size());
  for (const TensorId input : node.inputs) {
    if (!context.graph().tensor(input).constant &&
        context.graph().shape(input) == context.graph().shape(node.outputs[0]))
      work.load_bits += context.layout(input).element_bits;
  }
  work.load_bits -= context.machine().accumulator_bits;  // the running value, which separate_cycles counts itself
  work.store_bits = context.layout(node.outputs.front()).element_bits;
  return work;
}

/// Estimated cycles of the root with the first `length` nodes fused and the others on their own; nullopt when the chain
/// does not fit.
std::optional<double> cycles_with(const Node& root, const std::vector<NodeId>& chain, std::size_t length,
                                  LoweringContext& context) {
  const NodeId id = context.id(root);
  const auto split = chain.begin() + static_cast<std::ptrdiff_t>(length);
  context.fuse(id, {chain.begin(), split});
  std::optional<double> cycles;
  const ArrayJob job = array_jobs(root, context).front();
  const bool room =
      length == 0 || FusedChain(job, {chain.begin(), split}, context).instructions() * kWordsEach + kWordsBesides <=
                         static_cast<std::size_t>(context.machine().simd_instruction_words);
  if (room) {
    const std::optional<ArrayPlan> plan = plan_array(root, context);
    if (plan) cycles = plan->choice.estimate.cycles;
  }
  for (auto rest = split; cycles && rest != chain.end(); ++rest) {
    *cycles += separate_cycles(job.problem, work_alone(context.graph().node(*rest), context), context.machine());
  }
  context.fuse(id, {});
  return cycles;
}

}  // namespace

Fusion no_fusion(const Graph& graph) {
  return {std::vector<std::vector<NodeId>>(graph.nodes.size()), std::vector<bool>(graph.nodes.size()),
          std::vector<bool>(graph.tensors.size())};
}

Fusion choose_fusion(const Graph& graph, LoweringContext& context) {
  Fusion fusion = no_fusion(graph);
  const Uses uses(graph);
  for (const Node& root : graph.nodes) {
    if (!is_conv_or_gemm(root.op)) continue;
    const NodeId id = context.id(root);
    std::vector<NodeId> chain = longest_chain(graph, uses, id, fusion.fused_nodes);
    std::optional<double> best;
    std::size_t length = 0;
    for (std::size_t tried = chain.size() + 1; tried-- > 0 && !chain.empty();) {
      const std::optional<double> cycles = cycles_with(root, chain, tried, context);
      if (!cycles || (best && *cycles >= *best)) continue;
      best = cycles;
      length = tried;
    }
    chain.resize(length);
    if (chain.empty()) continue;
    fusion.fused_tensors[static_cast<std::size_t>(root.outputs.front())] = true;
    for (const NodeId node : chain) {
      fusion.fused_nodes[static_cast<std::size_t>(node)] = true;
      if (node != chain.back()) fusion.fused_tensors[static_cast<std::size_t>(graph.node(node).outputs.front())] = true;
    }
    fusion.chains[static_cast<std::size_t>(id)] = std::move(chain);
  }
  return fusion;
}

}  // namespace systole
