#pragma once

#include "edge/module/ngx.hpp"

namespace tally::edge {

// nginx's preconfiguration step: makes the module's variables known.
//
//   $tallyman_key_id, $tallyman_customer_id, $tallyman_usage_plan, $tallyman_principal
//                            of the caller who was identified; otherwise not set
//   $tallyman_record_id      32 hex digits, from the moment the response header is about to be sent
//   $tallyman_cache_key      for proxy_cache_key
//   $tallyman_cache_bypass   "1" for a request that no cached answer may serve: it has a body
ngx_int_t add_variables(ngx_conf_t* cf);

}  // namespace tally::edge
