/* SPDX-License-Identifier: ISC */
#include "api/control.h"

#include <jansson.h>

bool tw_control_parse(struct tw_str line, struct tw_control_request *out, const char **why)
{
    const char *key;
    json_t *value, *root = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    *why = "no JSON object, expected {\"command\": \"…\"}";
    if (!json_is_object(root)) {
        json_decref(root);
        return false;
    }
    json_object_foreach(root, key, value)
    {
        if (!json_is_string(value)) {
            *why = "an argument is no string";
            json_decref(root);
            return false;
        }
    }
    *out = (struct tw_control_request){.command = json_string_value(json_object_get(root, "command")),
                                       .own = root};
    if (out->command != NULL)
        return true;
    *why = "no command, expected {\"command\": \"…\"}";
    json_decref(root);
    return false;
}

void tw_control_request_finish(struct tw_control_request *r)
{
    json_decref(r->own);
    *r = (struct tw_control_request){0};
}

const char *tw_control_argument(const struct tw_control_request *r, const char *name)
{
    return json_string_value(json_object_get(r->own, name));
}

const char *tw_control_unknown(const struct tw_control_request *r, const char *const *known)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)r->own, key, value)
    {
        const char *const *k = known;
        if (strcmp(key, "command") == 0)
            continue;
        while (k != NULL && *k != NULL && strcmp(*k, key) != 0)
            k++;
        if (k == NULL || *k == NULL)
            return key;
    }
    return NULL;
}
