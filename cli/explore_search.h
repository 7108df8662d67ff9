#pragma once

#include <functional>

#include "explore/search.h"

namespace systole {

/// A search that is ready to begin.
using Search = std::function<SearchResult(const SearchOptions&)>;

/// Loads the networks of the space and calls `use` with what a point costs, energy included, and with the search that
/// the space asks for, or the one that its size and model allow. Throws UserError when a network cannot be loaded or
/// modelled, or when the space is too large for what it asks for.
void with_search(const LoadedSpace& space, const std::function<void(const PointCost&, const Search&)>& use);

}  // namespace systole
