#include "tests/common/store/store_fixture.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace store {

namespace fs = std::filesystem;

std::expected<void, std::error_code> flush(Delivery& delivery) {
  return await<void>([&](Done<void> done) { delivery.flush(std::move(done)); });
}

Committed commit(Delivery& delivery, std::vector<Mailbox> recipients) {
  return await<MessageId>(
      [&](Done<MessageId> done) { delivery.commit(std::move(recipients), std::move(done)); });
}

std::expected<void, std::error_code> remove(Maildrop& maildrop, std::vector<size_t> messages) {
  return await<void>(
      [&](Done<void> done) { maildrop.remove(std::move(messages), std::move(done)); });
}

Opened open_maildrop(MailStore& store, const Mailbox& mailbox) {
  return await<std::unique_ptr<Maildrop>>(
      [&](Done<std::unique_ptr<Maildrop>> done) { store.open_maildrop(mailbox, std::move(done)); });
}

std::error_code append_all(Delivery& delivery, std::string_view text) {
  constexpr size_t kPiece = 10'007;  // a prime: no piece ends where a buffer does
  while (!text.empty()) {
    if (!delivery.append(text.substr(0, kPiece))) {
      if (const auto flushed = flush(delivery); !flushed) return flushed.error();
    }
    text.remove_prefix(std::min(kPiece, text.size()));
  }
  return {};
}

Committed deliver(MailStore& store, std::string_view text, std::vector<Mailbox> recipients) {
  const auto delivery = store.new_delivery();
  if (const auto error = append_all(*delivery, text)) {
    // So that it is gone when this returns: what is destroyed is closed a moment later.
    (void)await<void>([&](Done<void> done) { delivery->drop(std::move(done)); });
    return std::unexpected(error);
  }
  return commit(*delivery, std::move(recipients));
}

std::string read_all(Maildrop& maildrop, size_t i) {
  std::string content;
  std::vector<char> buffer(50'000);
  for (;;) {
    const auto octets = await<size_t>(
        [&](Done<size_t> done) { maildrop.read(i, content.size(), buffer, std::move(done)); });
    EXPECT_TRUE(octets.has_value()) << octets.error().message();
    if (!octets || *octets == 0) return content;
    content.append(buffer.data(), *octets);
  }
}

std::string file_content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

void drop_file(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << content;
  ASSERT_TRUE(file.flush()) << path;
}

std::vector<std::string> tree(const fs::path& folder) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto name = fs::relative(entry.path(), folder).string();
    if (!entry.is_directory()) {
      found.push_back(name);
    } else if (fs::is_empty(entry.path())) {
      found.push_back(name + '/');
    }
  }
  std::ranges::sort(found);
  return found;
}

size_t open_descriptors() {
  const fs::directory_iterator all("/proc/self/fd");
  return static_cast<size_t>(std::distance(fs::begin(all), fs::end(all)));
}

void StoreTest::reopen() { ASSERT_TRUE(try_reopen()); }

bool StoreTest::try_reopen() {
  store_.reset();
  auto opened = FileStore::open(
      path().string(),
      [this](std::string_view what, std::string_view detail) {
        const std::lock_guard lock(mutex_);
        observed_.push_back(std::string(what) + ": " + std::string(detail));
      },
      ops_);
  if (opened) store_ = std::move(*opened);
  return opened.has_value();
}

std::vector<std::string> StoreTest::observed() {
  const std::lock_guard lock(mutex_);
  return observed_;
}

}  // namespace store
