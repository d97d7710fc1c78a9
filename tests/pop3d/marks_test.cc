#include "pop3d/marks.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace {

TEST(MarksTest, WithoutAnyTheNextUnsetIsWhereOneLooks) {
  const pop3::Marks marks;
  for (const size_t index : {0U, 1U, 63U, 64U, 100'000U}) {
    EXPECT_FALSE(marks[index]);
    EXPECT_EQ(marks.next_unset(index), index);
  }
}

TEST(MarksTest, LooksPastAnyNumberOfThem) {
  for (const size_t last : {0U, 1U, 62U, 63U, 64U, 127U, 128U, 1000U}) {
    pop3::Marks marks;
    for (size_t index = 0; index <= last; ++index) marks.set(index);
    EXPECT_EQ(marks.next_unset(0), last + 1);
    EXPECT_EQ(marks.next_unset(last), last + 1);
    EXPECT_EQ(marks.next_unset(last + 1), last + 1);
  }
}

TEST(MarksTest, AgreesWithASet) {
  std::mt19937 random(1);  // fixed: a failure must come back
  for (int round = 0; round < 200; ++round) {
    pop3::Marks marks;
    std::set<size_t> expected;
    const size_t most = 1 + random() % 300;
    for (size_t n = random() % 400; n > 0; --n) {
      const size_t index = random() % most;
      marks.set(index);
      expected.insert(index);
    }
    for (size_t index = 0; index < most + 70; ++index) {
      EXPECT_EQ(marks[index], expected.contains(index)) << index;
      size_t next = index;
      while (expected.contains(next)) ++next;
      EXPECT_EQ(marks.next_unset(index), next) << index;
    }
  }
}

TEST(MarksTest, ClearTakesAllOfThemBack) {
  pop3::Marks marks;
  marks.set(5);
  marks.set(500);
  marks.clear();
  EXPECT_FALSE(marks[5]);
  EXPECT_FALSE(marks[500]);
  EXPECT_EQ(marks.next_unset(5), 5U);
}

}  // namespace
