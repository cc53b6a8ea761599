#include "lake/avro_schema.hpp"

#include <map>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace tally::lake {
namespace {

namespace json = boost::json;

Error broken(std::string_view what) {
    return {ErrorCode::kCorruption, fmt::format("not an Avro schema: {}", what)};
}

std::optional<AvroKind> primitive_kind(std::string_view name) {
    static const std::map<std::string_view, AvroKind> kinds = {
        {"null", AvroKind::kNull},   {"boolean", AvroKind::kBoolean}, {"int", AvroKind::kInt},
        {"long", AvroKind::kLong},   {"float", AvroKind::kFloat},     {"double", AvroKind::kDouble},
        {"bytes", AvroKind::kBytes}, {"string", AvroKind::kString}};
    const auto found = kinds.find(name);
    return found == kinds.end() ? std::nullopt : std::optional(found->second);
}

class SchemaParser {
  public:
    Result<AvroSchema> parse(const json::value& root) {
        TRY_ASSIGN(schema_.root, type_of(root));
        return std::move(schema_);
    }

  private:
    Result<std::size_t> type_of(const json::value& value) {
        if (value.is_string())
            return named(value.get_string());
        if (value.is_array())
            return union_of(value.get_array());
        if (!value.is_object())
            return broken("a type is neither a name, a list nor an object");
        const json::object& object = value.get_object();
        const json::value* kind = object.if_contains("type");
        if (kind == nullptr)
            return broken("a type without \"type\"");
        if (!kind->is_string())
            return type_of(*kind);
        return complex(kind->get_string(), object);
    }

    Result<std::size_t> named(std::string_view name) {
        if (const auto kind = primitive_kind(name))
            return add({.kind = *kind});
        const auto found = names_.find(name);
        if (found == names_.end())
            return broken(fmt::format("unknown type '{}'", name));
        return found->second;
    }

    Result<std::size_t> union_of(const json::array& branches) {
        const std::size_t index = add({.kind = AvroKind::kUnion});
        std::vector<std::size_t> types;
        for (const json::value& branch : branches) {
            TRY_ASSIGN(const std::size_t type, type_of(branch));
            types.push_back(type);
        }
        schema_.types[index].branches = std::move(types);
        return index;
    }

    Result<std::size_t> complex(std::string_view kind, const json::object& object) {
        if (kind == "record")
            return record(object);
        if (kind == "array")
            return container(AvroKind::kArray, object, "items");
        if (kind == "map")
            return container(AvroKind::kMap, object, "values");
        if (kind == "enum")
            return define(object, {.kind = AvroKind::kEnum});
        if (kind != "fixed")
            return named(kind);  // a primitive with annotations, such as a logical type
        const json::value* size = object.if_contains("size");
        if (size == nullptr || !size->is_int64() || size->get_int64() < 0)
            return broken("a fixed without \"size\"");
        return define(object,
                      {.kind = AvroKind::kFixed, .fixed_size = static_cast<std::size_t>(size->get_int64())});
    }

    Result<std::size_t> container(AvroKind kind, const json::object& object, std::string_view key) {
        const json::value* inner = object.if_contains(key);
        if (inner == nullptr)
            return broken(fmt::format("a container without \"{}\"", key));
        const std::size_t index = add({.kind = kind});
        TRY_ASSIGN(const std::size_t element, type_of(*inner));
        schema_.types[index].element = element;
        return index;
    }

    Result<std::size_t> record(const json::object& object) {
        const json::value* fields = object.if_contains("fields");
        if (fields == nullptr || !fields->is_array())
            return broken("a record without \"fields\"");
        TRY_ASSIGN(const std::size_t index, define(object, {.kind = AvroKind::kRecord}));
        std::vector<AvroField> read;
        for (const json::value& value : fields->get_array()) {
            TRY_ASSIGN(auto field, field_of(value));
            read.push_back(std::move(field));
        }
        schema_.types[index].fields = std::move(read);
        return index;
    }

    Result<AvroField> field_of(const json::value& value) {
        const json::object* object = value.if_object();
        const json::value* name = object != nullptr ? object->if_contains("name") : nullptr;
        const json::value* type = object != nullptr ? object->if_contains("type") : nullptr;
        if (name == nullptr || !name->is_string() || type == nullptr)
            return broken("a record's field without \"name\" or \"type\"");
        AvroField field{.name = std::string(name->get_string())};
        if (const json::value* id = object->if_contains("field-id"); id != nullptr && id->is_int64())
            field.field_id = static_cast<int>(id->get_int64());
        TRY_ASSIGN(field.type, type_of(*type));
        return field;
    }

    Result<std::size_t> define(const json::object& object, AvroType type) {
        const json::value* name = object.if_contains("name");
        if (name == nullptr || !name->is_string())
            return broken("a record, enum or fixed without \"name\"");
        const std::size_t index = add(std::move(type));
        names_.insert_or_assign(std::string(name->get_string()), index);
        return index;
    }

    std::size_t add(AvroType type) {
        schema_.types.push_back(std::move(type));
        return schema_.types.size() - 1;
    }

    AvroSchema schema_;
    std::map<std::string, std::size_t, std::less<>> names_;
};

}  // namespace

Result<AvroSchema> parse_avro_schema(std::string_view text) {
    json::error_code error;
    const json::value root = json::parse({text.data(), text.size()}, error);
    if (error)
        return broken(error.message());
    return SchemaParser().parse(root);
}

}  // namespace tally::lake
