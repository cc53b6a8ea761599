#include "usage/sql_text.hpp"
#include "usage/usage.hpp"

#include <variant>

namespace tally::usage {

Result<std::uint64_t> admitted_requests(query::QueryEngine& engine, const CustomerId& customer, Instant from,
                                        Instant to) {
    using query::Cell;
    const std::vector<Cell> parameters = {Cell{customer.str()}, Cell{to_us(from)}, Cell{to_us(to)}};
    TRY_ASSIGN(const query::QueryResult result, engine.run(kAdmittedSql, parameters));
    return static_cast<std::uint64_t>(std::get<std::int64_t>(result.rows.at(0).at(0).value));
}

}  // namespace tally::usage
