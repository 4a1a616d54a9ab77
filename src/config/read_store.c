/* SPDX-License-Identifier: ISC */
/* The options of the group store. */
#include "read.h"

enum { DAYS_MAX = 3650, MIB_MIN = 16, MIB_MAX = 1 << 20 };

void read_store(struct reader *r, enum tw_option o, const struct tw_node *n)
{
    static const char *const words[] = {"power-loss", "crash", NULL};
    struct tw_config *c = r->config;
    char quote[TW_QUOTE_TEXT];
    uint64_t mib = 0;
    size_t word = 0;
    if (o == TW_OPTION_STORE_SIZE) {
        (void)tw_doc_want_u64(r->doc, n, r->key, MIB_MIN, MIB_MAX, r->errors, &mib);
        c->store_keep_bytes = mib << 20;
    } else if (o == TW_OPTION_STORE_SAFE) {
        (void)tw_doc_want_word(r->doc, n, r->key, words, r->errors, &word);
        c->store_fast = word == 1;
    } else if (tw_doc_want_dur(r->doc, n, r->key, r->errors, &c->store_keep) &&
               (c->store_keep.ns < TW_SECONDS(86400).ns ||
                c->store_keep.ns > TW_SECONDS(INT64_C(86400) * DAYS_MAX).ns)) {
        tw_doc_error(r->doc, n, r->errors, "%s is %s, expected 1d to %dd", r->key,
                     tw_doc_quote(n->text, quote), DAYS_MAX);
    }
}
