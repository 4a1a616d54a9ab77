/* SPDX-License-Identifier: ISC */
/* snmp.users: who may send SNMPv3, and where the passphrases lie. */
#include "read.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdlib.h>

enum { USERS_MAX = 64, NAME_MAX_BYTES = 32 };

static bool read_word(struct reader *r, const struct tw_node *map, const char *key, const char *const *words,
                      int *out)
{
    const struct tw_node *n = tw_node_get(map, key);
    size_t word = 0;
    if (n == NULL)
        return false;
    if (tw_doc_want_word(r->doc, n, key, words, r->errors, &word))
        *out = (int)word + 1;
    return true;
}

static const char *read_secret(struct reader *r, const struct tw_node *map, const char *key,
                               struct tw_config_place *at)
{
    const struct tw_node *n = tw_node_get(map, key);
    if (n == NULL)
        return NULL;
    *at = place_of(n);
    return read_secret_path(r, n, key);
}

static bool read_name(struct reader *r, const struct tw_node *map, struct tw_config_user *u)
{
    const struct tw_node *n = tw_node_get(map, "name");
    struct tw_str name;
    char buf[TW_QUOTE_TEXT];
    if (n == NULL) {
        tw_doc_error(r->doc, map, r->errors, "user has no name, expected {name: …}");
        return false;
    }
    if (!tw_doc_want_text(r->doc, n, "name of a user", r->errors, &name))
        return false;
    if (name.n == 0 || name.n > NAME_MAX_BYTES) {
        tw_doc_error(r->doc, n, r->errors, "name of a user is %s, expected 1 to 32 bytes",
                     tw_doc_quote(name, buf));
        return false;
    }
    u->name = tw_arena_dup(r->arena, name.p, name.n);
    return true;
}

/* A file without its protocol, a protocol without its file, privacy alone: all of these are mistakes. */
static void check_keys(struct reader *r, const struct tw_node *map, const struct tw_config_user *u)
{
    if ((u->auth != TW_AUTH_NONE) != (u->auth_file != NULL))
        tw_doc_error(r->doc, map, r->errors, "user '%s' has %s, expected both auth and auth-passphrase-file",
                     u->name, u->auth_file == NULL ? "no auth-passphrase-file" : "no auth");
    if ((u->priv != TW_PRIV_NONE) != (u->priv_file != NULL))
        tw_doc_error(r->doc, map, r->errors, "user '%s' has %s, expected both priv and priv-passphrase-file",
                     u->name, u->priv_file == NULL ? "no priv-passphrase-file" : "no priv");
    if (u->priv != TW_PRIV_NONE && u->auth == TW_AUTH_NONE)
        tw_doc_error(r->doc, map, r->errors, "user '%s' has priv and no auth, expected auth too", u->name);
}

static void check_level(struct reader *r, const struct tw_node *map, struct tw_config_user *u, int level)
{
    int most = u->priv != TW_PRIV_NONE ? 3 : u->auth != TW_AUTH_NONE ? 2 : 1;
    if (level == 0 && most == 1)
        tw_doc_error(
            r->doc, map, r->errors,
            "user '%s' has no auth: anybody can send in its name, expected auth, or level: noAuthNoPriv",
            u->name);
    else if (level > most)
        tw_doc_error(r->doc, tw_node_get(map, "level"), r->errors,
                     "level of user '%s' is %s, expected what its auth and priv allow: %s", u->name,
                     tw_usm_level_names[level - 1], tw_usm_level_names[most - 1]);
    u->level = (enum tw_security)(TW_SECURITY_NO_AUTH_NO_PRIV + (level > 0 ? level : most) - 1);
}

static void read_engine(struct reader *r, const struct tw_node *map, struct tw_config_user *u)
{
    const struct tw_node *n = tw_node_get(map, "engine-id");
    if (n != NULL)
        (void)read_engine_id(r, n, "engine-id", &u->engine_id);
}

static bool read_user(struct reader *r, const struct tw_node *map, struct tw_config_user *u)
{
    static const char *const keys[] = {
        "name", "auth", "auth-passphrase-file", "priv", "priv-passphrase-file", "level", "engine-id", NULL};
    int auth = 0, priv = 0, level = 0;
    if (!tw_doc_want_map(r->doc, map, "user", r->errors))
        return false;
    tw_doc_known_keys(r->doc, map, "user", keys, r->errors);
    u->at = place_of(map);
    if (!read_name(r, map, u))
        return false;
    (void)read_word(r, map, "auth", tw_usm_auth_names, &auth);
    (void)read_word(r, map, "priv", tw_usm_priv_names, &priv);
    (void)read_word(r, map, "level", tw_usm_level_names, &level);
    u->auth = (enum tw_usm_auth)auth;
    u->priv = (enum tw_usm_priv)priv;
    u->auth_file = read_secret(r, map, "auth-passphrase-file", &u->auth_at);
    u->priv_file = read_secret(r, map, "priv-passphrase-file", &u->priv_at);
    read_engine(r, map, u);
    check_keys(r, map, u);
    check_level(r, map, u, level);
    return true;
}

static bool twice(const struct tw_config_user *list, size_t n, const struct tw_config_user *u)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, u->name) == 0 && tw_str_ieq(list[i].engine_id, u->engine_id))
            return true;
    }
    return false;
}

void read_users(struct reader *r, const struct tw_node *n)
{
    if (!tw_doc_want_list(r->doc, n, r->key, r->errors))
        return;
    if (n->n > USERS_MAX) {
        tw_doc_error(r->doc, n, r->errors, "%s has %u users, expected at most %d", r->key, n->n, USERS_MAX);
        return;
    }
    struct tw_config_user *list = tw_arena_alloc(r->arena, (n->n + 1) * sizeof *list);
    size_t count = 0;
    for (uint32_t i = 0; i < n->n; i++) {
        if (!read_user(r, n->items[i], &list[count]))
            continue;
        if (twice(list, count, &list[count]))
            tw_doc_error(r->doc, n->items[i], r->errors, "user '%s' is there already, expected each once",
                         list[count].name);
        count++;
    }
    r->config->users = list;
    r->config->users_n = count;
}

bool read_engine_id(struct reader *r, const struct tw_node *n, const char *what, struct tw_str *out)
{
    struct tw_str s;
    char buf[TW_QUOTE_TEXT];
    if (!tw_doc_want_text(r->doc, n, what, r->errors, &s))
        return false;
    bool good = tw_str_istarts(s, TW_STR("0x")) && s.n % 2 == 0 && s.n >= 12 && s.n <= 66;
    for (size_t i = 2; good && i < s.n; i++)
        good = tw_is_digit(s.p[i]) || (tw_lower(s.p[i]) >= 'a' && tw_lower(s.p[i]) <= 'f');
    if (!good) {
        tw_doc_error(r->doc, n, r->errors,
                     "%s is %s, expected 0x and the hexadecimal digits of 5 to 32 bytes", what,
                     tw_doc_quote(s, buf));
        return false;
    }
    *out = s;
    return true;
}

void read_learn(struct reader *r, const struct tw_node *n)
{
    static const char *const words[] = {"no", "yes", "ask", NULL};
    size_t word = 0;
    if (tw_doc_want_word(r->doc, n, r->key, words, r->errors, &word))
        r->config->learn_engines = (int)word;
}
