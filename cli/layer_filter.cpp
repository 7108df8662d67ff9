#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "base/errors.h"
#include "cli/program_source.h"
#include "isa/decoder.h"
#include "isa/encoder.h"
#include "isa/program.h"

namespace systole {

std::vector<int> matching_layers(const std::vector<std::string>& patterns, const std::string& option,
                                 const isa::Program& program) {
  std::set<int> matching;
  std::vector<std::string> names;
  Diagnostics diagnostics;
  for (const isa::LayerInfo& layer : program.layers()) names.push_back(layer.name());
  for (const std::string& pattern : patterns) {
    bool matched = false;
    for (const isa::LayerInfo& layer : program.layers()) {
      if (fnmatch(pattern.c_str(), layer.name().c_str(), 0) != 0) continue;
      matched = true;
      matching.insert(layer.index());
    }
    if (matched) continue;
    const std::string near = nearest(pattern, names);
    diagnostics.add(
        {"", 0, 0, fmt::format("{} {}: no layer of '{}' matches", option, pattern, program.model()),
         near.empty() ? "layers.csv of a whole run lists the names" : fmt::format("did you mean {}?", near)});
  }
  diagnostics.throw_if_any();
  return {matching.begin(), matching.end()};
}

namespace {

/// The block's words with its `last` mark set, so that the program ends there.
void end_program(isa::EncodedBlock& block) {
  isa::DecodeResult decoded = isa::decode(block.words().data(), static_cast<std::size_t>(block.words_size()));
  check(decoded.faults.empty(), "layer filter", [&] { return decoded.faults.front().message; });
  decoded.block.last = true;
  const std::vector<std::uint32_t> words = isa::encode(decoded.block);
  block.clear_words();
  block.mutable_words()->Add(words.begin(), words.end());
}

}  // namespace

std::vector<int> layers_of(const isa::EncodedBlock& block) {
  std::set<int> layers(block.nest_layers().begin(), block.nest_layers().end());
  layers.insert(block.stream_layers().begin(), block.stream_layers().end());
  layers.insert(block.array_layer());
  layers.erase(-1);
  return {layers.begin(), layers.end()};
}

std::vector<int> keep_layers(const std::vector<std::string>& patterns, isa::Program& program) {
  std::set<int> left;
  for (const isa::LayerInfo& layer : program.layers()) left.insert(left.end(), layer.index());
  if (patterns.empty()) return {left.begin(), left.end()};
  const std::vector<int> matching = matching_layers(patterns, "--layers", program);
  const std::set<int> wanted(matching.begin(), matching.end());
  left = wanted;
  const isa::Program whole = program;
  program.clear_blocks();
  for (const isa::EncodedBlock& block : whole.blocks()) {
    const std::vector<int> layers = layers_of(block);
    const bool kept = std::any_of(layers.begin(), layers.end(), [&](int layer) { return wanted.count(layer) > 0; });
    if (!kept) continue;
    *program.add_blocks() = block;
    left.insert(layers.begin(), layers.end());
  }
  if (program.blocks().empty()) {
    throw UserError(
        {"", 0, 0, "--layers: the layers that match need no work", "summary.json's `note` of a layer says why"});
  }
  end_program(*program.mutable_blocks()->rbegin());
  return {left.begin(), left.end()};
}

}  // namespace systole
