#include "state/connection.hpp"

#include "support/temp_folder.hpp"

#include <filesystem>
#include <limits>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace tally::state {
namespace {

class ConnectionTest : public ::testing::Test {
  protected:
    ConnectionTest() : connection(Connection::open(folder.path() / "a b.db").value()) {
        EXPECT_TRUE(
            connection->execute("CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT UNIQUE, n BIGINT)").ok());
    }

    test::TempFolder folder;
    std::unique_ptr<Connection> connection;
};

TEST_F(ConnectionTest, KeepsWholeNumbersTextsAndNulls) {
    const std::string odd("a'b\"c;\0\xC3\xA9:x", 12);
    const std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
    ASSERT_TRUE(connection->execute("INSERT INTO t (v, n) VALUES (:v, :n)", {odd, smallest}).ok());
    ASSERT_TRUE(connection
                    ->execute("INSERT INTO t (v, n) VALUES (:v, :n)",
                              {Value::text_or_null(""), std::numeric_limits<std::int64_t>::max()})
                    .ok());
    const std::vector<Row> rows = connection->query("SELECT v, n FROM t ORDER BY k").value();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].text(0), odd);
    EXPECT_EQ(rows[0].whole(1), smallest);
    EXPECT_TRUE(rows[1].is_null(0));
    EXPECT_EQ(rows[1].whole(1), std::numeric_limits<std::int64_t>::max());
    EXPECT_TRUE(connection->query("SELECT v FROM t WHERE n = :n", {std::int64_t{5}}).value().empty());
}

TEST_F(ConnectionTest, CountsTheRowsWritten) {
    ASSERT_EQ(connection->execute("INSERT INTO t (v) VALUES ('a'), ('b'), ('c')").value(), 3);
    EXPECT_EQ(connection->execute("UPDATE t SET n = 1 WHERE v <> :v", {"a"}).value(), 2);
    EXPECT_EQ(connection->execute("UPDATE t SET n = 1 WHERE v = :v", {"z"}).value(), 0);
}

TEST_F(ConnectionTest, TellsKindsOfFailureApart) {
    ASSERT_TRUE(connection->execute("INSERT INTO t (v) VALUES ('secret-value')").ok());
    const auto twice = connection->execute("INSERT INTO t (v) VALUES (:v)", {"secret-value"});
    ASSERT_FALSE(twice.ok());
    EXPECT_EQ(twice.error().code, ErrorCode::kAlreadyExists);
    EXPECT_EQ(twice.error().message.find("secret-value"), std::string::npos) << twice.error().message;
    EXPECT_EQ(connection->query("SELECT nonsense").error().code, ErrorCode::kInternal);
    std::filesystem::create_directory(folder.path() / "d");
    EXPECT_FALSE(Connection::open(folder.path() / "d").ok());
    EXPECT_FALSE(Connection::open(folder.path() / "none" / "x.db").ok());
}

TEST_F(ConnectionTest, AFileThatIsNoDatabaseIsCorruption) {
    const Path path = folder.path() / "other.db";
    PosixFileSystem files;
    ASSERT_TRUE(write_new_file(files, path, std::string(4096, 'x')).ok());
    const auto opened = Connection::open(path);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::kCorruption);
    EXPECT_NE(opened.error().message.find("other.db"), std::string::npos);
}

TEST_F(ConnectionTest, FilesArePrivateAndCommitsAreSafe) {
    struct stat info {};

    ASSERT_EQ(::stat((folder.path() / "a b.db").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U);
    ASSERT_EQ(::stat((folder.path() / "a b.db-wal").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U);
    EXPECT_EQ(connection->query("PRAGMA journal_mode").value().front().text(0), "wal");
    EXPECT_EQ(connection->query("PRAGMA synchronous").value().front().whole(0), 2);
    EXPECT_EQ(connection->query("PRAGMA foreign_keys").value().front().whole(0), 1);
    EXPECT_EQ(connection->query("PRAGMA busy_timeout").value().front().whole(0), 10'000);
}

TEST_F(ConnectionTest, ARolledBackTransactionLeavesNothing) {
    ASSERT_TRUE(connection->begin().ok());
    ASSERT_TRUE(connection->execute("INSERT INTO t (v) VALUES ('a')").ok());
    connection->rollback();
    EXPECT_TRUE(connection->query("SELECT v FROM t").value().empty());
    ASSERT_TRUE(connection->begin().ok());
    ASSERT_TRUE(connection->execute("INSERT INTO t (v) VALUES ('a')").ok());
    ASSERT_TRUE(connection->commit().ok());
    EXPECT_EQ(connection->query("SELECT v FROM t").value().size(), 1U);
}

}  // namespace
}  // namespace tally::state
