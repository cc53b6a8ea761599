// The symbols that nginx looks for in a dynamic module. Without ngx_module_order the module comes last, which
// puts its header filter first in the chain: it sees each response before any filter changes it.
#include "edge/module/config.hpp"
#include "edge/module/worker.hpp"

#define TALLY_EXPORT __attribute__((visibility("default")))

extern "C" {

extern ngx_module_t* ngx_modules[];
extern char* ngx_module_names[];

TALLY_EXPORT ngx_module_t ngx_http_tallyman_module = {NGX_MODULE_V1,
                                                      &tally::edge::module_context,
                                                      tally::edge::commands,
                                                      NGX_HTTP_MODULE,
                                                      nullptr,
                                                      nullptr,
                                                      tally::edge::start_worker,
                                                      nullptr,
                                                      nullptr,
                                                      tally::edge::stop_worker,
                                                      nullptr,
                                                      NGX_MODULE_V1_PADDING};

TALLY_EXPORT ngx_module_t* ngx_modules[] = {&ngx_http_tallyman_module, nullptr};
TALLY_EXPORT char* ngx_module_names[] = {const_cast<char*>("ngx_http_tallyman_module"), nullptr};
}
