#include "traces/waves/fst_file.h"

#ifdef SYSTOLE_FST
#include <fstapi.h>
#endif

#include <string>

#include "base/errors.h"
#include "traces/waves/wave_text.h"

namespace systole {

#ifdef SYSTOLE_FST

namespace {

class FstFile : public WaveFile {
 public:
  explicit FstFile(const std::filesystem::path& path) : writer_(fstWriterCreate(path.c_str(), 1)) {
    if (writer_ == nullptr) throw EnvironmentError(path.string() + ": cannot be written");
    fstWriterSetTimescale(writer_, -9);
    fstWriterSetComment(writer_, "one time step is one accelerator cycle");
    fstWriterSetPackType(writer_, FST_WR_PT_LZ4);
  }
  ~FstFile() override {
    if (writer_ != nullptr) fstWriterClose(writer_);
  }

  void declare(const std::vector<WaveVariable>& variables) override {
    ScopeWalk scopes(
        [this](const std::string& name) { fstWriterSetScope(writer_, FST_ST_VCD_MODULE, name.c_str(), ""); },
        [this] { fstWriterSetUpscope(writer_); });
    for (const WaveVariable& variable : variables) {
      scopes.enter(variable.scope);
      const bool text = !variable.names.empty();
      const fstHandle handle =
          fstWriterCreateVar(writer_, text ? FST_VT_GEN_STRING : FST_VT_VCD_WIRE, FST_VD_IMPLICIT,
                             text ? 0 : static_cast<std::uint32_t>(variable.bits), wave_name(variable).c_str(), 0);
      variables_.push_back({handle, variable.bits, {}});
      for (const std::string& name : variable.names) variables_.back().names.push_back(wave_value(name));
    }
    scopes.leave();
  }

  void change(Cycles at, std::size_t variable, std::int64_t value) override {
    go_to(at);
    const Variable& v = variables_[variable];
    if (v.names.empty()) {
      const std::string bits = all_bits(value, v.bits);
      fstWriterEmitValueChange(writer_, v.handle, bits.c_str());
    } else {
      emit(v, v.names[static_cast<std::size_t>(value)]);
    }
  }

  void close(Cycles end) override {
    go_to(end);
    fstWriterClose(writer_);
    writer_ = nullptr;
  }

 private:
  struct Variable {
    fstHandle handle;
    int bits;
    std::vector<std::string> names;
  };

  /// Until their first change texts are `-`; numbers are unknown in an FST file by themselves.
  void go_to(Cycles at) {
    if (at == now_) return;
    const bool first = now_ < Cycles{};
    now_ = at;
    fstWriterEmitTimeChange(writer_, static_cast<std::uint64_t>(at.count()));
    if (!first) return;
    for (const Variable& v : variables_) {
      if (!v.names.empty()) emit(v, "-");
    }
  }

  void emit(const Variable& v, const std::string& text) {
    fstWriterEmitVariableLengthValueChange(writer_, v.handle, text.data(), static_cast<std::uint32_t>(text.size()));
  }

  void* writer_;
  std::vector<Variable> variables_;
  Cycles now_{-1};
};

}  // namespace

bool fst_available() {
  return true;
}

std::unique_ptr<WaveFile> make_fst_file(const std::filesystem::path& path) {
  return std::make_unique<FstFile>(path);
}

#else

bool fst_available() {
  return false;
}

std::unique_ptr<WaveFile> make_fst_file(const std::filesystem::path& path) {
  throw EnvironmentError(path.string() +
                         ": this build cannot write FST (install the package verilator and build again, or use --vcd)");
}

#endif

}  // namespace systole
