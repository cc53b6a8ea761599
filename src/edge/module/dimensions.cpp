#include "edge/module/dimensions.hpp"

#include "edge/module/record_text.hpp"
#include "model/dimensions.hpp"

#include <cstring>
#include <string_view>

namespace tally::edge {
namespace {

constexpr unsigned char kEquals[] = {'='};
constexpr unsigned char kNewline[] = {'\n'};

// One header's value, put together from all the places where it stands.
class Value {
  public:
    void add(const ngx_str_t& text) {
        if (found_)
            append(", ");
        found_ = true;
        append({reinterpret_cast<const char*>(text.data), text.len});
    }

    [[nodiscard]] bool found() const { return found_; }

    void write(const ngx_str_t& name, capture::RecordBuilder& record) {
        if (is_cut_) {
            size_ = kDimensionValueMax - kCutMark.size();
            append(kCutMark);
            record.fixed->flags |= capture::kFlagCut;
        }
        put(record, capture::kDimensions, name.data, name.len);
        put(record, capture::kDimensions, kEquals, sizeof kEquals);
        put(record, capture::kDimensions, bytes_, size_);
        put(record, capture::kDimensions, kNewline, sizeof kNewline);
    }

  private:
    void append(std::string_view text) {
        const std::size_t room = kDimensionValueMax - size_;
        const std::size_t taken = text.size() < room ? text.size() : room;
        is_cut_ = is_cut_ || taken < text.size();
        std::memcpy(bytes_ + size_, text.data(), taken);
        size_ += taken;
    }

    unsigned char bytes_[kDimensionValueMax];
    std::size_t size_ = 0;
    bool found_ = false;
    bool is_cut_ = false;
};

bool is_named(const ngx_table_elt_t& header, const ngx_str_t& name) {
    return header.key.len == name.len && ngx_strncasecmp(header.key.data, name.data, name.len) == 0;
}

template <class Visit>
void for_each_named(const ngx_list_t& headers, const ngx_str_t& name, Visit visit) {
    for (const ngx_list_part_t* part = &headers.part; part != nullptr; part = part->next) {
        auto* header = static_cast<ngx_table_elt_t*>(part->elts);
        for (const auto* end = header + part->nelts; header < end; ++header)
            if (is_named(*header, name))
                visit(*header);
    }
}

// nginx's mark of a header that is not sent.
constexpr ngx_uint_t kDeleted = 0;

// Whether what the upstream sent is what is answered, and not an answer that nginx put in its place.
bool is_upstreams_answer(const ngx_http_request_t& request) {
    return request.upstream != nullptr && request.upstream->headers_in.headers.part.elts != nullptr &&
           request.upstream->headers_in.status_n == request.headers_out.status;
}

void find(const ngx_http_request_t& request, const ngx_str_t& name, Value& value) {
    for_each_named(request.headers_out.headers, name, [&value](const ngx_table_elt_t& header) {
        if (header.hash != kDeleted)
            value.add(header.value);
    });
    if (!value.found() && is_upstreams_answer(request))
        for_each_named(request.upstream->headers_in.headers, name,
                       [&value](const ngx_table_elt_t& header) { value.add(header.value); });
}

}  // namespace

void unset_dimension_config(DimensionConfig& config) {
    config.names = nullptr;
    config.hide = NGX_CONF_UNSET;
}

void merge_dimension_config(const DimensionConfig& outer, DimensionConfig& inner) {
    ngx_conf_merge_value(inner.hide, outer.hide, 0);
    if (inner.names == nullptr)
        inner.names = outer.names;
}

char* set_dimension_names(ngx_conf_t* cf, ngx_command_t* command, void* config) {
    auto& dimensions = *reinterpret_cast<DimensionConfig*>(static_cast<char*>(config) + command->offset);
    if (dimensions.names != nullptr)
        return const_cast<char*>("is duplicate");
    const ngx_uint_t count = cf->args->nelts - 1;
    if (count > kDimensionsMax)
        return const_cast<char*>("takes at most 16 headers");
    dimensions.names = ngx_array_create(cf->pool, count, sizeof(ngx_str_t));
    if (dimensions.names == nullptr)
        return static_cast<char*>(NGX_CONF_ERROR);
    for (ngx_uint_t i = 1; i <= count; ++i) {
        const ngx_str_t& given = static_cast<const ngx_str_t*>(cf->args->elts)[i];
        auto* name = static_cast<ngx_str_t*>(ngx_array_push(dimensions.names));
        name->len = given.len;
        name->data = static_cast<u_char*>(ngx_pnalloc(cf->pool, given.len));
        if (name->data == nullptr)
            return static_cast<char*>(NGX_CONF_ERROR);
        ngx_strlow(name->data, given.data, given.len);
        if (!is_dimension_name({reinterpret_cast<const char*>(name->data), name->len}))
            return const_cast<char*>(
                "needs header names of 1 to 64 letters, digits, \"-\" and \"_\" that begin with a letter");
    }
    return NGX_CONF_OK;
}

std::size_t dimensions_room(const DimensionConfig& config) {
    if (config.names == nullptr)
        return 0;
    std::size_t room = 0;
    const auto* name = static_cast<const ngx_str_t*>(config.names->elts);
    for (const auto* end = name + config.names->nelts; name < end; ++name)
        room += name->len + sizeof kEquals + kDimensionValueMax + sizeof kNewline;
    return room;
}

void write_dimensions(const ngx_http_request_t& request, const DimensionConfig& config,
                      capture::RecordBuilder& record) {
    if (config.names == nullptr)
        return;
    const auto* name = static_cast<const ngx_str_t*>(config.names->elts);
    for (const auto* end = name + config.names->nelts; name < end; ++name) {
        Value value;
        find(request, *name, value);
        if (value.found())
            value.write(*name, record);
    }
}

void hide_dimensions(ngx_http_request_t& request, const DimensionConfig& config) {
    if (config.names == nullptr || !config.hide)
        return;
    const auto* name = static_cast<const ngx_str_t*>(config.names->elts);
    for (const auto* end = name + config.names->nelts; name < end; ++name)
        for_each_named(request.headers_out.headers, *name,
                       [](ngx_table_elt_t& header) { header.hash = kDeleted; });
}

}  // namespace tally::edge
