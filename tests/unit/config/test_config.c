/* SPDX-License-Identifier: ISC */
#include "config/config.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char *const words[] = {"json", "text", NULL};
static const struct tw_setting of_stdout[] = {
    {.name = "format", .kind = TW_SETTING_WORD, .preset = "json", .words = words, .help = "How."},
    {.name = NULL}};
static const struct tw_setting of_file[] = {
    {.name = "path", .kind = TW_SETTING_PATH, .needed = true, .help = "Where."},
    {.name = "format", .kind = TW_SETTING_WORD, .preset = "json", .words = words, .help = "How."},
    {.name = NULL}};
static const struct tw_setting of_all[] = {
    {.name = "to", .kind = TW_SETTING_EACH, .needed = true, .help = "Each."},
    {.name = "list", .kind = TW_SETTING_LIST, .help = "List."},
    {.name = "key-file", .kind = TW_SETTING_SECRET, .help = "Secret."},
    {.name = "ca-file", .kind = TW_SETTING_FILE, .help = "File."},
    {.name = "tries", .kind = TW_SETTING_NUMBER, .preset = "3", .least = 1, .most = 9, .help = "Number."},
    {.name = "timeout",
     .kind = TW_SETTING_TIME,
     .preset = "10s",
     .least = 1000000000,
     .most = 60000000000,
     .help = "Time."},
    {.name = "verify", .kind = TW_SETTING_BOOL, .preset = "true", .help = "Yes."},
    {.name = NULL}};
static const struct tw_config_output_type types[] = {{"stdout", "Out.", of_stdout},
                                                     {"file", "A file.", of_file},
                                                     {"all", "All kinds.", of_all},
                                                     {NULL, NULL, NULL}};

static struct tw_config *parse(const char *text, struct tw_errors *e)
{
    *e = (struct tw_errors){0};
    return tw_config_create("etc/d.yaml", tw_str_z(text), types, e);
}

static struct tw_config *good(const char *text)
{
    struct tw_errors e;
    struct tw_config *c = parse(text, &e);
    if (e.n > 0)
        print_error("%s\n", e.text[0]);
    assert_non_null(c);
    assert_int_equal(e.n, 0);
    return c;
}

static void defaults_are_those_of_the_table(void **state)
{
    struct tw_config *c = good("inventory: i.yaml\n");
    (void)state;
    assert_string_equal(c->inventory, "etc/i.yaml");
    assert_null(c->rules);
    assert_int_equal(c->syslog_n, 1);
    assert_string_equal(c->syslog[0].text, "udp://127.0.0.1:5514");
    assert_int_equal(c->snmp_n, 1);
    assert_int_equal(c->snmp[0].port, 5162);
    assert_int_equal(c->communities_n, 1);
    assert_true(tw_str_eq(c->communities[0], TW_STR("public")));
    assert_int_equal(c->holds_n, 0);
    assert_int_equal(c->outputs_n, 1);
    assert_int_equal(c->outputs[0].type, 0);
    assert_int_equal(c->outputs[0].values[0].number, 0);
    assert_string_equal(c->outputs[0].name, "stdout");
    assert_false(tw_config_given(c, TW_OPTION_LISTEN_SYSLOG));
    tw_config_destroy(c);
}

static void everything_is_read(void **state)
{
    struct tw_config *c = good("inventory: /abs/i.yaml\n"
                               "rules: ../rules\n"
                               "state: s\n"
                               "listen:\n"
                               "  syslog: [\"udp://192.0.2.1:514\", \"udp://[2001:db8::1]:5514\", "
                               "\"tcp://192.0.2.1:514\"]\n"
                               "  snmp: []\n"
                               "  http: 127.0.0.1:9116\n"
                               "snmp: {communities: [a, \"b c\"]}\n"
                               "conditions: {no-switchover: {hold: 1500ms}, x: {}}\n"
                               "outputs:\n"
                               "  - {type: file, path: a.txt, format: text}\n"
                               "  - {type: stdout}\n");
    (void)state;
    assert_string_equal(c->inventory, "/abs/i.yaml");
    assert_string_equal(c->rules, "etc/../rules");
    assert_int_equal(c->syslog_n, 3);
    assert_false(c->syslog[1].tcp);
    assert_true(c->syslog[2].tcp);
    assert_int_equal(c->syslog[2].port, 514);
    assert_int_equal(c->syslog[1].address.family, 6);
    assert_int_equal(c->snmp_n, 0);
    assert_int_equal(c->communities_n, 2);
    assert_int_equal(c->holds_n, 1);
    assert_int_equal(c->holds[0].hold.ns, 1500000000);
    assert_int_equal(c->holds[0].at.line, 9);
    assert_int_equal(c->outputs_n, 2);
    assert_string_equal(c->outputs[0].values[0].text.p, "etc/a.txt");
    assert_string_equal(c->outputs[0].name, "file:etc/a.txt");
    assert_int_equal(c->outputs[0].values[1].number, 1);
    assert_int_equal(c->outputs[1].silenced, 2);
    assert_string_equal(c->state, "etc/s");
    assert_non_null(c->http);
    assert_int_equal(c->http->port, 9116);
    assert_string_equal(c->http->text, "127.0.0.1:9116");
    assert_false(tw_config_unused(c, TW_OPTION_CONTROL));
    assert_false(tw_config_unused(c, TW_OPTION_RULES));
    tw_config_destroy(c);
}

static void outputs_by_their_rows(void **state)
{
    struct tw_config *c = good("inventory: i\noutputs:\n"
                               "  - {type: all, name: am, to: [a, b], key-file: k, ca-file: /c, tries: 2,\n"
                               "     conditions: [no-switchover, \"dual*\"], severity: major, repeat: 4h}\n"
                               "  - {type: all, to: [c], verify: false, silenced: true, list: [x, y]}\n");
    (void)state;
    assert_int_equal(c->outputs_n, 3);
    const struct tw_config_output *o = c->outputs;
    assert_string_equal(o[0].name, "am#1");
    assert_string_equal(o[1].name, "am#2");
    assert_string_equal(o[2].name, "all:c");
    assert_string_equal(o[1].values[0].text.p, "b");
    assert_string_equal(o[0].values[2].text.p, "etc/k");
    assert_string_equal(o[0].values[3].text.p, "/c");
    assert_int_equal(o[0].values[4].number, 2);
    assert_int_equal(o[2].values[4].number, 3);
    assert_int_equal(o[0].values[5].number, TW_SECONDS(10).ns);
    assert_true(o[0].values[6].number == 1 && o[2].values[6].number == 0);
    assert_int_equal(o[0].conditions_n, 2);
    assert_int_equal(o[0].severity, TW_SEVERITY_MAJOR);
    assert_int_equal(o[0].repeat.ns, TW_SECONDS(4 * 3600).ns);
    assert_true(o[0].silenced == 2 && o[2].silenced == 1);
    assert_true(o[2].values[1].list_n == 2 && !o[0].values[1].given);
    tw_config_secret(c, &o[0].values[2], TW_STR("hush"));
    assert_string_equal(o[0].values[2].text.p, "hush");
    tw_config_destroy(c);
}

static void streams_and_tls(void **state)
{
    struct tw_config *c = good("inventory: i\n");
    (void)state;
    assert_int_equal(c->streams.connections, 512);
    assert_int_equal(c->streams.per_source, 32);
    assert_int_equal(c->streams.message_bytes, 16384);
    assert_int_equal(c->streams.message_time.ns, TW_SECONDS(20).ns);
    assert_int_equal(c->streams.handshake_time.ns, TW_SECONDS(10).ns);
    assert_int_equal(c->streams.idle_time.ns, 0);
    assert_null(c->tls.certificate.path);
    assert_false(c->tls.clients_optional || c->tls.least_1_3);
    tw_config_destroy(c);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1), 0);
    c = good(
        "inventory: i\n"
        "listen: {syslog: [\"tls://[::1]:6514\"]}\n"
        "tls: {certificate: /c.pem, key: \"${CREDENTIALS_DIRECTORY}/key\", client-certificates: optional,\n"
        "  least-version: 1.3}\n"
        "streams: {connections: 4096, per-source: 1, message-bytes: 2048, message-time: 1s,\n"
        "  handshake-time: 1h, idle-time: 1d}\n");
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_true(c->syslog[0].tls && c->syslog[0].tcp);
    assert_string_equal(c->tls.certificate.path, "/c.pem");
    assert_string_equal(c->tls.key.path, "/run/credentials/x/key");
    assert_int_equal(c->tls.key.at.line, 3);
    assert_null(c->tls.client_ca.path);
    assert_true(c->tls.clients_optional && c->tls.least_1_3);
    assert_int_equal(c->streams.connections, 4096);
    assert_int_equal(c->streams.per_source, 1);
    assert_int_equal(c->streams.message_bytes, 2048);
    assert_int_equal(c->streams.handshake_time.ns, TW_SECONDS(3600).ns);
    assert_int_equal(c->streams.idle_time.ns, TW_SECONDS(86400).ns);
    tw_config_destroy(c);
}

static void errors_have_places(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", "1:1: inventory is missing"},
        {"[a]\n", "1:1: the configuration is a list"},
        {"inventory: \"\"\n", "1:12: inventory is empty"},
        {"inventory: [i]\n", "1:12: inventory is a list"},
        {"inventory: i\ninventori: j\n",
         "2:1: unknown key 'inventori' in the configuration, did you mean 'inventory'?"},
        {"inventory: i\nlisten: 5\n", "2:9: listen is '5'"},
        {"inventory: i\nlisten: {sislog: []}\n",
         "2:10: unknown key 'sislog' in listen, did you mean 'syslog'?"},
        {"inventory: i\nlisten: {snmp: [\"tcp://127.0.0.1:1\"]}\n",
         "2:17: tcp:// is not supported for traps, expected udp://ADDRESS:PORT"},
        {"inventory: i\nlisten: {syslog: [\"tcp://127.0.0.1:0\"]}\n",
         "2:19: listen.syslog is 'tcp://127.0.0.1:0', expected udp://ADDRESS:PORT, "
         "tcp://ADDRESS:PORT or tls://ADDRESS:PORT, as"},
        {"inventory: i\nlisten: {http: [a]}\n", "2:16: listen.http is a list"},
        {"inventory: i\nlisten: {http: \"9116\"}\n", "2:16: listen.http is '9116', expected ADDRESS:PORT"},
        {"inventory: i\nlisten: {http: \"[::]:9116\"}\n",
         "2:16: listen.http is '[::]:9116', expected a loopback address, as 127.0.0.1:9116"},
        {"inventory: i\nlisten: {syslog: [\"tcp://1.2.3.4:5\", \"tcp://1.2.3.4:5\"]}\n",
         "2:38: 'tcp://1.2.3.4:5' is listened to already"},
        {"inventory: i\nlisten: {syslog: [\"dtls://127.0.0.1:1\"]}\n",
         "2:19: dtls:// is not supported by this version"},
        {"inventory: i\nlisten: {snmp: [\"tls://127.0.0.1:1\"]}\n",
         "2:17: tls:// is not supported for traps"},
        {"inventory: i\nlisten: {syslog: [\"tls://1.2.3.4:5\", \"tcp://1.2.3.4:5\"]}\n",
         "2:38: 'tcp://1.2.3.4:5' is listened to already"},
        {"inventory: i\nlisten: {syslog: [\"tls://127.0.0.1:1\"]}\ntls: {certificate: c, key: k}\n",
         "2:18: tls.client-ca is missing, expected it with a tls:// address"},
        {"inventory: i\ntls: {client-ca: c}\n",
         "2:18: tls.certificate is missing, expected it with the other files of tls"},
        {"inventory: i\ntls: {client-certificates: yes}\n",
         "2:28: tls.client-certificates is 'yes', expected required or optional"},
        {"inventory: i\ntls: {least-version: 1.1}\n",
         "2:22: tls.least-version is '1.1', expected 1.2 or 1.3"},
        {"inventory: i\ntls: {key: \"${HOME}/k\"}\n", "2:12: tls.key begins with another variable"},
        {"inventory: i\ntls: {key: \"${CREDENTIALS_DIRECTORY}/\"}\n", "2:12: tls.key begins with another"},
        {"inventory: i\ntls: {key: \"${CREDENTIALS_DIRECTORY}/k\"}\n",
         "2:12: tls.key needs CREDENTIALS_DIRECTORY"},
        {"inventory: i\nstreams: {connections: 0}\n", "2:24: streams.connections is '0', expected"},
        {"inventory: i\nstreams: {message-bytes: 100}\n", "2:26: streams.message-bytes is '100', expected"},
        {"inventory: i\nstreams: {message-time: 0s}\n",
         "2:25: streams.message-time is '0s', expected 1s to 1h"},
        {"inventory: i\nstreams: {idle-time: 1ms}\n",
         "2:22: streams.idle-time is '1ms', expected 0s or at least 1s"},
        {"inventory: i\nlisten: {syslog: [\"udp://127.0.0.1\"]}\n",
         "2:19: listen.syslog is 'udp://127.0.0.1'"},
        {"inventory: i\nlisten: {syslog: [\"udp://127.0.0.1:0\"]}\n", "2:19: listen.syslog is"},
        {"inventory: i\nlisten: {syslog: [\"udp://127.0.0.1:65536\"]}\n", "2:19: listen.syslog is"},
        {"inventory: i\nlisten: {syslog: [\"udp://::1:514\"]}\n", "2:19: listen.syslog is"},
        {"inventory: i\nlisten: {syslog: [\"udp://[127.0.0.1]:514\"]}\n", "2:19: listen.syslog is"},
        {"inventory: i\nlisten: {syslog: [\"udp://1.2.3.4:5\"], snmp: [\"udp://1.2.3.4:5\"]}\n",
         "2:46: 'udp://1.2.3.4:5' is listened to already"},
        {"inventory: i\nlisten: {syslog: udp}\n", "2:18: listen.syslog is 'udp', expected a list"},
        {"inventory: i\nsnmp: {users: [{}]}\n", "2:16: user has no name, expected {name: …}"},
        {"inventory: i\nsnmp: {users: {}}\n", "2:15: snmp.users is a mapping"},
        {"inventory: i\nsnmp: {users: [{name: \"\"}]}\n", "2:23: name of a user is ''"},
        {"inventory: i\nsnmp: {users: [{name: u}]}\n",
         "2:16: user 'u' has no auth: anybody can send in its name"},
        {"inventory: i\nsnmp: {users: [{name: u, auth: SHA}]}\n",
         "2:16: user 'u' has no auth-passphrase-file"},
        {"inventory: i\nsnmp: {users: [{name: u, auth-passphrase-file: f}]}\n",
         "2:16: user 'u' has no auth,"},
        {"inventory: i\nsnmp: {users: [{name: u, auth: SHA1, auth-passphrase-file: f}]}\n",
         "2:32: auth is 'SHA1'"},
        {"inventory: i\nsnmp: {users: [{name: u, priv: AES, priv-passphrase-file: f}]}\n",
         "2:16: user 'u' has priv and no auth"},
        {"inventory: i\nsnmp: {users: [{name: u, auth: SHA, auth-passphrase-file: f, level: authPriv}]}\n",
         "2:69: level of user 'u' is authPriv, expected what its auth and priv allow: authNoPriv"},
        {"inventory: i\nsnmp: {users: [{name: u, level: noAuthNoPriv, engine-id: 0x12}]}\n",
         "2:58: engine-id is '0x12'"},
        {"inventory: i\nsnmp: {users: [{name: u, level: noAuthNoPriv}, {name: u, level: noAuthNoPriv}]}\n",
         "2:48: user 'u' is there already"},
        {"inventory: i\nsnmp: {users: [{name: u, auth: SHA, auth-passphrase-file: "
         "\"${CREDENTIALS_DIRECTORY}/a\"}]}\n",
         "2:59: auth-passphrase-file needs CREDENTIALS_DIRECTORY"},
        {"inventory: i\nsnmp: {learn-engines: maybe}\n", "2:23: snmp.learn-engines is 'maybe'"},
        {"inventory: i\nsnmp: {engine-id: 80000000}\n", "2:19: snmp.engine-id is '80000000'"},
        {"inventory: i\nsnmp: {communities: [[a]]}\n", "2:22: snmp.communities is a list"},
        {"inventory: i\nconditions: {x: 10s}\n", "2:17: condition is '10s', expected a mapping"},
        {"inventory: i\nconditions: {x: {hold: -1s}}\n", "2:24: hold is '-1s'"},
        {"inventory: i\nconditions: {x: {severity: minor}}\n", "2:18: unknown key 'severity' in condition"},
        {"inventory: i\noutputs: [{path: x}]\n", "2:11: output has no type"},
        {"inventory: i\noutputs: [{type: webhook}]\n",
         "2:18: type of an output is 'webhook', expected stdout, file or all"},
        {"inventory: i\noutputs: [{type: file}]\n", "2:11: output of type file has no path"},
        {"inventory: i\noutputs: [{type: stdout, path: x}]\n",
         "2:26: unknown key 'path' in output of type stdout"},
        {"inventory: i\noutputs: [{type: stdout, format: xml}]\n",
         "2:34: format of an output is 'xml', expected json or text"},
        {"inventory: i\noutputs: [{type: stdout, colour: 1}]\n",
         "2:26: unknown key 'colour' in output of type stdout"},
        {"inventory: i\noutputs: [{type: stdout}, {type: stdout}]\n", "2:27: a second output 'stdout'"},
        {"inventory: i\noutputs: [{type: all, to: []}]\n", "2:27: to of an output is empty"},
        {"inventory: i\noutputs: [{type: all, to: [a], tries: 10}]\n", "2:39: tries of an output is '10'"},
        {"inventory: i\noutputs: [{type: all, to: [a], timeout: 2m}]\n",
         "2:41: timeout of an output is '2m'"},
        {"inventory: i\noutputs: [{type: stdout, repeat: 1s}]\n", "2:34: repeat of an output is '1s'"},
        {"inventory: i\noutputs: [{type: stdout, severity: bad}]\n", "2:36: severity of an output is 'bad'"},
        {"inventory: i\noutputs: [{type: stdout, name: ''}]\n", "2:32: name of an output is not one"},
        {"inventory: i\noutputs: 7\n", "2:10: outputs is '7', expected a list"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tw_errors e;
        char want[256];
        (void)snprintf(want, sizeof want, "etc/d.yaml:%s", rows[i].want);
        assert_null(parse(rows[i].text, &e));
        assert_true(e.n > 0);
        if (strncmp(e.text[0], want, strlen(want)) != 0)
            print_error("row %zu: %s\n", i, e.text[0]);
        assert_memory_equal(e.text[0], want, strlen(want));
        tw_errors_finish(&e);
    }
}

static void users_of_snmpv3(void **state)
{
    (void)state;
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/run/c", 1), 0);
    struct tw_config *c =
        good("inventory: i\n"
             "snmp:\n"
             "  users:\n"
             "    - {name: noc, auth: SHA-256, auth-passphrase-file: a, priv: AES-256-C,\n"
             "       priv-passphrase-file: \"${CREDENTIALS_DIRECTORY}/p\", engine-id: 0x800007DB03}\n"
             "    - {name: old, auth: MD5, auth-passphrase-file: /b, level: noAuthNoPriv}\n"
             "  learn-engines: yes\n"
             "  engine-id: 0x8000000001\n");
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_int_equal(c->users_n, 2);
    const struct tw_config_user *u = c->users;
    assert_string_equal(u[0].name, "noc");
    assert_int_equal(u[0].auth, TW_AUTH_SHA256);
    assert_int_equal(u[0].priv, TW_PRIV_AES256_C);
    assert_int_equal(u[0].level, TW_SECURITY_AUTH_PRIV);
    assert_string_equal(u[0].auth_file, "etc/a");
    assert_string_equal(u[0].priv_file, "/run/c/p");
    assert_true(tw_str_eq(u[0].engine_id, TW_STR("0x800007DB03")));
    assert_int_equal(u[1].auth, TW_AUTH_MD5);
    assert_int_equal(u[1].priv, TW_PRIV_NONE);
    assert_int_equal(u[1].level, TW_SECURITY_NO_AUTH_NO_PRIV);
    assert_string_equal(u[1].auth_file, "/b");
    assert_null(u[1].priv_file);
    assert_int_equal(c->learn_engines, 1);
    assert_true(tw_str_eq(c->engine_id, TW_STR("0x8000000001")));
    tw_config_destroy(c);
}

static void changes_are_seen(void **state)
{
    struct tw_config *a = good("inventory: i\n"),
                     *b = good("inventory: i\nlisten: {snmp: [\"udp://127.0.0.1:5162\"]}\n"),
                     *c = good("inventory: j\nlisten: {snmp: [\"udp://127.0.0.1:5163\"]}\n");
    (void)state;
    assert_true(tw_config_same(a, b, TW_OPTION_LISTEN_SNMP)); /* the default, written out */
    assert_true(tw_config_given(b, TW_OPTION_LISTEN_SNMP));
    assert_false(tw_config_same(a, c, TW_OPTION_LISTEN_SNMP));
    assert_false(tw_config_same(a, c, TW_OPTION_INVENTORY));
    assert_true(tw_config_same(a, c, TW_OPTION_RULES));
    tw_config_destroy(a);
    tw_config_destroy(b);
    tw_config_destroy(c);
}

static void help_has_every_key(void **state)
{
    struct tw_buf b = {0};
    (void)state;
    tw_config_help(types, &b);
    for (enum tw_option o = 0; o < TW_OPTIONS; o++)
        assert_non_null(strstr(b.p, tw_option_key(o)));
    assert_non_null(strstr(b.p, "listen.snmp (default [\"udp://127.0.0.1:5162\"])\n"));
    tw_buf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_table),
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(outputs_by_their_rows),
        cmocka_unit_test(streams_and_tls),
        cmocka_unit_test(errors_have_places),
        cmocka_unit_test(users_of_snmpv3),
        cmocka_unit_test(changes_are_seen),
        cmocka_unit_test(help_has_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
