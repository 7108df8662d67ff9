#include "base/digest.h"

#include <gtest/gtest.h>

namespace systole {
namespace {

/// Values of the hash's authors for 64 bits, FNV-1a.
TEST(Digest, IsFnv1a) {
  EXPECT_EQ(digest_of(""), 0xcbf29ce484222325U);
  EXPECT_EQ(digest_of("a"), 0xaf63dc4c8601ec8cU);
  EXPECT_EQ(digest_of("foobar"), 0x85944171f73967e8U);
}

TEST(Digest, GoesOnFromWhatCameBefore) {
  EXPECT_EQ(digest_of("bar", digest_of("foo")), digest_of("foobar"));
}

}  // namespace
}  // namespace systole
