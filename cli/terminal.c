#include "cli/terminal.h"

#include "lib/str.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say_args(FILE *to, const char *before, const char *format, va_list args)
{
	enum { SAID_MAX = 64 * 1024 };
	struct str text = STR_INIT, visible = STR_INIT;

	str_addv(&text, format, args);
	str_add_visible(&visible, str_text(&text), text.len, SAID_MAX);
	fprintf(to, "%s%s\n", before, str_text(&visible));
	str_free(&text);
	str_free(&visible);
}

void say(FILE *to, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_args(to, "", format, args);
	va_end(args);
}

void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_args(stderr, "stagecraft: error: ", format, args);
	va_end(args);
}

void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_args(stderr, "stagecraft: warning: ", format, args);
	va_end(args);
}

bool want_colour(enum colour when, int fd)
{
	const char *no = getenv("NO_COLOR"), *force = getenv("FORCE_COLOR"), *term = getenv("TERM");

	if (when != COLOUR_AUTO)
		return when == COLOUR_ALWAYS;
	if (no && *no)
		return false;
	if (force && *force && strcmp(force, "0") != 0)
		return true;
	return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

bool want_annotations(void)
{
	const char *actions = getenv("GITHUB_ACTIONS");

	return actions && strcmp(actions, "true") == 0;
}
