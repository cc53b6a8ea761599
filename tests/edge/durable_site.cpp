#include "durable_site.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

namespace tally::test {
namespace {

// Each location of `kinds` as /plain/name and as /durable/name.
std::string twice(std::string_view kinds) {
    std::string text;
    while (!kinds.empty()) {
        const std::size_t brace = kinds.find('{');
        const std::size_t end = kinds.find("}\n", brace);
        const std::string_view name = kinds.substr(0, kinds.find(' '));
        const std::string_view directives = kinds.substr(brace + 1, end - brace - 1);
        for (const std::string_view root : {"plain", "durable"})
            text += fmt::format("        location /{}/{}/ {{ tallyman on; tallyman_durable {}; {} }}\n", root,
                                name, root == "durable" ? "on" : "off", directives);
        kinds.remove_prefix(end + 2);
    }
    return text;
}

}  // namespace

DurableSite::DurableSite() {
    const Path file = folder_.path() / "faulty.disk";
    std::ofstream(file).close();
    std::filesystem::resize_file(file, sizeof(FaultyDisk));
    const FileDescriptor fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
    void* memory = ::mmap(nullptr, sizeof(FaultyDisk), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    EXPECT_NE(memory, MAP_FAILED);
    disk_ = static_cast<FaultyDisk*>(memory);
    const Path files = folder_.path() / "files";
    std::filesystem::create_directories(files);
    std::ofstream(files / "large") << std::string(3 * 1024 * 1024, 'l');
    std::ofstream(files / "small.txt") << "a small file";
    std::ofstream(files / "page.html") << "<!--# include virtual=\"/plain/up/part\" -->, then the rest";
}

DurableSite::~DurableSite() {
    release();
    ::munmap(disk_, sizeof(FaultyDisk));
}

std::string DurableSite::every_kind() const {
    return fmt::format(
        "up {{ proxy_pass http://tallyman_upstream/; }}\n"
        "unbuffered {{ proxy_pass http://tallyman_upstream/; proxy_buffering off; }}\n"
        "cached {{ proxy_pass http://tallyman_upstream/; proxy_cache test; proxy_cache_valid any 1h; "
        "proxy_cache_key $request_method$request_uri; }}\n"
        "files {{ alias {0}/; }}\n"
        "gzip {{ alias {0}/; gzip on; gzip_types *; gzip_min_length 1; }}\n"
        "ssi {{ alias {0}/; ssi on; ssi_types *; }}\n"
        "added {{ alias {0}/; addition_types *; add_after_body /plain/up/part; }}\n"
        "text {{ return 200 \"said by nginx\\n\"; }}\n"
        "moved {{ return 301 /elsewhere; }}\n"
        "gone {{ return 410; }}\n"
        "page {{ error_page 404 = /plain/text/x; alias {0}/; }}\n"
        "sub {{ auth_request /plain/up/auth; proxy_pass http://tallyman_upstream/; }}\n"
        "mirrored {{ mirror /plain/up/mirror; proxy_pass http://tallyman_upstream/; }}\n"
        "sliced {{ slice 1m; proxy_set_header Range $slice_range; proxy_pass http://tallyman_upstream/; }}\n",
        (folder_.path() / "files").string());
}

void DurableSite::start_durable(std::string_view kinds, std::string_view server) {
    const std::string http =
        fmt::format("    proxy_cache_path \"{}\" keys_zone=test:1m;\n", (config_.folder / "cache").string());
    ::setenv("LD_PRELOAD", FAULTY_DISK_SHIM, 1);
    ::setenv("FAULTY_DISK", (folder_.path() / "faulty.disk").c_str(), 1);
    start(twice(kinds.empty() ? every_kind() : std::string(kinds)) + std::string(server), http);
    ::unsetenv("LD_PRELOAD");
    ::unsetenv("FAULTY_DISK");
}

void DurableSite::hold() {
    __atomic_store_n(&disk_->hold, 1U, __ATOMIC_RELEASE);
}

void DurableSite::release() {
    __atomic_store_n(&disk_->hold, 0U, __ATOMIC_RELEASE);
}

void DurableSite::wait_for_sync() const {
    for (int i = 0; i < 3000 && value(disk_->inside) == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // poll
    ASSERT_GT(value(disk_->inside), 0U) << "no sync began";
}

void DurableSite::fail_next_sync() {
    __atomic_store_n(&disk_->fail, 1U, __ATOMIC_RELEASE);
}

std::uint32_t DurableSite::value(const std::uint32_t& field) const {
    return __atomic_load_n(&field, __ATOMIC_ACQUIRE);
}

std::string DurableSite::request(std::string_view method, std::string_view target,
                                 std::string_view more) const {
    return fmt::format("{} {} HTTP/1.1\r\nHost: api.test\r\nx-api-key: {}\r\n{}\r\n", method, target, kKey,
                       more);
}

}  // namespace tally::test
