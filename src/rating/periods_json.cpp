#include "rating/line_document.hpp"
#include "rating/periods.hpp"
#include "rating/schedule_fields.hpp"

// `tallyman periods`: a document to a Schedule, its periods to a document.
namespace tally::rating {

Status answer_periods(Fields& question, Document& answer) {
    TRY_ASSIGN(const TimeZone zone, read_time_zone(question));
    TRY_ASSIGN(const Schedule schedule, read_schedule(question, zone, {}));
    TRY_ASSIGN(const Period range, read_period(question, zone));
    TRY(question.finish());
    TRY_ASSIGN(const auto periods, periods_between(schedule, range.from, range.to));
    Document list = Document::list();
    for (const Period& period : periods) {
        list.push(Document::object()
                      .set("from", Document::text(zone.format(period.from)))
                      .set("to", Document::text(zone.format(period.to))));
    }
    answer.set("periods", std::move(list));
    return {};
}

}  // namespace tally::rating
