#include "tests/bench/mailbench/event_loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace bench {
namespace {

constexpr size_t kBufferOctets = size_t{256} * 1024;
constexpr size_t kEventsAtOnce = 256;

}  // namespace

EventLoop::EventLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), buffer_(kBufferOctets) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

EventLoop::~EventLoop() { close(epoll_); }

void EventLoop::add(int socket, Handler& handler) {
  control(EPOLL_CTL_ADD, socket, handler, EPOLLIN | EPOLLOUT);
}

void EventLoop::set_writable_wanted(int socket, Handler& handler, bool wanted) {
  control(EPOLL_CTL_MOD, socket, handler, wanted ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void EventLoop::control(int operation, int socket, Handler& handler, uint32_t events) const {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  if (epoll_ctl(epoll_, operation, socket, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

void EventLoop::run_once(std::chrono::milliseconds timeout) {
  std::array<epoll_event, kEventsAtOnce> events{};
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                               static_cast<int>(timeout.count()));
  if (count < 0 && errno != EINTR) {
    throw std::system_error(errno, std::generic_category(), "epoll_wait");
  }
  for (int i = 0; i < count; ++i) {
    static_cast<Handler*>(events.at(static_cast<size_t>(i)).data.ptr)->ready();
  }
}

}  // namespace bench
