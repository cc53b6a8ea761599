#include "lake/table_metadata.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace tally::lake {
namespace {

namespace json = boost::json;

constexpr std::int64_t kFormatVersion = 2;

std::string_view view(const json::string& text) {
    return {text.data(), text.size()};
}

Error misshapen(std::string_view key) {
    return {ErrorCode::kCorruption, fmt::format("table metadata without a readable \"{}\"", key)};
}

Result<std::int64_t> number(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    if (found == nullptr || !found->is_int64())
        return misshapen(key);
    return found->get_int64();
}

Result<std::string> text(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    if (found == nullptr || !found->is_string())
        return misshapen(key);
    return std::string(view(found->get_string()));
}

Result<const json::array*> list(const json::object& object, std::string_view key) {
    const json::value* found = object.if_contains(key);
    if (found == nullptr || !found->is_array())
        return misshapen(key);
    return &found->get_array();
}

// The object of `list_key` whose `id_key` is `id`.
Result<const json::object*> choose(const json::object& root, std::string_view list_key,
                                   std::string_view id_key, std::int64_t id) {
    TRY_ASSIGN(const json::array* objects, list(root, list_key));
    for (const json::value& value : *objects) {
        const json::object* object = value.if_object();
        const json::value* found = object != nullptr ? object->if_contains(id_key) : nullptr;
        if (found != nullptr && found->is_int64() && found->get_int64() == id)
            return object;
    }
    return misshapen(fmt::format("{} {}", list_key, id));
}

Result<Field> read_field(const json::value& value) {
    const json::object* object = value.if_object();
    if (object == nullptr)
        return misshapen("fields");
    const json::value* type = object->if_contains("type");
    const json::value* required = object->if_contains("required");
    if (type == nullptr || required == nullptr || !required->is_bool())
        return misshapen("fields");
    Field field;
    TRY_ASSIGN(const std::int64_t id, number(*object, "id"));
    field.id = static_cast<int>(id);
    TRY_ASSIGN(field.name, text(*object, "name"));
    TRY_ASSIGN(field.type, column_type_of(type->is_string() ? view(type->get_string()) : "nested"));
    field.required = required->get_bool();
    return field;
}

Status read_schema(const json::object& root, TableMetadata& out) {
    TRY_ASSIGN(const std::int64_t id, number(root, "current-schema-id"));
    TRY_ASSIGN(const json::object* schema, choose(root, "schemas", "schema-id", id));
    TRY_ASSIGN(const json::array* fields, list(*schema, "fields"));
    for (const json::value& value : *fields) {
        TRY_ASSIGN(auto field, read_field(value));
        out.fields.push_back(std::move(field));
    }
    out.manifest_header.schema_json = json::serialize(*schema);
    out.manifest_header.schema_id = static_cast<int>(id);
    return {};
}

Result<std::string> column_name(const std::vector<Field>& fields, std::int64_t id) {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [id](const Field& f) { return f.id == id; });
    if (found == fields.end())
        return misshapen(fmt::format("field {}", id));
    return found->name;
}

bool plain_name(std::string_view name) {
    return !name.empty() && name.find_first_not_of(
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_") == std::string_view::npos;
}

Status read_partition_spec(const json::object& root, TableMetadata& out) {
    TRY_ASSIGN(const std::int64_t id, number(root, "default-spec-id"));
    TRY_ASSIGN(const json::object* spec, choose(root, "partition-specs", "spec-id", id));
    TRY_ASSIGN(const json::array* fields, list(*spec, "fields"));
    const json::object* field = fields->size() == 1 ? fields->front().if_object() : nullptr;
    const auto transform = field != nullptr ? text(*field, "transform") : Result<std::string>(std::string());
    if (field == nullptr || !transform.ok() || *transform != "day")
        return Error{ErrorCode::kUnsupported,
                     fmt::format("the table is partitioned by {}; only one field day(…) "
                                 "is read here",
                                 json::serialize(*fields))};
    TRY_ASSIGN(const std::int64_t source, number(*field, "source-id"));
    TRY_ASSIGN(const std::int64_t field_id, number(*field, "field-id"));
    TRY_ASSIGN(out.partition_by, column_name(out.fields, source));
    TRY_ASSIGN(out.manifest_header.partition_field_name, text(*field, "name"));
    if (!plain_name(out.manifest_header.partition_field_name))
        return Error{ErrorCode::kUnsupported, fmt::format("the partition field '{}' has a name of other than "
                                                          "letters, digits and underscores",
                                                          out.manifest_header.partition_field_name)};
    out.manifest_header.partition_field_id = static_cast<int>(field_id);
    out.manifest_header.partition_spec_id = static_cast<int>(id);
    out.manifest_header.partition_fields_json = json::serialize(*fields);
    return {};
}

Status read_sort_order(const json::object& root, TableMetadata& out) {
    TRY_ASSIGN(const std::int64_t id, number(root, "default-sort-order-id"));
    out.sort_order_id = static_cast<int>(id);
    if (id == 0)
        return {};
    TRY_ASSIGN(const json::object* order, choose(root, "sort-orders", "order-id", id));
    TRY_ASSIGN(const json::array* fields, list(*order, "fields"));
    for (const json::value& value : *fields) {
        if (!value.is_object())
            return misshapen("sort-orders");
        TRY_ASSIGN(const std::int64_t source, number(value.get_object(), "source-id"));
        TRY_ASSIGN(auto name, column_name(out.fields, source));
        out.sort_by.push_back(std::move(name));
    }
    return {};
}

Result<SnapshotInfo> read_snapshot(const json::value& value) {
    const json::object* object = value.if_object();
    if (object == nullptr)
        return misshapen("snapshots");
    SnapshotInfo snapshot;
    TRY_ASSIGN(const std::int64_t id, number(*object, "snapshot-id"));
    TRY_ASSIGN(const std::int64_t at_ms, number(*object, "timestamp-ms"));
    TRY_ASSIGN(snapshot.sequence_number, number(*object, "sequence-number"));
    TRY_ASSIGN(snapshot.manifest_list, text(*object, "manifest-list"));
    snapshot.id = SnapshotId(id);
    snapshot.committed_at = Instant{std::chrono::milliseconds(at_ms)};
    if (const json::value* parent = object->if_contains("parent-snapshot-id"))
        if (parent->is_int64())
            snapshot.parent = SnapshotId(parent->get_int64());
    if (const json::value* summary = object->if_contains("summary"))
        if (const json::object* entries = summary->if_object())
            for (const auto& [key, entry] : *entries)
                if (entry.is_string())
                    snapshot.summary.emplace(std::string(key.data(), key.size()), view(entry.get_string()));
    return snapshot;
}

Status read_snapshots(const json::object& root, TableMetadata& out) {
    const json::value* snapshots = root.if_contains("snapshots");
    if (snapshots != nullptr && snapshots->is_array())
        for (const json::value& value : snapshots->get_array()) {
            TRY_ASSIGN(auto snapshot, read_snapshot(value));
            out.snapshots.push_back(std::move(snapshot));
        }
    std::stable_sort(
        out.snapshots.begin(), out.snapshots.end(),
        [](const SnapshotInfo& a, const SnapshotInfo& b) { return a.sequence_number < b.sequence_number; });
    // Writers say "none" by null, by -1 or by leaving it out.
    const json::value* current = root.if_contains("current-snapshot-id");
    if (current != nullptr && current->is_int64() && current->get_int64() >= 0)
        out.current = SnapshotId(current->get_int64());
    return {};
}

Result<json::object> parse_object(std::string_view source) {
    json::error_code error;
    json::value root = json::parse({source.data(), source.size()}, error);
    if (error || !root.is_object())
        return Error{ErrorCode::kCorruption, fmt::format("table metadata is not a JSON object: {}",
                                                         error ? error.message() : "a value")};
    return std::move(root.get_object());
}

Status check_format_version(const json::object& root) {
    TRY_ASSIGN(const std::int64_t version, number(root, "format-version"));
    if (version != kFormatVersion)
        return Error{ErrorCode::kUnsupported,
                     fmt::format("the table has Iceberg format version {}; this build reads and writes {}",
                                 version, kFormatVersion)};
    return {};
}

Result<int> column_id(const TableDefinition& definition, std::string_view name) {
    for (const Field& field : definition.fields)
        if (field.name == name)
            return field.id;
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("table {} has no column '{}'", definition.name, name)};
}

json::object field_object(const Field& field) {
    return {{"id", field.id},
            {"name", field.name},
            {"required", field.required},
            {"type", iceberg_type_name(field.type)}};
}

json::array schema_fields(const std::vector<Field>& fields) {
    json::array out;
    for (const Field& field : fields)
        out.push_back(field_object(field));
    return out;
}

Result<json::array> sort_fields(const TableDefinition& definition) {
    json::array out;
    for (const std::string& name : definition.sort_by) {
        TRY_ASSIGN(const int id, column_id(definition, name));
        out.push_back(json::object{{"transform", "identity"},
                                   {"source-id", id},
                                   {"direction", "asc"},
                                   {"null-order", "nulls-first"}});
    }
    return out;
}

json::object table_properties() {
    return {{"write.format.default", "parquet"},
            {"write.parquet.compression-codec", "zstd"},
            {"write.metadata.delete-after-commit.enabled", "true"},
            {"write.metadata.previous-versions-max", "100"}};
}

int last_column_id(const std::vector<Field>& fields) {
    int last = 0;
    for (const Field& field : fields)
        last = std::max(last, field.id);
    return last;
}

json::array& array_at(json::object& object, std::string_view key) {
    json::value& value = object[key];
    if (!value.is_array())
        value = json::array();
    return value.get_array();
}

json::object& object_at(json::object& object, std::string_view key) {
    json::value& value = object[key];
    if (!value.is_object())
        value = json::object();
    return value.get_object();
}

std::string property(const json::object& root, std::string_view key, std::string_view otherwise) {
    const json::value* properties = root.if_contains("properties");
    const json::object* object = properties != nullptr ? properties->if_object() : nullptr;
    const json::value* found = object != nullptr ? object->if_contains(key) : nullptr;
    return std::string(found != nullptr && found->is_string() ? view(found->get_string()) : otherwise);
}

std::size_t previous_versions_max(const json::object& root) {
    constexpr std::size_t kDefault = 100;
    const std::string given = property(root, "write.metadata.previous-versions-max", "");
    std::size_t value = 0;
    for (const char digit : given) {
        if (digit < '0' || digit > '9' || value > kDefault * kDefault)
            return kDefault;
        value = value * 10 + static_cast<std::size_t>(digit - '0');
    }
    return value == 0 ? kDefault : value;
}

// Appends to metadata-log and cuts it; returns the locations that were cut off.
std::vector<std::string> log_metadata(json::object& root, std::string_view location, std::int64_t at_ms) {
    json::array& log = array_at(root, "metadata-log");
    log.push_back(json::object{{"metadata-file", location}, {"timestamp-ms", at_ms}});
    const std::size_t keep = previous_versions_max(root);
    std::vector<std::string> cut;
    while (log.size() > keep) {
        if (const json::object* oldest = log.front().if_object())
            if (const auto file = text(*oldest, "metadata-file"); file.ok())
                cut.push_back(*file);
        log.erase(log.begin());
    }
    if (property(root, "write.metadata.delete-after-commit.enabled", "false") != "true")
        cut.clear();
    return cut;
}

// NNNNN of ".../NNNNN-<uuid>.metadata.json"; 0 for names of another form.
std::uint32_t metadata_version(std::string_view location) {
    const std::string_view name = location.substr(location.rfind('/') + 1);
    std::uint32_t version = 0;
    std::from_chars(name.data(), name.data() + name.size(), version);
    return version;
}

std::int64_t greatest_schema_id(const json::array& schemas) {
    std::int64_t greatest = 0;
    for (const json::value& value : schemas)
        if (const json::object* schema = value.if_object())
            greatest = std::max(greatest, number(*schema, "schema-id").value_or(0));
    return greatest;
}

// The columns of `fields` behind those that the schema has.
Status append_columns(json::object& schema, const std::vector<Field>& fields, std::int64_t last_id) {
    json::array& columns = array_at(schema, "fields");
    for (std::size_t i = columns.size(); i < fields.size(); ++i) {
        if (fields[i].id <= last_id)
            return Error{ErrorCode::kUnsupported,
                         fmt::format("column '{}' cannot be added: the table has given field id {} away",
                                     fields[i].name, fields[i].id)};
        columns.push_back(field_object(fields[i]));
    }
    return {};
}

json::object snapshot_object(const SnapshotInfo& snapshot, std::int64_t at_ms, std::int64_t schema_id) {
    json::object summary;
    // The spec asks for it; first, because people read it first.
    summary["operation"] = "append";
    for (const auto& [key, value] : snapshot.summary)
        summary[key] = value;
    json::object object{{"sequence-number", snapshot.sequence_number}, {"snapshot-id", snapshot.id.value()}};
    if (snapshot.parent.has_value())
        object["parent-snapshot-id"] = snapshot.parent->value();
    object["timestamp-ms"] = at_ms;
    object["summary"] = std::move(summary);
    object["manifest-list"] = snapshot.manifest_list;
    object["schema-id"] = schema_id;
    return object;
}

}  // namespace

Result<TableMetadata> parse_table_metadata(std::string_view source) {
    TRY_ASSIGN(const json::object root, parse_object(source));
    TRY(check_format_version(root));
    TableMetadata out;
    TRY_ASSIGN(out.uuid, text(root, "table-uuid"));
    TRY_ASSIGN(out.location, text(root, "location"));
    while (out.location.size() > 1 && out.location.ends_with('/'))
        out.location.pop_back();
    TRY_ASSIGN(out.last_sequence_number, number(root, "last-sequence-number"));
    TRY_ASSIGN(out.last_updated_ms, number(root, "last-updated-ms"));
    TRY(read_schema(root, out));
    TRY(read_partition_spec(root, out));
    TRY(read_sort_order(root, out));
    TRY(read_snapshots(root, out));
    return out;
}

Result<std::string> new_table_metadata(const TableDefinition& definition, std::string_view uuid,
                                       std::string_view location, Instant now) {
    const std::string partition_name = definition.partition_by + "_day";
    if (!plain_name(partition_name))
        return Error{
            ErrorCode::kInvalidArgument,
            fmt::format("a column to partition by has a name of letters, digits and underscores, not '{}'",
                        definition.partition_by)};
    TRY_ASSIGN(const int partition_source, column_id(definition, definition.partition_by));
    TRY_ASSIGN(json::array sorting, sort_fields(definition));
    const int order_id = sorting.empty() ? 0 : 1;
    const json::object schema{
        {"type", "struct"}, {"schema-id", 0}, {"fields", schema_fields(definition.fields)}};
    const json::object partition_field{
        {"name", partition_name}, {"transform", "day"}, {"source-id", partition_source}, {"field-id", 1000}};
    const json::object root{
        {"format-version", kFormatVersion},
        {"table-uuid", uuid},
        {"location", location},
        {"last-sequence-number", 0},
        {"last-updated-ms", to_us(now) / 1000},
        {"last-column-id", last_column_id(definition.fields)},
        {"current-schema-id", 0},
        {"schemas", json::array{schema}},
        {"default-spec-id", 0},
        {"partition-specs",
         json::array{json::object{{"spec-id", 0}, {"fields", json::array{partition_field}}}}},
        {"last-partition-id", 1000},
        {"default-sort-order-id", order_id},
        {"sort-orders", json::array{json::object{{"order-id", order_id}, {"fields", std::move(sorting)}}}},
        {"properties", table_properties()},
        {"current-snapshot-id", -1},
        {"refs", json::object{}},
        {"snapshots", json::array{}},
        {"snapshot-log", json::array{}},
        {"metadata-log", json::array{}}};
    return json::serialize(root);
}

std::string next_metadata_location(const TableMetadata& table, std::string_view location,
                                   std::string_view uuid) {
    return fmt::format("{}/metadata/{:05}-{}.metadata.json", table.location, metadata_version(location) + 1,
                       uuid);
}

Result<std::string> add_columns(std::string_view source, std::string_view location,
                                const std::vector<Field>& fields, Instant now) {
    TRY_ASSIGN(json::object root, parse_object(source));
    TRY(check_format_version(root));
    TRY_ASSIGN(const std::int64_t previous_ms, number(root, "last-updated-ms"));
    TRY_ASSIGN(const std::int64_t schema_id, number(root, "current-schema-id"));
    TRY_ASSIGN(const std::int64_t last_id, number(root, "last-column-id"));
    TRY_ASSIGN(const json::object* current, choose(root, "schemas", "schema-id", schema_id));
    json::object schema = *current;
    TRY(append_columns(schema, fields, last_id));
    const std::int64_t next_id = greatest_schema_id(array_at(root, "schemas")) + 1;
    schema["schema-id"] = next_id;
    array_at(root, "schemas").push_back(std::move(schema));
    root["current-schema-id"] = next_id;
    root["last-column-id"] = std::max<std::int64_t>(last_id, last_column_id(fields));
    // The next commit cuts the log to its length.
    array_at(root, "metadata-log")
        .push_back(json::object{{"metadata-file", location}, {"timestamp-ms", previous_ms}});
    root["last-updated-ms"] = std::max(previous_ms, to_us(now) / 1000);
    return json::serialize(root);
}

Result<NextMetadata> add_snapshot(std::string_view source, std::string_view location,
                                  const SnapshotInfo& snapshot) {
    TRY_ASSIGN(json::object root, parse_object(source));
    TRY(check_format_version(root));
    TRY_ASSIGN(const std::int64_t previous_ms, number(root, "last-updated-ms"));
    TRY_ASSIGN(const std::int64_t schema_id, number(root, "current-schema-id"));
    const std::int64_t at_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(snapshot.committed_at.time_since_epoch())
            .count();
    NextMetadata next;
    next.expired_files = log_metadata(root, location, previous_ms);
    root["last-sequence-number"] = snapshot.sequence_number;
    root["last-updated-ms"] = at_ms;
    root["current-snapshot-id"] = snapshot.id.value();
    array_at(root, "snapshots").push_back(snapshot_object(snapshot, at_ms, schema_id));
    array_at(root, "snapshot-log")
        .push_back(json::object{{"timestamp-ms", at_ms}, {"snapshot-id", snapshot.id.value()}});
    json::object& main = object_at(object_at(root, "refs"), "main");
    main["snapshot-id"] = snapshot.id.value();
    main["type"] = "branch";
    next.json = json::serialize(root);
    return next;
}

}  // namespace tally::lake
