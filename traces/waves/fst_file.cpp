#include "traces/waves/fst_file.h"

#ifdef SYSTOLE_FST
#include <fstapi.h>
#endif

#include <sys/resource.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <string>

#include "base/errors.h"
#include "traces/waves/wave_text.h"

namespace systole {

#ifdef SYSTOLE_FST

namespace {

/// The writer keeps changes and writes them, packed, when they are so many bytes.
constexpr std::int64_t kFlushed = std::int64_t{32} << 20U;
/// How often room on the disk is looked for, and what is left to the run's results.
constexpr std::int64_t kLooked = std::int64_t{1} << 20U;
constexpr std::int64_t kLeft = std::int64_t{4} << 20U;
/// What a change takes in the writer's memory beside its value.
constexpr std::int64_t kChangeBytes = 8;

/// How many bytes the file can still grow by.
std::int64_t room_for(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(path, error));
  std::int64_t room = std::numeric_limits<std::int64_t>::max();
  struct statvfs disk {};
  if (::statvfs(path.c_str(), &disk) == 0) room = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    room = std::min(room, static_cast<std::int64_t>(limit.rlim_cur) - (error ? 0 : size));
  }
  return room;
}

/// Whether the file's sections (a byte of kind, eight of length) end where the file does, and those that every reader
/// needs are there: the writer does not tell when it could not write.
bool all_there(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(path, error));
  bool geometry = false;
  bool hierarchy = false;
  std::int64_t at = 0;
  while (!error && at < size) {
    std::array<unsigned char, 9> head{};
    file.seekg(at);
    if (!file.read(reinterpret_cast<char*>(head.data()), head.size())) return false;
    std::int64_t length = 0;
    for (std::size_t i = 1; i < head.size(); ++i) length = (length << 8U) | head[i];
    geometry = geometry || head[0] == FST_BL_GEOM;
    hierarchy = hierarchy || head[0] == FST_BL_HIER || head[0] == FST_BL_HIER_LZ4 || head[0] == FST_BL_HIER_LZ4DUO;
    if (length < 8) return false;
    at += 1 + length;
  }
  return at == size && geometry && hierarchy;
}

class FstFile : public WaveFile {
 public:
  explicit FstFile(std::filesystem::path path) : path_(std::move(path)), writer_(fstWriterCreate(path_.c_str(), 1)) {
    if (writer_ == nullptr) throw EnvironmentError(path_.string() + ": cannot be written");
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
    if (lost_at_) return;
    go_to(at);
    const Variable& v = variables_[variable];
    if (v.names.empty()) {
      const std::string bits = all_bits(value, v.bits);
      kept_ += kChangeBytes + v.bits / 8;
      fstWriterEmitValueChange(writer_, v.handle, bits.c_str());
    } else {
      emit(v, v.names[static_cast<std::size_t>(value)]);
    }
  }

  void close(Cycles end) override {
    if (!lost_at_) go_to(end);
    fstWriterClose(writer_);
    writer_ = nullptr;
    if (!all_there(path_)) lost_at_ = Cycles{};
  }

  [[nodiscard]] std::optional<Cycles> lost_at() const override { return lost_at_; }

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
    if (kept_ - looked_ >= kLooked) look_for_room();
    fstWriterEmitTimeChange(writer_, static_cast<std::uint64_t>(at.count()));
    if (!first) return;
    for (const Variable& v : variables_) {
      if (!v.names.empty()) emit(v, "-");
    }
  }

  /// What the writer keeps is stopped to grow as long as there is room for it.
  void look_for_room() {
    looked_ = kept_;
    if (room_for(path_) < kept_ + kLeft) {
      lost_at_ = now_;
    } else if (kept_ >= kFlushed) {
      fstWriterFlushContext(writer_);
      kept_ = looked_ = 0;
    }
  }

  void emit(const Variable& v, const std::string& text) {
    kept_ += kChangeBytes + static_cast<std::int64_t>(text.size());
    fstWriterEmitVariableLengthValueChange(writer_, v.handle, text.data(), static_cast<std::uint32_t>(text.size()));
  }

  std::filesystem::path path_;
  void* writer_;
  std::vector<Variable> variables_;
  Cycles now_{-1};
  std::int64_t kept_ = 0;    ///< bytes of changes that the writer has in memory, about
  std::int64_t looked_ = 0;  ///< of them when room was looked for
  std::optional<Cycles> lost_at_;
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
