#include "delivery/text_source.hpp"

#include "model/requests_table.hpp"

#include <array>

namespace tally::delivery {
namespace {

template <std::string_view RequestRecord::*Field>
std::string_view field(const RequestRecord& record) {
    return record.*Field;
}

template <const unsigned char* RequestRecord::*Field>
std::string_view address(const RequestRecord& record) {
    constexpr std::size_t kAddressSize = 16;
    if (record.*Field == nullptr)
        return {};
    return {reinterpret_cast<const char*>(record.*Field), kAddressSize};
}

constexpr std::array<TextSource, kRequestsColumns.size()> text_sources() {
    using R = RequestRecord;
    std::array<TextSource, kRequestsColumns.size()> sources{};
    sources[requests_column("api_key_id")] = field<&R::api_key_id>;
    sources[requests_column("customer_id")] = field<&R::customer_id>;
    sources[requests_column("plan")] = field<&R::usage_plan>;
    sources[requests_column("stage")] = field<&R::stage>;
    sources[requests_column("resource_path")] = field<&R::resource_path>;
    sources[requests_column("c_ip")] = address<&R::client_address>;
    sources[requests_column("s_ip")] = address<&R::server_address>;
    sources[requests_column("cs_method")] = field<&R::method>;
    sources[requests_column("cs_host")] = field<&R::host>;
    sources[requests_column("cs_uri_stem")] = field<&R::uri_stem>;
    sources[requests_column("x_edge_location")] = field<&R::edge_location>;
    sources[requests_column("x_host_header")] = field<&R::distribution>;
    sources[requests_column("cs_user_agent")] = field<&R::user_agent>;
    sources[requests_column("cs_referer")] = field<&R::referer>;
    sources[requests_column("cs_cookie")] = field<&R::cookie>;
    sources[requests_column("cs_uri_query")] = field<&R::uri_query>;
    sources[requests_column("x_forwarded_for")] = field<&R::x_forwarded_for>;
    sources[requests_column("sc_content_type")] = field<&R::content_type>;
    sources[requests_column("cs_accept_encoding")] = field<&R::accept_encoding>;
    sources[requests_column("cs_accept")] = field<&R::accept>;
    sources[requests_column("cache_behavior_path_pattern")] = field<&R::behavior_pattern>;
    sources[requests_column("cs_headers")] = field<&R::headers>;
    sources[requests_column("principal")] = field<&R::principal>;
    sources[requests_column("dimensions")] = field<&R::dimensions>;
    return sources;
}

constexpr auto kTextSources = text_sources();

}  // namespace

TextSource text_source(std::size_t column) {
    return kTextSources[column];
}

}  // namespace tally::delivery
