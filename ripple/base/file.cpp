#include "ripple/base/file.h"

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ripple/base/descriptor.h"
#include "ripple/base/error.h"

namespace ripple {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view what, int reason) {
  throw Error(ErrorCode::kIo, path.string(),
              fmt::format("{}: {}; {}", what, std::strerror(reason),
                          reason == ENOSPC || reason == EDQUOT || reason == EFBIG
                              ? "make room, then run it again"
                              : "check the path and its permissions"));
}

/// A temporary file that is to take the place of another.
struct Replacement {
  std::filesystem::path target;  ///< what `path` named, links followed
  std::string temporary;
  Descriptor file;
  std::optional<mode_t> mode;  ///< of the file that is there
};

Replacement open_beside(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(path, ignored);
  // A rename would put a file in the place of a device.
  if (!path.has_filename() ||
      (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))) {
    throw Error(ErrorCode::kIo, fmt::format("'{}'", path.string()),
                "cannot be written: it names no regular file; name one");
  }
  std::filesystem::path target = path;
  std::optional<mode_t> mode;
  if (std::filesystem::exists(status)) {
    target = std::filesystem::weakly_canonical(path, ignored);
    mode = static_cast<mode_t>(status.permissions() & std::filesystem::perms::mask);
  }
  std::string temporary = target.string() + ".XXXXXX";
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) fail(path, "cannot be written", errno);
  return {std::move(target), std::move(temporary), std::move(file), mode};
}

}  // namespace

std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::int64_t max_bytes) {
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) fail(path, "cannot be opened", errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail(path, "cannot be examined", errno);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::kIo, path.string(), "is not a regular file; name a file");
  }
  if (status.st_size > max_bytes) {
    throw Error(ErrorCode::kIo, path.string(),
                fmt::format("has {} bytes, more than the {} allowed", status.st_size, max_bytes));
  }
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, "cannot be read", errno);
    if (got == 0) break;  // it shrank while being read: what is there is judged by the caller
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  Replacement made = open_beside(path);
  const auto give_up = [&](std::string_view what) {
    const int reason = errno;
    ::unlink(made.temporary.c_str());
    fail(path, what, reason);
  };
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = ::write(made.file.get(), bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) give_up("cannot be written");
    done += static_cast<std::size_t>(put);
  }
  // mkostemp makes private files; results are as readable as the person's umask says.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(made.file.get(), made.mode.value_or(0666 & ~mask)) != 0)
    give_up("cannot be made readable");
  if (::fsync(made.file.get()) != 0) give_up("cannot be flushed");
  if (::close(made.file.release()) != 0) give_up("cannot be closed");
  if (::rename(made.temporary.c_str(), made.target.c_str()) != 0) give_up("cannot be put in place");
}

void check_writable(const std::filesystem::path& path) {
  ::unlink(open_beside(path).temporary.c_str());
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw Error(ErrorCode::kIo, folder.string(),
                fmt::format("cannot be made: {}; name another folder", error.message()));
  }
}

}  // namespace ripple
