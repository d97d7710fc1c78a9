// The one thread of the load generator: epoll, and who is called when a socket is ready.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

class EventLoop {
 public:
  // Has one socket registered at a time, and outlives its registration.
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void ready() = 0;
  };

  // Throws std::system_error where the system lets it have no epoll.
  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  // Level-triggered. A socket that is closed is gone by itself.
  void add(int socket, Handler& handler);
  void set_writable_wanted(int socket, Handler& handler, bool wanted);

  // Waits for sockets, `timeout` at most, and calls their handlers.
  void run_once(std::chrono::milliseconds timeout);

  // What handlers read into: theirs until they return.
  std::span<char> buffer() { return buffer_; }

 private:
  void control(int operation, int socket, Handler& handler, uint32_t events) const;

  int epoll_;
  std::vector<char> buffer_;
};

}  // namespace bench
