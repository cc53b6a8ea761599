#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tally {

// Writes one JSON document into a string, members in the order of the calls. Control characters are escaped
// and bytes that are not UTF-8 become U+FFFD, so the result is always valid. The caller keeps begin and end
// paired and gives each member a key (asserted).
class JsonWriter {
  public:
    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    JsonWriter& key(std::string_view name);

    JsonWriter& string(std::string_view text);
    JsonWriter& number(std::int64_t value);
    JsonWriter& number(double value);  // the shortest form that reads back equal; null when it is not finite
    JsonWriter& boolean(bool value);
    JsonWriter& null();
    // A finished piece of JSON.
    JsonWriter& raw(std::string_view json);

    // key and value in one.
    JsonWriter& field(std::string_view name, std::string_view text) { return key(name).string(text); }

    JsonWriter& field(std::string_view name, const char* text) { return key(name).string(text); }

    JsonWriter& field(std::string_view name, std::int64_t value) { return key(name).number(value); }

    JsonWriter& field(std::string_view name, double value) { return key(name).number(value); }

    JsonWriter& field(std::string_view name, bool value) { return key(name).boolean(value); }

    // null when the text is empty.
    JsonWriter& field_or_null(std::string_view name, std::string_view text) {
        return text.empty() ? key(name).null() : key(name).string(text);
    }

    // The finished document; the writer is empty afterwards.
    [[nodiscard]] std::string take();

  private:
    void before_value();

    enum class Level : std::uint8_t { kArray, kObject };
    std::string out_;
    std::vector<Level> levels_;
    bool first_ = true;  // nothing written yet in the innermost container
    bool after_key_ = false;
};

}  // namespace tally
