/* SPDX-License-Identifier: ISC */
#include "tests.h"

#include "topology/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *name;
    bool good;
    uint32_t trunk, sub;
} names[] = {
    {"Eth-Trunk10", true, 10, 0},
    {"Eth-Trunk10.100", true, 10, 100},
    {"eth-trunk10.100", true, 10, 100},
    {"ETH-TRUNK 7", true, 7, 0},
    {"Eth-Trunk 7.8", true, 7, 8},
    {"Eth-Trunk0", true, 0, 0},
    {"Eth-Trunk65535.4294967294", true, 65535, 4294967294},
    {"Eth-Trunk65536", false, 0, 0},
    {"Eth-Trunk1.4294967295", false, 0, 0},
    {"Eth-Trunk1.0", false, 0, 0},
    {"Eth-Trunk1.", false, 0, 0},
    {"Eth-Trunk.5", false, 0, 0},
    {"Eth-Trunk1.2.3", false, 0, 0},
    {"Eth-Trunk010", false, 0, 0},
    {"Eth-Trunk10.010", false, 0, 0},
    {"Eth-Trunk10 ", false, 0, 0},
    {"Eth-Trunk  10", false, 0, 0},
    {" Eth-Trunk10", false, 0, 0},
    {"Eth-Trunk", false, 0, 0},
    {"Eth-Trunk ", false, 0, 0},
    {"Eth-Trunk10a", false, 0, 0},
    {"Eth-Trunk-1", false, 0, 0},
    {"Trunk10", false, 0, 0},
    {"GigabitEthernet0/1/1", false, 0, 0},
    {"", false, 0, 0},
};

static void trunk_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint32_t trunk = 4711, sub = 4712;
        bool good = tw_trunk_name_parse(tw_str_z(names[i].name), &trunk, &sub);
        if (good != names[i].good)
            fail_msg("'%s' was %s", names[i].name, good ? "taken" : "refused");
        assert_int_equal(trunk, good ? names[i].trunk : 4711);
        assert_int_equal(sub, good ? names[i].sub : 4712);
    }
}

static void service_names(void **state)
{
    (void)state;
    assert_string_equal(tw_service_name(0), "arp");
    assert_string_equal(tw_service_name(TW_SERVICE_BRAS), "bras");
    assert_string_equal(tw_service_name(TW_SERVICES - 1), "l2");
    assert_string_equal(tw_service_name(TW_SERVICES), "unknown");
}

int run_names(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trunk_names),
        cmocka_unit_test(service_names),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
