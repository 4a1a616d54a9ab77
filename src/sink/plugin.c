/* SPDX-License-Identifier: ISC */
#include "plugin.h"

#include "base/err.h"

#include <limits.h>
#include <stdio.h>

/* One character as it is sent. */
static struct tw_str escaped(struct tw_str text, size_t at, enum tw_plugin_lines lines, size_t *n)
{
    bool raw = lines == TW_PLUGIN_RAW;
    *n = tw_utf8_len(text, at);
    if (*n > 1)
        return tw_str_of(text.p + at, *n);
    *n = 1;
    switch (text.p[at]) {
    case '\n': return raw ? TW_STR("\n") : TW_STR("\\n");
    case '\\': return raw ? TW_STR("\\") : TW_STR("\\\\");
    case '|': return TW_STR("\xc2\xa6");
    default: break;
    }
    unsigned char c = (unsigned char)text.p[at];
    return c < ' ' || c >= 0x7f ? TW_STR("?") : tw_str_of(text.p + at, 1);
}

void tw_plugin_output(struct tw_buf *out, const struct tw_states_view *state, bool perf, size_t most,
                      enum tw_plugin_lines lines)
{
    static const char cut[] = "...";
    char data[96] = "";
    struct tw_str text = tw_buf_view(&state->text);
    if (perf)
        (void)snprintf(data, sizeof data, "|open=%zu;;;0 sub_interfaces=%zu;;;0", state->open,
                       state->affected);
    size_t kept = strlen(data), end = out->n + most - kept, whole = 0;
    TW_ASSERT(most > kept + sizeof cut);
    for (size_t at = 0, n; at < text.n; at += n) {
        struct tw_str c = escaped(text, at, lines, &n);
        if (out->n + c.n > end) {
            out->n = whole;
            tw_buf_z(out, cut);
            break;
        }
        tw_buf_str(out, c);
        if (out->n + sizeof cut - 1 <= end)
            whole = out->n;
    }
    tw_buf_z(out, data);
}

void tw_plugin_command(struct tw_buf *out, const struct tw_states_view *state, bool perf, tw_time now)
{
    enum { SEC = 1000000000, NAMES_MAX = 1024 };
    struct tw_str host = tw_str_cut(state->host, NAMES_MAX), service = tw_str_cut(state->service, NAMES_MAX);
    size_t begin = out->n;
    tw_buf_fmt(out, "[%lld] PROCESS_SERVICE_CHECK_RESULT;", (long long)(now.ns / SEC));
    tw_buf_str(out, host);
    tw_buf_char(out, ';');
    tw_buf_str(out, service);
    tw_buf_fmt(out, ";%d;", tw_states_exit(state));
    tw_plugin_output(out, state, perf, PIPE_BUF - 1 - (out->n - begin), TW_PLUGIN_ESCAPED);
    tw_buf_char(out, '\n');
}
