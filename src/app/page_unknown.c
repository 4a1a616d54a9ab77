/* SPDX-License-Identifier: ISC */
#include "pages.h"

#include "render/render.h"

void tw_page_unknown(struct tw_daemon *d, struct tw_buf *b)
{
    struct tw_signatures all = tw_pipeline_signatures(d->pipeline);
    tw_render_unknown_json(&all, b);
}
