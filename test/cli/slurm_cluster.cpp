#include "test/cli/slurm_cluster.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <random>
#include <stdexcept>
#include <thread>

#include "base/files.h"
#include "cli/external_program.h"

namespace systole {

namespace {

namespace fs = std::filesystem;

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  const std::string full = name;
  return full.substr(0, full.find('.'));
}

std::string user_name() {
  const passwd* user = ::getpwuid(::geteuid());
  return user == nullptr ? std::to_string(::geteuid()) : user->pw_name;
}

/// A port of the loopback that nobody has.
int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

/// Daemons are installed where only root has PATH.
std::string program(const std::string& name) {
  const std::string found = find_program(name);
  const std::string system = "/usr/sbin/" + name;
  return found.empty() && fs::exists(system) ? system : found;
}

}  // namespace

std::string SlurmCluster::missing_program() {
  for (const char* name : {"munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo"}) {
    if (program(name).empty()) return name;
  }
  return "";
}

SlurmCluster::SlurmCluster(const fs::path& folder) : folder_(folder) {
  for (const char* name : {"state", "spool", "munge"}) fs::create_directories(folder_ / name);
  fs::permissions(folder_ / "munge", fs::perms(0711));
  write_configuration();
  const std::string munge = (folder_ / "munge").string();
  start("munged", {program("munged"), "--foreground", "--key-file=" + munge + "/key", "--socket=" + munge + "/socket",
                   "--pid-file=" + munge + "/pid", "--log-file=" + munge + "/log", "--seed-file=" + munge + "/seed"});
  start("slurmctld", {program("slurmctld"), "-D"});
  start("slurmd", {program("slurmd"), "-D", "-N", host_name()});
  const std::string ready = "sinfo --noheader --states=idle 2>/dev/null | grep -q idle";
  for (int tenths = 0; std::system(ready.c_str()) != 0; ++tenths) {
    if (tenths == 600) fail("the node was not ready after a minute");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

SlurmCluster::~SlurmCluster() {
  // Tasks that a failed test has left are children of nobody: they end now.
  [[maybe_unused]] const int code = std::system(
      "scancel --me 2>/dev/null; for i in $(seq 100); do squeue --noheader --me 2>/dev/null | grep -q . || break; "
      "sleep 0.1; "
      "done");
  stop();
}

void SlurmCluster::write_configuration() {
  {
    std::ofstream key(folder_ / "munge/key", std::ios::binary);
    std::random_device random;
    for (int byte = 0; byte < 128; ++byte) key.put(static_cast<char>(random()));
  }
  fs::permissions(folder_ / "munge/key", fs::perms(0600));
  const std::string here = folder_.string();
  const std::string host = host_name();
  std::ofstream(folder_ / "slurm.conf")
      << "ClusterName=systole_test\nSlurmctldHost=" << host << "(127.0.0.1)\nSlurmctldPort=" << free_port()
      << "\nSlurmdPort=" << free_port() << "\nAuthType=auth/munge\nCredType=cred/munge\nAuthInfo=socket=" << here
      << "/munge/socket\nSlurmUser=" << user_name() << "\nSlurmdUser=" << user_name()
      << "\nProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nJobAcctGatherType=jobacct_gather/none\n"
         "AccountingStorageType=accounting_storage/none\nSelectType=select/cons_tres\nSelectTypeParameters=CR_Core\n"
         "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny\nReturnToService=2\nMpiDefault=none\n"
         "SlurmdParameters=config_overrides\nSchedulerParameters=sched_interval=1\nStateSaveLocation="
      << here << "/state\nSlurmdSpoolDir=" << here << "/spool\nSlurmctldPidFile=" << here
      << "/slurmctld.pid\nSlurmdPidFile=" << here << "/slurmd.pid\nNodeName=" << host
      << " NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN\nPartitionName=main Nodes=" << host << " Default=YES State=UP\n";
  ::setenv("SLURM_CONF", (folder_ / "slurm.conf").c_str(), 1);
}

void SlurmCluster::start(const std::string& name, const std::vector<std::string>& command) {
  const std::string log = (folder_ / (name + ".out")).string();
  const pid_t daemon = ::fork();
  if (daemon != 0) {
    daemons_.push_back(daemon);
    return;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // no daemon outlives a test that crashes or runs out of time
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execv(words.front(), words.data());
  ::_exit(127);
}

void SlurmCluster::fail(const std::string& what) const {
  std::string text = what;
  for (const char* name : {"munged", "slurmctld", "slurmd"}) {
    const fs::path log = folder_ / (std::string(name) + ".out");
    if (fs::exists(log)) text += "\n" + std::string(name) + ":\n" + read_file(log.string());
  }
  throw std::runtime_error(text);
}

void SlurmCluster::stop() {
  for (auto daemon = daemons_.rbegin(); daemon != daemons_.rend(); ++daemon) {
    ::kill(*daemon, SIGTERM);
    for (int tenths = 0; ::waitpid(*daemon, nullptr, WNOHANG) == 0; ++tenths) {
      if (tenths == 50) ::kill(*daemon, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

}  // namespace systole
