// A mail store in memory whose outcomes a test may hold back or make fail.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "common/store/mail_store.h"
#include "common/text/dot_stuffing.h"
#include "tests/support/fixed_list.h"

namespace support {

class FakeStore final : public store::MailStore {
 public:
  // What a test hooks in: reports the outcome when it likes, from whatever thread. By default at
  // once.
  using Report = std::function<void(std::move_only_function<void()> report)>;
  Report report = [](std::move_only_function<void()> now) { now(); };

  // Errors to report, if set: set before the server runs.
  std::error_code flush_error;
  std::error_code commit_error;
  std::error_code open_error;
  std::error_code read_error;
  std::error_code remove_error;
  std::error_code measure_error;
  // An append beyond so many octets since the last flush fills the buffer.
  size_t buffer_octets = 1000;
  // How often open_maildrop() finds the mailbox in use.
  std::atomic<int> in_use = 0;

  std::atomic<int> deliveries = 0;  // alive
  std::atomic<int> maildrops = 0;   // alive
  std::atomic<int> flushes = 0;
  std::atomic<int> drops = 0;
  std::atomic<int> opens = 0;
  std::atomic<int> reads = 0;
  std::atomic<int> measurements = 0;

  std::vector<std::string> mailbox(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    return mailboxes_[name];
  }
  void put(const std::string& name, std::string text) {
    const std::scoped_lock lock(mutex_);
    mailboxes_[name].push_back(std::move(text));
  }
  void empty(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    mailboxes_[name].clear();
  }

  std::atomic<uint64_t> free = uint64_t{1} << 40U;  // octets
  std::atomic<int> looks_at_the_disk = 0;
  std::error_code free_error;

  void free_octets(store::Done<uint64_t> done) override {
    ++looks_at_the_disk;
    if (free_error) return done(std::unexpected(free_error));
    done(free.load());
  }

  std::unique_ptr<store::Delivery> new_delivery() override {
    return std::make_unique<FakeDelivery>(*this);
  }
  void open_maildrop(store::Mailbox mailbox,
                     store::Done<std::unique_ptr<store::Maildrop>> done) override {
    ++opens;
    if (in_use > 0) {
      --in_use;
      return done(std::unexpected(make_error_code(store::MaildropError::kInUse)));
    }
    if (open_error) return done(std::unexpected(open_error));
    report([this, mailbox = std::move(mailbox), done = std::move(done)]() mutable {
      done(std::make_unique<FakeMaildrop>(*this, mailbox));
    });
  }

  void measure(store::Mailbox mailbox, store::Done<uint64_t> done) override {
    ++measurements;
    if (measure_error) return done(std::unexpected(measure_error));
    uint64_t octets = 0;
    for (const auto& text : this->mailbox(mailbox)) octets += text.size();
    report([octets, done = std::move(done)]() mutable { done(octets); });
  }

 private:
  class FakeDelivery final : public store::Delivery {
   public:
    explicit FakeDelivery(FakeStore& store) : store_(store) { ++store_.deliveries; }
    FakeDelivery(const FakeDelivery&) = delete;
    FakeDelivery& operator=(const FakeDelivery&) = delete;
    ~FakeDelivery() override { --store_.deliveries; }

    bool append(std::string_view text) override {
      text_ += text;
      buffered_ += text.size();
      return buffered_ <= store_.buffer_octets;
    }
    void flush(store::Done<void> done) override {
      ++store_.flushes;
      buffered_ = 0;
      if (store_.flush_error) return done(std::unexpected(store_.flush_error));
      store_.report([done = std::move(done)]() mutable { done({}); });
    }
    void drop(store::Done<void> done) override {
      ++store_.drops;
      store_.report([done = std::move(done)]() mutable { done({}); });
    }
    void commit(std::vector<store::Mailbox> recipients,
                store::Done<store::MessageId> done) override {
      if (store_.commit_error) return done(std::unexpected(store_.commit_error));
      store_.report([this, recipients = std::move(recipients), done = std::move(done)]() mutable {
        for (const auto& name : recipients) store_.put(name, text_);
        done(store::MessageId{"id"});
      });
    }

   private:
    FakeStore& store_;
    std::string text_;
    size_t buffered_ = 0;
  };

  class FakeMaildrop final : public store::Maildrop {
   public:
    FakeMaildrop(FakeStore& store, std::string name)
        : store_(store), name_(std::move(name)), texts_(store.mailbox(name_)) {
      ++store_.maildrops;
      for (size_t i = 0; i < texts_.size(); ++i) {
        text::WireSize size;
        size.add(texts_[i]);
        list_.add({size.octets(), "uid" + std::to_string(i)});
      }
    }
    FakeMaildrop(const FakeMaildrop&) = delete;
    FakeMaildrop& operator=(const FakeMaildrop&) = delete;
    ~FakeMaildrop() override { --store_.maildrops; }

    const store::MessageList& messages() const override { return list_; }
    void read(size_t i, uint64_t offset, std::span<char> buffer,
              store::Done<size_t> done) override {
      ++store_.reads;
      if (store_.read_error) return done(std::unexpected(store_.read_error));
      const size_t octets = texts_[i].copy(buffer.data(), buffer.size(), offset);
      store_.report([octets, done = std::move(done)]() mutable { done(octets); });
    }
    void remove(std::vector<size_t> messages, store::Done<void> done) override {
      if (store_.remove_error) return done(std::unexpected(store_.remove_error));
      store_.report([this, messages = std::move(messages), done = std::move(done)]() mutable {
        store_.erase(name_, messages);
        done({});
      });
    }

   private:
    FakeStore& store_;
    const std::string name_;
    const std::vector<std::string> texts_;
    FixedList list_;
  };

  // `messages` in ascending order.
  void erase(const std::string& name, const std::vector<size_t>& messages) {
    const std::scoped_lock lock(mutex_);
    auto& texts = mailboxes_[name];
    for (auto i = messages.rbegin(); i != messages.rend(); ++i) {
      texts.erase(texts.begin() + static_cast<std::ptrdiff_t>(*i));
    }
  }

  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> mailboxes_;
};

}  // namespace support
