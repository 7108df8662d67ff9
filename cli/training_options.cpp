#include "cli/training_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <functional>
#include <map>

namespace systole {

namespace po = boost::program_options;

namespace {

/// The value that a word stands for. Throws UserError naming the words.
template <typename Value>
Value choice(const char* option, const std::string& word, const std::vector<std::pair<std::string, Value>>& choices) {
  std::vector<std::string> words;
  for (const auto& [name, value] : choices) {
    if (name == word) return value;
    words.push_back(name);
  }
  throw UserError({"", 0, 0, fmt::format("--{} is '{}'", option, word), fmt::format("{}", fmt::join(words, ", "))});
}

const std::vector<std::pair<std::string, LossKind>> kLosses = {{"cross-entropy", LossKind::CrossEntropy},
                                                               {"mse", LossKind::MeanSquared}};
const std::vector<std::pair<std::string, OptimizerKind>> kOptimizers = {{"sgd", OptimizerKind::Sgd},
                                                                        {"momentum", OptimizerKind::Momentum},
                                                                        {"nesterov", OptimizerKind::Nesterov},
                                                                        {"adam", OptimizerKind::Adam},
                                                                        {"adagrad", OptimizerKind::Adagrad}};
const std::vector<std::pair<std::string, GradientWay>> kWays = {
    {"quicker", GradientWay::quicker}, {"zero-insert", GradientWay::zero_insert}, {"phases", GradientWay::phases}};

po::typed_value<std::string>* word(const char* placeholder, std::function<void(const std::string&)> take) {
  return po::value<std::string>()->value_name(placeholder)->notifier(std::move(take));
}

/// A real number from `low` on, below `high`.
po::typed_value<double>* number(ModelOptions& options, const char* option, double& into, double low, double high) {
  return po::value<double>()->value_name("X")->notifier([&options, option, &into, low, high](double value) {
    if (!(value >= low && value < high)) {
      const std::string range =
          std::isinf(high) ? fmt::format("a number from {} on", low) : fmt::format("from {} to below {}", low, high);
      throw UserError({"", 0, 0, fmt::format("--{} is {}", option, value), range});
    }
    into = value;
    options.training_given.emplace_back(option);
  });
}

}  // namespace

OptionGroup training_options(ModelOptions& options) {
  OptionGroup all("With --mode training", 100, 50);
  TrainingOptions& training = options.training;
  const auto given = [&options](const char* option) { options.training_given.emplace_back(option); };
  const double endless = std::numeric_limits<double>::infinity();
  all.add_options()  //
      ("loss",
       word("NAME",
            [&training, given](const std::string& name) {
              training.loss = choice("loss", name, kLosses);
              given("loss");
            }),
       "cross-entropy (of scores and class numbers) or mse (against targets); without it, the network's own loss, else "
       "cross-entropy")  //
      ("optimizer",
       word("NAME",
            [&training, given](const std::string& name) {
              training.optimizer = choice("optimizer", name, kOptimizers);
              given("optimizer");
            }),
       "sgd, momentum, nesterov, adam or adagrad (sgd)")                                                           //
      ("learning-rate", number(options, "learning-rate", training.learning_rate, 0, endless), "step size (0.01)")  //
      ("weight-decay", number(options, "weight-decay", training.weight_decay, 0, endless),
       "share of a weight that is added to its gradient (0)")  //
      ("momentum", number(options, "momentum", training.momentum, 0, 1),
       "of momentum and nesterov; the first moment of adam (0.9)")  //
      ("input-gradient", po::bool_switch()->notifier([&training, given](bool wanted) {
        training.input_gradient = wanted;
        if (wanted) given("input-gradient");
      }),
       "compute the gradient by the network's inputs as well")  //
      ("gradient",
       word("WAY",
            [&options, given](const std::string& name) {
              options.gradient = choice("gradient", name, kWays);
              given("gradient");
            }),
       "how convolutions' gradients are computed: zero-insert (dense, as published), phases (no work on zeros), or "
       "quicker: the one with the lower estimate, layer by layer (quicker)");
  return all;
}

void check_training_options(const ModelOptions& options) {
  if (options.mode == "training" || options.training_given.empty()) return;
  throw UserError(
      {"", 0, 0, fmt::format("--{} is for training", options.training_given.front()), "add --mode training"});
}

}  // namespace systole
