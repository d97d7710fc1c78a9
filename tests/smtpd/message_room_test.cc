#include "smtpd/message_room.h"

#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <vector>

namespace smtp {
namespace {

constexpr uint64_t kOne = MessageRoom::kOctetsAMessage;

TEST(MessageRoomTest, MemoryIsForSoManyMessagesAndNoMore) {
  MessageRoom room(3 * kOne - 1, 0);
  const Place first = room.take_place();
  Place second = room.take_place();
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
  EXPECT_EQ(room.memory_taken(), 2 * kOne);
  EXPECT_FALSE(room.take_place());
  EXPECT_EQ(room.memory_taken(), 2 * kOne);
  second.reset();
  EXPECT_TRUE(room.take_place());
  MessageRoom exact(3 * kOne, 0);
  const std::vector<Place> places{exact.take_place(), exact.take_place(), exact.take_place()};
  for (const auto& place : places) EXPECT_TRUE(place);
  EXPECT_FALSE(exact.take_place());
}

TEST(MessageRoomTest, PlaceIsTakenAsLongAsACopyOfItIsThere) {
  MessageRoom room(kOne, 0);
  Place place = room.take_place();
  Place copy = place;
  place.reset();
  EXPECT_FALSE(room.take_place());
  copy.reset();
  EXPECT_TRUE(room.take_place());
}

TEST(MessageRoomTest, ThreadsNeverTakeMoreThanThereIs) {
  MessageRoom room(10 * kOne, 0);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&room] {
      for (int i = 0; i < 10'000; ++i) {
        const std::vector<Place> places{room.take_place(), room.take_place(), room.take_place(),
                                        room.take_place()};
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(room.memory_taken(), 0U);
  std::vector<Place> places;
  for (int i = 0; i < 10; ++i) {
    places.push_back(room.take_place());
    EXPECT_TRUE(places.back());
  }
  EXPECT_FALSE(room.take_place());
}

TEST(MessageRoomTest, WhoReservesNoDiskNeverAsksForIt) {
  EXPECT_FALSE(MessageRoom(kOne, 0).reserves_disk());
  EXPECT_TRUE(MessageRoom(kOne, 1).reserves_disk());
}

TEST(MessageRoomTest, WhatIsFreeIsKnownForASecond) {
  using std::chrono::milliseconds;
  MessageRoom room(kOne, 1000);
  const auto begin = MessageRoom::Clock::now();
  EXPECT_FALSE(room.knows_disk(begin));
  room.disk_looked_at(5000, begin);
  EXPECT_TRUE(room.knows_disk(begin));
  EXPECT_TRUE(room.knows_disk(begin + milliseconds(999)));
  EXPECT_FALSE(room.knows_disk(begin + milliseconds(1000)));
}

TEST(MessageRoomTest, MessageMayTakeTheDiskUpToTheReserveAndNotAnOctetMore) {
  MessageRoom room(kOne, 1000);
  room.disk_looked_at(5000, {});
  EXPECT_FALSE(room.take_disk(4001));
  EXPECT_TRUE(room.take_disk(4000));
  EXPECT_EQ(room.disk_free(), 1000U);
  EXPECT_FALSE(room.take_disk(1));
  EXPECT_TRUE(room.take_disk(0));  // its size is not known
  room.disk_looked_at(999, {});
  EXPECT_FALSE(room.take_disk(0));
  EXPECT_FALSE(room.take_disk(std::numeric_limits<uint64_t>::max()));
}

// Until the disk is looked at again: by then some of them are written.
TEST(MessageRoomTest, WhatWasDeclaredCountsAsTaken) {
  MessageRoom room(kOne, 1000);
  room.disk_looked_at(5000, {});
  EXPECT_TRUE(room.take_disk(3000));
  EXPECT_FALSE(room.take_disk(3000));
  room.disk_looked_at(5000, {});
  EXPECT_TRUE(room.take_disk(3000));
}

}  // namespace
}  // namespace smtp
