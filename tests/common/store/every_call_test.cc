// Every system call of every operation fails once, with every error that it can give: the answer
// is the truth, nothing that was acknowledged is missing, nothing that was refused is there, no
// descriptor is lost, and the next message goes through. Each test prints what was answered
// (docs/mail-store.md has these tables).
#include <algorithm>
#include <functional>
#include <iostream>

#include "tests/common/store/call_faults.h"
#include "tests/common/store/store_fixture.h"
#include "tests/support/gate.h"

namespace store {
namespace {

using Call = FaultyFileOps::Call;
namespace fs = std::filesystem;

const std::vector<Mailbox> kFive = {kJohn, kMary, "a@example.com", "b@example.com",
                                    "c@example.com"};

class EveryCallTest : public StoreTest {
 protected:
  using Operation = std::function<std::error_code()>;

  // Does `prepare`, and `operate` with its nth call failing: for every error, with the folders
  // there and without, for every n.
  void fail_each_call(const std::string& name, const std::function<void()>& prepare,
                      const Operation& operate) {
    FaultTable table;
    for (const int error : kFaults) {
      for (const bool folders_too : {false, true}) {
        bool hit = true;
        for (int nth = 1; hit; ++nth) {
          SCOPED_TRACE(name + ", call " + std::to_string(nth) + ", " + std::to_string(error));
          forget_everything(folders_too);
          const size_t before = open_descriptors();
          prepare();
          NthCall call(nth, error);
          ops_.set_judge(judge(call, error));
          const auto outcome = operate();
          ops_.set_judge(quick_);
          hit = !call.hit().empty();
          if (hit) table.add(call.hit(), error, answer_to(outcome));
          check_answer(outcome, hit ? error : 0);
          ASSERT_EQ(open_descriptors(), before);
          ASSERT_NO_FATAL_FAILURE(check_mailboxes());
          ASSERT_NO_FATAL_FAILURE(check_next());
        }
      }
    }
    std::cout << table.text(name);
  }

  // Delivers a message of its own, and keeps in mind what must be there after it.
  std::error_code deliver_new(const std::vector<Mailbox>& recipients, size_t octets = 0) {
    const std::string text = new_text(octets);
    const auto id = deliver(*store_, text, recipients);
    keep_in_mind(text, recipients, id.has_value());
    return id ? std::error_code() : id.error();
  }

  // Twenty messages in one batch, after one of its own; the first error that there was.
  std::error_code deliver_twenty() {
    Gate gate;
    ops_.set_judge([this, gated = gate.judge(fault_)](const Call& call) {
      const int judged = gated(call);
      return judged != 0 ? judged : quick_(call);
    });
    std::vector<std::promise<Committed>> told(21);
    std::vector<std::string> texts;
    const auto recipients = [](size_t i) {
      return i % 2 == 0 ? std::vector{kJohn} : std::vector{kJohn, kMary};
    };
    for (size_t i = 0; i < told.size(); ++i) {
      texts.push_back(new_text());
      const auto delivery = store_->new_delivery();
      EXPECT_TRUE(delivery->append(texts.back()));
      delivery->commit(recipients(i),
                       [&told, i](Committed id) { told[i].set_value(std::move(id)); });
      if (i == 0) gate.wait_until_reached();
    }
    gate.release();
    std::error_code first;
    for (size_t i = 0; i < told.size(); ++i) {
      const auto id = told[i].get_future().get();
      keep_in_mind(texts[i], recipients(i), id.has_value());
      if (!id && !first) first = id.error();
    }
    return first;
  }

  std::string new_text(size_t octets = 0) {
    std::string text = "message " + std::to_string(serial_++) + "\r\n";
    if (text.size() < octets) text.append(octets - text.size(), 'x');
    return text;
  }

  void keep_in_mind(const std::string& text, const std::vector<Mailbox>& recipients, bool stored) {
    for (const auto& mailbox : recipients) (stored ? there_ : refused_)[mailbox].insert(text);
  }

  // Syncs are not waited for, unless they are to fail.
  const FaultyFileOps::Judge quick_ = [](const Call& call) {
    const bool is_sync =
        call.name == "fsync" || call.name == "syncfs" || call.name == "sync_file_range";
    return is_sync ? FaultyFileOps::kSkip : 0;
  };
  // Asked before: what fails always, whatever else fails.
  FaultyFileOps::Judge always_ = quick_;
  // Of the operation that is running.
  FaultyFileOps::Judge fault_;
  std::string without_fault_ = "done";

  std::map<Mailbox, std::set<std::string>> there_;     // the texts that must be there
  std::map<Mailbox, std::set<std::string>> doubtful_;  // that may
  std::map<Mailbox, std::set<std::string>> refused_;

 private:
  FaultyFileOps::Judge judge(NthCall& call, int error) {
    fault_ = [this, &call, error](const Call& made) {
      if (!call.is_hit(made)) return always_(made);
      const bool is_file = made.detail.ends_with(".mail") || made.detail.starts_with(".tmp-");
      // Where it can be, it is true: somebody else was faster, and the kernel says so.
      if (error == EEXIST && made.name == "mkdirat") {
        fs::create_directory(path() / made.detail);
        return 0;
      }
      if (error != ENOENT || !is_file || made.name == "link_fd") return error;
      take_away(made.detail);
      return 0;
    };
    return fault_;
  }

  void take_away(const std::string& name) {
    const bool is_johns = name.find('/') == std::string::npos && name.ends_with(".mail");
    const fs::path file = is_johns ? path_of(kJohn) / name : path() / name;
    if (!fs::exists(file)) return;
    if (name.ends_with(".mail")) {
      there_[file.parent_path().filename()].erase(file_content(file));
    }
    fs::remove(file);
  }

  void forget_everything(bool folders_too) {
    for (const auto& entry : fs::directory_iterator(path())) {
      if (folders_too || !entry.is_directory()) {
        fs::remove_all(entry);
      } else {
        for (const auto& file : fs::directory_iterator(entry)) fs::remove(file);
      }
    }
    for (auto* texts : {&there_, &doubtful_, &refused_}) texts->clear();
    told_before_ = observed().size();
    ops_.set_judge(quick_);
  }

  // A shortage is called one, anything else is not. `error` 0: no call failed.
  void check_answer(std::error_code outcome, int error) {
    if (error == 0) {
      EXPECT_EQ(answer_to(outcome), without_fault_);
    } else if (without_fault_ != "done") {
      EXPECT_TRUE(outcome);
    } else if (outcome && outcome != MaildropError::kSomeRemain && outcome != kNoStart) {
      EXPECT_EQ(answer_to(outcome), error == ENOSPC || error == EMFILE ? "452" : "451");
    }
  }

  void check_mailboxes() {
    // A link that could not be taken back is told.
    const bool undo_is_told = observed().size() > told_before_;
    for (const auto& name : tree(path())) {
      if (name.ends_with('/')) continue;
      ASSERT_TRUE(name.ends_with(".mail") || undo_is_told) << name;
      if (!name.ends_with(".mail")) continue;
      const Mailbox mailbox = name.substr(0, name.find('/'));
      const std::string text = file_content(path() / name);
      if (there_[mailbox].erase(text) == 1 || doubtful_[mailbox].contains(text)) continue;
      ASSERT_TRUE(undo_is_told && refused_[mailbox].contains(text)) << name << ": " << text;
    }
    for (const auto& [mailbox, missing] : there_) {
      ASSERT_TRUE(missing.empty()) << mailbox << ": " << *missing.begin();
    }
  }

  void check_next() {
    const std::string text = new_text();
    ASSERT_TRUE(deliver(*store_, text, {kJohn, kMary}));
    for (const auto& mailbox : {kJohn, kMary}) {
      const auto maildrop = open_maildrop(*store_, mailbox);
      ASSERT_TRUE(maildrop);
      ASSERT_EQ(read_all(**maildrop, (*maildrop)->messages().size() - 1), text);
    }
  }

  int serial_ = 0;
  size_t told_before_ = 0;
};

const auto kNothing = [] {};

// Covers: 5321-6.1-1
TEST_F(EveryCallTest, DeliveryToOneMailboxIsAnsweredWithTheTruth) {
  fail_each_call("delivery to 1", kNothing, [&] { return deliver_new({kJohn}); });
}

TEST_F(EveryCallTest, DeliveryOfALargeMessageIsAnsweredWithTheTruth) {
  fail_each_call("delivery of 100 kB", kNothing, [&] { return deliver_new({kJohn}, 100'000); });
}

// Covers: 5321-4.1.1.4-10
TEST_F(EveryCallTest, DeliveryToFiveMailboxesIsAnsweredWithTheTruth) {
  fail_each_call("delivery to 5", kNothing, [&] { return deliver_new(kFive); });
}

TEST_F(EveryCallTest, DeliveryByNamedDraftsIsAnsweredWithTheTruth) {
  always_ = [this](const Call& call) {
    const int error = FaultyFileOps::without_tmpfile()(call);
    return error != 0 ? error : quick_(call);
  };
  fail_each_call("delivery without O_TMPFILE", kNothing,
                 [&] { return deliver_new({kJohn, kMary}); });
}

TEST_F(EveryCallTest, EachOfTwentyInABatchIsAnsweredWithTheTruth) {
  fail_each_call("batch of 20", kNothing, [&] { return deliver_twenty(); });
}

TEST_F(EveryCallTest, DeliveryWithOneSyncIsAnsweredWithTheTruth) {
  ops_.set_keeps_order(true);
  reopen();
  fail_each_call("delivery to 5, one sync", kNothing, [&] { return deliver_new(kFive); });
}

TEST_F(EveryCallTest, EachOfTwentyWithOneSyncIsAnsweredWithTheTruth) {
  ops_.set_keeps_order(true);
  reopen();
  fail_each_call("batch of 20, one sync", kNothing, [&] { return deliver_twenty(); });
}

// Covers: 5321-4.2.5-1
TEST_F(EveryCallTest, RefusedMessageIsUndoneOrToldOf) {
  without_fault_ = "452";
  always_ = [this](const Call& call) {
    return call.name == "link_fd" && call.detail.starts_with("a@") ? ENOSPC : quick_(call);
  };
  fail_each_call("undo", kNothing, [&] { return deliver_new({kJohn, kMary, "a@example.com"}); });
}

TEST_F(EveryCallTest, FirstDeliveryEverIsAnsweredWithTheTruth) {
  fail_each_call(
      "start and first delivery",
      [&] {
        fs::remove_all(path());
        there_.clear();
      },
      [&] {
        if (try_reopen()) return deliver_new({kJohn});
        reopen();
        return kNoStart;
      });
}

TEST_F(EveryCallTest, LoginIsAnsweredWithAllMessagesOrAnError) {
  const auto prepare = [&] {
    for (int i = 0; i < 2; ++i) ASSERT_FALSE(deliver_new({kJohn}));
    drop_file(path_of(kJohn) / "70.mail", "counted\n");
    there_[kJohn].insert("counted\n");
  };
  fail_each_call("login", prepare, [&] {
    const auto maildrop = open_maildrop(*store_, kJohn);
    if (!maildrop) return maildrop.error();
    EXPECT_EQ((*maildrop)->messages().size(), there_[kJohn].size());
    return std::error_code();
  });
}

// Also of what the kernel has not in memory: then the pool reads it.
TEST_F(EveryCallTest, ReadingGivesTheMessageOrAnError) {
  for (const bool is_cached : {true, false}) {
    always_ = [this, is_cached](const Call& call) {
      if (!is_cached && call.name == "openat_cached") return EAGAIN;
      if (!is_cached && call.name == "pread_nowait") return EOPNOTSUPP;
      return quick_(call);
    };
    std::unique_ptr<Maildrop> maildrop;
    const auto prepare = [&] {
      maildrop.reset();
      ASSERT_FALSE(deliver_new({kJohn}));
      maildrop = std::move(open_maildrop(*store_, kJohn).value());
    };
    fail_each_call(is_cached ? "RETR" : "RETR from the disk", prepare, [&] {
      std::vector<char> buffer(1000);
      const std::string text = *there_[kJohn].begin();
      const auto octets =
          await<size_t>([&](Done<size_t> done) { maildrop->read(0, 0, buffer, std::move(done)); });
      maildrop.reset();
      if (!octets) return octets.error();
      EXPECT_EQ(std::string(buffer.data(), *octets), text);
      return std::error_code();
    });
  }
}

// Covers: 1939-6-4
TEST_F(EveryCallTest, QuitRemovesWhatItSaysAndNothingElse) {
  std::unique_ptr<Maildrop> maildrop;
  std::string first;
  const auto prepare = [&] {
    for (int i = 0; i < 3; ++i) ASSERT_FALSE(deliver_new({kJohn}));
    maildrop = std::move(open_maildrop(*store_, kJohn).value());
    first = read_all(*maildrop, 0);
  };
  fail_each_call("QUIT", prepare, [&] {
    const auto removed = remove(*maildrop, {1, 2});
    maildrop.reset();
    auto& doomed = there_[kJohn];
    if (!removed) doubtful_[kJohn] = doomed;
    doomed = {first};
    return removed ? std::error_code() : removed.error();
  });
}

}  // namespace
}  // namespace store
