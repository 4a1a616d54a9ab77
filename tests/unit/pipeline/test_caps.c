/* SPDX-License-Identifier: ISC */
/* What a router can make grow has a cap, and what found no room is counted. */
#include "base/mem.h"
#include "facts/facts.h"
#include "pipeline_of.h"

#include "../decode/ber_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const char inventory[] =
    "devices:\n"
    "  pe-a: {addresses: [192.0.2.1], hostnames: [PE-A]}\n"
    "  pe-b: {addresses: [192.0.2.2], hostnames: [PE-B]}\n"
    "pairs:\n"
    "  one:\n"
    "    devices: [pe-a, pe-b]\n"
    "    e-trunks: {1: {members: [{trunks: {pe-a: Eth-Trunk10, pe-b: Eth-Trunk10}}]}}\n";

/* linkUp of an interface; without a name when NULL. */
static void link_up(struct tw_pipeline *p, uint32_t index, const char *name)
{
    struct built list = {0}, value = {0};
    char oid[64];
    struct tw_record r = {
        .rx = {INT64_C(1786212000000000000) + index}, .at = TW_TIME_MIN, .transport = TW_TRANSPORT_TRAP};
    assert_true(tw_addr_parse(TW_STR("192.0.2.1"), &r.from));
    put_v2_start(&list, 100, "1.3.6.1.6.3.1.1.5.4");
    (void)snprintf(oid, sizeof oid, "1.3.6.1.2.1.2.2.1.1.%u", index);
    put_int_varbind(&list, oid, index);
    if (name != NULL) {
        (void)snprintf(oid, sizeof oid, "1.3.6.1.2.1.2.2.1.2.%u", index);
        put(&value, 4, name, strlen(name));
        put_varbind(&list, oid, &value);
    }
    struct built b = v2_message(1, 0xa7, &list);
    r.bytes = built_str(&b);
    tw_pipeline_feed(p, &r);
}

static void names_of_an_if_index_are_capped_and_counted(void **state)
{
    struct tw_pipeline *p = test_pipeline_of(inventory);
    (void)state;
    for (uint32_t i = 1; i <= TW_FACTS_IF_MAX; i++)
        link_up(p, i, "GigabitEthernet0/1/1");
    assert_int_equal(tw_pipeline_counter(p, TW_COUNT_UNLEARNT), 0);
    link_up(p, TW_FACTS_IF_MAX + 1, "Eth-Trunk10.100");
    link_up(p, TW_FACTS_IF_MAX + 2, "Eth-Trunk10.200");
    assert_int_equal(tw_pipeline_counter(p, TW_COUNT_UNLEARNT), 2);
    /* What is known can still change, and what is not is still counted as such. */
    link_up(p, 7, "Eth-Trunk10.100");
    link_up(p, 7, NULL);
    assert_int_equal(tw_pipeline_last(p), TW_COUNT_EVENTS);
    link_up(p, TW_FACTS_IF_MAX + 1, NULL);
    assert_int_equal(tw_pipeline_last(p), TW_COUNT_UNNAMED_IF_INDEX);
    assert_int_equal(tw_pipeline_counter(p, TW_COUNT_UNLEARNT), 2);
    tw_pipeline_destroy(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_of_an_if_index_are_capped_and_counted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
