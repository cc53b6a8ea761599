#include "edge/limit_file_reader.hpp"

#include "base/crc32c.hpp"
#include "edge/boot_digest.hpp"

#include <cstring>

namespace tally::edge {

bool is_limit_file(const char* data, std::uint64_t size) {
    const auto& header = *reinterpret_cast<const LimitFileHeader*>(data);
    return size >= kLimitFileHeaderSize &&
           std::memcmp(header.magic, kLimitFileMagic, sizeof header.magic) == 0 &&
           header.version == kLimitFileVersion && header.header_size == kLimitFileHeaderSize &&
           header.block_size == sizeof(LimitBlock) && header.accounts_per_block == kAccountsPerBlock &&
           crc32c(&header, kLimitFileCrcSpan) == header.header_crc && header.boot_digest == boot_digest();
}

LimitBlock* LimitFileReader::block_after_growth(std::uint64_t start) {
    refresh();
    return start + sizeof(LimitBlock) <= file_.size() ? reinterpret_cast<LimitBlock*>(file_.data() + start)
                                                      : nullptr;
}

}  // namespace tally::edge
