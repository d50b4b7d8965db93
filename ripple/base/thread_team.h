#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "ripple/base/parallel.h"

namespace ripple {

/// Threads that stay, for loops that come thousands of times a second.
///
/// Used by one caller at a time, and not from inside its own loops.
class ThreadTeam {
 public:
  using Body = std::function<void(std::int64_t index, int worker)>;

  /// threads - 1 threads wait for work; the caller of run() is the last of the team (worker 0).
  /// Errors: kIo where the system starts no more.
  explicit ThreadTeam(int threads);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const { return static_cast<int>(members_.size()) + 1; }

  /// As parallel_for(), errors too. Allocates nothing. Returns as soon as every index is done: it
  /// does not wait for threads that woke too late to get one.
  void run(std::int64_t count, const CancelFlag* cancel, const Body& body);

 private:
  void dismiss();
  void wait_for_work(int worker);
  void work(int worker);
  void note_failure(std::int64_t index);

  // The loop that runs; written while no member is busy.
  const Body* body_ = nullptr;
  const CancelFlag* cancel_ = nullptr;
  std::int64_t count_ = 0;

  std::atomic<std::int64_t> next_{0};
  std::atomic<bool> failed_{false};

  std::mutex mutex_;  // guards what follows
  std::condition_variable work_came_;
  std::condition_variable member_left_;
  std::int64_t loop_ = 0;  // number of the latest loop
  bool open_ = false;      // members may still join it
  int busy_ = 0;           // members that have joined and not left
  bool end_ = false;
  std::exception_ptr error_;
  std::int64_t error_index_ = 0;

  std::vector<std::jthread> members_;  // last: they use all of the above
};

}  // namespace ripple
