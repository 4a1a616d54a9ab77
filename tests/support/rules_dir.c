/* SPDX-License-Identifier: ISC */
#include "rules_dir.h"

#include "base/buf.h"
#include "base/mem.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

struct tw_str test_read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct tw_buf b = {0};
    char part[65536];
    if (f == NULL) {
        (void)fprintf(stderr, "can't read %s\n", path);
        exit(2);
    }
    tw_buf_add(&b, "", 0);
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        tw_buf_add(&b, part, n);
    (void)fclose(f);
    return (struct tw_str){b.p, b.n};
}

static const struct tw_rule_file *read_folder(const char *dir, const char *sub, size_t *n)
{
    struct tw_rule_file *list = NULL;
    struct dirent **all;
    size_t cap = 0;
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", dir, sub);
    int found = scandir(path, &all, NULL, alphasort);
    *n = 0;
    for (int i = 0; i < found; i++) {
        size_t len = strlen(all[i]->d_name);
        if (len > 5 && strcmp(all[i]->d_name + len - 5, ".yaml") == 0) {
            (void)snprintf(path, sizeof path, "%s/%s/%s", dir, sub, all[i]->d_name);
            *TW_PUSH(list, *n, cap) =
                (struct tw_rule_file){tw_xstrndup(path, strlen(path)), test_read_file(path)};
        }
        free(all[i]);
    }
    if (found >= 0)
        free(all);
    return list;
}

struct tw_rules_text test_read_rules(const char *dir)
{
    struct tw_rules_text text = {0};
    text.events = read_folder(dir, "events", &text.events_n);
    text.conditions = read_folder(dir, "conditions", &text.conditions_n);
    text.hints = read_folder(dir, "hints", &text.hints_n);
    return text;
}
