// Counts the heap memory of what is being tested: octets that operator new gave and operator delete
// has not got back. One meter at a time, for the thread that made it.
#pragma once

#include <cstddef>

namespace fuzz {

class HeapMeter {
 public:
  // Counts from now on, from zero.
  HeapMeter();
  HeapMeter(const HeapMeter&) = delete;
  HeapMeter& operator=(const HeapMeter&) = delete;
  ~HeapMeter();

  // What is held now, and the most that was held at any moment since the count, or the peak, began
  // anew.
  static size_t held();
  static size_t peak();
  static void begin_peak_anew();
};

// While one lives nothing is counted: for the memory of the test itself, which must be taken and
// given back under one of these.
class Unmetered {
 public:
  Unmetered();
  Unmetered(const Unmetered&) = delete;
  Unmetered& operator=(const Unmetered&) = delete;
  ~Unmetered();

 private:
  bool was_counting_;
};

}  // namespace fuzz
