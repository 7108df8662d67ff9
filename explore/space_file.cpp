#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>

#include "configs/machine_rules.h"
#include "configs/override.h"
#include "configs/resolver.h"
#include "explore/space.h"

namespace systole {

namespace {

constexpr std::int64_t kUnbounded = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMostValues = 65536;  // of an axis

/// Values of an axis, ascending, each once.
std::vector<std::int64_t> values_of(const config::Axis& axis) {
  std::vector<std::int64_t> values(axis.value().begin(), axis.value().end());
  if (axis.has_range()) {
    for (std::int64_t v = axis.range().from(); v <= axis.range().to(); v += axis.range().step()) values.push_back(v);
  }
  if (axis.has_powers_of_two()) {
    for (std::int64_t v = 1; v <= axis.powers_of_two().to(); v *= 2) {
      if (v >= axis.powers_of_two().from()) values.push_back(v);
    }
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

/// How many values a range has.
std::int64_t length_of(const config::AxisRange& range) {
  return range.to() < range.from() ? 0 : (range.to() - range.from()) / range.step() + 1;
}

/// Tells faults at `place`, where the space names what they are about.
void add_at(const Diagnostic& place, const Diagnostics& faults, Diagnostics& diagnostics) {
  for (const Diagnostic& fault : faults.items()) {
    Diagnostic here = place;
    here.message = fault.message;
    here.hint = fault.hint;
    diagnostics.add(here);
  }
}

/// Faults of a value of a field, told at `place` instead of at an option.
void check_value(const std::string& field, std::int64_t value, const config::Machine& machine, const Diagnostic& place,
                 Diagnostics& diagnostics) {
  config::Machine copy = machine;
  Source nowhere("");
  Diagnostics faults;
  apply_override(fmt::format("{}={}", field, value), copy, nowhere, faults);
  add_at(place, faults, diagnostics);
}

/// Objectives that no model can judge or that say the same, and training on a machine that has no numbers for it.
void check_wishes(const Loaded<config::Space>& loaded, const config::Machine& machine, Diagnostics& diagnostics) {
  const config::Space& space = loaded.message;
  std::set<config::Objective> wanted;
  for (int o = 0; o < space.objective_size(); ++o) {
    const config::Objective objective = space.objective(o);
    const auto fault = [&](const std::string& message, const std::string& hint) {
      diagnostics.add(loaded.source.fault(fmt::format("objective[{}]", o), message, hint));
    };
    if (objective == config::area && !machine.energy_table().has_area()) {
      fault(fmt::format("the energy table {} has no areas, so nothing can say what area a machine takes",
                        machine.energy_table().name()),
            "energy: \"generic_45nm\" in the machine, or an `area` in its own table (docs/configuration.md)");
    }
    if (!wanted.insert(objective).second) {
      fault(fmt::format("objective '{}' is given twice", config::Objective_Name(objective)), "give each once");
    }
  }
  if (wanted.count(config::cycles) + wanted.count(config::energy) + wanted.count(config::energy_delay) == 3) {
    diagnostics.add(
        loaded.source.fault("objective", "energy_delay is the product of energy and cycles, which are objectives, too",
                            "two of the three: a machine that nothing beats in both is not beaten in their product"));
  }
  for (int w = 0; w < space.workload_size(); ++w) {
    if (space.workload(w).mode() != config::training || machine.simd_unit().number_format() == config::float32)
      continue;
    diagnostics.add(
        loaded.source.fault(fmt::format("workload[{}].mode", w),
                            fmt::format("training needs a float32 SIMD unit, and {} has none", machine.name()),
                            "machine: \"training_64x64\", or set: \"simd_unit.number_format=float32\""));
  }
}

/// The machine with each memory of the finalists; its own when they name none.
std::vector<config::Machine> finalist_machines(const Loaded<config::Space>& loaded, const MachineRequest& request,
                                               const config::Machine& own, Diagnostics& diagnostics) {
  if (!loaded.message.has_finalists()) return {};
  const config::Finalists& finalists = loaded.message.finalists();
  if (finalists.memory().empty()) return {own};
  std::vector<config::Machine> machines;
  for (int m = 0; m < finalists.memory_size(); ++m) {
    MachineRequest other = request;
    other.overrides.push_back("memory=" + finalists.memory(m));  // after what the space sets
    Diagnostics faults;
    machines.push_back(load_machine(other, faults).message);
    add_at(loaded.source.fault(fmt::format("finalists.memory[{}]", m), ""), faults, diagnostics);
  }
  return machines;
}

/// Networks that are not there.
void check_networks(const Loaded<config::Space>& loaded, Diagnostics& diagnostics) {
  for (int w = 0; w < loaded.message.workload_size(); ++w) {
    const std::string& network = loaded.message.workload(w).network();
    std::error_code unreadable;
    if (std::filesystem::exists(network, unreadable)) continue;
    const Diagnostic place = loaded.source.fault(fmt::format("workload[{}].network", w), "");
    if (!find_config(kNetworks, network, "", place, diagnostics).empty() &&
        network.find_first_of("/.") != std::string::npos) {
      diagnostics.add(loaded.source.fault(fmt::format("workload[{}].network", w),
                                          fmt::format("there is no file '{}'", network),
                                          "a file is looked for in the folder where the command is given"));
    }
  }
}

/// The machine that every point starts from; faults of the space's own words are told where they are.
config::Machine own_machine(const Loaded<config::Space>& loaded, const MachineRequest& request,
                            Diagnostics& diagnostics) {
  Diagnostics faults;
  config::Machine machine = load_machine(request, faults).message;
  for (Diagnostic fault : faults.items()) {
    Diagnostic place = fault;
    if (fault.file == "--hw " + request.hardware) place = loaded.source.fault("machine", "");
    for (int s = 0; s < loaded.message.set_size(); ++s) {
      if (fault.file == "--set " + loaded.message.set(s)) place = loaded.source.fault(fmt::format("set[{}]", s), "");
    }
    place.message = fault.message;
    place.hint = fault.hint;
    diagnostics.add(place);
  }
  return machine;
}

void change(config::Space& space, const SpaceChanges& changes) {
  if (changes.model) space.set_model(*changes.model);
  if (changes.finalists) {
    *changes.finalists > 0 ? space.mutable_finalists()->set_count(*changes.finalists) : space.clear_finalists();
  }
  if (changes.memory.empty()) return;
  space.add_set("memory=" + changes.memory);
  if (space.has_finalists()) space.mutable_finalists()->clear_memory();
}

std::vector<SpaceAxis> axes_of(const Loaded<config::Space>& loaded, const config::Machine& machine,
                               Diagnostics& diagnostics) {
  std::vector<SpaceAxis> axes;
  for (int a = 0; a < loaded.message.axis_size(); ++a) {
    const config::Axis& axis = loaded.message.axis(a);
    const std::string path = fmt::format("axis[{}]", a);
    if (axis.has_range() && length_of(axis.range()) > kMostValues) {
      diagnostics.add(loaded.source.fault(
          path + ".range",
          fmt::format("axis '{}' has {} values, and may have {}", axis.field(), length_of(axis.range()), kMostValues),
          "a greater step"));
      continue;
    }
    const std::vector<std::int64_t> values = values_of(axis);
    const bool twice =
        std::any_of(axes.begin(), axes.end(), [&](const SpaceAxis& known) { return known.field == axis.field(); });
    if (twice)
      diagnostics.add(
          loaded.source.fault(path + ".field", fmt::format("'{}' varies twice", axis.field()), "one axis a field"));
    if (values.empty()) {
      diagnostics.add(loaded.source.fault(path, fmt::format("axis '{}' has no value", axis.field()),
                                          "give `value`, `range` or `powers_of_two`"));
      continue;
    }
    const std::size_t before = diagnostics.items().size();
    for (const std::int64_t value : values) {
      check_value(axis.field(), value, machine, loaded.source.fault(path + ".field", ""), diagnostics);
      if (diagnostics.items().size() > before) break;  // the others are hardly better
    }
    axes.push_back({axis.field(), values});
  }
  if (loaded.message.axis().empty()) {
    diagnostics.add(loaded.source.fault("axis", "no field varies", "add an `axis`"));
  }
  return axes;
}

std::vector<SpaceBudget> budgets_of(const Loaded<config::Space>& loaded, const std::vector<SpaceAxis>& axes,
                                    const config::Machine& machine, Diagnostics& diagnostics) {
  std::vector<SpaceBudget> budgets;
  for (int b = 0; b < loaded.message.budget_size(); ++b) {
    const config::Budget& written = loaded.message.budget(b);
    const std::string path = fmt::format("budget[{}]", b);
    SpaceBudget budget{
        written.name(), {}, 0, written.at_least(), written.has_at_most() ? written.at_most() : kUnbounded};
    if (budget.at_least > budget.at_most) {
      diagnostics.add(loaded.source.fault(
          path,
          fmt::format("budget '{}' wants at least {} and at most {}", budget.name, budget.at_least, budget.at_most),
          "at_least must not be above at_most"));
    }
    for (int t = 0; t < written.term_size(); ++t) {
      const config::BudgetTerm& term = written.term(t);
      const auto axis =
          std::find_if(axes.begin(), axes.end(), [&](const SpaceAxis& a) { return a.field == term.field(); });
      if (axis != axes.end()) {
        budget.terms.push_back({static_cast<std::size_t>(axis - axes.begin()), term.weight()});
        continue;
      }
      const Diagnostic place = loaded.source.fault(fmt::format("{}.term[{}].field", path, t), "");
      const std::size_t before = diagnostics.items().size();
      check_value(term.field(), 8192, machine, place, diagnostics);
      if (diagnostics.items().size() == before) budget.fixed += term.weight() * number_at(term.field(), machine);
    }
    budgets.push_back(std::move(budget));
  }
  return budgets;
}

}  // namespace

config::Machine unchecked_machine(const LoadedSpace& space, const config::Machine& base,
                                  const std::vector<std::int64_t>& values) {
  config::Machine machine = base;
  Source source(space.space.name());
  Diagnostics diagnostics;
  for (std::size_t axis = 0; axis < values.size(); ++axis) {
    apply_override(fmt::format("{}={}", space.design.axes()[axis].field, values[axis]), machine, source, diagnostics);
  }
  diagnostics.throw_if_any();
  return machine;
}

std::int64_t number_at(const std::string& path, const google::protobuf::Message& message) {
  const auto dot = path.find('.');
  const auto* field = message.GetDescriptor()->FindFieldByName(path.substr(0, dot));
  const auto& reflection = *message.GetReflection();
  if (dot != std::string::npos) return number_at(path.substr(dot + 1), reflection.GetMessage(message, field));
  return field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_INT32 ? reflection.GetInt32(message, field)
                                                                               : reflection.GetInt64(message, field);
}

Objectives objectives_of(const LoadedSpace& space) {
  return {space.space, space.machine.clock_mhz()};
}

LoadedSpace load_space(const std::string& name, const SpaceChanges& changes) {
  Diagnostics diagnostics;
  const std::string path = find_config(kSpaces, name, "", {"SPACE " + name, 0, 0, "", ""}, diagnostics);
  diagnostics.throw_if_any();
  Loaded<config::Space> loaded = load_text<config::Space>(path, diagnostics);
  diagnostics.throw_if_any();
  config::Space& space = loaded.message;
  if (!space.has_name()) {
    const std::string file = path.substr(path.find_last_of('/') + 1);
    space.set_name(file.substr(0, file.find_last_of('.')));
  }
  fill_defaults(space);
  change(space, changes);
  if (space.workload().empty()) {
    diagnostics.add(loaded.source.fault("workload", "there is no network to run", "add a `workload`"));
  }
  MachineRequest request;
  request.hardware = space.machine();
  request.overrides.assign(space.set().begin(), space.set().end());
  request.training = std::any_of(space.workload().begin(), space.workload().end(),
                                 [](const config::Workload& each) { return each.mode() == config::training; });
  const config::Machine machine = own_machine(loaded, request, diagnostics);
  check_networks(loaded, diagnostics);
  diagnostics.throw_if_any();
  check_wishes(loaded, machine, diagnostics);
  std::vector<config::Machine> simulated = finalist_machines(loaded, request, machine, diagnostics);
  std::vector<SpaceAxis> axes = axes_of(loaded, machine, diagnostics);
  diagnostics.throw_if_any();
  std::vector<SpaceBudget> budgets = budgets_of(loaded, axes, machine, diagnostics);
  diagnostics.throw_if_any();
  DesignSpace design(std::move(axes), std::move(budgets));
  for (std::size_t group = 0; group < design.groups().size(); ++group) {
    const auto some = design.points_of(group, 1);
    if (some && some->empty()) {
      throw UserError(loaded.source.fault("budget", "no allocation meets the budgets: " + design.nearest_miss(),
                                          "other bounds, or other values of the axes"));
    }
  }
  return {std::move(space), machine, std::move(design), std::move(simulated)};
}

config::Machine machine_with(const LoadedSpace& space, const std::vector<std::int64_t>& values) {
  return machine_with(space, space.machine, values);
}

config::Machine machine_with(const LoadedSpace& space, const config::Machine& base,
                             const std::vector<std::int64_t>& values) {
  config::Machine machine = unchecked_machine(space, base, values);
  Diagnostics diagnostics;
  check_machine(machine, Source(space.space.name()), diagnostics);
  diagnostics.throw_if_any();
  return machine;
}

std::vector<std::int64_t> in_whole_banks(const LoadedSpace& space, std::vector<std::int64_t> values) {
  const config::Machine machine = unchecked_machine(space, space.machine, values);
  for (std::size_t axis = 0; axis < values.size(); ++axis) {
    const auto step = capacity_step(machine, space.design.axes()[axis].field);
    if (step) values[axis] = std::max(*step, values[axis] / *step * *step);
  }
  return values;
}

config::Machine machine_at(const LoadedSpace& space, const Point& point) {
  std::vector<std::int64_t> values;
  for (std::size_t axis = 0; axis < point.size(); ++axis) values.push_back(space.design.value(point, axis));
  return machine_with(space, values);
}

}  // namespace systole
