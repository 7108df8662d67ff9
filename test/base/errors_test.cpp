#include "base/errors.h"

#include <gtest/gtest.h>

namespace systole {
namespace {

TEST(Errors, a_diagnostic_names_file_line_column_cause_and_hint) {
  const Diagnostic d{"a.textproto", 3, 7, "unknown key 'rovs'", "did you mean 'rows'?"};
  EXPECT_EQ(d.to_string(), "a.textproto:3:7: error: unknown key 'rovs'\n  hint: did you mean 'rows'?");
}

TEST(Errors, all_diagnostics_are_thrown_together) {
  Diagnostics all;
  all.throw_if_any();
  all.add({"", 0, 0, "first", ""});
  all.add({"", 0, 0, "second", ""});
  try {
    all.throw_if_any();
    FAIL() << "nothing was thrown";
  } catch (const UserError& e) {
    EXPECT_STREQ(e.what(), "error: first\nerror: second");
    EXPECT_EQ(e.diagnostics().size(), 2U);
  }
}

TEST(Errors, a_broken_check_is_an_internal_error_that_names_the_module) {
  check(true, "dma", "fine");
  EXPECT_THROW(check(false, "dma", [] { return std::string("beat 3 of 2"); }), InternalError);
}

TEST(Errors, a_near_miss_is_suggested_and_a_far_one_is_not) {
  EXPECT_EQ(nearest("rovs", {"columns", "rows"}), "rows");
  EXPECT_EQ(nearest("banana", {"columns", "rows"}), "");
  EXPECT_EQ(nearest("If", {"Erf"}), "");  // half of a short word is no slip
}

}  // namespace
}  // namespace systole
