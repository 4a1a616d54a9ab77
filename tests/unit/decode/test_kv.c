/* SPDX-License-Identifier: ISC */
#include "decode/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { LINE = 2048 };

/* key<value>key<value>… */
static void flatten(struct tw_str text, char out[static LINE])
{
    struct tw_kv it;
    size_t n = 0;
    out[0] = '\0';
    for (tw_kv_init(&it, text); tw_kv_next(&it) && n < LINE;)
        n += (size_t)snprintf(out + n, LINE - n, "%.*s<%.*s>", TW_STR_ARG(it.key), TW_STR_ARG(it.value));
}

static const struct {
    const char *text, *want;
} rows[] = {
    {"The status of an E-Trunk member changed. (ETrunkId=1, MemberType=1, State=Master, "
     "StateReason=ETRUNK_MASTER)",
     "ETrunkId<1>MemberType<1>State<Master>StateReason<ETRUNK_MASTER>"},
    {"The status of an E-Trunk changed.(ETrunkId=1, State=Master)", "ETrunkId<1>State<Master>"},
    {"Interface 7 turned into DOWN state.(AdminStatus=1,OperStatus=2,InterfaceName=Eth-Trunk1.1)",
     "AdminStatus<1>OperStatus<2>InterfaceName<Eth-Trunk1.1>"},
    {"x.(Logical Interface = Eth-Trunk4, Pe-Vlan = 0)", "Logical Interface<Eth-Trunk4>Pe-Vlan<0>"},
    {"(Internal change =True, User name =-, Session ID =65535)",
     "Internal change<True>User name<->Session ID<65535>"},
    {"The interface status changes. (ifName=Eth-Trunk10.100, Reason=Interface physical link is down, or so, "
     "mainIfname=Eth-Trunk10)",
     "ifName<Eth-Trunk10.100>Reason<Interface physical link is down, or so>mainIfname<Eth-Trunk10>"},
    {"x (User=eca, AuthenticationMethod=\"None\", Command=\"display x (a=b), c\", LocalIp=**.)",
     "User<eca>AuthenticationMethod<None>Command<display x (a=b), c>LocalIp<**>"},
    {"x (Command=\"a \"quoted\" word, b=c\", Ip=1)", "Command<a \"quoted\" word, b=c>Ip<1>"},
    {"x (User=\"open, Ip=1)", "User<\"open>Ip<1>"},
    {"x (Command=display current | include a=b, Ip=1)", "Command<display current | include a=b>Ip<1>"},
    {"x (ifName=E1, Reason=Interface physical link is Up.)",
     "ifName<E1>Reason<Interface physical link is Up>"},
    {"x (ifName=E1, Reason=it is down., main=E2).", "ifName<E1>Reason<it is down>main<E2>"},
    {"state Init change to Init(IsisSysInstance=17).", "IsisSysInstance<17>"},
    {"x (Reason=bad (a=1, b=2) thing, ifName=E1)", "Reason<bad (a=1, b=2) thing>ifName<E1>"},
    {"x (Reason=bad (thing, ifName=E1)", "Reason<bad (thing, ifName=E1)>"},
    {"x (Reason=bad :) thing, ifName=E1)", "Reason<bad :) thing>ifName<E1>"},
    {"x (Service=hppd[1, a=2]0, ifName=E1)", "Service<hppd[1, a=2]0>ifName<E1>"},
    {"The port (Index=3) changed. (ifName=E1)", "ifName<E1>"},
    {"The port (see manual) changed. (ifName=E1)", "ifName<E1>"},
    {"x (ifName=E1) The end.", "ifName<E1>"},
    {"x (ifName=E1, State=", "ifName<E1>"}, /* cut short */
    {"x (ifName=E1, State", ""},            /* that may be a part of the value */
    {"x (ifName=E1, ", "ifName<E1>"},
    {"x (ifName=Eth-Trunk10.1", ""},
    {"x (ifName=E1, Reason=so, and s", "ifName<E1>"},
    {"x (ifName=E1, Reason=\"so, and s", "ifName<E1>"},
    {"x (a=1) y (ifName=Eth-Trunk10.1", ""},
    {"x (ifName=, State=Down)", "ifName<>State<Down>"},
    {"x (ifName=E1,)", "ifName<E1>"},
    {"x (a=1; b=2)", "a<1>b<2>"},
    {"x (Slot 1, Temperature(C)=40, Usage (%)=3, Last=1)", "Temperature(C)<40>Usage (%)<3>Last<1>"},
    {"x (M-LAG ID=10, DomainNo.=72,DomainName=v1)", "M-LAG ID<10>DomainNo.<72>DomainName<v1>"},
    {"State=down, Reason=why", "State<down>Reason<why>"},
    {"User name =-, Ip=1", "User name<->Ip<1>"},
    {"The state changed. State=down, Reason=why.", "State<down>Reason<why>"},
    {"The interface Eth-Trunk1 went down Reason=why", "Reason<why>"},
    {"VTY0 login from 1.2.3.4 succeed.", ""},
    {"", ""},
    {"=", ""},
    {"(=)", ""},
    {"a=", "a<>"},
    {"(((((a=1", ""},
    {"(((((a=1)", "a<1>"},
    {")))", ""},
};

static void test_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char have[LINE];
        flatten(tw_str_z(rows[i].text), have);
        if (strcmp(have, rows[i].want) != 0)
            fail_msg("%s\n  have %s\n  want %s", rows[i].text, have, rows[i].want);
    }
}

static void test_nothing(void **state)
{
    (void)state;
    struct tw_kv it;
    tw_kv_init(&it, tw_str_of(NULL, 0));
    assert_false(tw_kv_next(&it));
    assert_false(tw_kv_next(&it));
}

static void flatten_all(struct tw_str text, struct tw_kv_shape *shape, char out[static LINE])
{
    struct tw_kv_pair pairs[32];
    size_t n = 0, all = tw_kv_all(text, shape, pairs, 32);
    out[0] = '\0';
    for (size_t i = 0; i < all; i++)
        n += (size_t)snprintf(out + n, LINE - n, "%.*s<%.*s>", TW_STR_ARG(pairs[i].key),
                              TW_STR_ARG(pairs[i].value));
}

/* What was learnt of one text never makes another one read differently. */
static void test_shapes(void **state)
{
    (void)state;
    static const char *const more[] = {"x. (a=1, b=2)",
                                       "x. (a=3, b=)",
                                       "x. (a=, b=4)",
                                       "x. (a= 3, b=\"4\")",
                                       "x. (a=3, b=\n\"4\")",
                                       "x. (a=\"3, b=4)",
                                       "x. (a=3, b=4).",
                                       "x. (a=3, b=4.)",
                                       "x. (a=3, b=4,)",
                                       "x. (a=3, b=4, c=5)",
                                       "x. (a=3, d, b=4)",
                                       "x. (a=3(, b=4)",
                                       "x. (a=3), b=4)",
                                       "x. (a=3[, b=4)",
                                       "x. (a=3; b=4)",
                                       "x. (a=3, b=4) y",
                                       "x. (a=3, b=4",
                                       "y. (a=3, b=4)",
                                       "x. (a=3 , b=4 )",
                                       "x. (a=3, B=4)",
                                       "x. (a=3)",
                                       "x. (a=3, b=4, b=5)",
                                       "x. (a=(3), b=4)",
                                       "x. (a=3, b=4=5)",
                                       "x. (a = 3, b = 4)",
                                       "x. (q, a=3, b=4)",
                                       "(a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8)",
                                       "(a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9)",
                                       ""};
    enum { ROWS = sizeof rows / sizeof *rows, ALL = ROWS + sizeof more / sizeof *more };
    char have[LINE], want[LINE];
    for (size_t i = 0; i < ALL; i++) {
        for (size_t k = 0; k < ALL; k++) {
            struct tw_kv_shape shape = {0};
            const struct tw_str a = tw_str_z(i < ROWS ? rows[i].text : more[i - ROWS]),
                                b = tw_str_z(k < ROWS ? rows[k].text : more[k - ROWS]);
            flatten_all(a, &shape, have);
            flatten(a, want);
            assert_string_equal(have, want);
            flatten_all(b, &shape, have);
            flatten(b, want);
            assert_string_equal(have, want);
        }
    }
}

/* It is learnt where it can be: then its next text is read by it. */
static void test_shape_is_learnt(void **state)
{
    (void)state;
    struct tw_kv_shape shape = {0};
    struct tw_kv_pair pairs[32];
    char text[600];
    assert_int_equal(tw_kv_all(TW_STR("x. (a=1, User name =2)"), &shape, pairs, 32), 2);
    assert_int_equal(shape.pairs, 2);
    assert_memory_equal(shape.text, "x. (a=, User name =", 19);
    assert_int_equal(tw_kv_all(TW_STR("x. (a=31, User name =x y.)"), &shape, pairs, 32), 2);
    assert_true(tw_str_eq(pairs[1].key, TW_STR("User name")) && tw_str_eq(pairs[1].value, TW_STR("x y")));
    /* Too long in one piece, and in all. */
    (void)snprintf(text, sizeof text, "%0300d (a=1)", 0);
    assert_int_equal(tw_kv_all(tw_str_z(text), &shape, pairs, 32), 1);
    assert_int_equal(shape.pairs, 0);
    (void)snprintf(text, sizeof text, "%0200d (a=1, %050d=2)", 0, 0);
    assert_int_equal(tw_kv_all(tw_str_z(text), &shape, pairs, 32), 2);
    assert_int_equal(shape.pairs, 0);
    /* Room for less than a shape may have: it is left alone. */
    assert_int_equal(tw_kv_all(TW_STR("x. (a=1, b=2)"), &shape, pairs, 2), 2);
    assert_int_equal(shape.pairs, 0);
}

/* Text made to slow the walk down still ends, with a bounded number of pairs. */
static void test_hostile(void **state)
{
    (void)state;
    static const char *const patterns[] = {"(",  "a=\"x,", "(a=",   ",a",  "[",
                                           "\"", "=",      "(a,b=", "a=(", "a (%)="};
    static char text[TW_LOG_MAX];
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
        size_t n = strlen(patterns[p]);
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = patterns[p][i % n];
        struct tw_kv it;
        size_t pairs = 0;
        for (tw_kv_init(&it, tw_str_of(text, sizeof text)); tw_kv_next(&it); pairs++)
            assert_true(it.key.n > 0 && it.key.p >= text && it.value.p + it.value.n <= text + sizeof text);
        assert_true(pairs <= sizeof text / 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pairs), cmocka_unit_test(test_nothing),
                                       cmocka_unit_test(test_hostile), cmocka_unit_test(test_shapes),
                                       cmocka_unit_test(test_shape_is_learnt)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
