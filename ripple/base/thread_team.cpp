#include "ripple/base/thread_team.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "ripple/base/error.h"

namespace ripple {

ThreadTeam::ThreadTeam(int threads) {
  members_.reserve(static_cast<std::size_t>(std::max(1, threads) - 1));
  try {
    for (int worker = 1; worker < threads; ++worker) {
      members_.emplace_back([this, worker] { wait_for_work(worker); });
    }
  } catch (const std::system_error& error) {
    dismiss();
    throw Error(ErrorCode::kIo, "threads",
                fmt::format("{} cannot be started: {}; take fewer (--threads)", threads,
                            error.code().message()));
  } catch (...) {
    dismiss();
    throw;
  }
}

ThreadTeam::~ThreadTeam() {
  dismiss();
}

void ThreadTeam::dismiss() {
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
  }
  work_came_.notify_all();
  members_.clear();  // joins
}

void ThreadTeam::wait_for_work(int worker) {
  std::int64_t seen = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    work_came_.wait(lock, [&] { return end_ || (open_ && loop_ != seen); });
    if (end_) return;
    seen = loop_;
    ++busy_;
    lock.unlock();
    work(worker);
    lock.lock();
    if (--busy_ == 0) member_left_.notify_one();
  }
}

void ThreadTeam::run(std::int64_t count, const CancelFlag* cancel, const Body& body) {
  body_ = &body;
  cancel_ = cancel;
  count_ = count;
  next_.store(0);
  failed_.store(false);
  const auto helpers =
      std::min<std::int64_t>(count - 1, static_cast<std::int64_t>(members_.size()));
  if (helpers <= 0) {
    work(0);
  } else {
    {
      const std::lock_guard lock(mutex_);
      ++loop_;
      open_ = true;
    }
    for (std::int64_t i = 0; i < helpers; ++i) work_came_.notify_one();
    work(0);
    std::unique_lock lock(mutex_);
    open_ = false;
    member_left_.wait(lock, [&] { return busy_ == 0; });
  }
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void ThreadTeam::work(int worker) {
  while (!failed_.load() && !(cancel_ != nullptr && cancel_->load())) {
    const std::int64_t index = next_.fetch_add(1);
    if (index >= count_) return;
    try {
      (*body_)(index, worker);
    } catch (...) {
      note_failure(index);
    }
  }
}

void ThreadTeam::note_failure(std::int64_t index) {
  const std::lock_guard lock(mutex_);
  failed_.store(true);
  if (error_ && error_index_ < index) return;
  error_index_ = index;
  error_ = std::current_exception();
}

}  // namespace ripple
