/* SPDX-License-Identifier: ISC */
/* Any bytes as a request at the control socket: a reason, or a command with string arguments, the same each
 * time. */
#include "api/control.h"
#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const id[] = {"id", "text", NULL};
    struct tw_str line = tw_str_of((const char *)data, size);
    struct tw_control_request r, again;
    const char *why = NULL, *why_again = NULL;
    bool ok = tw_control_parse(line, &r, &why);
    TW_ASSERT(tw_control_parse(line, &again, &why_again) == ok);
    if (!ok) {
        TW_ASSERT(why != NULL && strcmp(why, why_again) == 0);
        return 0;
    }
    TW_ASSERT(r.command != NULL && strlen(r.command) < size && strcmp(r.command, again.command) == 0);
    const char *unknown = tw_control_unknown(&r, NULL), *other = tw_control_unknown(&r, id);
    TW_ASSERT(unknown == NULL || tw_control_argument(&r, unknown) != NULL);
    TW_ASSERT(other == NULL || (unknown != NULL && strcmp(other, "id") != 0 && strcmp(other, "text") != 0));
    TW_ASSERT(unknown != NULL || tw_control_argument(&r, "id") == NULL);
    tw_control_request_finish(&r);
    tw_control_request_finish(&again);
    return 0;
}
