#include "tests/bench/mailbench/server_usage.h"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <unordered_map>

namespace bench {
namespace {

struct Process {
  pid_t parent = 0;
  double user_s = 0;  // its own and its ended children's
  double system_s = 0;
};

// The value behind `key` in a file of lines like `VmRSS:   123 kB` or `user_usec 5`, or 0.
uint64_t value_in(const std::string& path, std::string_view key) {
  std::ifstream file(path);
  std::string word;
  uint64_t value = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    if (words >> word >> value && word == key) return value;
  }
  return 0;
}

// /proc/PID/stat (proc(5)): the fields after the name, which may itself hold blanks and brackets.
bool read_process(const std::string& folder, Process& process) {
  std::ifstream file(folder + "/stat");
  std::string text;
  if (!std::getline(file, text)) return false;  // it has ended
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  fields >> skipped >> process.parent;
  for (int i = 0; i < 9; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  double children_user = 0;
  double children_system = 0;
  fields >> user >> system >> children_user >> children_system;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  process.user_s = (user + children_user) / ticks;
  process.system_s = (system + children_system) / ticks;
  return true;
}

std::unordered_map<pid_t, Process> all_processes() {
  std::unordered_map<pid_t, Process> all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size()) continue;
    if (Process process; read_process(entry.path(), process)) all.emplace(pid, process);
  }
  return all;
}

bool descends(pid_t pid, pid_t root, const std::unordered_map<pid_t, Process>& all) {
  while (pid != root) {
    const auto found = all.find(pid);
    if (found == all.end()) return false;
    pid = found->second.parent;
  }
  return true;
}

void add_memory(pid_t pid, ServerUsage::Sample& sample) {
  const std::string folder = "/proc/" + std::to_string(pid);
  sample.rss_kib += value_in(folder + "/status", "VmRSS:");
  sample.pss_kib += value_in(folder + "/smaps_rollup", "Pss:");
  ++sample.processes;
}

}  // namespace

ServerUsage::Sample ServerUsage::sample() const {
  Sample sample;
  if (!cgroup_.empty()) {
    sample.user_s = static_cast<double>(value_in(cgroup_ + "/cpu.stat", "user_usec")) / 1e6;
    sample.system_s = static_cast<double>(value_in(cgroup_ + "/cpu.stat", "system_usec")) / 1e6;
    std::ifstream members(cgroup_ + "/cgroup.procs");
    for (pid_t pid = 0; members >> pid;) add_memory(pid, sample);
    return sample;
  }
  if (root_ == 0) return sample;
  const auto all = all_processes();
  for (const auto& [pid, process] : all) {
    if (!descends(pid, root_, all)) continue;
    sample.user_s += process.user_s;
    sample.system_s += process.system_s;
    add_memory(pid, sample);
  }
  return sample;
}

}  // namespace bench
