#pragma once

#include "cli/options.h"

namespace systole {

/// The options of --mode training, whichever command they are for. They fill `options.training` and
/// `options.gradient`.
OptionGroup training_options(ModelOptions& options);

/// Throws UserError when an option of training is given for inference.
void check_training_options(const ModelOptions& options);

}  // namespace systole
