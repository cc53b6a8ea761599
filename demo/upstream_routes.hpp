#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tally::demo {

struct UpstreamAnswer {
    int status = 200;
    std::string body;
};

// The API of the published samples: GET /example, POST /data, GET /random/strings?chars=&num=&len=. Pure but
// for the random strings, which depend on `seed`. `api_key` is what the caller's x-api-key header holds; only
// its presence shows in an answer, never its value.
UpstreamAnswer answer(std::string_view method, std::string_view target, std::string_view body, bool has_key,
                      std::uint64_t seed);

}  // namespace tally::demo
