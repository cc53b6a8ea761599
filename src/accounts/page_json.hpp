#pragma once

#include "accounts/page.hpp"
#include "base/json_writer.hpp"

#include <string>

namespace tally::accounts {

// {"data":[…],"next_cursor":null or a text}; `to_json` gives the JSON of one item.
template <class T, class ToJson>
std::string page_to_json(const Page<T>& page, ToJson to_json) {
    JsonWriter json;
    json.begin_object().key("data").begin_array();
    for (const T& item : page.data)
        json.raw(to_json(item));
    json.end_array().field_or_null("next_cursor", page.next_cursor).end_object();
    return json.take();
}

}  // namespace tally::accounts
