#include "tests/fuzz/heap_meter.h"

#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include "tests/fuzz/check.h"

namespace fuzz {
namespace {

struct Count {
  bool counting = false;
  int64_t held = 0;
  int64_t peak = 0;
};
thread_local Count count;

void* counted(void* memory) noexcept {
  if (count.counting && memory != nullptr) {
    count.held += static_cast<int64_t>(malloc_usable_size(memory));
    count.peak = std::max(count.peak, count.held);
  }
  return memory;
}

void* take(size_t octets) {
  void* const memory = counted(std::malloc(octets));
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void* take(size_t octets, std::align_val_t alignment) {
  const auto align = static_cast<size_t>(alignment);
  void* const memory = counted(std::aligned_alloc(align, (octets + align - 1) / align * align));
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void give_back(void* memory) noexcept {
  if (count.counting && memory != nullptr) {
    count.held -= static_cast<int64_t>(malloc_usable_size(memory));
  }
  std::free(memory);
}

}  // namespace

HeapMeter::HeapMeter() {
  FUZZ_CHECK(!count.counting);
  count = {.counting = true};
}

HeapMeter::~HeapMeter() { count.counting = false; }

size_t HeapMeter::held() {
  FUZZ_CHECK(count.held >= 0);  // else the test gave back what it had not taken
  return static_cast<size_t>(count.held);
}

size_t HeapMeter::peak() { return static_cast<size_t>(count.peak); }

void HeapMeter::begin_peak_anew() { count.peak = count.held; }

Unmetered::Unmetered() : was_counting_(std::exchange(count.counting, false)) {}

Unmetered::~Unmetered() { count.counting = was_counting_; }

}  // namespace fuzz

// All of them: a sanitizer's own operator new does not go with a delete of ours.
void* operator new(size_t octets) { return fuzz::take(octets); }
void* operator new[](size_t octets) { return fuzz::take(octets); }
void* operator new(size_t octets, std::align_val_t alignment) {
  return fuzz::take(octets, alignment);
}
void* operator new[](size_t octets, std::align_val_t alignment) {
  return fuzz::take(octets, alignment);
}
void* operator new(size_t octets, const std::nothrow_t&) noexcept {
  return fuzz::counted(std::malloc(octets));
}
void* operator new[](size_t octets, const std::nothrow_t&) noexcept {
  return fuzz::counted(std::malloc(octets));
}
void operator delete(void* memory) noexcept { fuzz::give_back(memory); }
void operator delete[](void* memory) noexcept { fuzz::give_back(memory); }
void operator delete(void* memory, size_t) noexcept { fuzz::give_back(memory); }
void operator delete[](void* memory, size_t) noexcept { fuzz::give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { fuzz::give_back(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { fuzz::give_back(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { fuzz::give_back(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { fuzz::give_back(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { fuzz::give_back(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { fuzz::give_back(memory); }
