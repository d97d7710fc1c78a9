#include "common/store/read_ahead.h"

#include <fcntl.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/store/message_file.h"

namespace store {

bool ReadAheadRoom::take(size_t octets) {
  size_t left = left_;
  while (octets <= left) {
    if (left_.compare_exchange_weak(left, left - octets)) return true;
  }
  return false;
}

// Messages that follow one another. One thread takes from it, while the pool's fills it: each of
// the messages belongs to who changes its state from kWaiting, and from kRead on to who takes.
class ReadAhead::Window {
 public:
  // `octets`: of all messages together; they were taken from `room`.
  Window(FileOps& ops, ReadAheadRoom& room, std::shared_ptr<const Descriptor> folder, size_t first,
         std::span<const MessageFile> messages, size_t octets)
      : ops_(ops),
        room_(room),
        folder_(std::move(folder)),
        first_(first),
        slots_(messages.size()),
        octets_(octets) {
    size_t at = 0;
    for (size_t k = 0; k < messages.size(); ++k) {
      slots_[k].message = messages[k];
      slots_[k].at = at;
      at += messages[k].file.octets;
    }
  }
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;
  ~Window() { room_.give_back(octets_); }

  size_t size() const { return slots_.size(); }
  size_t end() const { return first_ + slots_.size(); }
  bool has(size_t i) const { return i >= first_ && i < end(); }

  // From the pool.
  void read() {
    if (given_up_) return;
    text_.resize(octets_);
    for (auto& slot : slots_) {
      auto expected = State::kWaiting;
      if (given_up_) return;
      if (!slot.state.compare_exchange_strong(expected, State::kReading)) continue;
      slot.state = read(slot) ? State::kRead : State::kFailed;
    }
  }

  // From here on by who takes.

  std::optional<size_t> take(size_t i, std::span<char> buffer) {
    Slot& slot = slots_[i - first_];
    auto state = State::kWaiting;
    if (slot.state.compare_exchange_strong(state, State::kTaken) || state != State::kRead) {
      return std::nullopt;
    }
    const auto text = text_of(slot);
    if (text.size() > buffer.size()) return std::nullopt;
    std::ranges::copy(text, buffer.begin());
    return text.size();
  }

  void give_up() { given_up_ = true; }

 private:
  enum class State { kWaiting, kReading, kRead, kFailed, kTaken };
  struct Slot {
    MessageFile message;
    size_t at = 0;  // in text_
    std::atomic<State> state = State::kWaiting;
  };

  std::span<char> text_of(const Slot& slot) {
    return std::span(text_).subspan(slot.at, slot.message.file.octets);
  }

  bool read(const Slot& slot) {
    const auto file = open_message(ops_, folder_->fd(), slot.message, Wait::kForDisk);
    if (!file) return false;
    const auto text = text_of(slot);
    return read_message(ops_, file->fd(), text, 0) == text.size();
  }

  FileOps& ops_;
  ReadAheadRoom& room_;
  const std::shared_ptr<const Descriptor> folder_;
  const size_t first_;
  std::vector<Slot> slots_;
  const size_t octets_;
  std::vector<char> text_;  // made by the pool
  std::atomic<bool> given_up_ = false;
};

ReadAhead::ReadAhead(FileOps& ops, WorkerPool& pool, ReadAheadRoom& room,
                     std::shared_ptr<const MessageTable> messages)
    : ops_(ops), pool_(pool), room_(room), messages_(std::move(messages)) {}

std::optional<size_t> ReadAhead::take(size_t i, std::span<char> buffer) {
  for (const auto& window : windows_) {
    if (window->has(i)) return window->take(i, buffer);
  }
  return std::nullopt;
}

void ReadAhead::follow(size_t i, int folder, bool worthwhile) {
  const bool in_order = last_ && i == *last_ + 1;
  const bool in_windows = last_ && i >= *last_ && !windows_.empty() && i < windows_.back()->end();
  if (!in_order && !in_windows) drop();
  last_ = i;
  pass(i);
  if (!in_order || !worthwhile || windows_.size() > 1) return;
  const size_t end = windows_.empty() ? i + 1 : windows_.back()->end();
  if (windows_.empty() || end - (i + 1) <= windows_.back()->size() / 2) begin_window(end, folder);
}

// Message `i` and those before it are not wanted again.
void ReadAhead::pass(size_t i) {
  while (!windows_.empty() && windows_.front()->end() <= i + 1) {
    windows_.front()->give_up();
    windows_.pop_front();
  }
}

void ReadAhead::begin_window(size_t first, int folder) {
  std::vector<MessageFile> messages;
  size_t octets = 0;
  for (size_t i = first; i < messages_->size() && messages.size() < next_size_; ++i) {
    const MessageFile message = messages_->file_of(i);
    if (message.file.octets > kLongOctets || octets + message.file.octets > kWindowOctets) break;
    octets += message.file.octets;
    messages.push_back(message);
  }
  if (messages.empty() || !open_folder(folder) || !room_.take(octets)) return;
  next_size_ = kMostMessages;
  windows_.push_back(std::make_shared<Window>(ops_, room_, folder_, first, messages, octets));
  pool_.post([window = windows_.back()] { window->read(); });
}

bool ReadAhead::open_folder(int folder) {
  if (folder_) return true;
  const auto fd = ops_.openat_cached(folder, ".", O_PATH | O_DIRECTORY);
  if (fd) folder_ = std::make_shared<const Descriptor>(ops_, *fd);
  return fd.has_value();
}

void ReadAhead::drop() {
  for (const auto& window : windows_) window->give_up();
  windows_.clear();
  next_size_ = kFirstMessages;
  last_.reset();
}

}  // namespace store
