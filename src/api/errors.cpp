#include "api/endpoint.hpp"
#include "api/resources.hpp"
#include "base/time_text.hpp"

#include <algorithm>

namespace tally::api {
namespace {

constexpr std::size_t kErrorsMax = 10'000;

struct Output {
    std::vector<UndeliverableRecord> page;
    std::string next_cursor;
};

// Standard base64 (RFC 4648), with padding.
std::string base64(std::string_view bytes) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j)
            group = (group << 8) | (j < left ? static_cast<unsigned char>(bytes[i + j]) : 0U);
        for (std::size_t j = 0; j < 4; ++j)
            out += j <= left ? kDigits[(group >> (18 - 6 * j)) & 63U] : '=';
    }
    return out;
}

// The cursor is the id of the last record shown.
Result<Output> page_of(DeliveryControl& delivery, const accounts::PageRequest& page) {
    TRY_ASSIGN(auto all, delivery.errors(kErrorsMax));
    auto begin = all.begin();
    if (!page.cursor.empty()) {
        begin = std::find_if(all.begin(), all.end(),
                             [&](const auto& record) { return record.id == page.cursor; });
        if (begin == all.end())
            return Error{ErrorCode::kInvalidArgument, "the cursor is not one of ours, or its record is gone"};
        ++begin;
    }
    const auto left = static_cast<std::size_t>(all.end() - begin);
    const auto end = begin + static_cast<std::ptrdiff_t>(std::min(page.limit, left));
    Output output{{begin, end}, {}};
    if (end != all.end())
        output.next_cursor = output.page.back().id;
    return output;
}

void write_head(JsonWriter& json, const UndeliverableRecord& record) {
    json.field("id", record.id).field("at", format_rfc3339(record.at)).field("source", record.source);
    json.field("reason", record.reason).field("position", record.position);
    json.field("records", static_cast<std::int64_t>(record.records));
}

std::string write_page(const Output& output) {
    return list_to_json(output.page, output.next_cursor,
                        [](JsonWriter& json, const UndeliverableRecord& record) {
                            json.begin_object();
                            write_head(json, record);
                            json.end_object();
                        });
}

std::string write_one(const UndeliverableRecord& record) {
    JsonWriter json;
    json.begin_object();
    write_head(json, record);
    json.field("raw", base64(record.raw)).end_object();
    return json.take();
}

}  // namespace

std::vector<Route> error_routes(DeliveryControl& delivery) {
    const auto list = [&delivery](const accounts::PageRequest& page) { return page_of(delivery, page); };
    const auto find = [&delivery](const std::string& id) { return delivery.error(id); };
    return {
        {"GET", "/v1/errors", Access::kAdmin, Cost::kHeavy, "What could not be delivered, newest first.",
         page_parameters(), "", kListSchema, endpoint(read_page, list, write_page)},
        {"GET",
         "/v1/errors/{id}",
         Access::kAdmin,
         Cost::kHeavy,
         "One of them, with its bytes in base64; key values are masked.",
         {},
         "",
         kAnyObject,
         endpoint(read_id, find, write_one)},
    };
}

}  // namespace tally::api
