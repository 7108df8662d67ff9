#include <gmock/gmock.h>

#include <fstream>

#include "test/cli/program_run.h"
#include "test/kernels/onnx/model_builder.h"

namespace systole {
namespace {

using test::attribute;
using test::Ints;
using test::Model;
using testing::AllOf;
using testing::HasSubstr;

const std::string kTraining = " --mode training --hw training_16x16 --dram ideal";

class TrainingCommand : public ProgramTest {
 protected:
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(place / name, std::ios::binary) << bytes;
  }
  /// The message of a command line that the user must change.
  [[nodiscard]] std::string refused(const std::string& command_line) const {
    const Ended ended = systole(command_line);
    EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
    return ended.err;
  }
};

/// x {2,6} times a weight, then what `rest` adds; `scores` is the output.
std::string network(const std::vector<std::string>& operators) {
  Model model;
  model.input("x", {2, 6}).fill("w", {6, 4}, 0.5F).node("MatMul", {"x", "w"}, {"t0"}, {}, "dense");
  std::string last = "t0";
  for (std::size_t i = 0; i < operators.size(); ++i) {
    const std::string next = i + 1 == operators.size() ? "scores" : "t" + std::to_string(i + 1);
    model.node(operators[i], {last}, {next}, {}, "node" + std::to_string(i));
    last = next;
  }
  return model.output(last).bytes();
}

TEST_F(TrainingCommand, says_which_output_it_takes_with_which_loss) {
  write("net.onnx", network({"Relu"}));
  const Ended ended = systole("run net.onnx" + kTraining);
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out + ended.err, HasSubstr("loss: cross-entropy of output 'scores' with input 'labels'"));
}

TEST_F(TrainingCommand, asks_for_a_loss_where_the_output_holds_no_scores) {
  Model model;
  model.input("x", {8}).fill("w", {8}, 0.5F).node("Mul", {"x", "w"}, {"y"}, {}, "scale").output("y");
  write("net.onnx", model.bytes());
  EXPECT_THAT(refused("run net.onnx" + kTraining),
              AllOf(HasSubstr("output 'y' 8 holds no scores"), HasSubstr("--loss mse")));
}

TEST_F(TrainingCommand, lists_every_operator_that_has_no_gradient) {
  Model model;
  model.input("x", {1, 2, 8, 8}).fill("w", {4, 2, 3, 3}, 0.5F);
  for (const char* const name : {"first", "second"}) {
    const std::string from = std::string(name) == "first" ? "x" : "a";
    const std::string to = std::string(name) == "first" ? "p" : "q";
    model.ints(std::string(name) + ".pads", {0, 0, 1, 1, 0, 0, 1, 1});
    model.node("Pad", {from, std::string(name) + ".pads"}, {to}, {attribute("mode", "reflect")}, name);
    if (to == "p") model.node("Conv", {"p", "w"}, {"a"}, {}, "conv");
  }
  model.fill("v", {5, 4, 3, 3}, 0.5F).node("Conv", {"q", "v"}, {"b"}, {}, "conv2");
  model.node("GlobalAveragePool", {"b"}, {"c"}).node("Flatten", {"c"}, {"scores"}).output("scores");
  write("net.onnx", model.bytes());
  const std::string fault = refused("run net.onnx --input-gradient" + kTraining);
  EXPECT_THAT(fault, AllOf(HasSubstr("net.onnx"), HasSubstr("'first'"), HasSubstr("'second'")));
}

TEST_F(TrainingCommand, refuses_labels_of_another_shape_than_the_scores_have) {
  Model model;
  model.input("x", {2, 6}).fill("w", {6, 4}, 0.5F).input("y", {3}, onnx::TensorProto::INT64);
  model.node("MatMul", {"x", "w"}, {"scores"}, {}, "dense");
  model.node("NegativeLogLikelihoodLoss", {"scores", "y"}, {"cost"}, {}, "loss").output("cost");
  write("net.onnx", model.bytes());
  EXPECT_THAT(refused("run net.onnx" + kTraining), HasSubstr("node 'loss' (NegativeLogLikelihoodLoss)"));
}

TEST_F(TrainingCommand, warns_of_batch_normalization_of_a_single_image) {
  const Ended one = systole("run resnet18 --batch 1 --mode training --hw training_64x64 --dram ideal --layers fc");
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_THAT(one.out + one.err, HasSubstr("warning: batch 1: the variance of 'conv1.bn' is over 12544 positions"));
}

TEST_F(TrainingCommand, says_which_batch_a_small_memory_has_room_for) {
  write("small.textproto", "name: \"small\"\nideal { gbytes_per_second: 0 latency_ns: 0 capacity_mbytes: 1 }\n");
  const std::string fault = refused("run lenet5 --batch 64 --mode training --hw training_16x16 --dram small.textproto");
  ASSERT_THAT(fault, HasSubstr("hint: batch "));
  const int fits = std::stoi(fault.substr(fault.find("hint: batch ") + 12));
  const auto with_batch = [&](int batch) {
    return systole("compile lenet5 -o " + std::to_string(batch) +
                   " --mode training --hw training_16x16 --dram small.textproto --batch " + std::to_string(batch))
        .code;
  };
  EXPECT_EQ(with_batch(fits), 0) << fault;
  EXPECT_EQ(with_batch(fits + 1), 1) << fault;
}

TEST_F(TrainingCommand, multiplies_by_the_mask_of_a_dropout) {
  write("net.onnx", network({"Relu", "Dropout", "Relu"}));
  const Ended ended = systole("run net.onnx --check --random-weights 1 --out out" + kTraining);
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(text_of("out/layers.csv"), AllOf(HasSubstr("node1,Dropout"), HasSubstr("node1/grad")));
}

TEST_F(TrainingCommand, checks_adam_with_its_bias_correction) {
  write("net.onnx", network({"Relu"}));
  const Ended ended = systole("run net.onnx --optimizer adam --check --random-weights 1" + kTraining);
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("check: 4 states")) << "weight, two moments, number of the iteration";
}

TEST_F(TrainingCommand, says_which_way_a_gradient_was_computed) {
  for (const std::string way : {"phases", "zero-insert"}) {
    ASSERT_EQ(systole("run resnet18 --mode training --hw training_64x64 --dram ideal --layers layer2.0.conv1/grad_data "
                      "--out " +
                      way + " --gradient " + way)
                  .code,
              0);
    EXPECT_THAT(text_of(way + "/layers.csv"), HasSubstr("\"" + way + ", ")) << "in the note";
  }
}

}  // namespace
}  // namespace systole
