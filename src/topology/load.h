/* SPDX-License-Identifier: ISC */
#ifndef TW_TOPOLOGY_LOAD_H
#define TW_TOPOLOGY_LOAD_H
/*
 * Reading an inventory: what the parts of the loader share while it runs.
 *
 * A loader goes on after an error, so that one run shows them all; what it has built by then is never used.
 */
#include "topology_internal.h"

struct tw_spot { /* where something stands in the inventory */
    uint32_t line, column;
};

struct tw_loader {
    const struct tw_doc *doc;
    struct tw_errors *errors;
    struct tw_topology_index *x;
    struct tw_device *devices;
    size_t devices_n;
    struct tw_map by_name; /* key in `devices:` -> index */
    struct tw_pair *pairs;
    size_t pairs_n, pairs_cap;
    struct tw_e_trunk *e_trunks;
    struct tw_member *members;
    size_t e_trunks_n, e_trunks_cap, members_n, members_cap;
    struct tw_spot *e_trunk_spots, *trunk_spots; /* per E-Trunk; per member * 2 + side */
    size_t e_trunk_spots_n, e_trunk_spots_cap, trunk_spots_n, trunk_spots_cap;
    struct tw_map profiles; /* of the pair being read: name -> index */
    /* Pairs are loaded while the text is still being read, when the devices stand before them. Errors wait
     * here until it is known that the text is a document. */
    bool ahead;
    struct tw_errors of_devices, of_pairs;
};

enum { TW_NAME_MAX = 255, TW_IF_NAME_MAX = 63 };

/* A text of 1 to `max` bytes without control characters, copied. False after adding an error. */
bool tw_load_name(struct tw_loader *l, const struct tw_node *n, const char *what, size_t max,
                  const char **out);
/* A list of service words as a set. */
void tw_load_services(struct tw_loader *l, const struct tw_node *n, uint32_t *out);
/* The device with this key, or TW_NONE. */
uint32_t tw_load_find_device(const struct tw_loader *l, struct tw_str name);
/* The profile of the pair being read that has this name, or NULL. */
const struct tw_profile *tw_load_find_profile(const struct tw_loader *l, const struct tw_pair *p,
                                              struct tw_str name);

void tw_load_devices(struct tw_loader *l, const struct tw_node *map);
void tw_load_pair(struct tw_loader *l, const struct tw_node *key, const struct tw_node *n);
void tw_load_member(struct tw_loader *l, const struct tw_node *n, uint32_t e_trunk);

#endif
