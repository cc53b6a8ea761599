#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::lake {

// The one mutable word of a table: where its current metadata file is. A port; state/ keeps it in the
// database. Thread-safe; swap is atomic and durable when it returns.
class TablePointerStore {
  public:
    virtual ~TablePointerStore() = default;
    // The metadata location of "namespace.name"; nullopt when the table does not exist.
    [[nodiscard]] virtual Result<std::optional<std::string>> current(std::string_view table) = 0;
    // Compare-and-swap; `expected` nullopt creates. kConflict when the pointer is another by now;
    // kUnknownOutcome when the answer was lost.
    [[nodiscard]] virtual Status swap(std::string_view table, const std::optional<std::string>& expected,
                                      std::string_view next) = 0;
    [[nodiscard]] virtual Result<std::vector<std::string>> tables() = 0;
};

}  // namespace tally::lake
