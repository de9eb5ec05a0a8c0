/* SPDX-License-Identifier: MIT */
#ifndef WEFT_LESSON_SUPPORT_H
#define WEFT_LESSON_SUPPORT_H

/* Between options.c, values.c and support.c; lessons include lesson.h alone. */

#include "lesson.h"

/* Ends the program at once, whatever its threads do. */
void lesson_leave(int code);

/* The hooks of weft_on_misuse() and weft_on_failure(): print and leave with 1.
 */
void lesson_on_misuse(int code, const char *sentence);
void lesson_on_failure(const char *task_name, int code, const char *sentence);

/* What is wrong with a value, in one line; leaves with 2. A NULL name or value
 * is left out: an answer has no name, some reasons repeat the value. */
void lesson_refuse(const char *name, const char *value, const char *reason);

/* The value, or lesson_refuse(). */
int lesson_read_number(const char *name, const char *value, int least,
                       int most);
int lesson_read_port(const char *name, const char *value, int least);
weft_time lesson_read_seconds(const char *name, const char *value);
const char *lesson_read_host(const char *name, const char *value);
void lesson_read_url(const char *name, const char *value, lesson_url *url);
const char *lesson_read_text(const char *name, const char *value);

#endif
