/* SPDX-License-Identifier: ISC */
#include "pipeline_of.h"

#include "pipeline/rules.h"
#include "rules_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

struct tw_pipeline *test_pipeline_of(const char *inventory)
{
    static struct tw_rules_text text; /* kept to the end */
    struct tw_errors errors = {0};
    if (text.events_n == 0)
        text = test_read_rules("rules");
    const struct tw_topology *t = tw_topology_create("i", tw_str_z(inventory), &errors);
    assert_non_null(t);
    struct tw_pipeline *p = tw_pipeline_create(t, tw_rules_create(&text, &errors), NULL);
    tw_topology_unref(t);
    return p;
}
