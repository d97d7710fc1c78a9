// The deadlines of one I/O thread's connections, swept once a second: a time-out costs no timer, no
// memory and no system call, and may come up to a second late.
//
// It is also the list of the connections that are open on the thread. Used by that thread only. No
// I/O of its own: who owns it calls sweep().
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace net {

class Deadlines {
 public:
  using Clock = std::chrono::steady_clock;

  // Who may have a deadline. In the list from its construction to its destruction.
  class Member {
   public:
    explicit Member(Deadlines& deadlines);
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    virtual ~Member();

    // Wake whatever waits. Called by sweep() and shut_down(): neither adds nor removes members.
    virtual void deadline_passed() = 0;
    virtual void shut_down() = 0;

   protected:
    // The one deadline of this member from now on; it is gone once it has passed.
    void set_deadline(std::chrono::seconds from_now);
    void clear_deadline();

   private:
    friend class Deadlines;
    Deadlines& deadlines_;
    size_t slot_;  // of this member in deadlines_.slots_
  };

  Deadlines() = default;
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;
  ~Deadlines() = default;

  bool empty() const { return slots_.empty(); }

  // Tells every member whose deadline lies before `now`.
  void sweep(Clock::time_point now);

  // Tells every member.
  void shut_down();

 private:
  struct Slot {
    Clock::time_point deadline;
    Member* member;
  };
  static constexpr Clock::time_point kNever = Clock::time_point::max();

  std::vector<Slot> slots_;  // in no order; a removed one's place is taken by the last
};

}  // namespace net
