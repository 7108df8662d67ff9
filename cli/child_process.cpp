#include "cli/child_process.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <string>
#include <thread>

#include "base/errors.h"

namespace systole {

namespace {

using Task = std::function<std::vector<std::int64_t>()>;

struct Child {
  pid_t process;
  int output;  ///< read end of the pipe
};

/// First byte of what a child sends: what follows.
constexpr char kValues = 'v';
constexpr char kError = 'e';
constexpr char kOutOfMemory = 'm';

void send(int pipe, const void* data, std::size_t bytes) {
  const char* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = write(pipe, at, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) _exit(1);
    at += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

[[noreturn]] void work(const Task& task, int pipe) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    const std::vector<std::int64_t> values = task();
    send(pipe, &kValues, 1);
    send(pipe, values.data(), values.size() * sizeof(std::int64_t));
  } catch (const std::bad_alloc&) {
    send(pipe, &kOutOfMemory, 1);
  } catch (const std::exception& error) {
    send(pipe, &kError, 1);
    send(pipe, error.what(), std::strlen(error.what()));
  }
  _exit(0);  // the parent's buffers and temporary files are not ours to flush or remove
}

Child start(const Task& task) {
  int ends[2];
  if (pipe(ends) != 0) throw EnvironmentError(std::string("a pipe cannot be made: ") + std::strerror(errno));
  const pid_t process = fork();
  if (process < 0) throw EnvironmentError(std::string("a process cannot be started: ") + std::strerror(errno));
  if (process == 0) {
    close(ends[0]);
    work(task, ends[1]);
  }
  close(ends[1]);
  return {process, ends[0]};
}

std::vector<std::int64_t> collect(const Child& child) {
  std::string bytes;
  char buffer[4096];
  for (;;) {
    const ssize_t count = read(child.output, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    bytes.append(buffer, static_cast<std::size_t>(count));
  }
  close(child.output);
  int status = 0;
  while (waitpid(child.process, &status, 0) < 0 && errno == EINTR) {
  }
  if (bytes.empty() || !WIFEXITED(status)) throw EnvironmentError("a simulation's process ended before its result");
  if (bytes.front() == kOutOfMemory) throw std::bad_alloc();
  if (bytes.front() == kError) throw InternalError(bytes.substr(1));
  std::vector<std::int64_t> values((bytes.size() - 1) / sizeof(std::int64_t));
  std::memcpy(values.data(), bytes.data() + 1, values.size() * sizeof(std::int64_t));
  return values;
}

}  // namespace

std::vector<std::vector<std::int64_t>> run_in_processes(const std::vector<Task>& tasks, std::size_t at_once,
                                                        const TaskEnded& ended) {
  if (at_once == 0) at_once = std::max(1U, std::thread::hardware_concurrency());
  std::vector<Child> running;
  std::vector<std::vector<std::int64_t>> results;
  const auto collect_next = [&] {
    results.push_back(collect(running[results.size()]));
    if (ended) ended(results.size() - 1, results.back());
  };
  for (const Task& task : tasks) {
    if (running.size() - results.size() == at_once) collect_next();
    running.push_back(start(task));
  }
  while (results.size() < running.size()) collect_next();
  return results;
}

}  // namespace systole
