#pragma once

#include "base/result.hpp"
#include "rating/document.hpp"
#include "rating/fields.hpp"

namespace tally::rating {

// The three pure commands between documents: each reads its question's members, "id" excepted, and adds those
// of the answer. Errors point into the question.
Status answer_rate(Fields& question, Document& answer);
Status answer_periods(Fields& question, Document& answer);
Status answer_wallet(Fields& question, Document& answer);

}  // namespace tally::rating
