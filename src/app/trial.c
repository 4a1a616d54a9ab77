/* SPDX-License-Identifier: ISC */
/*
 * The test of an output: a made-up alert is raised and cleared there, past its filter and queue, and nowhere
 * else. Somebody asks for it at the control socket, and then how it went, as the answer takes its time.
 */
#include "daemon.h"

#include "base/json.h"
#include "plat/log.h"
#include "render/render.h"

#include <stdio.h>
#include <string.h>

const char *const tw_trial_of_output[] = {"name", NULL};
const char *const tw_trial_of_serial[] = {"serial", NULL};

static struct tw_item *made_up(struct tw_daemon *d, const char *output, bool over)
{
    struct tw_trial *r = &d->trial;
    struct tw_buf json = {0}, summary = {0};
    tw_buf_fmt(&summary, "Test of output %s%s: nothing has failed", output, over ? ", over" : "");
    struct tw_transition t = {.seq = 0, /* receivers that hold a state do not keep it */
                              .time = over ? tw_clock_now(&d->clock) : r->began,
                              .kind = over ? TW_CLEARED : TW_RAISED,
                              .condition = "test",
                              .severity = TW_SEVERITY_WARNING,
                              .pair = "test",
                              .device = "test",
                              .since = r->began,
                              .confidence = TW_CONFIDENCE_CONFIRMED,
                              .summary = summary.p,
                              .number = over ? 2 : 1,
                              .cleared_by = over ? "recovered" : NULL};
    if (over)
        t.duration = tw_time_sub(t.time, t.since);
    (void)snprintf(t.alert_id, sizeof t.alert_id, "%016llx",
                   (unsigned long long)tw_hash(output, strlen(output), (uint64_t)r->began.ns));
    tw_render_json(&t, &json);
    struct tw_item *item = tw_item_create(&t, tw_buf_view(&json));
    tw_buf_finish(&json);
    tw_buf_finish(&summary);
    return item;
}

static void ended(struct tw_trial *r, enum tw_sent result, const char *why)
{
    r->running = false;
    r->result = result;
    (void)snprintf(r->why, sizeof r->why, "%s", why != NULL ? why : "");
}

static void on_cleared(void *ctx, enum tw_sent result, const char *why)
{
    ended(&((struct tw_daemon *)ctx)->trial, result, why);
}

/* From the loop again: a sink is not called from inside its own call. */
static void on_next(evutil_socket_t fd, short what, void *ctx)
{
    struct tw_daemon *d = ctx;
    (void)fd;
    (void)what;
    for (size_t i = 0; i < d->outputs.n; i++) {
        struct tw_outlet *o = d->outputs.rows[i].outlet;
        if (strcmp(tw_outlet_name(o), d->trial.output) != 0)
            continue;
        struct tw_item *item = made_up(d, d->trial.output, true);
        if (!tw_outlet_test(o, item, on_cleared, d))
            ended(&d->trial, TW_SENT_AGAIN, "it began to send something else in between");
        tw_item_unref(item);
        return;
    }
    ended(&d->trial, TW_SENT_AGAIN, "the output is gone");
}

static void on_raised(void *ctx, enum tw_sent result, const char *why)
{
    static const struct timeval now = {0, 0};
    struct tw_daemon *d = ctx;
    if (result == TW_SENT_OK && event_base_once(d->base, -1, EV_TIMEOUT, on_next, d, &now) == 0)
        return;
    ended(&d->trial, result, why);
}

static bool refuse(struct tw_buf *b, const char *why)
{
    tw_json_key(b, "error");
    tw_json_z(b, why);
    return false;
}

static bool begin(struct tw_daemon *d, struct tw_outlet *o, struct tw_buf *b)
{
    struct tw_trial *r = &d->trial;
    r->running = true;
    r->serial++;
    r->began = tw_clock_now(&d->clock);
    (void)snprintf(r->output, sizeof r->output, "%s", tw_outlet_name(o));
    struct tw_item *item = made_up(d, r->output, false);
    bool sent = tw_outlet_test(o, item, on_raised, d);
    tw_item_unref(item);
    if (!sent) {
        r->running = false;
        return refuse(b, "it is sending just now: ask again in a moment");
    }
    tw_log(TW_LEVEL_NOTICE, "output", "is tested", TW_KVS(TW_KV("output", r->output)));
    tw_json_key(b, "serial");
    tw_buf_fmt(b, "\"%llu\"", (unsigned long long)r->serial);
    return true;
}

bool tw_trial_begin(void *ctx, const struct tw_control_request *request, struct tw_buf *b)
{
    struct tw_daemon *d = ctx;
    const char *name = tw_control_argument(request, "name");
    struct tw_buf known = {0};
    if (d->trial.running)
        return refuse(b, "another test has not ended yet");
    for (size_t i = 0; name != NULL && i < d->outputs.n; i++) {
        if (strcmp(tw_outlet_name(d->outputs.rows[i].outlet), name) == 0)
            return begin(d, d->outputs.rows[i].outlet, b);
    }
    tw_buf_z(&known, name != NULL ? "there is no such output, expected " : "name is missing, expected ");
    for (size_t i = 0; i < d->outputs.n; i++)
        tw_buf_fmt(&known, "%s%s", i == 0 ? "" : ", ", tw_outlet_name(d->outputs.rows[i].outlet));
    (void)refuse(b, known.p);
    tw_buf_finish(&known);
    return false;
}

bool tw_trial_result(void *ctx, const struct tw_control_request *request, struct tw_buf *b)
{
    static const char *const results[] = {
        [TW_SENT_OK] = "ok", [TW_SENT_AGAIN] = "failed", [TW_SENT_REFUSED] = "refused"};
    const struct tw_trial *r = &((struct tw_daemon *)ctx)->trial;
    const char *serial = tw_control_argument(request, "serial");
    char present[TW_U64_TEXT];
    if (serial == NULL || strcmp(serial, tw_u64_text(r->serial, present)) != 0)
        return refuse(b, "there is no such test");
    tw_json_key(b, "done");
    tw_buf_z(b, r->running ? "false" : "true");
    tw_json_key(b, "result");
    tw_json_z(b, r->running ? NULL : results[r->result]);
    tw_json_key(b, "why");
    tw_json_z(b, r->running ? NULL : r->why);
    return true;
}
