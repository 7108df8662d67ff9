#include "models/analytical/systole/memory_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <sstream>
#include <string>

#include "base/errors.h"
#include "base/units.h"

namespace systole::analytical {

namespace {

enum Field { kChannel, kRank, kBankGroup, kBank, kRow, kColumn, kFields };
constexpr std::array<const char*, kFields> kFieldNames = {"channel", "rank", "bankgroup", "bank", "row", "column"};
constexpr int kBitsPerByte = 8;
constexpr double kHalf = 0.5;          ///< of a clock: what crossing to another clock takes on average
constexpr int kResidues = 16;          ///< positions of a segment against the bursts that are averaged over
constexpr int kActivatesInWindow = 4;  ///< of tFAW
constexpr std::size_t kLongestSample = 256;
constexpr std::size_t kMostKnown = 500000;  ///< patterns that are kept; one takes about 150 bytes
constexpr int kRowSample = 1024;            ///< bursts of a port that are followed through the banks

double period_ps(const config::Machine& machine) {
  return std::round(1e6 / machine.clock_mhz());
}

int log2_of(std::int64_t value) {
  int bits = 0;
  while (std::int64_t{1} << (bits + 1) <= value) ++bits;
  return bits;
}

Field field_named(const std::string& name) {
  for (int field = 0; field < kFields; ++field) {
    if (name == kFieldNames[static_cast<std::size_t>(field)]) return static_cast<Field>(field);
  }
  fail_check("analytical", "address field '" + name + "' is unknown");
}

/// Rows cost nothing where none is ever opened or closed.
config::DramTiming without_rows(config::DramTiming t) {
  t.set_trcd_read(0);
  t.set_trcd_write(0);
  t.set_trp(0);
  t.set_trp_all(0);
  t.set_trc(0);
  t.set_trrd_s(0);
  t.set_tfaw(0);
  t.set_twr(t.twtr_s());
  t.set_trtp(t.read_to_write());
  return t;
}

/// All of a pattern that matters to what its first bursts meet.
std::string key_of(const AccessPattern& pattern, std::int64_t period) {
  std::array<std::int64_t, 2 + 2 * isa::kMaxWalkDims> numbers{(pattern.base % period + period) % period, pattern.bytes};
  std::size_t count = 2;
  for (const AccessPattern::Dimension& dimension : pattern.dimensions) {
    numbers.at(count++) = dimension.count;
    numbers.at(count++) = dimension.stride;
  }
  return {reinterpret_cast<const char*>(numbers.data()), count * sizeof numbers[0]};
}

}  // namespace

/// What is known by this name, found out if it is not; nobody waits for that.
template <typename Value>
template <typename Find>
Value MemoryModel::Table<Value>::once(const std::string& name, const Find& find) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(name);
    if (found != known_.end()) return found->second;
  }
  const Value value = find();
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kMostKnown) known_.clear();
  known_.emplace(name, value);
  return value;
}

MemoryModel::MemoryModel(const config::Memory& memory, const config::Machine& machine) {
  if (memory.has_dram()) {
    set_dram(memory.dram(), machine);
  } else if (memory.ideal().gbytes_per_second() > 0 || memory.ideal().latency_ns() > 0) {
    set_plain(memory.ideal(), machine);
  }
}

void MemoryModel::set_plain(const config::IdealMemory& memory, const config::Machine& machine) {
  kind_ = Kind::plain;
  const double period_ns = period_ps(machine) * 1e-3;
  peak_ = memory.gbytes_per_second() * 1e9;
  cycles_a_byte_ = memory.gbytes_per_second() > 0 ? 1 / (memory.gbytes_per_second() * period_ns) : 0;
  read_hit_ = machine.interconnect().request_latency() + memory.latency_ns() / period_ns;
  response_ = kHalf + machine.interconnect().response_latency();
  write_round_ = memory.posted_writes() ? machine.interconnect().request_latency() + response_ : read_hit_ + response_;
}

void MemoryModel::set_dram(const config::Dram& dram, const config::Machine& machine) {
  kind_ = Kind::dram;
  const config::DramOrganization& device = dram.organization();
  const config::DramController& controller = dram.controller();
  const config::DramTiming t =
      controller.page_policy() == config::ideal_page ? without_rows(dram.timing()) : dram.timing();

  channels_ = device.channels();
  groups_ = device.bank_groups();
  banks_ = device.ranks() * groups_ * device.banks_per_group();
  for (std::size_t streams = 0; streams < in_other_banks_.size(); ++streams) {
    in_other_banks_[streams] = std::pow(1 - static_cast<double>(groups_) / banks_, static_cast<int>(streams));
  }
  burst_bytes_ = std::int64_t{device.channel_bits()} * device.burst_length() / kBitsPerByte;
  burst_clocks_ = static_cast<double>(device.burst_length()) / device.beats_per_clock();
  window_ = controller.read_entries();
  same_group_ = t.tccd_l();
  activate_ = std::max(static_cast<double>(t.trrd_s()), static_cast<double>(t.tfaw()) / kActivatesInWindow);
  row_cycle_ = t.trc();
  peak_ = channels_ * static_cast<double>(burst_bytes_) / (burst_clocks_ * t.clock_ps() * 1e-12);

  // All banks stop for a refresh and open their rows again afterwards; single banks are refreshed while others work.
  const double lost = t.trp_all() + t.trfc() + t.trcd_read();
  if (controller.refresh() == config::all_bank) available_ = 1 - lost / t.trefi();

  // A turn to writing and back, on the data bus; and what it is more when the other direction's row is in the way.
  const double turn = t.read_to_write() + t.twtr_s() + t.rl();
  // Bursts go from bank group to bank group, so the bank that is needed first has been left alone for so long.
  const double left_alone = (groups_ - 1) * burst_clocks_;
  const double read_before = t.rl() + burst_clocks_ + t.read_to_write() - t.wl();
  const double reopen_to_write = std::max(0.0, t.trtp() - left_alone + t.trp() + t.trcd_write() - read_before);
  const double reopen_to_read = std::max(0.0, t.twr() - left_alone - t.twtr_s() + t.trp() + t.trcd_read());
  cycles_a_clock_ = t.clock_ps() / period_ps(machine);
  turn_ = turn * cycles_a_clock_ / channels_ / available_;
  reopen_ = (reopen_to_write + reopen_to_read) * cycles_a_clock_ / channels_ / available_;
  // Reads that wait when enough writes do go first, and meanwhile the queue may become full.
  write_batch_ = std::max(1, controller.write_high() - controller.write_low());
  row_switch_ = t.trtp() + t.trp() + t.trcd_read();

  // A single bank is away and its row closed. A stream's bank is often without requests for a moment, so it has no
  // smaller chance of being chosen than others.
  if (controller.refresh() == config::per_bank) {
    const config::DramPerBankRefresh& refresh = dram.per_bank_refresh();
    bank_refresh_ = cycles_a_clock_ * (refresh.trfc() + t.trcd_read());
    refreshing_ =
        static_cast<double>(refresh.banks() * refresh.trfc()) / (static_cast<double>(refresh.trefi()) * banks_);
  }
  const double close = controller.page_policy() == config::open_page ? t.trp() : 0;
  const double hit = kHalf + t.rl() + t.tdqsck();
  const double request = machine.interconnect().request_latency();
  read_hit_ = request + cycles_a_clock_ * hit / available_;
  row_change_ = cycles_a_clock_ * (close + t.trcd_read()) / available_;
  response_ = kHalf + machine.interconnect().response_latency();
  write_round_ = request + cycles_a_clock_ + response_;
  posted_ = controller.write_entries() * burst_clocks_ * cycles_a_clock_;
  read_map(dram);
}

void MemoryModel::read_map(const config::Dram& dram) {
  const config::DramOrganization& device = dram.organization();
  std::array<int, kFields> left = {log2_of(device.channels()),    log2_of(device.ranks()),
                                   log2_of(device.bank_groups()), log2_of(device.banks_per_group()),
                                   log2_of(device.rows()),        log2_of(device.columns() / device.burst_length())};
  std::vector<std::string> names;
  std::stringstream fields(dram.address_map().fields());
  for (std::string name; std::getline(fields, name, '-');) names.push_back(name);
  // Parts with a number take their bits first; the one without takes what is left.
  std::vector<Part> parts;
  for (const std::string& name : names) {
    const std::size_t colon = name.find(':');
    Part part{field_named(name.substr(0, colon)), -1, 0, 0};
    if (colon != std::string::npos) {
      part.bits = std::atoi(name.c_str() + colon + 1);
      left[static_cast<std::size_t>(part.field)] -= part.bits;
    }
    parts.push_back(part);
  }
  std::array<int, kFields> placed{};
  int position = 0;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    const auto field = static_cast<std::size_t>(part->field);
    if (part->bits < 0) part->bits = left[field];
    part->shift = placed[field];
    placed[field] += part->bits;
    part->position = position;
    position += part->bits;
    parts_.push_back(*part);
  }
  row_block_ = burst_bytes_;
  for (const Part& part : parts_) {
    if (part.field == kBank || part.field == kRank || part.field == kRow) break;
    row_block_ <<= part.bits;
  }
  channel_block_ = burst_bytes_;
  for (const Part& part : parts_) {
    if (part.field == kChannel) break;
    channel_block_ <<= part.bits;
  }
  for (const config::DramXor& hash : dram.address_map().xor_()) {
    hashes_.push_back({field_named(hash.field()), hash.bit(), hash.row_bit()});
  }
  period_ = period_of_map();
  const auto tells_nothing = [](const Part& part) { return part.bits == 0 || part.field == kColumn; };
  parts_.erase(std::remove_if(parts_.begin(), parts_.end(), tells_nothing), parts_.end());
  banks_in_period_.clear();
  for (std::int64_t block = 0; block < period_; block += row_block_) {
    banks_in_period_.push_back(static_cast<std::uint8_t>(place(block).bank / groups_));
  }
}

/// Row bits above all others that no hash takes only say which row it is.
std::int64_t MemoryModel::period_of_map() const {
  int needed = 0;
  for (const Part& part : parts_) {
    for (int bit = 0; bit < part.bits; ++bit) {
      const auto takes = [&](const Hash& hash) { return hash.row_bit == part.shift + bit; };
      const bool matters = part.field != kRow || std::any_of(hashes_.begin(), hashes_.end(), takes);
      if (matters) needed = part.position + bit + 1;
    }
  }
  return burst_bytes_ << needed;
}

MemoryModel::Place MemoryModel::place(std::int64_t address) const {
  std::array<std::int64_t, kFields> value{};
  const std::int64_t number = address / burst_bytes_;
  for (const Part& part : parts_) {
    const std::int64_t bits = number >> part.position & ((std::int64_t{1} << part.bits) - 1);
    value[static_cast<std::size_t>(part.field)] |= bits << part.shift;
  }
  for (const Hash& hash : hashes_) {
    value[static_cast<std::size_t>(hash.field)] ^= (value[kRow] >> hash.row_bit & 1) << hash.bit;
  }
  const auto group = static_cast<int>(value[kBankGroup]);
  const auto bank = static_cast<int>((value[kRank] * banks_ + value[kBank]) * groups_ + group) % banks_;
  return {static_cast<int>(value[kChannel]), group, bank, value[kRow]};
}

double MemoryModel::device_bursts(const AccessPattern& pattern) const {
  const std::int64_t step = std::gcd(pattern.step, burst_bytes_);
  const std::int64_t residues = std::min<std::int64_t>(kResidues, burst_bytes_ / step);
  const std::int64_t distance = burst_bytes_ / residues;
  const std::int64_t offset = (pattern.base % burst_bytes_ + burst_bytes_) % step;
  double sum = 0;
  for (std::int64_t i = 0; i < residues; ++i) {
    const std::int64_t begin = residues == 1 ? pattern.base % burst_bytes_ : offset + i * distance;
    sum += static_cast<double>((begin + pattern.bytes - 1) / burst_bytes_ - begin / burst_bytes_ + 1);
  }
  return pattern.segments * sum / static_cast<double>(residues);
}

double MemoryModel::clocks_a_burst(const AccessPattern& pattern) const {
  if (!known_) return sampled_clocks(pattern);
  return known_->clocks.once(key_of(pattern, period_), [&] { return sampled_clocks(pattern); });
}

/// Looks at the first bursts of the transfer, as many as the queues hold: what each channel needs for its part, when it
/// may order them as it likes.
double MemoryModel::sampled_clocks(const AccessPattern& pattern) const {
  struct Row {
    int bank;
    std::int64_t row;
  };
  struct Channel {
    int bursts = 0;
    std::array<int, 64> group{};
    std::vector<Row> rows;
  };
  std::vector<Channel> channels(static_cast<std::size_t>(channels_));
  const std::size_t sample = std::min(kLongestSample, static_cast<std::size_t>(window_ * channels_));
  std::array<std::int64_t, 4> index{};
  std::size_t taken = 0;
  bool more = true;
  while (more && taken < sample) {
    std::int64_t address = pattern.base;
    for (std::size_t d = 0; d < pattern.dimensions.size(); ++d) address += index[d] * pattern.dimensions[d].stride;
    const std::int64_t last = (address + pattern.bytes - 1) / burst_bytes_;
    for (std::int64_t burst = address / burst_bytes_; burst <= last && taken < sample; ++burst, ++taken) {
      const Place where = place(burst * burst_bytes_);
      Channel& channel = channels[static_cast<std::size_t>(where.channel)];
      ++channel.bursts;
      ++channel.group[static_cast<std::size_t>(where.group)];
      const auto same = [&](const Row& row) { return row.bank == where.bank && row.row == where.row; };
      if (std::none_of(channel.rows.begin(), channel.rows.end(), same)) channel.rows.push_back({where.bank, where.row});
    }
    more = false;
    for (std::size_t d = pattern.dimensions.size(); d-- > 0 && !more;) {
      more = ++index[d] < pattern.dimensions[d].count;
      if (!more) index[d] = 0;
    }
  }
  double longest = 0;
  for (const Channel& channel : channels) {
    const double data = channel.bursts * burst_clocks_;
    const double activates = static_cast<double>(channel.rows.size()) * activate_;
    // A group's last burst leaves its gap to the next window.
    const double group =
        *std::max_element(channel.group.begin(), channel.group.end()) * same_group_ - (same_group_ - burst_clocks_);
    double bank = 0;
    for (const Row& row : channel.rows) {
      const auto rows = std::count_if(channel.rows.begin(), channel.rows.end(),
                                      [&](const Row& other) { return other.bank == row.bank; });
      if (rows > 1) bank = std::max(bank, static_cast<double>(rows) * row_cycle_);
    }
    longest = std::max({longest, data, activates, group, bank});
  }
  return longest / static_cast<double>(std::max<std::size_t>(1, taken));
}

double MemoryModel::channels_of(std::int64_t bytes) const {
  return std::min(static_cast<double>(channels_), static_cast<double>(ceil_div(bytes, channel_block_)));
}

double MemoryModel::spread(const AccessPattern& pattern) const {
  if (kind_ != Kind::dram) return 1;
  return std::clamp(burst_clocks_ / clocks_a_burst(pattern), 1.0, static_cast<double>(channels_));
}

double MemoryModel::row_switch(double device_bursts) const {
  const double left_alone = 1 - std::min(1.0, std::ceil(device_bursts) / groups_);
  const double exposed = std::max(0.0, row_switch_ - left_alone * window_ * burst_clocks_);
  return exposed / window_ * cycles_a_clock_ / channels_ / available_;
}

double MemoryModel::row_change(std::int64_t bytes, int other_streams) const {
  if (kind_ != Kind::dram) return 0;
  const double same_row = std::max(0.0, 1 - static_cast<double>(bytes) / static_cast<double>(row_block_));
  return 1 - same_row * in_other_banks_.at(static_cast<std::size_t>(other_streams));
}

/// Follows the transfer's first bursts through the banks. A transfer that spans more than all banks hold open finds the
/// rows that it begins with closed, by its own end the time before.
double MemoryModel::rows_a_burst(const AccessPattern& pattern, std::int64_t port_burst, double row_change) const {
  if (kind_ != Kind::dram || pattern.segments == 0) return 0;
  std::int64_t span = pattern.bytes;
  for (const AccessPattern::Dimension& d : pattern.dimensions) span += (d.count - 1) * std::abs(d.stride);
  const double first = span > row_block_ * (banks_ / groups_) ? 1 : row_change;
  const auto find = [&] { return sampled_rows(pattern, port_burst); };
  const Rows rows = known_ ? known_->rows.once(key_of(pattern, std::lcm(period_, port_burst)), find) : find();
  return rows.first * first + rows.again;
}

MemoryModel::Rows MemoryModel::sampled_rows(const AccessPattern& pattern, std::int64_t port_burst) const {
  std::vector<std::int64_t> open(static_cast<std::size_t>(channels_ * banks_), -1);
  std::array<std::int64_t, 4> index{};
  Rows opened;
  int taken = 0;
  bool more = true;
  while (more && taken < kRowSample) {
    std::int64_t address = pattern.base;
    for (std::size_t d = 0; d < pattern.dimensions.size(); ++d) address += index[d] * pattern.dimensions[d].stride;
    const std::int64_t end = address + pattern.bytes;
    for (; address < end && taken < kRowSample; address = (address / port_burst + 1) * port_burst, ++taken) {
      const Place where = place(address);
      std::int64_t& row = open[static_cast<std::size_t>(where.channel * banks_ + where.bank)];
      if (row != where.row) (row < 0 ? opened.first : opened.again) += 1;
      row = where.row;
    }
    more = false;
    for (std::size_t d = pattern.dimensions.size(); d-- > 0 && !more;) {
      more = ++index[d] < pattern.dimensions[d].count;
      if (!more) index[d] = 0;
    }
  }
  return {opened.first / taken, opened.again / taken};
}

/// A channel has one of the banks away with probability q, and then for a rest between nothing and the whole; this is
/// the mean of the longest rest of all channels.
double MemoryModel::refresh_wait(std::int64_t bytes) const {
  if (refreshing_ == 0 || bytes == 0) return 0;
  const auto in_channels = static_cast<double>(ceil_div(bytes, channel_block_));
  const double channels = std::min(static_cast<double>(channels_), in_channels);
  const double groups = std::min(static_cast<double>(groups_), static_cast<double>(ceil_div(bytes, burst_bytes_)));
  const double q = std::min(1.0, refreshing_ * groups);
  return bank_refresh_ * (1 - (1 - std::pow(1 - q, channels + 1)) / (q * (channels + 1)));
}

double MemoryModel::burst_time(std::int64_t address, std::int64_t bytes) const {
  if (kind_ == Kind::plain) return static_cast<double>(bytes) * cycles_a_byte_;
  if (kind_ == Kind::ideal) return 0;
  const auto count = [&] { return most_bursts_in_a_channel(address, bytes); };
  AccessPattern pattern;
  pattern.base = address;
  pattern.bytes = bytes;
  const double bursts = known_ ? known_->bursts.once(key_of(pattern, period_), count) : count();
  return bursts * burst_clocks_ * cycles_a_clock_;
}

double MemoryModel::most_bursts_in_a_channel(std::int64_t address, std::int64_t bytes) const {
  std::vector<int> bursts(static_cast<std::size_t>(channels_));
  const std::int64_t last = (address + bytes - 1) / burst_bytes_;
  for (std::int64_t burst = address / burst_bytes_; burst <= last; ++burst) {
    ++bursts[static_cast<std::size_t>(place(burst * burst_bytes_).channel)];
  }
  return *std::max_element(bursts.begin(), bursts.end());
}

double MemoryModel::work(const AccessPattern& pattern, double bursts) const {
  if (ideal() || pattern.segments == 0) return 0;
  if (kind_ == Kind::plain) {
    return std::max(bursts, pattern.segments * static_cast<double>(pattern.bytes) * cycles_a_byte_);
  }
  return std::max(bursts, device_bursts(pattern) * clocks_a_burst(pattern) * cycles_a_clock_ / available_);
}

double MemoryModel::device_bytes(const AccessPattern& pattern) const {
  if (kind_ != Kind::dram) return pattern.segments * static_cast<double>(pattern.bytes);
  return device_bursts(pattern) * static_cast<double>(burst_bytes_);
}

}  // namespace systole::analytical
