#include "ripple/model/external_data.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ripple/base/descriptor.h"
#include "ripple/base/error.h"
#include "ripple/image/text.h"

namespace ripple {
namespace {

[[noreturn]] void refuse(ErrorCode code, const std::string& where, const std::string& problem) {
  throw Error(code, where, problem);
}

void check_name(const std::string& name, const std::string& where) {
  if (!is_displayable(name)) {
    refuse(ErrorCode::kBadModel, where, "names its external data by no printable file name");
  }
  if (name == "." || name == ".." || name.find('/') != std::string::npos ||
      name.find('\\') != std::string::npos) {
    refuse(ErrorCode::kBadModel, where,
           fmt::format("names external data '{}'; only a file in the model's own folder is read",
                       name));
  }
}

}  // namespace

std::vector<std::uint8_t> read_external_data(const std::filesystem::path& folder,
                                             const ExternalData& data, std::int64_t needed,
                                             const std::string& where) {
  check_name(data.location, where);
  if (data.offset < 0 || data.length < -1 || (data.length != -1 && data.length != needed)) {
    refuse(ErrorCode::kBadModel, where,
           fmt::format("takes {} bytes at {} of its external data, its shape needs {}", data.length,
                       data.offset, needed));
  }
  if (folder.empty()) {
    refuse(ErrorCode::kBadModel, where, "has external data, but no folder to read it from");
  }
  const Descriptor at(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (at.get() < 0) {
    refuse(ErrorCode::kIo, where,
           fmt::format("cannot open the folder '{}': {}", folder.string(), std::strerror(errno)));
  }
  const Descriptor file(
      ::openat(at.get(), data.location.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0) {
    const bool link = errno == ELOOP;
    refuse(link ? ErrorCode::kBadModel : ErrorCode::kIo, where,
           fmt::format(
               "cannot open its external data '{}': {}", data.location,
               link ? "it is a link; put the file itself beside the model" : std::strerror(errno)));
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    refuse(ErrorCode::kIo, where, fmt::format("cannot examine '{}'", data.location));
  }
  if (!S_ISREG(status.st_mode) || status.st_nlink != 1) {
    refuse(
        ErrorCode::kBadModel, where,
        fmt::format("external data '{}' is no regular file with one name; copy it", data.location));
  }
  if (data.offset > status.st_size || needed > status.st_size - data.offset) {
    refuse(ErrorCode::kBadModel, where,
           fmt::format("needs {} bytes at {} of '{}', which has {}", needed, data.offset,
                       data.location, status.st_size));
  }
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(needed));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::pread(file.get(), bytes.data() + done, bytes.size() - done,
                                data.offset + static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) refuse(ErrorCode::kIo, where, fmt::format("cannot read '{}'", data.location));
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace ripple
