#include "cli/options.h"

#include <fmt/format.h>

#include <ostream>

#include "cli/training_options.h"

namespace systole {

namespace po = boost::program_options;

namespace {

constexpr unsigned kHelpColumns = 100;
constexpr std::int64_t kMaxBatch = 65536;

OptionGroup group(const std::string& title) {
  return OptionGroup(title, kHelpColumns, kHelpColumns / 2);
}

po::typed_value<std::string>* text(std::string& into, const char* placeholder) {
  return po::value<std::string>(&into)->value_name(placeholder);
}
po::typed_value<std::vector<std::string>>* texts(std::vector<std::string>& into, const char* placeholder) {
  return po::value<std::vector<std::string>>(&into)->composing()->value_name(placeholder);
}

void set_batch(ModelOptions& options, std::int64_t batch) {
  if (batch < 1 || batch > kMaxBatch) {
    throw UserError(
        {"", 0, 0, fmt::format("--batch is {}", batch), fmt::format("a whole number from 1 to {}", kMaxBatch)});
  }
  options.batch = batch;
}

void set_mode(ModelOptions& options, const std::string& mode) {
  if (mode != "inference" && mode != "training") {
    throw UserError({"", 0, 0, fmt::format("--mode is '{}'", mode), "inference or training"});
  }
  options.mode = mode;
}

void set_tiling(ModelOptions& options, const std::string& rule) {
  if (rule != "search" && rule != "simdit") {
    throw UserError({"", 0, 0, fmt::format("--tiling is '{}'", rule), "search or simdit"});
  }
  options.tiling = rule == "search" ? TilingRule::search : TilingRule::simdit;
}

std::vector<std::string> names_of(const OptionGroup& options) {
  std::vector<std::string> names;
  for (const auto& option : options.options())
    names.push_back(option->canonical_display_name(po::command_line_style::allow_long));
  return names;
}

}  // namespace

OptionGroup machine_options(MachineOptions& options) {
  OptionGroup all = group("Machine");
  all.add_options()  //
      ("hw", text(options.hardware, "NAME|FILE"),
       "machine: a shipped name, a textproto, or a GeneSys hardware JSON (inference_64x64, training_64x64 for "
       "training; for a program, the machine "
       "it was "
       "compiled for)")                                                                                  //
      ("dram", text(options.memory, "NAME|FILE"), "memory, in place of the one that the machine names")  //
      ("set", texts(options.overrides, "PATH=VALUE"),
       "override one field of the machine, as systolic_array.rows=32; repeatable");
  return all;
}

OptionGroup model_options(ModelOptions& options) {
  OptionGroup all = group("Model");
  all.add_options()  //
      ("batch", po::value<std::int64_t>()->value_name("N")->notifier([&](std::int64_t n) { set_batch(options, n); }),
       "images in a batch; without it, what the model says")  //
      ("mode",
       po::value<std::string>()->value_name("MODE")->notifier([&](const std::string& m) { set_mode(options, m); }),
       "inference, or training: one iteration with gradients and updates (inference)")  //
      ("tiling",
       po::value<std::string>()->value_name("RULE")->notifier([&](const std::string& r) { set_tiling(options, r); }),
       "how layers are cut: search, by the corrected model's prediction; simdit, the published greedy rule (search)")  //
      ("no-fusion", po::bool_switch()->notifier([&](bool given) { options.fusion = !given; }),
       "every operator on its own: nothing is fused behind a convolution");
  all.add(training_options(options));
  return all;
}

OptionGroup program_options(ProgramOptions& options) {
  OptionGroup all = model_options(options.model);
  all.add_options()("layers", texts(options.layers, "PATTERN"),
                    "only the layers whose name matches (with * and ?), and those fused with them; repeatable");
  return all;
}

std::vector<std::string> program_arguments(const std::string& model, const std::vector<std::string>& arguments) {
  ProgramOptions ignored;
  const OptionGroup known = program_options(ignored);
  std::vector<std::string> words{model};
  const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  for (const po::option& option :
       po::command_line_parser(arguments).options(known).style(style).allow_unregistered().run().options) {
    if (option.unregistered || option.position_key >= 0) continue;
    words.insert(words.end(), option.original_tokens.begin(), option.original_tokens.end());
  }
  return words;
}

OptionGroup result_options(ResultOptions& options) {
  OptionGroup all = group("Results");
  all.add_options()  //
      ("out", text(options.out, "DIR"),
       "write summary.json, layers.csv, report.html, resolved.textproto and run.json here")  //
      ("force", po::bool_switch(&options.force), "replace the results that are in DIR")      //
      ("json", po::bool_switch(&options.json), "print summary.json and nothing else");
  return all;
}

std::unique_ptr<ResultFolder> result_folder(const ResultOptions& options) {
  return options.out.empty() ? nullptr : std::make_unique<ResultFolder>(options.out, options.force);
}

OptionGroup talk_options(TalkOptions& options) {
  OptionGroup all = group("General");
  all.add_options()                                                           //
      ("quiet", po::bool_switch(&options.quiet), "print nothing but errors")  //
      ("log", texts(options.logs, "PATTERN=LEVEL"),
       "log to standard error: loggers whose name matches, as *=debug; levels trace, debug, info, warn, error, off; "
       "repeatable")         //
      ("help", "this text")  //
      ("version", "the program's version");
  return all;
}

CommandLine::CommandLine(std::string name, std::string argument, std::string about)
    : name_(std::move(name)), argument_(std::move(argument)), about_(std::move(about)) {}

CommandLine& CommandLine::add(const OptionGroup& options) {
  groups_.push_back(options);
  return *this;
}

UserError CommandLine::fault(const std::string& what, const std::string& hint) const {
  return UserError({"", 0, 0, what, hint.empty() ? fmt::format("see `systole {} --help`", name_) : hint});
}

std::optional<std::string> CommandLine::parse(const std::vector<std::string>& arguments, std::ostream& out) const {
  OptionGroup visible = group("");
  for (const OptionGroup& options : groups_) visible.add(options);
  OptionGroup all = group("");
  std::vector<std::string> positionals;
  all.add(visible).add_options()("argument", po::value(&positionals));
  po::positional_options_description positional;
  positional.add("argument", -1);

  po::variables_map values;
  try {
    const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(arguments).options(all).positional(positional).style(style).run(), values);
    if (values.count("help") > 0) {
      out << "systole " << name_ << " " << argument_ << " [options]\n" << about_ << "\n" << visible;
      return std::nullopt;
    }
    if (values.count("version") > 0) {
      out << "systole " << SYSTOLE_VERSION << "\n";
      return std::nullopt;
    }
    po::notify(values);
  } catch (const po::unknown_option& error) {
    const std::string near = nearest(error.get_option_name(), names_of(visible));
    throw fault(fmt::format("`systole {}` has no option {}", name_, error.get_option_name()),
                near.empty() ? "" : fmt::format("did you mean {}?", near));
  } catch (const po::error& error) {
    throw fault(error.what());
  }
  if (positionals.size() > 1) throw fault(fmt::format("'{}' is one argument too many", positionals[1]));
  if (!positionals.empty()) return positionals.front();
  if (argument_.front() != '[') throw fault(fmt::format("{} is missing", argument_.substr(0, argument_.find(' '))));
  return "";
}

}  // namespace systole
