/* SPDX-License-Identifier: ISC */
#ifndef TW_APP_TABLE_H
#define TW_APP_TABLE_H
/*
 * Tables for people at a terminal: aligned columns, natural units, colours only where there is a terminal
 * that wants them. Whatever is put in is made safe to print.
 */
#include "base/buf.h"
#include "base/time.h"

/* Standard output is a terminal, and NO_COLOR is not set. */
bool tw_person_colour(void);

enum tw_tone { TW_TONE_PLAIN, TW_TONE_FAINT, TW_TONE_HEAD, TW_TONE_ODD, TW_TONE_BAD };
/* Text in a tone; the tone is left out when `colour` is false. */
void tw_person_text(struct tw_buf *b, bool colour, enum tw_tone tone, const char *z);

/* "3 s", "4 min", "2 h 5 min", "3 d 4 h". */
enum { TW_PERSON_TEXT = 48 };
const char *tw_person_dur(tw_dur d, char buf[static TW_PERSON_TEXT]);
/* "17 B", "4.2 kB", "3.0 MB". */
const char *tw_person_bytes(double n, char buf[static TW_PERSON_TEXT]);
/* The form of all our output; TW_TIME_MIN when it is something else. */
tw_time tw_person_time(const char *rfc3339);

enum { TW_TABLE_COLUMNS = 10 };
struct tw_table {
    struct tw_cell {
        char *text;
        char *note; /* NULL: none */
        enum tw_tone tone;
    } * cells; /* row by row */
    size_t n, cap, columns;
    bool right[TW_TABLE_COLUMNS];
};
/* Names of the columns, NULL-terminated; a '>' in front: numbers, to the right. */
void tw_table_init(struct tw_table *t, const char *const *heads);
__attribute__((format(printf, 3, 4))) void tw_table_cell(struct tw_table *t, enum tw_tone tone,
                                                         const char *fmt, ...);
/* A line below the row that was just filled. */
void tw_table_note(struct tw_table *t, const char *z);
/* Appends the table, and empties it. */
void tw_table_print(struct tw_table *t, bool colour, struct tw_buf *out);

#endif
