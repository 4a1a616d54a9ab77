/* SPDX-License-Identifier: ISC */
#include "base/err.h"
#include "nsca.h"
#include "plugin.h"
#include "zbx.h"

#include <jansson.h>
#include <limits.h>
#include <stdlib.h>

/* Receivers that hold states: what Zabbix may answer, and, after a zero byte, alerts whose names and texts
 * may be anything, on their way to Zabbix, Nagios and NSCA. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answer(struct tw_str all)
{
    struct tw_str text, again;
    const char *why = NULL;
    char said[TW_SINK_WHY] = "";
    enum tw_zbx_form form = tw_zbx_answer(all, &text, &why);
    TW_ASSERT(form != TW_ZBX_NONE || why != NULL);
    if (form != TW_ZBX_WHOLE)
        return;
    TW_ASSERT(text.n <= TW_ZBX_ANSWER_MAX && text.p + text.n <= all.p + all.n);
    enum tw_sent sent = tw_zbx_judge(text, TW_STR("metro-7"), TW_STR("trunkwatch.state"), said);
    TW_ASSERT(sent == TW_SENT_OK || said[0] != '\0');
    /* What was enough stays so, whatever follows; less is not. */
    TW_ASSERT(tw_zbx_answer(tw_str_cut(all, TW_ZBX_HEADER + text.n), &again, &why) == TW_ZBX_WHOLE);
    if (text.n > 0)
        TW_ASSERT(tw_zbx_answer(tw_str_cut(all, TW_ZBX_HEADER + text.n - 1), &again, &why) == TW_ZBX_MORE);
}

static void to_zabbix(const struct tw_states_view *v)
{
    struct tw_buf b = {0};
    json_error_t error;
    tw_zbx_request(&b, v->host, v->service, tw_buf_view(&v->text), (tw_time){1});
    json_t *root = json_loadb(b.p + TW_ZBX_HEADER, b.n - TW_ZBX_HEADER, 0, &error);
    TW_ASSERT(json_array_size(json_object_get(root, "data")) == 1 && json_object_size(root) == 4);
    json_decref(root);
    tw_buf_finish(&b);
}

/* One line, and the fields stand where they belong. */
static void to_nagios(const struct tw_states_view *v)
{
    struct tw_buf b = {0};
    size_t at = 0, host = tw_str_cut(v->host, 1024).n, service = tw_str_cut(v->service, 1024).n;
    tw_plugin_command(&b, v, true, (tw_time){0});
    TW_ASSERT(b.n <= PIPE_BUF && memchr(b.p, '\0', b.n) == NULL && strchr(b.p, '\n') == b.p + b.n - 1);
    at = tw_str_find(tw_buf_view(&b), ';', 0);
    TW_ASSERT(b.p[at + host + 1] == ';' && b.p[at + host + service + 2] == ';');
    TW_ASSERT(memchr(b.p + at + 1, ';', host) == NULL && memchr(b.p + at + host + 2, ';', service) == NULL);
    TW_ASSERT(strncmp(strchr(b.p, '|'), "|open=", 6) == 0);
    tw_buf_finish(&b);
}

static void to_nsca(const struct tw_states_view *v)
{
    static const uint8_t init[TW_NSCA_INIT] = {1, 2, 3};
    static uint8_t packet[TW_NSCA_PACKET];
    bool fits = v->host.n <= TW_NSCA_HOST_MAX && v->service.n <= TW_NSCA_SERVICE_MAX;
    const char *wrong = tw_nsca_packet(packet, init, TW_NSCA_NONE, TW_STR(""), v, true);
    TW_ASSERT((wrong == NULL) == fits);
    if (fits)
        TW_ASSERT(packet[77] == 0 && packet[205] == 0 && packet[TW_NSCA_PACKET - 3] == 0);
}

/* Three texts with a zero byte between them. */
static void alert(char *text, size_t n)
{
    char *pair = text, *condition = pair + strnlen(pair, n), *summary;
    if (condition < text + n)
        condition++;
    summary = condition + strlen(condition);
    if (summary < text + n)
        summary++;
    struct tw_transition t = {.seq = 1,
                              .kind = TW_RAISED,
                              .alert_id = "0123456789abcdef",
                              .condition = condition,
                              .severity = TW_SEVERITY_CRITICAL,
                              .pair = pair,
                              .summary = summary};
    struct tw_states k = {
        .host = TW_STR("{pair}"), .service = TW_STR("{condition}"), .banned = TW_PLUGIN_BANNED};
    k.banned_values = "[]";
    struct tw_states_view v = {0};
    tw_states_look(&k, tw_states_take(&k, &t, 1), &v);
    TW_ASSERT(v.level == 4 && v.open == 1);
    to_zabbix(&v);
    to_nagios(&v);
    to_nsca(&v);
    tw_buf_finish(&v.text);
    tw_states_finish(&k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 16384)
        return 0;
    char *copy = malloc(size + 1);
    TW_ASSERT(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    copy[size] = '\0';
    if (size > 0 && copy[0] == '\0')
        alert(copy + 1, size - 1);
    else
        answer(tw_str_of(copy, size));
    free(copy);
    return 0;
}
