/* What a job of GitHub Actions came to, on the page of its run. */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>

/* Whether there is one: GITHUB_STEP_SUMMARY names a file. */
bool want_summary(void);

/* Adds LEN bytes of MARKDOWN to it, if there is one, behind what is there. That this fails, or that GitHub would
 * take no more (1 MiB a step; of more it would show nothing), is a warning. */
void add_summary(const char *markdown, size_t len);

#endif
