#include "test/models/cycle/dram/checker/service_checker.h"

#include <sstream>

namespace systole::checker {

namespace {

struct Part {
  std::string field;
  int bits = -1;
};

std::vector<Part> split(const std::string& fields) {
  std::vector<Part> parts;
  std::stringstream in(fields);
  for (std::string word; std::getline(in, word, '-');) {
    const std::size_t colon = word.find(':');
    parts.push_back({word.substr(0, colon), colon == std::string::npos ? -1 : std::stoi(word.substr(colon + 1))});
  }
  return parts;
}

}  // namespace

Place place_of(std::uint64_t address, int offset_bits, const std::string& fields,
               const std::map<std::string, int>& widths, const std::vector<Hash>& hashing) {
  std::vector<Part> parts = split(fields);
  for (Part& part : parts) {
    if (part.bits >= 0) continue;
    part.bits = widths.at(part.field);
    for (const Part& other : parts) {
      if (&other != &part && other.field == part.field) part.bits -= other.bits;
    }
  }
  std::map<std::string, int> value;
  std::map<std::string, int> filled;
  address >>= offset_bits;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    for (int i = 0; i < part->bits; ++i, address >>= 1)
      value[part->field] |= static_cast<int>(address & 1) << filled[part->field]++;
  }
  for (const Hash& h : hashing) value[h.field] ^= ((value["row"] >> h.row_bit) & 1) << h.bit;
  return {value["channel"], value["rank"], value["bankgroup"], value["bank"], value["row"], value["column"]};
}

void ServiceChecker::serve(const Record& r) {
  if (r.command[0] != 'R' && r.command[0] != 'W') return;
  if (r.command == "REF" || r.command == "REFPB") return;
  served_[Place{r.channel, r.rank, r.group, r.bank, r.row, r.column}.key()] += r.command[0];
}

std::string ServiceChecker::finish(std::int64_t forwarded) const {
  std::int64_t answered = 0;
  for (const auto& [place, commands] : served_) {
    if (asked_.count(place) == 0) return "a place nobody asked for was served";
  }
  for (const auto& [place, requests] : asked_) {
    const auto found = served_.find(place);
    const std::string commands = found == served_.end() ? "" : found->second;
    // Requests in order; a read that is not next among the commands must have been answered from a write before it.
    std::size_t next = 0;
    bool written = false;
    for (const char request : requests) {
      if (next < commands.size() && commands[next] == request) {
        ++next;
      } else if (request == 'R' && written) {
        ++answered;
      } else {
        return "asked " + requests + ", served " + commands;
      }
      written = written || request == 'W';
    }
    if (next != commands.size()) return "asked " + requests + ", served " + commands;
  }
  if (answered != forwarded)
    return std::to_string(answered) + " reads have no command, " + std::to_string(forwarded) +
           " were answered from writes";
  return "";
}

}  // namespace systole::checker
