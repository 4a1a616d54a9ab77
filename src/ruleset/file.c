/* SPDX-License-Identifier: ISC */
#include "ruleset_internal.h"

#include <stdlib.h>

static void collect_maps(struct compiling *c, const struct tw_node *maps)
{
    if (maps == NULL || !tw_doc_want_map(c->doc, maps, "maps", c->errors))
        return;
    for (uint32_t i = 0; i < maps->n; i++) {
        *TW_PUSH(c->maps, c->maps_n, c->maps_cap) = (struct map_decl){maps->keys[i], maps->items[i], false};
        (void)tw_doc_want_map(c->doc, maps->items[i], "a map of values", c->errors);
    }
}

static void report_unused_maps(const struct compiling *c)
{
    char quoted[TW_QUOTE_TEXT];
    for (size_t i = 0; i < c->maps_n; i++) {
        if (!c->maps[i].used)
            tw_doc_error(c->doc, c->maps[i].name, c->errors, "no field uses the map %s",
                         tw_doc_quote(c->maps[i].name->text, quoted));
    }
}

static void add_reason(struct compiling *c, const struct tw_node *text, enum tw_down_class class)
{
    struct tw_str core = tw_reason_core(text->text);
    char quoted[TW_QUOTE_TEXT];
    if (core.n == 0) {
        tw_doc_error(c->doc, text, c->errors, "a down reason is empty, expected the text of Reason=");
        return;
    }
    const struct down_reason *other = tw_ruleset_reason(c->rs, core);
    if (other != NULL && other->class != class) {
        tw_doc_error(c->doc, text, c->errors, "the reason %s is '%s' at %s:%u", tw_doc_quote(core, quoted),
                     tw_event_word(TW_FIELD_DOWN_CLASS, (int)other->class), other->file, other->line);
    }
    if (other == NULL) {
        const struct down_reason reason = {tw_ruleset_keep(c, core), class, c->file, text->line};
        tw_ruleset_add_reason(c->rs, &reason);
    }
}

static void compile_reasons(struct compiling *c, const struct tw_node *map)
{
    if (map == NULL || !tw_doc_want_map(c->doc, map, "down-reasons", c->errors))
        return;
    for (uint32_t i = 0; i < map->n; i++) {
        size_t word;
        if (tw_doc_want_word(c->doc, map->items[i], "the class of a down reason",
                             tw_event_field_words(TW_FIELD_DOWN_CLASS), c->errors, &word))
            add_reason(c, map->keys[i], (enum tw_down_class)(word + 1));
    }
}

void tw_compile_file(struct tw_ruleset *rs, const struct tw_doc *doc, struct tw_errors *errors)
{
    static const char *const keys[] = {"maps", "down-reasons", "events", NULL};
    struct compiling c = {.rs = rs, .doc = doc, .errors = errors};
    if (doc->root == NULL || !tw_doc_want_map(doc, doc->root, "a rule file", errors))
        return;
    c.file = tw_arena_dup(rs->arena, doc->file, strlen(doc->file));
    tw_doc_known_keys(doc, doc->root, "a rule file", keys, errors);
    collect_maps(&c, tw_node_get(doc->root, "maps"));
    compile_reasons(&c, tw_node_get(doc->root, "down-reasons"));
    const struct tw_node *events = tw_node_get(doc->root, "events");
    if (events != NULL && tw_doc_want_list(doc, events, "events", errors)) {
        for (uint32_t i = 0; i < events->n; i++)
            tw_compile_rule(&c, events->items[i]);
    }
    report_unused_maps(&c);
    free(c.maps);
}
