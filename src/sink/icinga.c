/* SPDX-License-Identifier: ISC */
#include "icinga.h"

#include <jansson.h>
#include <stdio.h>

static void say(char why[static TW_SINK_WHY], long code, const char *status)
{
    struct tw_buf b = {0};
    if (code != 0)
        tw_buf_fmt(&b, "Icinga says %ld: ", code);
    tw_buf_safe(&b, tw_str_trim(tw_str_cut(tw_str_z(status != NULL ? status : "no reason"), 160)));
    (void)snprintf(why, TW_SINK_WHY, "%s", b.p);
    tw_buf_finish(&b);
}

static enum tw_sent judge_code(long code)
{
    if ((code >= 200 && code <= 299) || code == 409) /* 409: it has a newer one */
        return TW_SENT_OK;
    return code == 400 || code == 404 || code == 422 ? TW_SENT_REFUSED : TW_SENT_AGAIN;
}

static long number_of(const json_t *o, const char *key)
{
    double n = json_number_value(json_object_get(o, key));
    return n >= 0 && n <= 999 ? (long)n : 0;
}

static enum tw_sent judge_results(const json_t *root, char why[static TW_SINK_WHY])
{
    const json_t *results = json_object_get(root, "results"), *one;
    size_t i;
    if (json_object_get(root, "error") != NULL) {
        long code = number_of(root, "error");
        say(why, code, json_string_value(json_object_get(root, "status")));
        return judge_code(code);
    }
    if (json_array_size(results) == 0) {
        say(why, 0, "the answer has no results");
        return TW_SENT_AGAIN;
    }
    json_array_foreach(results, i, one)
    {
        long code = number_of(one, "code");
        enum tw_sent sent = judge_code(code);
        say(why, code, json_string_value(json_object_get(one, "status")));
        if (sent != TW_SENT_OK)
            return sent;
    }
    return TW_SENT_OK;
}

enum tw_sent tw_icinga_judge(const struct tw_curl *c, const struct tw_curl_answer *a,
                             char why[static TW_SINK_WHY])
{
    json_error_t error;
    json_t *root = a->why == NULL ? json_loadb(a->body.p, a->body.n, 0, &error) : NULL;
    enum tw_sent sent = tw_curl_judge(c, a, why);
    if (json_is_object(root) && a->status != 401)
        sent = judge_results(root, why);
    else if (sent == TW_SENT_OK) {
        say(why, 0, "the answer is no JSON: is this Icinga's API?");
        sent = TW_SENT_AGAIN;
    }
    json_decref(root);
    return sent;
}
