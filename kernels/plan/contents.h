#pragma once

#include <string>

#include "isa/program.pb.h"
#include "kernels/graph/graph.h"
#include "kernels/plan/layout.h"
#include "kernels/plan/region.h"

/// What regions hold, for runs that compute with values.
namespace systole {

/// The bytes of a constant region (isa/program.proto: Region.data): `tensor`'s values as the region's packing lays
/// them out, 4 bytes an element when `single_precision`, else integers of element_bits each, rounded to the nearest.
/// Empty when the values are absent. Places that the packing leaves out are zero.
std::string contents_of(const Region& region, const Tensor& tensor, bool single_precision);

/// Where a tensor lies in the region of that index in the program.
isa::Tensor placement_of(const Tensor& tensor, const Layout& layout, int region);

}  // namespace systole
