#pragma once

#include <utility>

#include <duckdb.h>

// DuckDB's C handles with owners. Included by the .cpp files of this folder alone.
namespace tally::query {

template <class Handle, void (*Destroy)(Handle*)>
class Owned {
  public:
    Owned() = default;

    explicit Owned(Handle handle) : handle_(handle) {}

    ~Owned() { reset(); }

    Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

    Owned& operator=(Owned&& other) noexcept {
        if (this != &other) {
            reset();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }

    [[nodiscard]] Handle get() const { return handle_; }

    // For the calls that fill a handle, and for those that want its address.
    Handle* out() { return &handle_; }

    explicit operator bool() const { return handle_ != nullptr; }

  private:
    void reset() {
        if (handle_ != nullptr)
            Destroy(&handle_);
        handle_ = nullptr;
    }

    Handle handle_ = nullptr;
};

using Database = Owned<duckdb_database, duckdb_close>;
using Connection = Owned<duckdb_connection, duckdb_disconnect>;
using Config = Owned<duckdb_config, duckdb_destroy_config>;
using Prepared = Owned<duckdb_prepared_statement, duckdb_destroy_prepare>;
using ExtractedStatements = Owned<duckdb_extracted_statements, duckdb_destroy_extracted>;
using DataChunk = Owned<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using LogicalType = Owned<duckdb_logical_type, duckdb_destroy_logical_type>;
using TableFunction = Owned<duckdb_table_function, duckdb_destroy_table_function>;

// A result is a struct that owns from the moment it is filled, also when it is filled with an error.
class Answer {
  public:
    Answer() = default;

    ~Answer() { duckdb_destroy_result(&result_); }

    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;

    duckdb_result* out() { return &result_; }

    [[nodiscard]] const duckdb_result& get() const { return result_; }

  private:
    duckdb_result result_{};
};

}  // namespace tally::query
