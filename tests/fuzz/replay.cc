// Plays known inputs, and mutations of them, on a target without libFuzzer: what was found stays
// mended, and every build with g++ tries the target's checks. The same inputs in the same order
// make the same mutations in every run.
//
//   fuzz_replay_TARGET [--mutations N] [--dictionary FILE] PATH…
//
// A PATH is a file, or a folder of them; one that is missing is empty. The input of a check that
// fails is kept as ./crash-TARGET.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

std::string current_input;
std::string crash_file;

void keep_input() {
  std::ofstream(crash_file, std::ios::binary) << current_input;
  std::cerr << "the input is kept as " << crash_file << '\n';
}

void on_abort(int) {
  keep_input();
  _exit(1);
}

void play(std::string input) {
  current_input = std::move(input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(current_input.data()),
                         current_input.size());
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

// In an order that is the same in every file system.
std::vector<std::string> inputs_in(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) {
    if (!std::filesystem::exists(path)) return {};
    return {content_of(path)};
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<std::string> inputs;
  for (const auto& file : files) inputs.push_back(content_of(file));
  return inputs;
}

// The words of a libFuzzer dictionary: "…" a line, with \" \\ and \xHH.
std::vector<std::string> words_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::vector<std::string> words;
  for (std::string line; std::getline(file, line);) {
    const size_t begin = line.find('"');
    const size_t end = line.rfind('"');
    if (line.starts_with('#') || begin == end) continue;
    std::string word;
    for (size_t i = begin + 1; i < end; ++i) {
      if (line[i] != '\\') {
        word += line[i];
      } else if (line[++i] == 'x') {
        word += static_cast<char>(std::stoi(line.substr(i + 1, 2), nullptr, 16));
        i += 2;
      } else {
        word += line[i];
      }
    }
    words.push_back(word);
  }
  return words;
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& inputs, const std::vector<std::string>& words)
      : inputs_(inputs), words_(words) {}

  std::string next() {
    std::string input = any(inputs_);
    for (size_t steps = 1 + below(4); steps > 0; --steps) change(input);
    return input;
  }

 private:
  // Not std::uniform_int_distribution: what that gives is not the same everywhere.
  size_t below(size_t end) { return end == 0 ? 0 : random_() % end; }
  const std::string& any(const std::vector<std::string>& of) { return of[below(of.size())]; }

  void change(std::string& input) {
    const size_t at = below(input.size() + 1);
    switch (below(6)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(below(256));
        return;
      case 1:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
        return;
      case 2:
        input.erase(at, 1 + below(20));
        return;
      case 3:
        if (!words_.empty()) input.insert(at, any(words_));
        return;
      case 4: {
        const std::string part = input.substr(at, 1 + below(60));
        input.insert(below(input.size() + 1), part);
        return;
      }
      default: {
        const std::string& other = any(inputs_);
        input.replace(at, std::string::npos, other, below(other.size() + 1));
        return;
      }
    }
  }

  const std::vector<std::string>& inputs_;
  const std::vector<std::string>& words_;
  std::mt19937 random_{20240401};
};

int replay(const std::vector<std::string>& arguments) {
  size_t mutations = 0;
  std::vector<std::string> words;
  std::vector<std::string> inputs;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--mutations") {
      mutations = std::stoul(arguments.at(++i));
    } else if (arguments[i] == "--dictionary") {
      words = words_in(arguments.at(++i));
    } else {
      std::ranges::move(inputs_in(arguments[i]), std::back_inserter(inputs));
    }
  }
  if (inputs.empty()) throw std::runtime_error("no input");
  play("");
  for (const auto& input : inputs) play(input);
  Mutator mutator(inputs, words);
  for (size_t i = 0; i < mutations; ++i) play(mutator.next());
  std::cout << inputs.size() << " inputs, " << mutations << " mutations\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view kPrefix = "fuzz_replay_";
  std::string target = std::filesystem::path(argv[0]).filename().string();
  if (target.starts_with(kPrefix)) target.erase(0, kPrefix.size());
  crash_file = "crash-" + target;
  std::signal(SIGABRT, on_abort);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(keep_input);
  try {
    return replay({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << target << ": " << error.what() << '\n';
    return 2;
  }
}
