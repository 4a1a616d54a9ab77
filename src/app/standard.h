/* SPDX-License-Identifier: ISC */
#ifndef TW_APP_STANDARD_H
#define TW_APP_STANDARD_H
/*
 * The standard streams: that they are there, and that what was written has arrived.
 */

/* First of all: a closed one would be the number of the next file or socket that is opened. */
void tw_standard_hold(void);
/* At the end, for what was written with stdio: TW_EXIT_OK when all has reached the file, else a sentence and
 * TW_EXIT_USAGE. */
int tw_standard_close(void);

#endif
