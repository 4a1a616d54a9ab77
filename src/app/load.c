/* SPDX-License-Identifier: ISC */
#include "load.h"

#include "base/buf.h"
#include "base/mem.h"
#include "command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIPE_MS = 2000 };

static bool refuse(const char *path)
{
    (void)fprintf(stderr, "trunkwatch: %s: %s\n", path, strerror(errno));
    return false;
}

/* Room for all of it and a byte more, which shows that it ends there; of a pipe nobody knows. */
static size_t room_for(int fd)
{
    struct stat st;
    const off_t least = 4 << 10, most = TW_DOC_MAX_BYTES;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return 64 << 10;
    return (size_t)(st.st_size < least ? least : st.st_size < most ? st.st_size : most) + 1;
}

/* A pipe is waited for, but not for ever: a daemon that reloads hears nothing meanwhile. */
static ssize_t read_some(int fd, char *to, size_t n)
{
    ssize_t got = read(fd, to, n);
    if (got >= 0 || errno != EAGAIN)
        return got;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, PIPE_MS) == 0) {
        errno = ETIMEDOUT;
        return -1;
    }
    return read(fd, to, n);
}

bool tw_load_file(const char *path, char **text, size_t *n)
{
    struct tw_buf b = {0};
    ssize_t got = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe that nobody writes to is empty */
    if (fd < 0)
        return refuse(path);
    for (size_t room = room_for(fd); got > 0 && b.n <= TW_DOC_MAX_BYTES; b.n += got > 0 ? (size_t)got : 0) {
        tw_buf_reserve(&b, b.n == 0 ? room : 1);
        size_t free_n = b.cap - b.n - 1, most = TW_DOC_MAX_BYTES + 1 - b.n;
        got = read_some(fd, b.p + b.n, free_n < most ? free_n : most);
    }
    bool ok = got >= 0 || refuse(path);
    (void)close(fd);
    if (!ok) {
        tw_buf_finish(&b);
        return false;
    }
    tw_buf_add(&b, "", 0);
    *text = b.p;
    *n = b.n;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the *.yaml files of a folder, sorted. A folder that is not there is empty; one that can't be read
 * is refused: without its hints an alert would say less, and nobody would know. */
static bool names(const char *dir, char ***out, size_t *n)
{
    char **list = NULL;
    size_t cap = 0;
    *out = NULL;
    *n = 0;
    DIR *d = opendir(dir);
    if (d == NULL)
        return errno == ENOENT || refuse(dir);
    for (const struct dirent *e; errno = 0, (e = readdir(d)) != NULL;) {
        size_t len = strlen(e->d_name);
        if (e->d_name[0] != '.' && len > 5 && strcmp(e->d_name + len - 5, ".yaml") == 0)
            *TW_PUSH(list, *n, cap) = tw_xstrndup(e->d_name, len);
    }
    bool ok = errno == 0 || refuse(dir);
    (void)closedir(d);
    if (*n > 0)
        qsort(list, *n, sizeof *list, by_name);
    *out = list;
    return ok;
}

static char *join(const char *a, const char *b)
{
    struct tw_buf path = {0};
    tw_buf_fmt(&path, "%s/%s", a, b);
    return path.p;
}

static bool load_folder(const char *dir, const char *sub, struct tw_rule_file **out, size_t *n)
{
    char *folder = join(dir, sub);
    size_t found;
    char **list;
    bool ok = names(folder, &list, &found);
    *out = tw_xcalloc(found, sizeof **out);
    *n = 0;
    for (size_t i = 0; i < found; i++) {
        char *path = join(folder, list[i]), *text = NULL;
        size_t len = 0;
        ok = ok && tw_load_file(path, &text, &len);
        (*out)[(*n)++] = (struct tw_rule_file){path, {text, len}};
        free(list[i]);
    }
    free(list);
    free(folder);
    return ok;
}

bool tw_load_rules_files(const char *dir, struct tw_rules_files *out)
{
    struct tw_rules_text *t = &out->text;
    *out = (struct tw_rules_files){0};
    bool ok = load_folder(dir, "events", &out->lists[0], &t->events_n);
    ok = load_folder(dir, "conditions", &out->lists[1], &t->conditions_n) && ok;
    ok = load_folder(dir, "hints", &out->lists[2], &t->hints_n) && ok;
    t->events = out->lists[0];
    t->conditions = out->lists[1];
    t->hints = out->lists[2];
    if (ok && t->events_n == 0) {
        (void)fprintf(stderr, "trunkwatch: %s: no rules here, events/*.yaml was expected\n", dir);
        ok = false;
    }
    char *corpus = join(dir, "corpus.log");
    if (ok && access(corpus, F_OK) == 0) {
        size_t n = 0;
        ok = tw_load_file(corpus, &out->corpus, &n);
        t->corpus = (struct tw_rule_file){corpus, {out->corpus, n}};
    } else {
        free(corpus);
    }
    if (!ok)
        tw_rules_files_finish(out);
    return ok;
}

/* Names and texts are our own copies; const only for those who read them. */
static void free_file(const struct tw_rule_file *f)
{
    free((void *)(uintptr_t)f->name);
    free((void *)(uintptr_t)f->text.p);
}

void tw_rules_files_finish(struct tw_rules_files *f)
{
    const size_t n[] = {f->text.events_n, f->text.conditions_n, f->text.hints_n};
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < n[k]; i++)
            free_file(&f->lists[k][i]);
        free(f->lists[k]);
    }
    free_file(&f->text.corpus);
    *f = (struct tw_rules_files){0};
}

static bool is_source_tree(const char *dir)
{
    char *rules = join(dir, "rules/events"), *list = join(dir, "CMakeLists.txt");
    bool yes = access(rules, X_OK) == 0 && access(list, R_OK) == 0;
    free(rules);
    free(list);
    return yes;
}

/* The source tree that a build folder was configured for, or NULL. */
static char *configured_for(const char *dir)
{
    static const char key[] = "CMAKE_HOME_DIRECTORY:INTERNAL=";
    char *path = join(dir, "CMakeCache.txt"), line[4096], *found = NULL;
    FILE *f = fopen(path, "re");
    while (f != NULL && found == NULL && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, key, sizeof key - 1) == 0)
            found = tw_xstrndup(line + sizeof key - 1, strcspn(line + sizeof key - 1, "\n"));
    }
    if (f != NULL)
        (void)fclose(f);
    free(path);
    return found;
}

/* Where this program was installed, wherever that was moved to: PREFIX/bin beside PREFIX/share. */
static const char *beside(char found[4096 + 64])
{
    char *slash = strrchr(found, '/');
    if (slash == NULL || slash - found < 4 || strncmp(slash - 4, "/bin", 4) != 0)
        return TRUNKWATCH_RULES_DIR;
    memcpy(slash - 4, "/share/trunkwatch/rules", sizeof "/share/trunkwatch/rules");
    return access(found, R_OK | X_OK) == 0 ? found : TRUNKWATCH_RULES_DIR;
}

const char *tw_load_rules_dir(void)
{
    static char found[4096 + 64];
    ssize_t n = readlink("/proc/self/exe", found, 4096 - 1);
    if (n <= 0)
        return TRUNKWATCH_RULES_DIR;
    found[n] = '\0';
    for (char *slash; (slash = strrchr(found, '/')) != NULL && slash != found;) {
        *slash = '\0';
        char *home = configured_for(found);
        if (home != NULL && is_source_tree(home))
            (void)snprintf(found, sizeof found, "%s", home);
        free(home);
        if (is_source_tree(found)) {
            memcpy(found + strlen(found), "/rules", 7);
            return found;
        }
    }
    n = readlink("/proc/self/exe", found, 4096 - 1);
    found[n > 0 ? n : 0] = '\0';
    return beside(found);
}

void tw_load_errors(struct tw_errors *e)
{
    for (size_t i = 0; i < e->n; i++)
        (void)fprintf(stderr, "%s\n", e->text[i]);
    if (e->dropped > 0)
        (void)fprintf(stderr, "… and %zu more errors\n", e->dropped);
    tw_errors_finish(e);
    *e = (struct tw_errors){0};
}

int tw_load_inventory(const char *path, const struct tw_topology **out)
{
    struct tw_errors errors = {0};
    char *text;
    size_t n;
    if (!tw_load_file(path, &text, &n))
        return TW_EXIT_USAGE;
    *out = tw_topology_create(path, tw_str_of(text, n), &errors);
    free(text);
    bool ok = *out != NULL;
    tw_load_errors(&errors);
    return ok ? TW_EXIT_OK : TW_EXIT_NOT_RIGHT;
}

int tw_load_rules(const char *dir, bool check, size_t *examples, struct tw_rules **out)
{
    struct tw_errors errors = {0};
    struct tw_rules_files files;
    if (!tw_load_rules_files(dir != NULL ? dir : tw_load_rules_dir(), &files))
        return TW_EXIT_USAGE;
    *out = tw_rules_create(&files.text, &errors);
    if (*out != NULL && check)
        *examples = tw_rules_check(&files.text, *out, &errors);
    bool ok = *out != NULL && errors.n == 0;
    tw_load_errors(&errors);
    tw_rules_files_finish(&files);
    return ok ? TW_EXIT_OK : TW_EXIT_NOT_RIGHT;
}
