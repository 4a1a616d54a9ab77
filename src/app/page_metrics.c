/* SPDX-License-Identifier: ISC */
#include "pages.h"

#include "api/metrics.h"
#include "values.h"

static void core(const struct tw_daemon *d, struct tw_buf *b)
{
    for (enum tw_counter c = 0; c < TW_COUNTERS; c++) {
        struct tw_buf name = {0};
        tw_buf_fmt(&name, "trunkwatch_core_%s_total", tw_counter_name(c));
        tw_metrics_family(b, name.p, "counter", tw_counter_help(c));
        tw_metrics_sample(b, name.p, NULL, (double)tw_pipeline_counter(d->pipeline, c));
        tw_buf_finish(&name);
    }
}

static void firing(const struct tw_daemon *d, struct tw_buf *b)
{
    static const char name[] = "trunkwatch_alerts_firing";
    tw_metrics_family(b, name, "gauge", "Alerts that fire now.");
    const struct tw_board_row *row;
    for (size_t i = 0; (row = tw_board_row(d->board, i)) != NULL; i++) {
        for (unsigned s = 0; s < TW_SEVERITIES; s++) {
            const struct tw_label labels[] = {{"condition", row->condition},
                                              {"severity", tw_severity_name((enum tw_severity)s)},
                                              {NULL, NULL}};
            tw_metrics_sample(b, name, labels, (double)row->firing[s]);
        }
    }
}

static void build(struct tw_buf *b)
{
    static const char name[] = "trunkwatch_build_info";
    const struct tw_label labels[] = {{"version", TRUNKWATCH_VERSION}, {NULL, NULL}};
    tw_metrics_family(b, name, "gauge", "Always 1: what runs.");
    tw_metrics_sample(b, name, labels, 1);
}

void tw_page_metrics(struct tw_daemon *d, struct tw_buf *b)
{
    build(b);
    core(d, b);
    firing(d, b);
    tw_values_metrics(d, b);
}
