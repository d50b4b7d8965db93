#include "ripple/app/bench_output.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "ripple/app/terminal.h"

namespace ripple {
namespace {

void print_speeds_json(const BenchReport& report) {
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    const BenchRow& row = report.rows[i];
    nlohmann::ordered_json line;
    line["engine"] = row.engine;
    line["threads"] = row.threads;
    line["candidates_per_second"] = row.speed.rate;
    line["processor_seconds_a_candidate"] = row.speed.processor;
    line["ratio"] = row.ratio;
    line["scaling"] = row.scaling;
    line["candidates"] = report.candidates;
    line["pixels"] = report.pixels;
    line["images"] = report.images;
    if (row.engine == "dense") {
      line["setting"] = row.setting;
      if (report.unsupported) line["delta_unsupported"] = *report.unsupported;
    } else {
      const std::size_t group = report.work.size() + 1;  // a dense row comes first
      const DeltaWork& work = report.work[i % group - 1];
      line["target"] = report.target;
      line["tolerance"] = work.tolerance;
      line["multiply_adds_done"] = work.statistics.multiply_adds_done;
      line["multiply_adds_dense"] = work.statistics.multiply_adds_dense;
      line["useful_gflops_one_thread"] = work.gflops;
      line["largest_difference"] = work.agreement.largest;
      line["labels_changed"] = work.agreement.labels_changed;
      for (const auto& [op, seconds] : work.statistics.seconds) {
        line["seconds_by_operator"][op] = seconds;
      }
    }
    fmt::print("{}\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
}

void print_agreement_json(const BenchReport& report) {
  nlohmann::ordered_json line{{"candidates", report.candidates},
                              {"pixels", report.pixels},
                              {"images", report.images},
                              {"reference_difference", report.with_reference.largest}};
  if (report.unsupported) line["delta_unsupported"] = *report.unsupported;
  for (const DeltaWork& work : report.work) {
    line["agreement"].push_back({{"tolerance", work.tolerance},
                                 {"largest_difference", work.agreement.largest},
                                 {"labels_changed", work.agreement.labels_changed}});
  }
  fmt::print("{}\n", line.dump());
}

void print_agreement_text(const BenchReport& report) {
  fmt::print("{}; {}, {} candidates each, of {}\n", report.network, counted(report.images, "image"),
             grouped(report.candidates), counted(report.pixels, "pixel"));
  if (report.unsupported) {
    fmt::print("delta cannot update this network: {}; only dense runs it\n", *report.unsupported);
  }
  for (const DeltaWork& work : report.work) {
    const Agreement& a = work.agreement;
    fmt::print(
        "{}: largest difference of a probability {:.2g} on {} candidates, {} classes "
        "differ\n",
        work.tolerance == 0.0 ? "delta and dense agree"
                              : fmt::format("tolerance {:g} against exact", work.tolerance),
        a.largest, grouped(a.candidates), grouped(a.labels_changed));
  }
  fmt::print("the reference agrees: largest difference of a probability {:.2g} on {} candidates\n",
             report.with_reference.largest, grouped(report.with_reference.candidates));
}

void print_speeds_text(const BenchReport& report) {
  using enum Table::Align;
  print_agreement_text(report);
  Table table({{"engine"},
               {"setting"},
               {"threads", kRight},
               {"candidates/s", kRight},
               {"CPU us each", kRight},
               {"ratio", kRight},
               {"scaling", kRight}});
  for (const BenchRow& row : report.rows) {
    table.add({row.engine, row.setting, std::to_string(row.threads),
               grouped(static_cast<std::int64_t>(row.speed.rate + 0.5)),
               fmt::format("{:.3g}", 1e6 * row.speed.processor), fmt::format("{:.2f}", row.ratio),
               fmt::format("{:.2f}", row.scaling)});
  }
  fmt::print("\n{}", table.text());
  for (const DeltaWork& work : report.work) {
    const DeltaStatistics& did = work.statistics;
    const auto candidates = static_cast<double>(did.candidates);
    const double share =
        static_cast<double>(did.multiply_adds_done) / static_cast<double>(did.multiply_adds_dense);
    fmt::print(
        "\ndelta, tolerance {:g}: {} multiply-adds a candidate, {} of dense; "
        "{:.1f} GFLOP/s useful on one thread\n",
        work.tolerance,
        grouped(
            static_cast<std::int64_t>(static_cast<double>(did.multiply_adds_done) / candidates)),
        percent(share), work.gflops);
    const double total = total_seconds(did);
    Table parts({{"operator"}, {"us a candidate", kRight}, {"share", kRight}});
    for (const auto& [op, seconds] : did.seconds) {
      parts.add({op, fmt::format("{:.3f}", 1e6 * seconds / candidates), percent(seconds / total)});
    }
    fmt::print("{}", parts.text());
  }
}

}  // namespace

double total_seconds(const DeltaStatistics& statistics) {
  double total = 0.0;
  for (const auto& [op, seconds] : statistics.seconds) total += seconds;
  return total;
}

void print_agreement(const BenchReport& report, bool json) {
  json ? print_agreement_json(report) : print_agreement_text(report);
}

void print_speeds(const BenchReport& report, bool json) {
  json ? print_speeds_json(report) : print_speeds_text(report);
}

}  // namespace ripple
