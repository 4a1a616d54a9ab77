/* SPDX-License-Identifier: ISC */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "ruleset_internal.h"

#include <pcre2.h>
#include <stdlib.h>

/* A sane pattern needs some hundred steps. The interpreter counts steps, the JIT counts fewer of them, so the
 * same number is a looser limit there; both stay far below a millisecond (tests/unit/ruleset). */
enum { STEPS = 10000, DEPTH = 2000, HEAP_KIB = 1024, PATTERN_MAX = 2000 };

struct tw_pattern {
    pcre2_code *code;
    pcre2_match_context *context;
    pcre2_match_data *data;
};

static pcre2_code *compile(const struct compiling *c, const struct tw_node *node)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    TW_ASSERT(context != NULL);
    pcre2_set_max_pattern_length(context, PATTERN_MAX);
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)node->text.p, node->text.n,
                                     PCRE2_ANCHORED | PCRE2_CASELESS | PCRE2_NO_AUTO_CAPTURE |
                                         PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C,
                                     &error, &offset, context);
    pcre2_compile_context_free(context);
    bool out_of_memory = code == NULL && error == PCRE2_ERROR_HEAP_FAILED;
    TW_ASSERT(!out_of_memory); /* that is no fault of the pattern */
    if (code == NULL) {
        PCRE2_UCHAR message[256];
        if (pcre2_get_error_message(error, message, sizeof message) < 0)
            message[0] = '\0';
        tw_errors_add(c->errors, c->file, node->line,
                      node->column + (node->quoted ? 1 : 0) + (uint32_t)offset,
                      "the pattern is not right: %s", (const char *)message);
    }
    return code;
}

struct tw_pattern *tw_pattern_create(const struct compiling *c, const struct tw_node *node)
{
    pcre2_code *code = compile(c, node);
    uint32_t groups = 0;
    if (code == NULL)
        return NULL;
    (void)pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
    if (groups >= TW_GROUPS_MAX) {
        tw_doc_error(c->doc, node, c->errors, "the pattern has %u groups, at most %d are expected", groups,
                     TW_GROUPS_MAX - 1);
        pcre2_code_free(code);
        return NULL;
    }
    struct tw_pattern *p = tw_xcalloc(1, sizeof *p);
    p->code = code;
    p->context = pcre2_match_context_create(NULL);
    p->data = pcre2_match_data_create(TW_GROUPS_MAX, NULL);
    TW_ASSERT(p->context != NULL && p->data != NULL);
    pcre2_set_match_limit(p->context, STEPS);
    pcre2_set_depth_limit(p->context, DEPTH);
    pcre2_set_heap_limit(p->context, HEAP_KIB);
    /* Refused where memory may not be both written and run: then the interpreter does it. */
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    return p;
}

void tw_pattern_destroy(struct tw_pattern *p)
{
    if (p == NULL)
        return;
    pcre2_match_data_free(p->data);
    pcre2_match_context_free(p->context);
    pcre2_code_free(p->code);
    free(p);
}

bool tw_pattern_is_jit(const struct tw_pattern *p)
{
    size_t n = 0;
    return pcre2_pattern_info(p->code, PCRE2_INFO_JITSIZE, &n) == 0 && n > 0;
}

uint32_t tw_pattern_group(const struct tw_pattern *p, const char *name)
{
    int n = pcre2_substring_number_from_name(p->code, (PCRE2_SPTR)name);
    return n > 0 ? (uint32_t)n : 0;
}

bool tw_pattern_match(const struct tw_pattern *p, struct tw_str text, struct tw_str groups[TW_GROUPS_MAX],
                      bool *limit)
{
    struct tw_str s = text.n > 0 ? tw_str_cut(text, TW_PATTERN_TEXT) : TW_STR("");
    int rc = pcre2_match(p->code, (PCRE2_SPTR)s.p, s.n, 0, 0, p->data, p->context);
    *limit = rc < 0 && rc != PCRE2_ERROR_NOMATCH;
    if (rc < 0)
        return false;
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(p->data);
    for (size_t i = 0; i < TW_GROUPS_MAX; i++) {
        bool set = i < (size_t)rc && at[2 * i] != PCRE2_UNSET && at[2 * i] <= at[2 * i + 1];
        groups[i] = set ? tw_str_of(s.p + at[2 * i], at[2 * i + 1] - at[2 * i]) : (struct tw_str){0};
    }
    return true;
}
