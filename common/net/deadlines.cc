#include "common/net/deadlines.h"

namespace net {

Deadlines::Member::Member(Deadlines& deadlines)
    : deadlines_(deadlines), slot_(deadlines.slots_.size()) {
  deadlines_.slots_.push_back({kNever, this});
}

Deadlines::Member::~Member() {
  auto& slots = deadlines_.slots_;
  slots[slot_] = slots.back();
  slots[slot_].member->slot_ = slot_;
  slots.pop_back();
}

void Deadlines::Member::set_deadline(std::chrono::seconds from_now) {
  deadlines_.slots_[slot_].deadline = Clock::now() + from_now;
}

void Deadlines::Member::clear_deadline() { deadlines_.slots_[slot_].deadline = kNever; }

void Deadlines::sweep(Clock::time_point now) {
  for (Slot& slot : slots_) {
    if (slot.deadline >= now) continue;
    slot.deadline = kNever;
    slot.member->deadline_passed();
  }
}

void Deadlines::shut_down() {
  for (const Slot& slot : slots_) slot.member->shut_down();
}

}  // namespace net
