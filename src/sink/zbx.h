/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_ZBX_H
#define TW_SINK_ZBX_H
/* Zabbix' trapper protocol: a value for a trapper item, and what is answered. */
#include "base/buf.h"
#include "base/time.h"
#include "sink/sink.h"

enum { TW_ZBX_HEADER = 13, TW_ZBX_ANSWER_MAX = 64 << 10 }; /* of the answer's text, without its header */

/* A request for one value: so the answer is about this one. */
void tw_zbx_request(struct tw_buf *out, struct tw_str host, struct tw_str key, struct tw_str value,
                    tw_time now);

enum tw_zbx_form { TW_ZBX_MORE, TW_ZBX_WHOLE, TW_ZBX_NONE };
/* Whether what was read so far is an answer. Its text is without the header; `why` says why it is none. */
enum tw_zbx_form tw_zbx_answer(struct tw_str all, struct tw_str *text, const char **why);
/* What the text means for the one value of the request. `why` is written unless OK. */
enum tw_sent tw_zbx_judge(struct tw_str text, struct tw_str host, struct tw_str key,
                          char why[static TW_SINK_WHY]);

#endif
