#pragma once

#include "delivery/row_order.hpp"
#include "lake/column_batch.hpp"

namespace tally::delivery {

// The columns of kRequestsColumns for the rows of one file, in the file's order, by the mapping of
// model/request_text.hpp. The result owns its bytes. The texts of all rows together must stay below 500 MiB
// (order_rows cuts files far below that), because offsets into a column are 32 bits wide.
lake::ColumnBatch request_columns(const FileRows& file);

}  // namespace tally::delivery
