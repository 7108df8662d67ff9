#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <ostream>
#include <set>

#include "base/errors.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/program_source.h"
#include "cli/trace_text.h"
#include "cli/trace_vectors.h"
#include "isa/program.h"
#include "traces/instructions/trace_reader.h"

namespace systole {

namespace {

namespace po = boost::program_options;
using Patterns = std::vector<std::string>;

struct TraceOptions {
  Patterns units;
  Patterns layers;
  Patterns opcodes;
  std::int64_t from = 0;
  std::optional<std::int64_t> until;
  std::string count;
  VectorRequest vectors;
};

OptionGroup trace_options(TraceOptions& options) {
  const auto patterns = [](Patterns& target) { return po::value(&target)->composing()->value_name("PATTERN"); };
  OptionGroup all("Trace");
  all.add_options()                                                                                            //
      ("unit", patterns(options.units), "only instructions of these units, as dma_*, simd_unit; repeatable")   //
      ("layer", patterns(options.layers), "only those of layers whose name matches; repeatable")               //
      ("opcode", patterns(options.opcodes), "only these: load, store, tile, mul, LD_ST, ..; repeatable")       //
      ("from", po::value(&options.from)->value_name("CYCLE"), "only those that issue in this cycle or later")  //
      ("to", po::value<std::int64_t>()->value_name("CYCLE")->notifier([&](std::int64_t at) { options.until = at; }),
       "only those that issue before this cycle")  //
      ("count", po::value(&options.count)->value_name("BY"),
       "print how many there are by unit, opcode or layer, and not the instructions");
  return all;
}

OptionGroup vector_options(VectorRequest& request) {
  const auto set_tiles = [&](int tiles) {
    if (tiles < 1) throw UserError({"", 0, 0, fmt::format("--tiles is {}", tiles), "a whole number from 1 on"});
    request.recorder.tiles_of_a_kind = tiles;
  };
  OptionGroup all("Vectors for RTL");
  all.add_options()  //
      ("export", po::value(&request.folder)->value_name("DIR"),
       "write the tiles to DIR, as `systole cosim --export` does")  //
      ("tiles", po::value<int>()->value_name("N")->notifier(set_tiles),
       "at most N tiles of those that differ in addresses alone (1)")                                           //
      ("seed", po::value(&request.recorder.seed)->value_name("SEED"), "of the random contents of buffers (1)")  //
      ("force", po::bool_switch(&request.force), "replace vectors that are in DIR");
  return all;
}

/// Throws UserError when options exclude one another.
void check_consistent(const TraceOptions& options) {
  if (options.until && *options.until <= options.from) {
    throw UserError({"", 0, 0, "the window of cycles is empty", "--to must be greater than --from"});
  }
  const bool filtered = !options.units.empty() || !options.opcodes.empty() || options.from > 0 || options.until;
  if (!options.vectors.folder.empty() && (filtered || !options.count.empty())) {
    throw UserError({"", 0, 0, "--export takes whole tiles", "only --layer goes with it"});
  }
}

/// Those of `names` that a pattern matches; all when there is none. Throws UserError for a pattern without a match.
std::set<std::string> matching(const Patterns& patterns, const std::string& option, const Patterns& names) {
  std::set<std::string> found;
  Diagnostics diagnostics;
  for (const std::string& pattern : patterns) {
    bool any = false;
    for (const std::string& name : names) {
      if (fnmatch(pattern.c_str(), name.c_str(), 0) == 0) any = true, found.insert(name);
    }
    if (any) continue;
    const std::string near = nearest(pattern, names);
    diagnostics.add(
        {"", 0, 0, fmt::format("{} {}: there is no such {}", option, pattern, option.substr(2)),
         near.empty() ? fmt::format("one of {}", fmt::join(names, ", ")) : fmt::format("did you mean {}?", near)});
  }
  diagnostics.throw_if_any();
  return found;
}

/// What the options let through.
class TraceFilter {
 public:
  TraceFilter(const TraceOptions& options, const isa::Program& program)
      : from_(options.from),
        until_(options.until),
        units_(matching(options.units, "--unit", TraceText::units())),
        opcodes_(matching(options.opcodes, "--opcode", TraceText::opcodes())) {
    if (options.layers.empty()) return;
    const std::vector<int> layers = matching_layers(options.layers, "--layer", program);
    layers_.emplace(layers.begin(), layers.end());
  }

  [[nodiscard]] bool takes(const trace::Instruction& instruction, const TraceText& text) const {
    return instruction.issue() >= from_ && (!until_ || instruction.issue() < *until_) &&
           (!layers_ || layers_->count(instruction.layer()) > 0) &&
           (units_.empty() || units_.count(TraceText::unit(instruction)) > 0) &&
           (opcodes_.empty() || opcodes_.count(text.opcode(instruction)) > 0);
  }

  /// Throws UserError when the window lies behind the end of the run.
  void check_window(std::int64_t cycles) const {
    if (from_ < cycles) return;
    throw UserError(
        {"", 0, 0, fmt::format("--from is {}, and the run ended at cycle {}", from_, cycles), "a smaller --from"});
  }

 private:
  std::int64_t from_;
  std::optional<std::int64_t> until_;
  std::set<std::string> units_;
  std::set<std::string> opcodes_;
  std::optional<std::set<int>> layers_;
};

/// Sums by a name; those of transfers are of what crossed the ports.
class TraceCounts {
 public:
  explicit TraceCounts(const std::string& by) : by_(by) {
    const Patterns known{"unit", "opcode", "layer"};
    if (std::find(known.begin(), known.end(), by) != known.end()) return;
    const std::string near = nearest(by, known);
    throw UserError({"", 0, 0, fmt::format("--count {}: it counts by unit, opcode or layer", by),
                     near.empty() ? "" : fmt::format("did you mean {}?", near)});
  }

  void add(const trace::Instruction& instruction, const TraceText& text) {
    int order = instruction.unit();
    std::string name = TraceText::unit(instruction);
    if (by_ == "opcode") name += " " + text.opcode(instruction);
    if (by_ == "layer") {
      order = instruction.layer();
      name = text.layer(instruction);
    }
    for (Sum* sum : {&sums_[{order, name}], &total_}) {
      ++sum->instructions;
      sum->bursts += instruction.transfer().bursts();
      sum->bytes += instruction.transfer().bytes();
    }
  }

  [[nodiscard]] std::string text() const {
    std::string table = fmt::format("{:>14} {:>12} {:>16}  {}\n", "instructions", "bursts", "bytes", by_);
    for (const auto& [key, sum] : sums_) table += line(sum, key.second);
    return table + line(total_, "all");
  }

 private:
  struct Sum {
    std::int64_t instructions = 0;
    std::int64_t bursts = 0;
    std::int64_t bytes = 0;
  };
  static std::string line(const Sum& sum, const std::string& name) {
    return fmt::format("{:>14} {:>12} {:>16}  {}\n", sum.instructions, sum.bursts, sum.bytes, name);
  }

  std::string by_;
  std::map<std::pair<int, std::string>, Sum> sums_;
  Sum total_;
};

isa::Program program_of(const trace::TraceReader& reader, const std::string& path) {
  try {
    return isa::from_bytes(reader.header().program(), path);
  } catch (const UserError& error) {
    reader.refuse("its program: " + error.diagnostics().front().message, error.diagnostics().front().hint);
  }
}

}  // namespace

void run_trace(const std::vector<std::string>& arguments, std::ostream& out) {
  TraceOptions options;
  CommandLine line("trace", "FILE",
                   "Prints the instructions of a trace that `systole run MODEL --trace FILE` has written, one a line,\n"
                   "in the order of their completion; or counts them; or makes vectors for RTL of its tiles.");
  OptionGroup general("General");
  general.add_options()("help", "this text")("version", "the program's version");
  line.add(trace_options(options)).add(vector_options(options.vectors)).add(general);
  const auto path = line.parse(arguments, out);
  if (!path) return;
  check_consistent(options);
  trace::TraceReader reader(*path);
  const isa::Program program = program_of(reader, *path);
  const TraceText text(program);
  const TraceFilter filter(options, program);
  std::optional<TraceCounts> counts;
  if (!options.count.empty()) counts.emplace(options.count);
  std::optional<TraceVectors> vectors;
  if (!options.vectors.folder.empty()) {
    vectors.emplace(options.vectors, reader.header(), program, matching_layers(options.layers, "--layer", program));
  }
  if (!counts && !vectors) {
    const trace::Header& header = reader.header();
    out << fmt::format("{} on {} with {}\n", header.model(), header.hardware(), header.memory())
        << TraceText::heading();
  }
  trace::Instruction instruction;
  while (reader.next(instruction)) {
    std::string fault = text.fault(instruction);
    if (fault.empty() && vectors) fault = vectors->add(instruction);
    if (!fault.empty()) reader.refuse(fault, "write it again with `systole run MODEL --trace FILE`");
    if (vectors || !filter.takes(instruction, text)) continue;
    if (counts) {
      counts->add(instruction, text);
    } else {
      out << text.line(instruction);
    }
  }
  filter.check_window(reader.cycles());
  if (counts) out << counts->text();
  if (vectors) out << vectors->finish();
}

}  // namespace systole
