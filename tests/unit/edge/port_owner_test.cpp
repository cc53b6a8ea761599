#include "edge/port_owner.hpp"

#include "base/file_descriptor.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tally::edge {
namespace {

// A socket that listens on a free port of loopback.
struct Listener {
    Listener() : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* raw = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(socket.get(), raw, size), 0);
        EXPECT_EQ(::listen(socket.get(), 1), 0);
        EXPECT_EQ(::getsockname(socket.get(), raw, &size), 0);
        port = ntohs(address.sin_port);
    }

    FileDescriptor socket;
    std::uint16_t port = 0;
};

EdgeConfig listening_on(const std::string& listen) {
    EdgeConfig config;
    config.listen = listen;
    return config;
}

TEST(PortOwner, NamesWhoHasThePortAndWhatToChange) {
    const Listener listener;
    const Status free = check_port_is_free(listening_on(fmt::format("127.0.0.1:{}", listener.port)));
    ASSERT_FALSE(free.ok());
    EXPECT_EQ(free.error().code, ErrorCode::kConflict);
    EXPECT_THAT(free.error().message, testing::HasSubstr(fmt::format("(process {})", ::getpid())));
    EXPECT_THAT(free.error().message, testing::HasSubstr("unit_edge"));
    EXPECT_THAT(free.error().message, testing::HasSubstr("[edge] listen"));
    EXPECT_FALSE(check_port_is_free(listening_on(fmt::format("{}", listener.port))).ok());
}

TEST(PortOwner, LeavesAFreePortFree) {
    std::uint16_t port = 0;
    {
        const Listener listener;
        port = listener.port;
    }
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(check_port_is_free(listening_on(fmt::format("127.0.0.1:{}", port))).ok());
}

TEST(PortOwner, RefusesAnAddressThatIsNotOurs) {
    const Status free = check_port_is_free(listening_on("192.0.2.1:8080"));
    ASSERT_FALSE(free.ok());
    EXPECT_EQ(free.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(free.error().message, testing::HasSubstr("192.0.2.1:8080"));
}

}  // namespace
}  // namespace tally::edge
