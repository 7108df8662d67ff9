#pragma once

#include <map>
#include <vector>

#include "kernels/compiler.h"

/// Networks computed twice: by their definition, and by the compiled program's blocks in the interpreter.
namespace systole::test {

using Elements = std::vector<double>;

/// Every tensor of the graph from the values of its inputs and constants, by the operators' definitions: Conv, Gemm,
/// MatMul, MaxPool, Relu, Add, Mul, Concat, Reshape, Transpose. Anything else is a mistake of the test.
std::map<TensorId, Elements> evaluate(const Graph& graph, const std::map<TensorId, Elements>& inputs);

/// Runs the program of a float32 machine and returns the graph outputs, by name.
std::map<std::string, Elements> execute(const Compilation& compiled, const Machine& machine,
                                        const std::map<std::string, Elements>& inputs);

/// Compiles the graph, runs it on random inputs, and compares every output.
void expect_right(const Graph& graph, const Machine& machine, bool fusion);

}  // namespace systole::test
