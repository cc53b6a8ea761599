#include "app/adapters.hpp"

#include "usage/usage.hpp"

namespace tally::app {
namespace {

edge::KeyEntry entry_of(const accounts::PublishedKey& key) {
    edge::KeyEntry entry;
    entry.digest = key.digest;
    entry.key_id = key.id;
    entry.customer_id = key.customer;
    entry.revoked = key.revoked;
    entry.expires_at = key.expires_at;
    return entry;
}

}  // namespace

Status KeyTablePublisher::publish(const accounts::PublishedKey& key) {
    return table_.upsert(entry_of(key));
}

// Put in as revoked, which also serves where the table has lost the key.
Status KeyTablePublisher::revoke(const accounts::PublishedKey& key) {
    edge::KeyEntry entry = entry_of(key);
    entry.revoked = true;
    return table_.upsert(entry);
}

Status KeyTablePublisher::rebuild(const std::vector<accounts::PublishedKey>& all) {
    std::vector<edge::KeyEntry> entries;
    entries.reserve(all.size());
    for (const auto& key : all)
        entries.push_back(entry_of(key));
    return table_.rebuild(entries);
}

Result<std::vector<usage::MeterReading>> LakeMeterSource::read(const Meter& meter, const CustomerId& customer,
                                                               const rating::Period& period,
                                                               SnapshotId snapshot) {
    return usage::measure(engine_, meter, {customer, period.from, period.to, query::Cut{snapshot, {}}});
}

Result<std::optional<SnapshotId>> LakeSnapshotSource::current(std::string_view source) {
    if (source != requests_.name())
        return Error{ErrorCode::kUnsupported, "there is no table behind the meter source \"" +
                                                  std::string(source) + "\"; \"" + requests_.name() +
                                                  "\" is the one that there is"};
    TRY_ASSIGN(const auto state, requests_.state());
    return state.current;
}

}  // namespace tally::app
