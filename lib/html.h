/* A page of HTML: one file, no script, nothing from outside, readable on a phone, in the dark and on paper. What
 * goes into it from elsewhere is text, whatever it holds. */
#ifndef LIB_HTML_H
#define LIB_HTML_H

#include <stddef.h>
#include <stdio.h>

#include "lib/str.h"

/* Begins a page, up to where its first heading stands. TITLE is any text; STYLE (a constant of ours) is added to
 * the style that all pages have: classes ok, changed, failed, skipped; facts, counts; details, tables, pre. */
void html_open(FILE *to, const char *title, const char *style);
void html_close(FILE *to);

/* LEN bytes of TEXT, which is visible, as they may stand between tags and in attributes: no markup. */
void html_add_plain(struct str *out, const char *text, size_t len);
void html_put_plain(FILE *to, const char *text);

/* FORMAT, in which each %s stands for the next of the texts: made visible, at most MAX bytes of it, and no
 * markup. */
void html_put(FILE *to, size_t max, const char *format, ...);

#endif
