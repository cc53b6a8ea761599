#include "state/embedded_sql.hpp"
#include "state/stores.hpp"

#include <fmt/format.h>

namespace tally::state {

using accounts::SavedAnswer;

Result<std::optional<SavedAnswer>> IdempotencyStore::begin(std::string_view key,
                                                           std::string_view request_digest) {
    return database_.write([&](Connection& connection) -> Result<std::optional<SavedAnswer>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kFindIdempotencyKey, {key}));
        if (rows.empty()) {
            TRY(connection.execute(sql::kBeginIdempotencyKey,
                                   {key, request_digest, database_.clock().now()}));
            return std::optional<SavedAnswer>();
        }
        const Row& found = rows.front();
        if (found.text(0) != request_digest)
            return Error{ErrorCode::kConflict,
                         fmt::format("the Idempotency-Key \"{}\" was used for another request", key)};
        if (found.is_null(1))
            return Error{
                ErrorCode::kUnavailable,
                fmt::format("the request with the Idempotency-Key \"{}\" is being answered, or was cut off; "
                            "look whether it was done before you send it under a new key",
                            key)};
        return std::optional(SavedAnswer{.status = static_cast<int>(found.whole(1)),
                                         .content_type = found.text(2),
                                         .body = found.text(3)});
    });
}

Status IdempotencyStore::finish(std::string_view key, const SavedAnswer& answer) {
    return database_.write([&](Connection& connection) -> Status {
        TRY_ASSIGN(const std::int64_t rows,
                   connection.execute(sql::kFinishIdempotencyKey,
                                      {std::int64_t{answer.status}, answer.content_type, answer.body, key}));
        if (rows == 0)
            return Error{ErrorCode::kNotFound, fmt::format("no request is open under \"{}\"", key)};
        return {};
    });
}

Status IdempotencyStore::abandon(std::string_view key) {
    return database_.write([&](Connection& connection) -> Status {
        TRY(connection.execute(sql::kAbandonIdempotencyKey, {key}));
        return {};
    });
}

}  // namespace tally::state
