#include "edge/module/config.hpp"

#include "capture/format.hpp"
#include "edge/module/caller.hpp"
#include "edge/module/durable.hpp"
#include "edge/module/phases.hpp"
#include "edge/module/variables.hpp"

namespace tally::edge {
namespace {

constexpr off_t kMiB = 1024 * 1024;
constexpr off_t kSegmentSizeDefault = 8 * kMiB;
constexpr off_t kSegmentSizeMin = 4 * off_t{capture::kRecordSizeMax};
constexpr off_t kSegmentSizeMax = 1024 * kMiB;
constexpr off_t kCaptureSizeDefault = 4096 * kMiB;
constexpr ngx_uint_t kEveryMethod = 0xFFFFFFFF;

char* conf_error() {
    return static_cast<char*>(NGX_CONF_ERROR);
}

ngx_str_t* arguments(ngx_conf_t* cf) {
    return static_cast<ngx_str_t*>(cf->args->elts);
}

// `tallyman_capture_dir path;` and its like: relative paths start at nginx's prefix.
char* set_path(ngx_conf_t* cf, ngx_command_t* command, void* config) {
    auto* field = reinterpret_cast<ngx_str_t*>(static_cast<char*>(config) + command->offset);
    if (field->data != nullptr)
        return const_cast<char*>("is duplicate");
    *field = arguments(cf)[1];
    if (field->len == 0)
        return const_cast<char*>("needs a path that is not empty");
    return ngx_conf_full_name(cf->cycle, field, 0) == NGX_OK ? NGX_CONF_OK : conf_error();
}

// A number of bytes within limits, `8m` and `4g` understood.
char* set_segment_size(ngx_conf_t* cf, ngx_command_t* command, void* config) {
    char* const result = ngx_conf_set_off_slot(cf, command, config);
    const off_t size = static_cast<MainConfig*>(config)->segment_size;
    if (result == NGX_CONF_OK && (size < kSegmentSizeMin || size > kSegmentSizeMax))
        return const_cast<char*>("must lie between 512k and 1g");
    return result;
}

ngx_conf_bitmask_t method_names[] = {{str("GET"), NGX_HTTP_GET},       {str("HEAD"), NGX_HTTP_HEAD},
                                     {str("POST"), NGX_HTTP_POST},     {str("PUT"), NGX_HTTP_PUT},
                                     {str("DELETE"), NGX_HTTP_DELETE}, {str("OPTIONS"), NGX_HTTP_OPTIONS},
                                     {str("PATCH"), NGX_HTTP_PATCH},   {ngx_null_string, 0}};

ngx_conf_enum_t on_full_names[] = {{str("reject"), kReject}, {str("serve"), kServe}, {ngx_null_string, 0}};

constexpr ngx_uint_t kEverywhere = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF;

void* create_main_config(ngx_conf_t* cf) {
    auto* config = static_cast<MainConfig*>(ngx_pcalloc(cf->pool, sizeof(MainConfig)));
    if (config != nullptr) {
        config->segment_size = NGX_CONF_UNSET;
        config->capture_size_max = NGX_CONF_UNSET;
        unset_token_config(config->token);
    }
    return config;
}

char* init_main_config(ngx_conf_t* cf, void* main) {
    auto* config = static_cast<MainConfig*>(main);
    init_token_config(config->token);
    ngx_conf_init_value(config->segment_size, kSegmentSizeDefault);
    ngx_conf_init_value(config->capture_size_max, kCaptureSizeDefault);
    if (config->capture_size_max < 2 * config->segment_size) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tallyman_capture_size_max\" is %O bytes; it must hold at least two segments "
                           "of \"tallyman_segment_size\" %O",
                           config->capture_size_max, config->segment_size);
        return conf_error();
    }
    return NGX_CONF_OK;
}

void* create_location_config(ngx_conf_t* cf) {
    auto* config = static_cast<LocationConfig*>(ngx_pcalloc(cf->pool, sizeof(LocationConfig)));
    if (config != nullptr) {
        config->enabled = NGX_CONF_UNSET;
        config->anonymous = NGX_CONF_UNSET;
        config->token = NGX_CONF_UNSET;
        config->durable = NGX_CONF_UNSET;
        config->on_full = NGX_CONF_UNSET_UINT;
        unset_dimension_config(config->dimensions);
        config->gateway_errors = NGX_CONF_UNSET;
        unset_cache_config(config->cache);
    }
    return config;
}

ngx_array_t* default_key_headers(ngx_conf_t* cf) {
    static u_char name[] = "x-api-key";
    ngx_array_t* headers = ngx_array_create(cf->pool, 1, sizeof(HeaderName));
    if (headers == nullptr)
        return nullptr;
    auto* header = static_cast<HeaderName*>(ngx_array_push(headers));
    header->name = ngx_str_t{sizeof name - 1, name};
    header->hash = ngx_hash_key(name, sizeof name - 1);
    return headers;
}

void inherit(ngx_str_t& to, const ngx_str_t& from) {
    if (to.data == nullptr)
        to = from;
}

char* merge_location_config(ngx_conf_t* cf, void* outer, void* inner) {
    auto* from = static_cast<LocationConfig*>(outer);
    auto* to = static_cast<LocationConfig*>(inner);
    ngx_conf_merge_value(to->enabled, from->enabled, 0);
    ngx_conf_merge_value(to->anonymous, from->anonymous, 0);
    ngx_conf_merge_value(to->token, from->token, kTokenWhereIssuer);
    ngx_conf_merge_value(to->durable, from->durable, 0);
    ngx_conf_merge_uint_value(to->on_full, from->on_full, kReject);
    ngx_conf_merge_value(to->gateway_errors, from->gateway_errors, 0);
    ngx_conf_merge_bitmask_value(to->methods, from->methods, NGX_CONF_BITMASK_SET | kEveryMethod);
    merge_cache_config(from->cache, to->cache);
    inherit(to->behavior, from->behavior);
    inherit(to->stage, from->stage);
    inherit(to->edge_location, from->edge_location);
    inherit(to->distribution, from->distribution);
    merge_dimension_config(from->dimensions, to->dimensions);
    if (to->key_headers == nullptr)
        to->key_headers = from->key_headers;
    if (to->key_headers == nullptr)
        to->key_headers = default_key_headers(cf);
    if (to->key_headers == nullptr)
        return conf_error();
    to->secret_hashes = secret_hashes(*to->key_headers);
    if (!make_constants(cf, *to, to->constants))
        return conf_error();
    if (to->enabled) {
        auto* main =
            static_cast<MainConfig*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_tallyman_module));
        main->used = 1;
        main->token.wanted |= to->token == 1 ? 1 : 0;
        main->durable |= to->durable;
    }
    return NGX_CONF_OK;
}

ngx_int_t check_required(ngx_conf_t* cf, const ngx_str_t& path, const char* directive) {
    if (path.len != 0)
        return NGX_OK;
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"tallyman on\" needs \"%s path;\" in http{}", directive);
    return NGX_ERROR;
}

ngx_int_t finish_configuration(ngx_conf_t* cf) {
    auto* main = static_cast<MainConfig*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_tallyman_module));
    if (!main->used)
        return NGX_OK;
    if ((main->plan_table.len == 0) != (main->limits.len == 0)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tallyman_plan_table\" and \"tallyman_limits\" need each other in http{}");
        return NGX_ERROR;
    }
    if (check_required(cf, main->capture_folder, "tallyman_capture_dir") != NGX_OK ||
        check_required(cf, main->key_table, "tallyman_key_table") != NGX_OK ||
        check_required(cf, main->counters, "tallyman_counters") != NGX_OK ||
        check_token_config(cf, main->token) != NGX_OK)
        return NGX_ERROR;
    if (install_phases(cf) != NGX_OK)
        return NGX_ERROR;
    if (!main->durable)
        return NGX_OK;
    install_durable();
    main->sync_threads = ngx_thread_pool_add(cf, nullptr);
    return main->sync_threads != nullptr ? NGX_OK : NGX_ERROR;
}

}  // namespace

ngx_command_t commands[] = {
    {str("tallyman"), kEverywhere | NGX_CONF_FLAG, ngx_conf_set_flag_slot, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(LocationConfig, enabled), nullptr},
    {str("tallyman_anonymous"), kEverywhere | NGX_CONF_FLAG, ngx_conf_set_flag_slot, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(LocationConfig, anonymous), nullptr},
    {str("tallyman_token"), kEverywhere | NGX_CONF_FLAG, ngx_conf_set_flag_slot, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(LocationConfig, token), nullptr},
    {str("tallyman_durable"), kEverywhere | NGX_CONF_FLAG, ngx_conf_set_flag_slot, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(LocationConfig, durable), nullptr},
    {str("tallyman_on_full"), kEverywhere | NGX_CONF_TAKE1, ngx_conf_set_enum_slot, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(LocationConfig, on_full), &on_full_names},
    {str("tallyman_key_header"), kEverywhere | NGX_CONF_1MORE, set_header_names, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(LocationConfig, key_headers), nullptr},
    {str("tallyman_behavior"), kEverywhere | NGX_CONF_TAKE1, ngx_conf_set_str_slot, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(LocationConfig, behavior), nullptr},
    {str("tallyman_methods"), kEverywhere | NGX_CONF_1MORE, ngx_conf_set_bitmask_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConfig, methods), &method_names},
    {str("tallyman_gateway_errors"), kEverywhere | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConfig, gateway_errors), nullptr},
    {str("tallyman_cache_ttl"), kEverywhere | NGX_CONF_TAKE3, set_cache_ttl, NGX_HTTP_LOC_CONF_OFFSET, 0,
     nullptr},
    {str("tallyman_cache_key_query"), kEverywhere | NGX_CONF_1MORE, set_cache_key_query,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {str("tallyman_cache_key_headers"), kEverywhere | NGX_CONF_1MORE, set_header_names,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConfig, cache) + offsetof(CacheConfig, key_headers), nullptr},
    {str("tallyman_stage"), kEverywhere | NGX_CONF_TAKE1, ngx_conf_set_str_slot, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(LocationConfig, stage), nullptr},
    {str("tallyman_edge_location"), kEverywhere | NGX_CONF_TAKE1, ngx_conf_set_str_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConfig, edge_location), nullptr},
    {str("tallyman_distribution"), kEverywhere | NGX_CONF_TAKE1, ngx_conf_set_str_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConfig, distribution), nullptr},
    {str("tallyman_dimension"), kEverywhere | NGX_CONF_1MORE, set_dimension_names, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(LocationConfig, dimensions), nullptr},
    {str("tallyman_dimension_hide"), kEverywhere | NGX_CONF_FLAG, ngx_conf_set_flag_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConfig, dimensions.hide), nullptr},
    {str("tallyman_capture_dir"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_path, NGX_HTTP_MAIN_CONF_OFFSET,
     offsetof(MainConfig, capture_folder), nullptr},
    {str("tallyman_key_table"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_path, NGX_HTTP_MAIN_CONF_OFFSET,
     offsetof(MainConfig, key_table), nullptr},
    {str("tallyman_counters"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_path, NGX_HTTP_MAIN_CONF_OFFSET,
     offsetof(MainConfig, counters), nullptr},
    {str("tallyman_plan_table"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_path, NGX_HTTP_MAIN_CONF_OFFSET,
     offsetof(MainConfig, plan_table), nullptr},
    {str("tallyman_limits"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_path, NGX_HTTP_MAIN_CONF_OFFSET,
     offsetof(MainConfig, limits), nullptr},
    {str("tallyman_jwks"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_path, NGX_HTTP_MAIN_CONF_OFFSET,
     offsetof(MainConfig, token.jwks), nullptr},
    {str("tallyman_jwt_issuer"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_token_text,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof(MainConfig, token.issuer), nullptr},
    {str("tallyman_jwt_audience"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE, set_token_texts,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof(MainConfig, token.audiences), nullptr},
    {str("tallyman_jwt_token_use"), NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE, set_token_texts,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof(MainConfig, token.uses), nullptr},
    {str("tallyman_jwt_principal_claim"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_token_text,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof(MainConfig, token.principal_claim), nullptr},
    {str("tallyman_jwt_clock_skew"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_clock_skew,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof(MainConfig, token.clock_skew), nullptr},
    {str("tallyman_jwt_unknown_principal"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, ngx_conf_set_enum_slot,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof(MainConfig, token.unknown_principal), &unknown_principal_names},
    {str("tallyman_segment_size"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, set_segment_size,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof(MainConfig, segment_size), nullptr},
    {str("tallyman_capture_size_max"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, ngx_conf_set_off_slot,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof(MainConfig, capture_size_max), nullptr},
    ngx_null_command};

ngx_http_module_t module_context = {
    add_variables, finish_configuration,   create_main_config,   init_main_config, nullptr,
    nullptr,       create_location_config, merge_location_config};

MainConfig* main_config(ngx_cycle_t* cycle) {
    return static_cast<MainConfig*>(ngx_http_cycle_get_module_main_conf(cycle, ngx_http_tallyman_module));
}

const LocationConfig* location_config(ngx_http_request_t* request) {
    return static_cast<const LocationConfig*>(
        ngx_http_get_module_loc_conf(request, ngx_http_tallyman_module));
}

}  // namespace tally::edge
