#include "common/net/address_count.h"

#include <gtest/gtest.h>

namespace net {
namespace {

using asio::ip::make_address;

TEST(AddressCountTest, AddressWithItsMostGetsNoMoreUntilOneIsOver) {
  AddressCount count(2);
  const auto client = make_address("192.0.2.1");
  EXPECT_TRUE(count.add(client));
  EXPECT_TRUE(count.add(client));
  EXPECT_FALSE(count.add(client));
  EXPECT_FALSE(count.add(client));
  EXPECT_TRUE(count.add(make_address("192.0.2.2")));
  EXPECT_TRUE(count.add(make_address("2001:db8::1")));
  count.remove(client);
  EXPECT_TRUE(count.add(client));
  EXPECT_FALSE(count.add(client));
}

TEST(AddressCountTest, LoopbackIsNeverCounted) {
  AddressCount count(1);
  for (const char* const text : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"}) {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(count.add(make_address(text))) << text;
    count.remove(make_address(text));
  }
}

TEST(AddressCountTest, MappedAddressIsTheSameClient) {
  AddressCount count(1);
  EXPECT_TRUE(count.add(make_address("192.0.2.1")));
  EXPECT_FALSE(count.add(make_address("::ffff:192.0.2.1")));
  count.remove(make_address("::ffff:192.0.2.1"));
  EXPECT_TRUE(count.add(make_address("192.0.2.1")));
}

TEST(AddressCountTest, LoopbackIsCountedWhereThatIsAskedFor) {
  AddressCount count(1, true);
  const auto loopback = asio::ip::make_address("127.0.0.1");
  EXPECT_TRUE(count.add(loopback));
  EXPECT_FALSE(count.add(loopback));
  count.remove(loopback);
  EXPECT_TRUE(count.add(loopback));
}

}  // namespace
}  // namespace net
