#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/errors.h"
#include "kernels/lowering/gradient_way.h"
#include "kernels/tiling/search.h"
#include "kernels/training/training.h"
#include "traces/result_folder.h"

/// Options that mean the same for every command, and how a command reads its own.
namespace systole {

struct MachineOptions {
  std::string hardware;                ///< --hw; empty: not given
  std::string memory;                  ///< --dram; empty: the one that the machine names
  std::vector<std::string> overrides;  ///< --set, in order
};

struct ModelOptions {
  std::optional<std::int64_t> batch;  ///< --batch; without: what the model says
  std::string mode = "inference";     ///< --mode
  bool fusion = true;                 ///< false: --no-fusion
  TrainingOptions training;           ///< with --mode training
  GradientWay gradient = GradientWay::quicker;
  std::vector<std::string> training_given;  ///< options that were given and are for training
  std::optional<TilingRule> tiling;         ///< --tiling; without: search
  bool integers = false;                    ///< no option: cosim has networks of real numbers compiled as integers
};

/// What chooses the program of a run, beside the machine.
struct ProgramOptions {
  ModelOptions model;
  std::vector<std::string> layers;  ///< --layers
};

struct ResultOptions {
  std::string out;  ///< --out; empty: no files
  bool force = false;
  bool json = false;
};

struct TalkOptions {
  bool quiet = false;
  std::vector<std::string> logs;  ///< --log PATTERN=LEVEL
};

using OptionGroup = boost::program_options::options_description;

OptionGroup machine_options(MachineOptions& options);
OptionGroup model_options(ModelOptions& options);
OptionGroup program_options(ProgramOptions& options);
OptionGroup result_options(ResultOptions& options);
/// The folder of --out, checked early; nullptr without --out. Throws as ResultFolder does.
std::unique_ptr<ResultFolder> result_folder(const ResultOptions& options);
OptionGroup talk_options(TalkOptions& options);  ///< also --help and --version

/// The default of --hw.
inline constexpr const char* kDefaultHardware = "inference_64x64";
/// The default of --hw with --mode training.
inline constexpr const char* kTrainingHardware = "training_64x64";

/// MODEL and those of the arguments that are options of ProgramOptions: what to give again to get the same program.
std::vector<std::string> program_arguments(const std::string& model, const std::vector<std::string>& arguments);

/// The command line of one command: `systole NAME ARGUMENT [options]`.
class CommandLine {
 public:
  /// `argument` is how help shows what follows the name ("MODEL -o PROGRAM"): one positional argument, optional when it
  /// begins with `[`. `about` is what the command does.
  CommandLine(std::string name, std::string argument, std::string about);

  CommandLine& add(const OptionGroup& group);

  /// Fills what the groups refer to and returns the positional argument (empty: left out); nothing when --help or
  /// --version was asked for and has been answered on `out`. Throws UserError for unknown options (with the nearest
  /// known one), missing or bad values, and too many or too few arguments.
  std::optional<std::string> parse(const std::vector<std::string>& arguments, std::ostream& out) const;

 private:
  [[nodiscard]] UserError fault(const std::string& what, const std::string& hint = "") const;

  std::string name_;
  std::string argument_;
  std::string about_;
  std::vector<OptionGroup> groups_;
};

}  // namespace systole
