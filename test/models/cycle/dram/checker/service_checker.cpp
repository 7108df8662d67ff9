#include "test/models/cycle/dram/checker/service_checker.h"

#include <algorithm>
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

int Place::*member(const std::string& field) {
  static const std::map<std::string, int Place::*> kMembers = {
      {"channel", &Place::channel}, {"rank", &Place::rank}, {"bankgroup", &Place::group},
      {"bank", &Place::bank},       {"row", &Place::row},   {"column", &Place::column}};
  return kMembers.at(field);
}

}  // namespace

PlaceMap::PlaceMap(int offset_bits, const std::string& fields, const std::map<std::string, int>& widths,
                   const std::vector<Hash>& hashing)
    : offset_bits_(offset_bits), hashing_(hashing) {
  std::vector<Part> parts = split(fields);
  for (Part& part : parts) {
    if (part.bits >= 0) continue;
    part.bits = widths.at(part.field);
    for (const Part& other : parts) {
      if (&other != &part && other.field == part.field) part.bits -= other.bits;
    }
  }
  std::map<std::string, int> filled;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    for (int i = 0; i < part->bits; ++i) bits_.emplace_back(member(part->field), filled[part->field]++);
  }
}

Place PlaceMap::operator()(std::uint64_t address) const {
  Place place;
  address >>= offset_bits_;
  for (const auto& [field, bit] : bits_) {
    place.*field |= static_cast<int>(address & 1) << bit;
    address >>= 1;
  }
  for (const Hash& h : hashing_) place.*member(h.field) ^= ((place.row >> h.row_bit) & 1) << h.bit;
  return place;
}

void ServiceChecker::serve(const Record& r) {
  if (r.command[0] != 'R' && r.command[0] != 'W') return;
  if (r.command == "REF" || r.command == "REFPB") return;
  served_.emplace_back(Place{r.channel, r.rank, r.group, r.bank, r.row, r.column}.key(), r.command[0]);
}

/// What happened at the place, in order.
std::string ServiceChecker::take(Events& events, std::size_t& next, std::uint64_t place) {
  std::string kinds;
  for (; next < events.size() && events[next].first == place; ++next) kinds += events[next].second;
  return kinds;
}

std::string ServiceChecker::finish(std::int64_t forwarded) {
  const auto by_place = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::stable_sort(asked_.begin(), asked_.end(), by_place);
  std::stable_sort(served_.begin(), served_.end(), by_place);
  std::int64_t answered = 0;
  std::size_t next_asked = 0;
  std::size_t next_served = 0;
  while (next_asked < asked_.size()) {
    const std::uint64_t place = asked_[next_asked].first;
    if (next_served < served_.size() && served_[next_served].first < place)
      return "a place nobody asked for was served";
    const std::string requests = take(asked_, next_asked, place);
    const std::string commands = take(served_, next_served, place);
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
  if (next_served != served_.size()) return "a place nobody asked for was served";
  if (answered != forwarded)
    return std::to_string(answered) + " reads have no command, " + std::to_string(forwarded) +
           " were answered from writes";
  return "";
}

}  // namespace systole::checker
