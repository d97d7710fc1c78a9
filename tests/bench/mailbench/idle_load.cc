#include "tests/bench/mailbench/idle_load.h"

#include <algorithm>
#include <utility>

#include "tests/bench/mailbench/connection.h"

namespace bench {

class IdleLoad::Client final : public Connection {
 public:
  explicit Client(IdleLoad& load) : Connection(load.loop_, load.server_), load_(load) {}

  void start() {
    ++load_.waiting_;
    open();
  }

 private:
  void receive(std::string_view bytes) override {
    if (greeted_) {  // 421, say
      close();
      return lost("it spoke unasked: " + std::string(bytes));
    }
    greeting_ += bytes;
    if (!greeting_.ends_with('\n')) return;
    if (!greeting_.starts_with("220") && !greeting_.starts_with("+OK")) {
      close();
      return lost("no greeting: " + greeting_);
    }
    greeted_ = true;
    std::string().swap(greeting_);
    --load_.waiting_;
    ++load_.result_.accepted;
    ++load_.result_.held;
    load_.last_accepted_ = Clock::now();
    load_.result_.latencies.add(load_.last_accepted_ - begun_);
  }

  void lost(const std::string& why) override {
    if (greeted_) {
      --load_.result_.held;
    } else {
      --load_.waiting_;
    }
    if (load_.result_.errors++ == 0) load_.result_.first_error = why;
  }

  IdleLoad& load_;
  Clock::time_point begun_ = Clock::now();
  bool greeted_ = false;
  std::string greeting_;
};

IdleLoad::IdleLoad(EventLoop& loop, Endpoint& server, const ServerUsage& usage)
    : loop_(loop), server_(server), usage_(usage) {}

IdleLoad::~IdleLoad() = default;

void IdleLoad::turn(Clock::time_point until) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(std::max(until - Clock::now(), {}));
  loop_.run_once(std::min(left, std::chrono::milliseconds(100)));
}

bool IdleLoad::in_time(Clock::time_point give_up, const char* what) {
  if (Clock::now() < give_up) return true;
  if (result_.errors++ == 0) result_.first_error = what;
  return false;
}

IdleLoad::Result IdleLoad::run(const Settings& settings) {
  const auto usage_before = usage_.sample();
  const auto begun = Clock::now();
  const auto give_up = begun + settings.give_up;
  last_accepted_ = begun;
  while ((clients_.size() < settings.connections || waiting_ > 0) &&
         in_time(give_up, "gave up: it took too long")) {
    while (clients_.size() < settings.connections && waiting_ < settings.at_once) {
      clients_.push_back(std::make_unique<Client>(*this));
      clients_.back()->start();
    }
    turn(give_up);
  }
  result_.seconds_to_accept = std::chrono::duration<double>(last_accepted_ - begun).count();
  const auto usage = usage_.sample() - usage_before;
  const auto hold_until = Clock::now() + settings.hold;
  while (Clock::now() < hold_until) turn(hold_until);
  result_.usage = usage_.sample();
  result_.usage.user_s = usage.user_s;
  result_.usage.system_s = usage.system_s;
  return std::move(result_);
}

}  // namespace bench
