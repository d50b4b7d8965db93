#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace ripple {

/// What kind of border an error was met at; `app` maps it to an exit status.
enum class ErrorCode {
  kBadArgument,    ///< an option, edit, range or other request that cannot be met
  kBadModel,       ///< a network file that is damaged, malicious or inconsistent
  kUnsupportedOp,  ///< a valid network that uses what no executor here answers
  kBadData,        ///< an image or dataset that is damaged or does not fit the network
  kIo,             ///< a file or folder that cannot be read or written
  kCancelled,      ///< the person stopped the work
};

/// The one exception type. `what()` reads "<where>: <problem>; <what to do>".
/// Thrown at the borders (files, options, graph); an attack that finds nothing is a result, not an
/// error.
class Error : public std::runtime_error {
 public:
  /// `where` names the file, node or option; `problem` says what is wrong and what to do about it.
  Error(ErrorCode code, std::string_view where, std::string_view problem);
  ErrorCode code() const noexcept { return code_; }
  const std::string& where() const noexcept { return where_; }
  const std::string& problem() const noexcept { return problem_; }

 private:
  ErrorCode code_;
  std::string where_;
  std::string problem_;
};

}  // namespace ripple
