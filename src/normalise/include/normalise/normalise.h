/* SPDX-License-Identifier: ISC */
#ifndef TW_NORMALISE_NORMALISE_H
#define TW_NORMALISE_NORMALISE_H
/*
 * Message -> event, by the compiled rules. Pure.
 *
 * The caller fills in what the rules can't know: device, times, sequence, record. An event borrows the log it
 * was made from. `arena` holds the evidence text of a trap, "linkDown ifIndex.37=37 ifAdminStatus.37=up(1)",
 * one safe line of at most TW_EVIDENCE_MAX bytes, and nothing that must outlive the record. Nothing is
 * allocated for a message that no rule claims. `forms` are those of the log's key, NULL when there are none;
 * `shape` is kept for that key from message to message, zeroed at first, and makes no difference but in time.
 */
#include "base/mem.h"
#include "decode/log.h"
#include "ruleset/ruleset.h"

enum tw_match {
    TW_MATCH_NONE,   /* no rule under this key, or none that matched: an unknown message */
    TW_MATCH_EVENT,  /* *out is filled */
    TW_MATCH_FAILED, /* a rule's key is there, but a required field is missing or has a value it does not know
                      */
    TW_MATCH_LIMIT   /* a pattern ran into its limit: a fault of the rule */
};
enum tw_match tw_normalise_log(const struct tw_ruleset *r, const struct tw_event_form *forms,
                               const struct tw_log *log, struct tw_kv_shape *shape, struct tw_event *out);
enum tw_match tw_normalise_trap(const struct tw_ruleset *r, const struct tw_trap *trap, struct tw_event *out);

/* Runs every example and counter-example, and looks for rules that claim another's example or another's line
 * of the corpus (one log line per text line), and for rules that no example reaches. Returns the number run.
 */
size_t tw_normalise_examples(const struct tw_ruleset *r, struct tw_str corpus, const char *corpus_file,
                             struct tw_errors *errors);

#endif
