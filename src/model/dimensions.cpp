#include "model/dimensions.hpp"

#include "model/log_encoding.hpp"

#include <algorithm>

namespace tally {
namespace {

void append_json_text(std::string_view text, std::string& out) {
    out += '"';
    while (!text.empty()) {
        const std::size_t plain = std::min(text.find_first_of("\"\\"), text.size());
        append_safe_text(text.substr(0, plain), out);
        if (plain == text.size())
            break;
        out += '\\';
        out += text[plain];
        text.remove_prefix(plain + 1);
    }
    out += '"';
}

void append_member(std::string_view name, std::string_view value, bool is_cut, std::string& out) {
    out += out.empty() ? '{' : ',';
    append_json_text(name, out);
    out += ':';
    append_json_text(value, out);
    if (is_cut)
        out.insert(out.size() - 1, kCutMark);
}

}  // namespace

void append_dimensions_json(std::string_view lines, std::string& out) {
    std::string members;
    while (!lines.empty()) {
        const std::size_t end = lines.find('\n');
        const bool is_cut = end == std::string_view::npos;
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(is_cut ? lines.size() : end + 1);
        if (const std::size_t mark = line.find('='); mark != std::string_view::npos)
            append_member(line.substr(0, mark), line.substr(mark + 1), is_cut, members);
    }
    if (!members.empty())
        out.append(members).append("}");
}

}  // namespace tally
