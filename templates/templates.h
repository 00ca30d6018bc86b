/* The templates, built into the program by the Makefile: each a whole file of shell, without its head (up to
 * the first empty line). docs/wire.md says what they may expect and what they must do. */
#ifndef TEMPLATES_TEMPLATES_H
#define TEMPLATES_TEMPLATES_H

#include <stddef.h>

/* A piece of shell: a template without its head. */
struct shell_part {
	const char *text;
	size_t len;
};

struct template_file {
	const char *name; /* "docker_apt" for templates/docker_apt.sh */
	struct shell_part part;
};

/* All of them, the last with a NULL name. Made from templates/NAME.sh. */
extern const struct template_file template_files[];

/* The part of that name. Asking for one that isn't there is a bug of ours. */
const struct shell_part *template_part(const char *name);

#endif
