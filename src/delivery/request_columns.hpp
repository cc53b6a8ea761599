#pragma once

#include "lake/column_batch.hpp"
#include "model/request_record.hpp"

#include <span>

namespace tally::delivery {

// The columns of kRequestsColumns for these rows, in this order, by the mapping of model/request_text.hpp.
// The result owns its bytes. The texts of all rows together must stay below 500 MiB (row_order.hpp splits
// files far below that), because offsets into a column are 32 bits wide.
lake::ColumnBatch request_columns(std::span<const RequestRecord* const> rows);

}  // namespace tally::delivery
