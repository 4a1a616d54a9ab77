/* SPDX-License-Identifier: ISC */
#ifndef TW_PLAT_SAVER_H
#define TW_PLAT_SAVER_H
/*
 * A small file that is written whole again and again: beside the old one, made safe, then renamed over it. A
 * thread of its own does it, so that who has a new text never waits for the disk.
 *
 * All calls from one thread. Limits: one text is being written and one waits; a newer one takes the place of
 * that which waits, so what is in the file in the end is the newest.
 */
#include "base/buf.h"

struct tw_saver;

/* The thread is made with the first text. */
struct tw_saver *tw_saver_create(const char *path);
/* Also NULL. What was handed over is written before, or was tried. */
void tw_saver_destroy(struct tw_saver *s);
/* Hands over; takes the text. */
void tw_saver_put(struct tw_saver *s, struct tw_buf *text);
/* Something is being written or waits. False: *error says how the last one went, 0 (it is safe, or there was
 * none) or an errno; what failed is not tried again. */
bool tw_saver_busy(struct tw_saver *s, int *error);
/* Waits for the disk: for who has nothing else to do. Returns what tw_saver_busy would say. */
int tw_saver_wait(struct tw_saver *s);

#endif
