/* SPDX-License-Identifier: ISC */
/* Passphrases of SNMPv3 users: read, made into keys, wiped. Secrets of outputs: read. */
#include "setup.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_MAX = 1024 };

struct secret {
    char bytes[SECRET_MAX + 2]; /* and a line end, and one to see that there is more */
    size_t n;
};

static void complain(struct tw_setup *s, struct tw_config_place at, const char *path, const char *why,
                     struct tw_errors *errors)
{
    tw_errors_add(errors, s->config->file, at.line, at.column, "passphrase file '%s': %s", path, why);
}

static const char *read_fd(int fd, size_t least, struct secret *out)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "expected a file";
    while (out->n < sizeof out->bytes) {
        ssize_t n = read(fd, out->bytes + out->n, sizeof out->bytes - out->n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return strerror(errno);
        if (n == 0)
            break;
        out->n += (size_t)n;
    }
    if (out->n > 0 && out->bytes[out->n - 1] == '\n')
        out->n--;
    if (out->n > 0 && out->bytes[out->n - 1] == '\r')
        out->n--;
    return out->n < least        ? (least > 1 ? "expected at least 8 bytes (RFC 3414)" : "it is empty")
           : out->n > SECRET_MAX ? "expected at most 1024 bytes"
                                 : NULL;
}

static void doubt_mode(struct tw_setup *s, int fd, struct tw_config_place at, const char *path)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && (st.st_mode & (S_IROTH | S_IWOTH)) != 0)
        complain(s, at, path, "everybody on this machine may read or write it, expected mode 0640 or less",
                 &s->warnings);
}

static bool read_secret(struct tw_setup *s, const char *path, size_t least, struct tw_config_place at,
                        struct tw_errors *errors, struct secret *out)
{
    out->n = 0;
    if (path == NULL)
        return true;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const char *why = fd >= 0 ? read_fd(fd, least, out) : strerror(errno);
    if (why != NULL)
        complain(s, at, path, why, errors);
    else
        doubt_mode(s, fd, at, path);
    if (fd >= 0)
        (void)close(fd);
    return why == NULL;
}

void tw_setup_read_users(struct tw_setup *s, struct tw_errors *errors)
{
    const struct tw_config *c = s->config;
    struct secret auth, priv;
    s->users = tw_xcalloc(c->users_n + 1, sizeof *s->users);
    for (size_t i = 0; i < c->users_n; i++) {
        const struct tw_config_user *from = &c->users[i];
        struct tw_usm_user *u = &s->users[s->users_n++];
        *u = (struct tw_usm_user){.auth = from->auth, .priv = from->priv, .level = from->level};
        memcpy(u->name, from->name, strlen(from->name));
        if (from->engine_id.n > 0)
            (void)tw_usm_id_parse(from->engine_id, &u->engine);
        bool ok = read_secret(s, from->auth_file, TW_USM_PASSPHRASE_MIN, from->auth_at, errors, &auth);
        ok = read_secret(s, from->priv_file, TW_USM_PASSPHRASE_MIN, from->priv_at, errors, &priv) && ok;
        if (ok && !tw_usm_user_keys(u, tw_str_of(auth.bytes, auth.n), tw_str_of(priv.bytes, priv.n)))
            tw_errors_add(errors, c->file, from->at.line, from->at.column,
                          "user '%s': this machine's OpenSSL does not offer its auth or priv", from->name);
    }
    explicit_bzero(&auth, sizeof auth);
    explicit_bzero(&priv, sizeof priv);
}

void tw_setup_read_secret(struct tw_setup *s, const struct tw_setting_value *v, struct tw_config_place at,
                          struct tw_errors *errors)
{
    struct secret secret;
    if (read_secret(s, v->text.p, 1, at, errors, &secret))
        tw_config_secret(s->config, v, tw_str_of(secret.bytes, secret.n));
    explicit_bzero(&secret, sizeof secret);
}
