/* SPDX-License-Identifier: ISC */
#include "read.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

struct tw_config_place place_of(const struct tw_node *n)
{
    return (struct tw_config_place){n->line, n->column};
}

/* A path as the program can open it: relative ones are relative to the configuration file. */
static const char *resolve(struct reader *r, struct tw_str path)
{
    const char *slash = strrchr(r->config->file, '/');
    size_t folder = slash != NULL && path.p[0] != '/' ? (size_t)(slash - r->config->file) + 1 : 0;
    char *p = tw_arena_alloc(r->arena, folder + path.n + 1);
    memcpy(p, r->config->file, folder);
    memcpy(p + folder, path.p, path.n);
    return p;
}

const char *read_path(struct reader *r, const struct tw_node *n, const char *what)
{
    struct tw_str path;
    if (!tw_doc_want_text(r->doc, n, what, r->errors, &path))
        return NULL;
    if (path.n > 0)
        return resolve(r, path);
    tw_doc_error(r->doc, n, r->errors, "%s is empty, expected a path", what);
    return NULL;
}

static bool parse_endpoint(struct tw_str s, struct tw_config_listen *out)
{
    size_t colon = s.n;
    uint64_t port;
    while (colon > 0 && s.p[colon - 1] != ':')
        colon--;
    struct tw_str host = colon > 0 ? tw_str_cut(s, colon - 1) : (struct tw_str){0};
    bool brackets = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    if (brackets)
        host = tw_str_of(host.p + 1, host.n - 2);
    if (!tw_str_u64(tw_str_from(s, colon), 65535, &port) || port == 0 || !tw_addr_parse(host, &out->address))
        return false;
    out->port = (uint16_t)port;
    return brackets == (out->address.family == 6);
}

/* The scheme of an address that is served, taken off; false: another one. */
static bool parse_scheme(struct tw_str *s, bool may_tcp, struct tw_config_listen *out)
{
    bool udp = tw_str_starts(*s, TW_STR("udp://"));
    out->tls = may_tcp && tw_str_starts(*s, TW_STR("tls://"));
    out->tcp = out->tls || (may_tcp && tw_str_starts(*s, TW_STR("tcp://")));
    if (udp || out->tcp)
        *s = tw_str_from(*s, 6);
    return udp || out->tcp;
}

/* Traps come by UDP only. */
static bool parse_listen(struct reader *r, const struct tw_node *n, bool may_tcp,
                         struct tw_config_listen *out)
{
    static const char *const other[] = {"tls://", "tcp://", "dtls://", "unix://", NULL};
    const char *expected =
        may_tcp ? "udp://ADDRESS:PORT, tcp://ADDRESS:PORT or tls://ADDRESS:PORT" : "udp://ADDRESS:PORT";
    struct tw_str s, rest;
    char buf[TW_QUOTE_TEXT];
    if (!tw_doc_want_text(r->doc, n, r->key, r->errors, &s))
        return false;
    rest = s;
    bool known = parse_scheme(&rest, may_tcp, out);
    for (size_t i = 0; other[i] != NULL && !known; i++) {
        if (tw_str_starts(s, tw_str_z(other[i]))) {
            tw_doc_error(r->doc, n, r->errors, "%s is not supported %s, expected %s", other[i],
                         i < 2 ? "for traps" : "by this version", expected);
            return false;
        }
    }
    if (!known || !parse_endpoint(rest, out)) {
        tw_doc_error(r->doc, n, r->errors,
                     "%s is %s, expected %s, as udp://127.0.0.1:5514 or udp://[::1]:5514", r->key,
                     tw_doc_quote(s, buf), expected);
        return false;
    }
    out->text = tw_arena_dup(r->arena, s.p, s.n);
    return true;
}

/* Whoever can connect is answered: so it must be somebody on this machine. */
static void read_http(struct reader *r, const struct tw_node *n)
{
    struct tw_config_listen *l = tw_arena_alloc(r->arena, sizeof *l);
    struct tw_str s;
    char buf[TW_QUOTE_TEXT];
    if (!tw_doc_want_text(r->doc, n, r->key, r->errors, &s))
        return;
    if (!parse_endpoint(s, l)) {
        tw_doc_error(r->doc, n, r->errors, "%s is %s, expected ADDRESS:PORT, as 127.0.0.1:9116 or [::1]:9116",
                     r->key, tw_doc_quote(s, buf));
    } else if (!tw_addr_is_loopback(&l->address)) {
        tw_doc_error(
            r->doc, n, r->errors,
            "%s is %s, expected a loopback address, as 127.0.0.1:%u: nobody is asked who he is; from "
            "elsewhere use a proxy that asks, or a tunnel",
            r->key, tw_doc_quote(s, buf), l->port);
    } else {
        l->text = tw_arena_dup(r->arena, s.p, s.n);
        r->config->http = l;
    }
}

static bool listed(const struct tw_config_listen *list, size_t n, const struct tw_config_listen *l)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].port == l->port && list[i].tcp == l->tcp && tw_addr_eq(&list[i].address, &l->address))
            return true;
    }
    return false;
}

static size_t read_listen(struct reader *r, const struct tw_node *n, bool may_tcp,
                          const struct tw_config_listen **out)
{
    if (!tw_doc_want_list(r->doc, n, r->key, r->errors))
        return 0;
    struct tw_config_listen *list = tw_arena_alloc(r->arena, n->n * sizeof *list);
    size_t count = 0;
    for (uint32_t i = 0; i < n->n; i++) {
        struct tw_config_listen *l = &list[count];
        if (!parse_listen(r, n->items[i], may_tcp, l))
            continue;
        if (listed(list, count, l) || listed(r->config->syslog, r->config->syslog_n, l))
            tw_doc_error(r->doc, n->items[i], r->errors,
                         "'%s' is listened to already, expected each address and port once", l->text);
        count++;
    }
    *out = list;
    return count;
}

static void read_words(struct reader *r, const struct tw_node *n)
{
    if (!tw_doc_want_list(r->doc, n, r->key, r->errors))
        return;
    struct tw_str *words = tw_arena_alloc(r->arena, n->n * sizeof *words);
    for (uint32_t i = 0; i < n->n; i++)
        (void)tw_doc_want_text(r->doc, n->items[i], r->key, r->errors, &words[i]);
    r->config->communities = words;
    r->config->communities_n = n->n;
}

static void read_holds(struct reader *r, const struct tw_node *n)
{
    static const char *const keys[] = {"hold", NULL};
    if (!tw_doc_want_map(r->doc, n, r->key, r->errors))
        return;
    struct tw_config_hold *holds = tw_arena_alloc(r->arena, n->n * sizeof *holds);
    size_t count = 0;
    for (uint32_t i = 0; i < n->n; i++) {
        struct tw_config_hold *h = &holds[count];
        h->condition = n->keys[i]->text;
        h->at = place_of(n->keys[i]);
        if (!tw_doc_want_map(r->doc, n->items[i], "condition", r->errors))
            continue;
        tw_doc_known_keys(r->doc, n->items[i], "condition", keys, r->errors);
        const struct tw_node *hold = tw_node_get(n->items[i], "hold");
        if (hold != NULL && tw_doc_want_dur(r->doc, hold, "hold", r->errors, &h->hold))
            count++;
    }
    r->config->holds = holds;
    r->config->holds_n = count;
}

static void read_one_path(struct reader *r, enum tw_option o, const struct tw_node *n)
{
    const char *path = read_path(r, n, r->key);
    if (o == TW_OPTION_INVENTORY) {
        r->config->inventory = path;
        r->config->inventory_at = place_of(n);
    } else if (o == TW_OPTION_RULES) {
        r->config->rules = path;
        r->config->rules_at = place_of(n);
    } else if (o == TW_OPTION_CONTROL) {
        r->config->control = path;
    } else if (o == TW_OPTION_STATE) {
        r->config->state = path;
        r->config->state_at = place_of(n);
    }
}

/* What systemd's LoadCredential= passes lies in a folder that it names when it starts the daemon. */
const char *read_secret_path(struct reader *r, const struct tw_node *n, const char *what)
{
    static const char variable[] = "${CREDENTIALS_DIRECTORY}/";
    const char *folder = getenv("CREDENTIALS_DIRECTORY"); /* NOLINT(concurrency-mt-unsafe): one thread */
    struct tw_str path;
    if (n->kind != TW_NODE_SCALAR || !tw_str_starts(n->text, TW_STR("${")))
        return read_path(r, n, what);
    if (!tw_doc_want_text(r->doc, n, what, r->errors, &path))
        return NULL;
    if (!tw_str_starts(path, tw_str_z(variable)) || path.n == sizeof variable - 1) {
        tw_doc_error(r->doc, n, r->errors, "%s begins with another variable, expected %sNAME", what,
                     variable);
        return NULL;
    }
    if (folder == NULL || folder[0] != '/') {
        tw_doc_error(
            r->doc, n, r->errors,
            "%s needs CREDENTIALS_DIRECTORY, which systemd sets for a unit with LoadCredential=", what);
        return NULL;
    }
    struct tw_buf b = {0};
    tw_buf_fmt(&b, "%s/%.*s", folder, TW_STR_ARG(tw_str_from(path, sizeof variable - 1)));
    const char *expanded = tw_arena_dup(r->arena, b.p, b.n);
    tw_buf_finish(&b);
    return expanded;
}

void read_option(struct reader *r, enum tw_option o, enum option_type type, const struct tw_node *n)
{
    struct tw_config *c = r->config;
    switch (type) {
    case OPTION_PATH: read_one_path(r, o, n); break;
    case OPTION_HTTP: read_http(r, n); break;
    case OPTION_LISTEN:
        if (o == TW_OPTION_LISTEN_SYSLOG)
            c->syslog_n = read_listen(r, n, true, &c->syslog);
        else
            c->snmp_n = read_listen(r, n, false, &c->snmp);
        break;
    case OPTION_WORDS: read_words(r, n); break;
    case OPTION_HOLDS: read_holds(r, n); break;
    case OPTION_OUTPUTS: read_outputs(r, n); break;
    case OPTION_FILE: read_file(r, o, n); break;
    case OPTION_CLIENTS: read_clients(r, n); break;
    case OPTION_VERSION: read_version(r, n); break;
    case OPTION_NUMBER: read_number(r, o, n); break;
    case OPTION_TIME: read_time(r, o, n); break;
    case OPTION_USERS: read_users(r, n); break;
    case OPTION_LEARN: read_learn(r, n); break;
    case OPTION_ENGINE: (void)read_engine_id(r, n, r->key, &c->engine_id); break;
    case OPTION_STORE: read_store(r, o, n); break;
    case OPTION_COUNT:
        (void)tw_doc_want_u64(r->doc, n, r->key, o == TW_OPTION_STORM_BURST, TW_CONFIG_COUNT_MAX, r->errors,
                              o == TW_OPTION_STORM_RATE ? &c->storm_rate : &c->storm_burst);
        break;
    }
}
