/* SPDX-License-Identifier: ISC */
#include "zbx.h"

#include "base/json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { PLAIN = 1, COMPRESSED = 2, LARGE = 4, FLAGS_AT = 4, LENGTH_AT = 5, NS = 1000000000 };
enum { SAID_MAX = 160, NAME_MAX = 60 };

static void put_le32(char *p, uint32_t n)
{
    n = htole32(n);
    memcpy(p, &n, sizeof n);
}

static uint32_t get_le32(const char *p)
{
    uint32_t n;
    memcpy(&n, p, sizeof n);
    return le32toh(n);
}

/* With a time for the value goes one for the whole: the difference to his clock is taken out. */
void tw_zbx_request(struct tw_buf *out, struct tw_str host, struct tw_str key, struct tw_str value,
                    tw_time now)
{
    static const char header[TW_ZBX_HEADER] = {'Z', 'B', 'X', 'D', PLAIN};
    size_t at = out->n;
    tw_buf_add(out, header, sizeof header);
    tw_buf_z(out, "{\"request\":\"sender data\",\"data\":[{\"host\":");
    tw_json_str(out, host);
    tw_buf_z(out, ",\"key\":");
    tw_json_str(out, key);
    tw_buf_z(out, ",\"value\":");
    tw_json_str(out, value);
    long long clock = now.ns / NS, ns = now.ns % NS;
    tw_buf_fmt(out, ",\"clock\":%lld,\"ns\":%lld}],\"clock\":%lld,\"ns\":%lld}", clock, ns, clock, ns);
    put_le32(out->p + at + LENGTH_AT, (uint32_t)(out->n - at - TW_ZBX_HEADER));
}

static const char *wrong_flags(unsigned flags)
{
    if ((flags & COMPRESSED) != 0)
        return "the answer is compressed, which is not understood";
    if ((flags & LARGE) != 0)
        return "the answer is too long";
    return flags != PLAIN ? "the answer is not Zabbix'" : NULL;
}

enum tw_zbx_form tw_zbx_answer(struct tw_str all, struct tw_str *text, const char **why)
{
    *why = "the answer is not Zabbix'";
    if (!tw_str_starts(TW_STR("ZBXD"), tw_str_cut(all, FLAGS_AT)))
        return TW_ZBX_NONE;
    if (all.n > FLAGS_AT && (*why = wrong_flags((unsigned char)all.p[FLAGS_AT])) != NULL)
        return TW_ZBX_NONE;
    if (all.n < TW_ZBX_HEADER)
        return TW_ZBX_MORE;
    uint32_t n = get_le32(all.p + LENGTH_AT);
    *why = "the answer is too long";
    if (n > TW_ZBX_ANSWER_MAX)
        return TW_ZBX_NONE;
    if (all.n - TW_ZBX_HEADER < n)
        return TW_ZBX_MORE;
    *text = tw_str_cut(tw_str_from(all, TW_ZBX_HEADER), n);
    return TW_ZBX_WHOLE;
}

/* The number behind `name` in "processed: 1; failed: 0; total: 1; seconds spent: 0.000055". */
static bool count(struct tw_str info, const char *name, uint64_t *out)
{
    for (size_t at = 0; at < info.n;) {
        size_t end = tw_str_find(info, ';', at);
        struct tw_str part = tw_str_trim(tw_str_of(info.p + at, (end < info.n ? end : info.n) - at));
        if (tw_str_starts(part, tw_str_z(name)))
            return tw_str_u64(tw_str_trim(tw_str_from(part, strlen(name))), UINT32_MAX, out);
        at = end < info.n ? end + 1 : info.n;
    }
    return false;
}

static void say(char why[static TW_SINK_WHY], const char *what, struct tw_str said)
{
    struct tw_buf b = {0};
    tw_buf_z(&b, what);
    tw_buf_safe(&b, tw_str_trim(tw_str_cut(said, SAID_MAX)));
    (void)snprintf(why, TW_SINK_WHY, "%s", b.p);
    tw_buf_finish(&b);
}

static void say_refused(char why[static TW_SINK_WHY], struct tw_str host, struct tw_str key)
{
    struct tw_buf b = {0};
    tw_buf_z(&b, "Zabbix takes no value for item ");
    tw_buf_safe(&b, tw_str_cut(key, NAME_MAX));
    tw_buf_z(&b, " of host ");
    tw_buf_safe(&b, tw_str_cut(host, NAME_MAX));
    tw_buf_z(&b, ": are both there, and may we send?");
    (void)snprintf(why, TW_SINK_WHY, "%s", b.p);
    tw_buf_finish(&b);
}

static struct tw_str text_of(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? tw_str_of(json_string_value(v), json_string_length(v)) : (struct tw_str){0};
}

static enum tw_sent judge_root(const json_t *root, struct tw_str host, struct tw_str key,
                               char why[static TW_SINK_WHY])
{
    struct tw_str response = text_of(root, "response"), info = text_of(root, "info");
    uint64_t processed = 0, failed = 0;
    if (!tw_str_eq(response, TW_STR("success"))) {
        say(why, "Zabbix says: ", info.n > 0 ? info : TW_STR("no reason"));
        return TW_SENT_AGAIN;
    }
    /* "success" alone does not mean that the value was stored. */
    if (!count(info, "processed:", &processed) || !count(info, "failed:", &failed) ||
        processed + failed != 1) {
        say(why, "the answer does not say whether the value was taken: ", info);
        return TW_SENT_AGAIN;
    }
    if (failed == 0)
        return TW_SENT_OK;
    say_refused(why, host, key);
    return TW_SENT_REFUSED;
}

enum tw_sent tw_zbx_judge(struct tw_str text, struct tw_str host, struct tw_str key,
                          char why[static TW_SINK_WHY])
{
    json_error_t error;
    json_t *root = json_loadb(text.n > 0 ? text.p : "", text.n, 0, &error);
    enum tw_sent sent = TW_SENT_AGAIN;
    if (json_is_object(root))
        sent = judge_root(root, host, key, why);
    else
        say(why, "the answer is no JSON", (struct tw_str){0});
    json_decref(root);
    return sent;
}
