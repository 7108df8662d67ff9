#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/files.h"

namespace systole {

inline bool has_browser() {
  return std::system("command -v chromium >/dev/null") == 0;
}

/// The page after its scripts, as text; what the browser needs and leaves is in the page's folder.
inline std::string drawn_by_a_browser(const std::filesystem::path& page) {
  const std::filesystem::path folder = page.parent_path();
  const std::string dom = (folder / "dom.html").string();
  const std::string command =
      "timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
      "--disable-background-networking --disable-component-update --disable-sync --user-data-dir=" +
      (folder / "profile").string() + " --dump-dom file://" + page.string() + " 2>/dev/null >" + dom;
  EXPECT_EQ(std::system(command.c_str()), 0);
  return read_file(dom);
}

}  // namespace systole
