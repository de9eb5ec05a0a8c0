/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POSIX_LIFE_LINE_H
#define WEFT_POSIX_LIFE_LINE_H

/* The descriptor, an end of somebody's life line that is ours, is closed in every process that
 * is forked off this one. */
void weft__life_line_hold(int end);

/* It is closed here, too; but not another file that has its number by now. */
void weft__life_line_drop(int end);

/* In a forked process, in the handler of fork(). */
void weft__life_lines_forked(void);

#endif
