#include "kernels/lowering/fusion.h"

#include <optional>

#include "base/errors.h"
#include "isa/encoder.h"
#include "kernels/lowering/array_lowering.h"
#include "kernels/lowering/simd_chain.h"

namespace systole {

namespace {

/// Chains in real networks have three nodes at most; longer ones are cut.
constexpr std::size_t kLongest = 4;

/// What a batch normalization leaves of the iterators of a block.
constexpr std::size_t kFreeIterators = 6;

std::vector<NodeId> longest_chain(const Graph& graph, const Uses& uses, NodeId root, const std::vector<bool>& taken) {
  std::vector<NodeId> chain;
  TensorId running = graph.node(root).outputs.front();
  while (!graph.is_output(running) && uses.consumers(running).size() == 1) {
    const NodeId next = uses.consumers(running).front();
    const Node& node = graph.node(next);
    if (taken[static_cast<std::size_t>(next)] || !can_fuse(graph, uses, node, running, root)) break;
    if (chain.size() == kLongest) break;
    chain.push_back(next);
    running = node.outputs.front();
  }
  return chain;
}

/// Cycles of a node on its own: about an instruction for each operand, and every operand through memory.
double cycles_alone(const Node& node, const LoweringContext& context) {
  const Graph& graph = context.graph();
  const Machine& machine = context.machine();
  const Shape& shape = graph.shape(node.outputs.front());
  double bits = static_cast<double>(element_count(shape) * context.layout(node.outputs.front()).element_bits);
  for (const TensorId input : node.inputs) {
    if (graph.tensor(input).constant) continue;
    bits += static_cast<double>(element_count(graph.shape(input)) * context.layout(input).element_bits);
  }
  const double words = static_cast<double>(element_count(shape)) / static_cast<double>(machine.columns);
  return simd_cycles(words, static_cast<double>(node.inputs.size()), bits, machine);
}

/// Does the SIMD unit hold the program of the root's block as it is fused now?
bool program_fits(const Node& root, LoweringContext& context) {
  const std::optional<ArrayPlan> plan = plan_array(root, context);
  if (!plan) return false;
  const std::vector<NodeId>& chain = context.fused_behind(context.id(root));
  const auto& [job, choice] = plan->jobs.front();
  FusedChain fused(job, chain, context);
  if (fused.instructions() > isa::kMaxImmediates - chain.size()) return false;
  BlockBuilder builder = context.begin(root);
  fused.emit(build_array(root, job, choice, builder, context), builder);
  const isa::SimdProgram& simd = builder.block().simd;
  return isa::simd_words(simd) <= static_cast<std::size_t>(context.machine().simd_instruction_words) &&
         simd.immediates.size() <= static_cast<std::size_t>(context.machine().imm_words);
}

/// Estimated cycles of the root with the first `length` nodes fused and the others on their own; nullopt when the chain
/// does not fit.
std::optional<double> cycles_with(const Node& root, const std::vector<NodeId>& chain, std::size_t length,
                                  LoweringContext& context) {
  const NodeId id = context.id(root);
  const auto split = chain.begin() + static_cast<std::ptrdiff_t>(length);
  context.fuse(id, {chain.begin(), split});
  std::optional<double> cycles;
  if (length == 0 || program_fits(root, context)) cycles = estimated_cycles(root, context);
  for (auto rest = split; cycles && rest != chain.end(); ++rest) {
    *cycles += cycles_alone(context.graph().node(*rest), context);
  }
  context.fuse(id, {});
  return cycles;
}

/// Of the nodes behind the array: how many of them to fuse.
std::size_t quickest_length(const Node& root, const std::vector<NodeId>& chain, LoweringContext& context) {
  std::optional<double> best;
  std::size_t length = 0;
  for (std::size_t tried = chain.size() + 1; tried-- > 0 && !chain.empty();) {
    const std::optional<double> cycles = cycles_with(root, chain, tried, context);
    if (!cycles || (best && *cycles >= *best)) continue;
    best = cycles;
    length = tried;
  }
  return length;
}

/// Of the nodes behind a layer of the SIMD unit: the most that its block has room for. `context` is for trials, so the
/// layer is simply lowered.
std::size_t longest_length(const Node& root, const std::vector<NodeId>& chain, LoweringContext& context) {
  std::size_t length = chain.size();
  for (; length > 0; --length) {
    const std::vector<NodeId> tried(chain.begin(), chain.begin() + static_cast<std::ptrdiff_t>(length));
    if (chain_iterators(tried, root.outputs.front(), context) > kFreeIterators) continue;
    context.fuse(context.id(root), tried);
    try {
      lowering_of(root.op)(root, context);
      break;
    } catch (const UserError&) {  // too small for it
    }
  }
  context.fuse(context.id(root), {});
  return length;
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
    const bool on_array = is_conv_or_gemm(root.op);
    if (!on_array && root.op != OpKind::BatchNormTraining) continue;
    const NodeId id = context.id(root);
    std::vector<NodeId> chain = longest_chain(graph, uses, id, fusion.fused_nodes);
    chain.resize(on_array ? quickest_length(root, chain, context) : longest_length(root, chain, context));
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
