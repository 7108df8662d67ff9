#pragma once

#include <algorithm>
#include <vector>

#include "traces/run_observer.h"

namespace systole {

/// Those who watch a run at present: what a unit tells goes to each of them, in the order in which they came.
class Onlookers : public RunObserver {
 public:
  void add(RunObserver* observer) { observers_.push_back(observer); }
  void remove(RunObserver* observer) {
    observers_.erase(std::remove(observers_.begin(), observers_.end(), observer), observers_.end());
  }
  [[nodiscard]] bool has(const RunObserver* observer) const {
    return std::find(observers_.begin(), observers_.end(), observer) != observers_.end();
  }
  [[nodiscard]] bool none() const { return observers_.empty(); }

  void state(const StateSpan& span) override {
    for (RunObserver* observer : observers_) observer->state(span);
  }
  void block_begins(const BlockSpan& block) override {
    for (RunObserver* observer : observers_) observer->block_begins(block);
  }
  void block_ends(const BlockSpan& block) override {
    for (RunObserver* observer : observers_) observer->block_ends(block);
  }
  void words(const WordSpan& words) override {
    for (RunObserver* observer : observers_) observer->words(words);
  }
  void tile(const TileSpan& tile) override {
    for (RunObserver* observer : observers_) observer->tile(tile);
  }
  void instruction(const InstructionIssue& issue) override {
    for (RunObserver* observer : observers_) observer->instruction(issue);
  }
  [[nodiscard]] bool wants_instructions() const override {
    return std::any_of(observers_.begin(), observers_.end(),
                       [](const RunObserver* observer) { return observer->wants_instructions(); });
  }
  void transfer_begins(const TransferSpan& transfer) override {
    for (RunObserver* observer : observers_) observer->transfer_begins(transfer);
  }
  void transfer_ends(const TransferSpan& transfer) override {
    for (RunObserver* observer : observers_) observer->transfer_ends(transfer);
  }
  void level(const LevelChange& change) override {
    for (RunObserver* observer : observers_) observer->level(change);
  }
  void dram(const DramEvent& event) override {
    for (RunObserver* observer : observers_) observer->dram(event);
  }
  void settled(Cycles until) override {
    for (RunObserver* observer : observers_) observer->settled(until);
  }

 private:
  std::vector<RunObserver*> observers_;
};

}  // namespace systole
