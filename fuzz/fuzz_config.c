/* SPDX-License-Identifier: ISC */
/* Any bytes as trunkwatchd.yaml: errors with their places, or a value that holds what it says, the same each
 * time. */
#include "base/buf.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static void check_outputs(const struct tw_config *c)
{
    for (size_t i = 0; i < c->outputs_n; i++) {
        const struct tw_config_output *o = &c->outputs[i];
        TW_ASSERT(o->type < 3 && o->name[0] != '\0' && o->at.line > 0);
        TW_ASSERT(o->type != 1 || o->values[0].text.n > 0);
        for (size_t k = 0; k < i; k++)
            TW_ASSERT(strcmp(o->name, c->outputs[k].name) != 0);
    }
}

static void check(const struct tw_config *c)
{
    TW_ASSERT(c->inventory != NULL && c->inventory[0] != '\0' && (c->rules == NULL || c->rules[0] != '\0'));
    for (int trap = 0; trap < 2; trap++) {
        const struct tw_config_listen *l = trap ? c->snmp : c->syslog;
        for (size_t i = 0; i < (trap ? c->snmp_n : c->syslog_n); i++)
            TW_ASSERT(l[i].port > 0 && (l[i].address.family == 4 || l[i].address.family == 6) &&
                      l[i].text != NULL);
    }
    check_outputs(c);
    for (size_t i = 0; i < c->holds_n; i++)
        TW_ASSERT(c->holds[i].hold.ns >= 0 && c->holds[i].at.line > 0 && c->holds[i].condition.p != NULL);
}

/* The doors alone are those of the whole, and are there even when the rest is wrong. */
static void check_doors(struct tw_str text, const struct tw_config *c)
{
    struct tw_errors none = {0};
    struct tw_config *doors = tw_config_doors("f", text, &none);
    TW_ASSERT((doors != NULL) == (none.n == 0) && (doors != NULL || c == NULL));
    if (c != NULL) {
        TW_ASSERT((c->http == NULL) == (doors->http == NULL) &&
                  (c->control == NULL) == (doors->control == NULL));
        TW_ASSERT(c->control == NULL || strcmp(c->control, doors->control) == 0);
    }
    tw_config_destroy(doors);
    tw_errors_finish(&none);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tw_errors errors = {0}, again = {0};
    struct tw_str text = tw_str_of((const char *)data, size);
    struct tw_config *c = tw_config_create("f", text, types, &errors);
    struct tw_config *other = tw_config_create("f", text, types, &again);
    TW_ASSERT((c != NULL) == (errors.n == 0) && (c != NULL) == (other != NULL) && errors.n == again.n);
    for (size_t i = 0; i < errors.n; i++) {
        TW_ASSERT(strncmp(errors.text[i], "f:", 2) == 0 && strchr(errors.text[i], '\n') == NULL);
        TW_ASSERT(strcmp(errors.text[i], again.text[i]) == 0);
    }
    if (c != NULL)
        check(c);
    for (unsigned o = 0; c != NULL && o < TW_OPTIONS; o++) {
        TW_ASSERT(tw_config_same(c, other, (enum tw_option)o));
        TW_ASSERT(!tw_config_unused(c, (enum tw_option)o) || tw_config_given(c, (enum tw_option)o));
    }
    check_doors(text, c);
    tw_config_destroy(c);
    tw_config_destroy(other);
    tw_errors_finish(&errors);
    tw_errors_finish(&again);
    return 0;
}
