/* SPDX-License-Identifier: ISC */
#ifndef TW_SINK_ICINGA_H
#define TW_SINK_ICINGA_H
/* What Icinga's answer means: HTTP says how the request went, the results inside how it went for each object.
 */
#include "curl.h"

enum tw_sent tw_icinga_judge(const struct tw_curl *c, const struct tw_curl_answer *a,
                             char why[static TW_SINK_WHY]);

#endif
