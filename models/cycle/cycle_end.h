#pragma once

#include <functional>
#include <systemc>
#include <vector>

namespace systole {

/// Decides who gets what several ask for in one cycle, after everything else of the cycle: a decision that is asked for
/// is taken when the kernel has nothing more to run at the present time, so it sees all who want something in this
/// cycle, whatever the order and the delta cycles in which they asked. Source: models/cycle/timing.md section 1.
class CycleEnd : public sc_core::sc_module {
 public:
  /// In one cycle, decisions are taken in this order; what an earlier one sets off has happened before the next.
  enum class Stage { credits, bus, interconnect };
  using Decision = std::function<void()>;

  explicit CycleEnd(const sc_core::sc_module_name& name);

  /// A number to ask by. Decisions of a stage are taken in the order in which they were added.
  std::size_t add(Stage stage, Decision decide);

  /// The decision is due in this cycle; asking twice is asking once.
  void ask(std::size_t decision);

 private:
  struct Entry {
    Stage stage;
    Decision decide;
    bool asked = false;
  };

  void decide();

  std::vector<Entry> entries_;
  sc_core::sc_event next_delta_;
};

}  // namespace systole
