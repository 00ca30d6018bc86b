#include "cli/terminal.h"

#include "lib/str.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void say_as(FILE *to, const char *before, const char *format, ...)
{
	enum { SAID_MAX = 64 * 1024 };
	struct str text = STR_INIT, visible = STR_INIT;
	va_list args;

	va_start(args, format);
	str_addv(&text, format, args);
	va_end(args);
	str_add_visible(&visible, str_text(&text), text.len, SAID_MAX);
	fprintf(to, "%s%s\n", before, str_text(&visible));
	str_free(&text);
	str_free(&visible);
}

bool want_colour(const char *when, int fd)
{
	const char *no = getenv("NO_COLOR"), *force = getenv("FORCE_COLOR"), *term = getenv("TERM");

	if (when && strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	if (no && *no)
		return false;
	if (force && *force && strcmp(force, "0") != 0)
		return true;
	return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

static bool is_true(const char *name)
{
	const char *value = getenv(name);

	return value && strcmp(value, "true") == 0;
}

bool want_annotations(void)
{
	return is_true("GITHUB_ACTIONS");
}

const char *ci_root(void)
{
	const char *root = is_true("GITHUB_ACTIONS") ? getenv("GITHUB_WORKSPACE")
			   : is_true("GITLAB_CI")    ? getenv("CI_PROJECT_DIR")
						     : NULL;

	return root && *root ? root : ".";
}
