#pragma once

#include "capture/segment_writer.hpp"
#include "edge/module/ngx.hpp"

#include <cstddef>

namespace tally::edge {

// Response headers that the upstream's answer is metered by. They are looked for in the answer's own headers
// and, where one is not there because the configuration hides it from the client, among those that the
// upstream sent, cached answers included. A header that came several times is one value, joined by ", ".
// Trailers are not seen: the record is written before the body.
struct DimensionConfig {
    ngx_array_t* names;  // of ngx_str_t, in lower case; null = none
    ngx_flag_t hide;     // the client does not get them
};

void unset_dimension_config(DimensionConfig& config);
void merge_dimension_config(const DimensionConfig& outer, DimensionConfig& inner);

// Configuration handler of `tallyman_dimension name…`, for the DimensionConfig at the command's offset.
char* set_dimension_names(ngx_conf_t* cf, ngx_command_t* command, void* config);

// Bytes that write_dimensions() may need.
std::size_t dimensions_room(const DimensionConfig& config);

// Adds "name=value\n" for each header that is there.
void write_dimensions(const ngx_http_request_t& request, const DimensionConfig& config,
                      capture::RecordBuilder& record);

// Takes the headers out of the answer, where that is configured.
void hide_dimensions(ngx_http_request_t& request, const DimensionConfig& config);

}  // namespace tally::edge
