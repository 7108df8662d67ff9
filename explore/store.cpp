#include "explore/store.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/errors.h"

namespace systole {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const std::vector<Candidate>& candidates) {
  Json list = Json::array();
  for (const Candidate& candidate : candidates) {
    list.push_back({{"cost", candidate.cost},
                    {"cycles", candidate.measures.cycles},
                    {"energy_pj", candidate.measures.energy_pj},
                    {"area_mm2", candidate.measures.area_mm2},
                    {"goals", candidate.goals},
                    {"values", candidate.values}});
  }
  return list;
}

std::vector<Candidate> candidates_of(const Json& list) {
  std::vector<Candidate> candidates;
  for (const Json& entry : list) {
    Evaluated evaluated(entry.at("cost"));
    evaluated.measures = {entry.at("cycles"), entry.at("energy_pj"), entry.at("area_mm2")};
    evaluated.goals = entry.at("goals").get<std::vector<double>>();
    candidates.emplace_back(entry.at("values").get<std::vector<std::int64_t>>(), evaluated);
  }
  return candidates;
}

std::string text_of(const Tally& tally) {
  return Json{{"points", tally.points},        {"unevaluable", tally.unevaluable},
              {"best", json_of(tally.best)},   {"worst", json_of(tally.worst)},
              {"front", json_of(tally.front)}, {"levels", json_of(tally.levels.all())},
              {"costs", tally.costs}}
      .dump();
}

Tally tally_of(const std::string& text) {
  const Json json = Json::parse(text);
  Tally tally;
  tally.points = json.at("points");
  tally.unevaluable = json.at("unevaluable").get<std::map<std::string, double>>();
  tally.best = candidates_of(json.at("best"));
  tally.worst = candidates_of(json.at("worst"));
  tally.front = candidates_of(json.at("front"));
  for (const Candidate& candidate : candidates_of(json.at("levels"))) tally.levels.offer(candidate);
  tally.costs = json.at("costs").get<std::vector<double>>();
  return tally;
}

/// A statement with its texts bound; steps once.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql, std::initializer_list<std::string> texts) {
    sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr);
    int place = 0;
    for (const std::string& text : texts) sqlite3_bind_text(statement_, ++place, text.c_str(), -1, SQLITE_TRANSIENT);
    code_ = statement_ == nullptr ? SQLITE_ERROR : sqlite3_step(statement_);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;

  [[nodiscard]] bool row() const { return code_ == SQLITE_ROW; }
  [[nodiscard]] bool good() const { return code_ == SQLITE_ROW || code_ == SQLITE_DONE; }
  [[nodiscard]] std::string text(int column = 0) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int code_ = SQLITE_ERROR;
};

std::string row_digest(const std::string& name, const std::string& text) {
  return fmt::format("{:016x}", digest_of(text, digest_of(name)));
}

/// What to do about an error of SQLite.
const char* hint_of(int code) {
  switch (code) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:
      return "the file is damaged or no store of a search; choose another --out, or give --force to begin anew";
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return "what was found before is kept: when there is room, the same command goes on";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process works on it: wait for it, or choose another --out";
    default:
      return "may you write to the folder of --out, and to its files?";
  }
}

EnvironmentError damaged(const std::string& file, const std::string& row) {
  return EnvironmentError(fmt::format("{}: the entry '{}' is damaged\n  hint: {}", file, row, hint_of(SQLITE_CORRUPT)));
}

}  // namespace

ExploreStore::ExploreStore(const std::filesystem::path& file, const std::string& space)
    : file_(file.string()), space_(space) {
  sqlite3* opened = nullptr;  // one that fails to open is an object, too, and says why
  const int code = sqlite3_open(file_.c_str(), &opened);
  database_.reset(opened);
  if (code != SQLITE_OK) fail("cannot be opened");
  sqlite3_busy_timeout(opened, 60000);
  execute("BEGIN IMMEDIATE");  // whoever is killed here leaves an empty file
  execute("CREATE TABLE IF NOT EXISTS space(text TEXT NOT NULL, digest TEXT)");
  // Without row numbers: the order of the rows is that of their names, not of when they were written.
  execute("CREATE TABLE IF NOT EXISTS piece(name TEXT PRIMARY KEY, tally TEXT NOT NULL, digest TEXT) WITHOUT ROWID");
  execute(
      "CREATE TABLE IF NOT EXISTS finalist(name TEXT PRIMARY KEY, result TEXT NOT NULL, digest TEXT) WITHOUT ROWID");
  {
    const Statement known(database_.get(), "SELECT text, digest FROM space", {});
    if (!known.good()) fail("cannot be read");
    if (known.row()) check_same_space(known.text(), known.text(1), file_);
    const std::string digest = row_digest("space", space);
    if (!known.row() && !Statement(database_.get(), "INSERT INTO space VALUES(?, ?)", {space, digest}).good())
      fail("cannot be written");
  }
  execute("COMMIT");
}

void ExploreStore::Close::operator()(sqlite3* database) const {
  sqlite3_close(database);
}

void ExploreStore::execute(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail("cannot be written");
}

void ExploreStore::check_same_space(const std::string& known, const std::string& digest,
                                    const std::string& file) const {
  if (known == space_) return;
  if (digest != row_digest("space", known)) throw damaged(file, "space");
  throw UserError(
      {file, 0, 0, "the results here are of another search", "choose another --out, or give --force to begin anew"});
}

void ExploreStore::fail(const std::string& what) const {
  const std::string reason = sqlite3_errmsg(database_.get());
  throw EnvironmentError(
      fmt::format("{}: {} ({})\n  hint: {}", file_, what, reason, hint_of(sqlite3_errcode(database_.get()))));
}

std::optional<std::string> ExploreStore::find_row(const char* select, const std::string& name) {
  const std::lock_guard lock(mutex_);
  const Statement found(database_.get(), select, {name});
  if (!found.good()) fail("cannot be read");
  if (!found.row()) return std::nullopt;
  if (found.text(1) != row_digest(name, found.text())) {
    throw damaged(file_, name);
  }
  return found.text();
}

void ExploreStore::put_row(const char* insert, const std::string& name, const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (!Statement(database_.get(), insert, {name, text, row_digest(name, text)}).good()) fail("cannot be written");
}

std::optional<Tally> ExploreStore::find(const std::string& piece) {
  const auto text = find_row("SELECT tally, digest FROM piece WHERE name = ?", piece);
  return text ? std::optional<Tally>(tally_of(*text)) : std::nullopt;
}

void ExploreStore::put(const std::string& piece, const Tally& tally) {
  put_row("INSERT OR REPLACE INTO piece VALUES(?, ?, ?)", piece, text_of(tally));
}

std::optional<std::string> ExploreStore::find_finalist(const std::string& name) {
  return find_row("SELECT result, digest FROM finalist WHERE name = ?", name);
}

void ExploreStore::put_finalist(const std::string& name, const std::string& result) {
  put_row("INSERT OR REPLACE INTO finalist VALUES(?, ?, ?)", name, result);
}

double ExploreStore::points() {
  const std::lock_guard lock(mutex_);
  const Statement sum(database_.get(), "SELECT total(json_extract(tally, '$.points')) FROM piece", {});
  if (!sum.row()) fail("cannot be read");
  return std::stod(sum.text());
}

void ExploreStore::absorb(const std::filesystem::path& file) {
  const std::lock_guard lock(mutex_);
  if (!std::filesystem::exists(file)) throw EnvironmentError(fmt::format("{}: there is no such file", file.string()));
  const std::string failed = "cannot take the results of " + file.string();
  if (!Statement(database_.get(), "ATTACH ? AS other", {file.string()}).good()) fail(failed);
  // A file of a process that was killed as it began has no pieces.
  bool has_pieces = false;
  {
    const Statement found(database_.get(), "SELECT name FROM other.sqlite_master WHERE name = 'piece'", {});
    if (!found.good()) fail(failed);
    has_pieces = found.row();
  }
  if (has_pieces) {
    {
      const Statement known(database_.get(), "SELECT text, digest FROM other.space", {});
      if (!known.row()) fail(failed);
      check_same_space(known.text(), known.text(1), file.string());
    }
    constexpr const char* kTake = "INSERT OR IGNORE INTO main.piece SELECT name, tally, digest FROM other.piece";
    if (!Statement(database_.get(), kTake, {}).good()) fail(failed);
  }
  execute("DETACH other");
}

void ExploreStore::finish() {
  const std::string whole = file_ + ".whole";
  std::error_code error;
  std::filesystem::remove(whole, error);
  execute("PRAGMA schema_version = 1");  // it counts how often the file was written anew
  if (!Statement(database_.get(), "VACUUM INTO ?", {whole}).good()) {
    std::filesystem::remove(whole, error);
    fail("cannot be written anew");
  }
  database_.reset();
  std::filesystem::rename(whole, file_, error);
  if (error) throw EnvironmentError(fmt::format("{}: cannot be renamed ({})", whole, error.message()));
}

}  // namespace systole
