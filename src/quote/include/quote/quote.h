/* SPDX-License-Identifier: ISC */
#ifndef TW_QUOTE_QUOTE_H
#define TW_QUOTE_QUOTE_H
/*
 * A message in the words that a person would quote it in: the text of evidence. One line, safe to print
 * whatever was in the message, of at most TW_EVIDENCE_MAX bytes and a NUL; what is longer is cut. Pure.
 */
#include "model/message.h"

enum { TW_EVIDENCE_MAX = 512 };

/* "MODULE/SEV/BRIEF: TEXT" (domain.md 2) */
struct tw_str tw_quote_log(const struct tw_log *log, char buf[static TW_EVIDENCE_MAX + 1]);
/* "linkDown ifIndex.37=37 ifAdminStatus.37=up(1)": names and labels of our mibs/, where they are known. */
struct tw_str tw_quote_trap(const struct tw_trap *trap, char buf[static TW_EVIDENCE_MAX + 1]);

#endif
