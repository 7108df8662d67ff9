#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kernels/onnx/model_builder.h"

namespace systole {
namespace {

using test::attribute;
using test::Ints;
using test::Model;
using testing::HasSubstr;

TEST(Errors, every_unsupported_operator_and_attribute_is_listed_by_node) {
  const Model model = Model()
                          .input("x", {1, 3, 4, 4})
                          .node("Einsum", {"x"}, {"a"}, {}, "first")
                          .node("BatchNorm", {"a"}, {"b"}, {}, "second")
                          .node("MaxPool", {"x"}, {"c", "indices"}, {attribute("kernel_shape", Ints{2, 2})}, "third")
                          .node("TopK", {"b"}, {"d"})
                          .output("c")
                          .output("indices")
                          .output("d");
  EXPECT_EQ(model.faults(),
            "node 'first' (Einsum): unsupported operator\n"
            "node 'second' (BatchNorm): unsupported operator\n"
            "node 3 (TopK): unsupported operator\n"
            "node 'third' (MaxPool): its output 'indices' is used: indices of maxima are not supported\n");
}

TEST(Errors, a_near_miss_of_an_operators_name_is_suggested) {
  const Model model = Model().input("x", {1}).node("Reelu", {"x"}, {"y"}).output("y");
  EXPECT_EQ(model.faults(), "node 0 (Reelu): unsupported operator | did you mean Relu?\n");
}

TEST(Errors, operators_of_other_domains_are_named_with_their_domain) {
  Model model = Model().input("x", {1}).node("Relu", {"x"}, {"y"}).output("y");
  model.proto().mutable_graph()->mutable_node(0)->set_domain("com.example");
  EXPECT_THAT(model.faults(), HasSubstr("node 0 (com.example.Relu): unsupported operator"));
}

TEST(Errors, an_operator_newer_than_the_files_opset_is_named_with_the_opset_it_needs) {
  const Model model = Model(13).input("x", {1}).node("HardSwish", {"x"}, {"y"}).output("y");
  EXPECT_THAT(model.faults(), HasSubstr("it exists since opset 14, and the file uses 13"));
}

TEST(Errors, opsets_outside_7_to_17_are_refused) {
  const auto with_opset = [](int opset) {
    return Model(opset).input("x", {1}).node("Relu", {"x"}, {"y"}).output("y").faults();
  };
  EXPECT_THAT(with_opset(6), HasSubstr("opset 6 is too old"));
  EXPECT_EQ(with_opset(7), "");
  EXPECT_EQ(with_opset(17), "");
  EXPECT_THAT(with_opset(18), HasSubstr("opset 18 is too new"));
}

TEST(Errors, zero_sized_inputs_are_refused) {
  EXPECT_THAT(Model().input("x", {1, 0}).node("Relu", {"x"}, {"y"}).output("y").faults(),
              HasSubstr("tensor 'x' 1x0 has an extent of 0"));
}

TEST(Errors, an_input_that_no_node_makes_is_refused) {
  EXPECT_THAT(Model().input("x", {1}).node("Add", {"x", "ghost"}, {"y"}).output("y").faults(), HasSubstr("ghost"));
}

TEST(Errors, operands_that_do_not_fit_are_the_nodes_fault) {
  EXPECT_THAT(
      Model().input("x", {2, 3}).fill("w", {4, 5}, 1.0F).node("Gemm", {"x", "w"}, {"y"}, {}, "fc").output("y").faults(),
      HasSubstr("node 'fc' (Gemm): the inner dimensions of 2x3 and 4x5 differ"));
  EXPECT_THAT(Model().input("x", {2, 3}).fill("w", {4}, 1.0F).node("Add", {"x", "w"}, {"y"}).output("y").faults(),
              HasSubstr("node 1 (Add)"));
}

TEST(Errors, a_stride_of_zero_is_refused) {
  const Model model =
      Model()
          .input("x", {1, 1, 4, 4})
          .node("MaxPool", {"x"}, {"y"}, {attribute("kernel_shape", Ints{2, 2}), attribute("strides", Ints{0, 1})})
          .output("y");
  EXPECT_THAT(model.faults(), HasSubstr("node 0 (MaxPool): strides is 0"));
}

TEST(Errors, what_libonnx_finds_wrong_is_reported) {
  EXPECT_THAT(
      Model().input("x", {1}).node("Relu", {"x"}, {"y"}, {attribute("colour", std::int64_t{3})}).output("y").faults(),
      HasSubstr("colour"));
}

TEST(Errors, a_file_that_is_not_onnx_is_refused_and_a_missing_one_is_the_environments_fault) {
  EXPECT_THROW(static_cast<void>(test::import_bytes("")), UserError);
  EXPECT_THROW(static_cast<void>(test::import_bytes("#!/bin/sh\necho this is no network\n")), UserError);
  EXPECT_THROW(static_cast<void>(import_onnx("/nonexistent/a.onnx")), EnvironmentError);
  EXPECT_THROW(static_cast<void>(import_onnx("/")), EnvironmentError);
}

TEST(Errors, names_that_are_not_text_are_refused) {
  const auto named = [](const char* name) {
    return Model().input("x", {1}).node("Relu", {"x"}, {"y"}, {}, name).output("y").faults();
  };
  EXPECT_EQ(named("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"), "");
  for (const char* bad :
       {"a\xFF", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3", "a\nb", "\x80"}) {
    EXPECT_THAT(named(bad), HasSubstr("UTF-8"));
  }
}

TEST(Errors, a_graph_that_computes_nothing_is_refused) {
  EXPECT_THAT(Model().input("x", {1, 2}).node("Shape", {"x"}, {"y"}).output("y").faults(), HasSubstr("nothing to run"));
}

}  // namespace
}  // namespace systole
