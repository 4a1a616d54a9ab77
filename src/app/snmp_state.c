/* SPDX-License-Identifier: ISC */
/*
 * snmp.yaml in the state folder: our engine ID and boots, and the engines of the routers. Without it a router
 * would have to learn us anew after each restart, and an old message of a router could be played back.
 *
 * Written whole beside the old one, then renamed over it (plat/saver.h). One that can't be understood is put
 * aside.
 */
#include "daemon.h"

#include "base/buf.h"
#include "base/mem.h"
#include "load.h"
#include "plat/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RANDOM_BYTES = 12, DEVICE_NAME_MAX = 255 };
/* 2020-01-01: what boots are counted from, in seconds, when the last ones are not known. */
static const int64_t boots_epoch_s = 1577836800;
static const char *const states[] = {"known", "learnt", "asked", NULL};

/* RFC 3411 5: no enterprise of ours, so number 0; then bytes of our choice (5). */
static void make_id(struct tw_usm_id *id)
{
    static const uint8_t head[] = {0x80, 0, 0, 0, 5};
    memcpy(id->bytes, head, sizeof head);
    id->n = sizeof head + RANDOM_BYTES;
}

static bool random_id(struct tw_usm_id *id)
{
    make_id(id);
    return getrandom(id->bytes + 5, RANDOM_BYTES, 0) == RANDOM_BYTES;
}

/* The same on this machine at each start. */
static void derived_id(struct tw_usm_id *id)
{
    char text[256] = "";
    size_t n = 0;
    FILE *f = fopen("/etc/machine-id", "re");
    if (f != NULL) {
        n = fread(text, 1, sizeof text, f);
        (void)fclose(f);
    }
    if (n == 0 && gethostname(text, sizeof text - 1) == 0)
        n = strlen(text);
    make_id(id);
    uint64_t a = tw_hash(text, n, 1), b = tw_hash(text, n, 2);
    memcpy(id->bytes + 5, &a, 8);
    memcpy(id->bytes + 13, &b, RANDOM_BYTES - 8);
}

static int32_t boots_of_time(void)
{
    int64_t s = tw_clock_wall().ns / 1000000000 - boots_epoch_s;
    return s > 0 && s < INT32_MAX ? (int32_t)s : 1;
}

/* ---- reading ---- */

static bool want_number(const struct tw_doc *doc, const struct tw_node *map, const char *key,
                        struct tw_errors *errors, int32_t *out)
{
    const struct tw_node *n = tw_node_get(map, key);
    uint64_t v;
    if (n == NULL || !tw_doc_want_u64(doc, n, key, 0, INT32_MAX, errors, &v))
        return false;
    *out = (int32_t)v;
    return true;
}

static bool want_text(const struct tw_doc *doc, const struct tw_node *map, const char *key, size_t most,
                      struct tw_errors *errors, struct tw_str *out)
{
    const struct tw_node *n = tw_node_get(map, key);
    return n != NULL && tw_doc_want_text(doc, n, key, errors, out) && out->n <= most;
}

static bool read_engine(const struct tw_doc *doc, const struct tw_node *n, struct tw_errors *errors,
                        struct tw_usm_engine *e)
{
    struct tw_str id, user, device, from;
    size_t state;
    const struct tw_node *word = tw_node_get(n, "state");
    if (!tw_doc_want_map(doc, n, "engine", errors) || word == NULL ||
        !tw_doc_want_word(doc, word, "state", states, errors, &state) ||
        !want_text(doc, n, "engine-id", TW_USM_ID_TEXT, errors, &id) || !tw_usm_id_parse(id, &e->id) ||
        !want_number(doc, n, "boots", errors, &e->boots) || !want_number(doc, n, "time", errors, &e->time) ||
        !want_text(doc, n, "user", TW_USM_NAME_MAX, errors, &user) ||
        !want_text(doc, n, "device", DEVICE_NAME_MAX, errors, &device) ||
        !want_text(doc, n, "from", TW_ADDR_TEXT, errors, &from))
        return false;
    e->state = state == 1 ? TW_ENGINE_LEARNT : state == 2 ? TW_ENGINE_ASKED : TW_ENGINE_KNOWN;
    memcpy(e->user, user.p, user.n);
    memcpy(e->device, device.p, device.n);
    return tw_addr_parse(from, &e->from);
}

struct kept {
    struct tw_usm_id id;
    int32_t boots;
    struct tw_usm_engine *engines;
    size_t n;
};

static bool read_kept(const struct tw_doc *doc, struct tw_errors *errors, struct kept *k)
{
    struct tw_str id;
    const struct tw_node *list = tw_node_get(doc->root, "engines");
    if (!want_text(doc, doc->root, "engine-id", TW_USM_ID_TEXT, errors, &id) ||
        !tw_usm_id_parse(id, &k->id) || !want_number(doc, doc->root, "boots", errors, &k->boots) ||
        list == NULL || !tw_doc_want_list(doc, list, "engines", errors) || list->n > TW_USM_ENGINES_MAX)
        return false;
    k->engines = tw_xcalloc(list->n + 1, sizeof *k->engines);
    while (k->n < list->n) {
        if (!read_engine(doc, list->items[k->n], errors, &k->engines[k->n]))
            return false;
        k->n++;
    }
    return true;
}

/* False: there is none that can be used. *unreadable: there is one, which must not be written over. */
static bool load_kept(const char *path, struct kept *k, bool *unreadable)
{
    struct tw_errors errors = {0};
    char *text;
    size_t n;
    *k = (struct kept){0};
    *unreadable = false;
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return false;
    if (!tw_load_file(path, &text, &n)) {
        *unreadable = true;
        return false;
    }
    struct tw_doc *doc = tw_doc_parse(path, tw_str_of(text, n), &errors);
    bool ok = doc != NULL && read_kept(doc, &errors, k);
    tw_doc_destroy(doc);
    tw_errors_finish(&errors);
    free(text);
    if (ok)
        return true;
    free(k->engines);
    *k = (struct kept){0};
    struct tw_buf aside = {0};
    tw_buf_fmt(&aside, "%s.bad", path);
    tw_log(TW_LEVEL_ERROR, "snmp",
           "the kept state can't be understood: put aside, informs need our new engine ID on the routers",
           TW_KVS(TW_KV("path", path), TW_KV("aside", rename(path, aside.p) == 0 ? aside.p : "-")));
    tw_buf_finish(&aside);
    return false;
}

static bool make_folder(const char *path)
{
    struct stat st;
    if (mkdir(path, 0750) == 0 || (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode)))
        return true;
    tw_log(TW_LEVEL_ERROR, "snmp", "can't create the state folder",
           TW_KVS(TW_KV("path", path), TW_KV("error", strerror(errno))));
    return false;
}

bool tw_snmp_load(struct tw_snmp *s, const struct tw_config *c, struct tw_usm_id *self, int32_t *boots,
                  struct tw_usm_engine **engines, size_t *engines_n)
{
    struct kept k = {0};
    bool given = tw_usm_id_parse(c->engine_id, self), found = false, unreadable = false;
    if (c->state != NULL) {
        struct tw_buf path = {0};
        if (!make_folder(c->state))
            return false;
        tw_buf_fmt(&path, "%s/snmp.yaml", c->state);
        s->path = path.p;
        found = load_kept(s->path, &k, &unreadable);
        if (unreadable) {
            tw_log(TW_LEVEL_ERROR, "snmp", "can't read the kept state", TW_KVS(TW_KV("path", s->path)));
            return false;
        }
    }
    *engines = k.engines;
    *engines_n = k.n;
    bool same = found && (!given || (self->n == k.id.n && memcmp(self->bytes, k.id.bytes, k.id.n) == 0));
    if (same) {
        *self = k.id;
        *boots = k.boots < INT32_MAX ? k.boots + 1 : k.boots;
        /* Given to a second machine too: the one that was started last is ahead. */
        if (given && *boots < boots_of_time())
            *boots = boots_of_time();
        return true;
    }
    /* A new one has had no boots before; of another only the time is known to go on. */
    *boots = boots_of_time();
    if (!given && c->state != NULL && random_id(self))
        *boots = 1;
    else if (!given)
        derived_id(self);
    return true;
}

/* ---- writing ---- */

static void put_quoted(struct tw_buf *b, const char *text)
{
    tw_buf_char(b, '"');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            tw_buf_char(b, '\\');
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            tw_buf_fmt(b, "\\x%02x", (unsigned char)*p);
        else
            tw_buf_char(b, *p);
    }
    tw_buf_char(b, '"');
}

/* Where its time stands now: that of its last message would let the last ones be played back after a
 * restart. */
static int32_t time_now(const struct tw_usm_engine *e, int64_t now_ms)
{
    int64_t t = e->time + (now_ms - e->at_ms) / 1000;
    return t < INT32_MAX ? (int32_t)t : INT32_MAX;
}

static void put_engine(struct tw_buf *b, const struct tw_usm_engine *e, int64_t now_ms)
{
    char id[TW_USM_ID_TEXT], from[TW_ADDR_TEXT];
    tw_buf_fmt(b, "  - {engine-id: \"%s\", state: %s, boots: %d, time: %d, from: \"%s\", user: ",
               tw_usm_id_text(&e->id, id), states[e->state], e->boots, time_now(e, now_ms),
               tw_addr_text(&e->from, from));
    put_quoted(b, e->user);
    tw_buf_z(b, ", device: ");
    put_quoted(b, e->device);
    tw_buf_z(b, "}\n");
}

void tw_snmp_text(const struct tw_snmp *s, struct tw_buf *b)
{
    int64_t now_ms = tw_clock_mono_ms();
    size_t n;
    uint64_t changes;
    int32_t boots;
    char id[TW_USM_ID_TEXT];
    const struct tw_usm_engine *e = tw_usm_engines(s->usm, &n, &changes);
    const struct tw_usm_id *self = tw_usm_self(s->usm, &boots);
    tw_buf_fmt(b,
               "# Kept by trunkwatchd, which reads it at start. To be changed only while it is stopped.\n"
               "engine-id: \"%s\"\nboots: %d\nengines:%s\n",
               tw_usm_id_text(self, id), boots, n == 0 ? " []" : "");
    for (size_t i = 0; i < n; i++)
        put_engine(b, &e[i], now_ms);
}
