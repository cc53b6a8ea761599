#include "edge/module/record_constants.hpp"

#include "capture/format.hpp"
#include "edge/module/config.hpp"

namespace tally::edge {
namespace {

// CloudFront's name for the behaviour that takes what no other one does is "*".
ngx_str_t behavior_pattern(ngx_conf_t* cf, const LocationConfig& config) {
    if (config.behavior.len != 0)
        return config.behavior;
    const auto* core = static_cast<const ngx_http_core_loc_conf_t*>(
        ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
    const ngx_str_t name = core->name;
    return name.len == 1 && name.data[0] == '/' ? str("*") : name;
}

}  // namespace

bool make_constants(ngx_conf_t* cf, const LocationConfig& config, RecordConstants& out) {
    static_assert(capture::kEdgeLocation == capture::kStage + 1 &&
                  capture::kDistribution == capture::kStage + 2 &&
                  capture::kBehaviorPattern == capture::kStage + 3);
    const ngx_str_t parts[4] = {config.stage, config.edge_location, config.distribution,
                                behavior_pattern(cf, config)};
    out = RecordConstants{};
    for (const ngx_str_t& part : parts)
        out.size += part.len;
    const std::size_t room = (out.size + kConstantsBlock) / kConstantsBlock * kConstantsBlock;
    out.bytes = static_cast<u_char*>(ngx_pcalloc(cf->pool, room));
    if (out.bytes == nullptr)
        return false;
    u_char* at = out.bytes;
    for (unsigned i = 0; i < 4; ++i) {
        at = ngx_cpymem(at, parts[i].data, parts[i].len);
        out.lengths |= static_cast<std::uint64_t>(parts[i].len) << (16 * i);
    }
    return true;
}

}  // namespace tally::edge
