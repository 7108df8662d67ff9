#include "configs/reference.h"

#include <gmock/gmock.h>

#include "configs/loader.h"
#include "configs/machine.pb.h"
#include "configs/options.pb.h"

namespace systole {
namespace {

using testing::HasSubstr;

TEST(Reference, the_page_in_the_documentation_is_the_schemas) {
  EXPECT_EQ(read_file(SYSTOLE_SOURCE_DIR "/docs/configuration.md"), configuration_reference())
      << "write it anew: systole info configuration > docs/configuration.md";
}

TEST(Reference, a_key_has_its_values_unit_default_and_meaning) {
  EXPECT_THAT(configuration_reference(),
              HasSubstr("| `max_burst_bytes` | a whole number from 64 to 4096, a power of two | bytes | 1024 | Longest "
                        "burst; "));
  EXPECT_THAT(configuration_reference(), HasSubstr("| `rows` | a whole number from 1 to 1024 | PEs | required | "));
}

/// Adds the keys below `type` that lack a word of documentation, or a range when they are numbers.
void find_undocumented(const google::protobuf::Descriptor& type, std::vector<std::string>& found) {
  for (int i = 0; i < type.field_count(); ++i) {
    const auto& field = *type.field(i);
    const auto& rule = field.options().GetExtension(config::rule);
    if (rule.doc().empty()) found.push_back(field.full_name() + ": doc");
    if (field.message_type() != nullptr) {
      find_undocumented(*field.message_type(), found);
    } else if (field.cpp_type() <= google::protobuf::FieldDescriptor::CPPTYPE_FLOAT && rule.allowed().empty() &&
               !(rule.has_min() && rule.has_max())) {
      found.push_back(field.full_name() + ": range");
    }
  }
}

TEST(Reference, every_key_is_documented_and_every_number_has_a_range) {
  std::vector<std::string> undocumented;
  find_undocumented(*config::Machine::descriptor(), undocumented);
  EXPECT_THAT(undocumented, testing::IsEmpty());
}

}  // namespace
}  // namespace systole
