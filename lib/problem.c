#include "lib/problem.h"

#include <stdarg.h>
#include <string.h>

#include "lib/str.h"

static bool set(struct problem *p, int error, const char *format, va_list arguments)
{
	struct str text = STR_INIT;

	if (p->text)
		return false;
	str_addv(&text, format, arguments);
	if (error)
		str_addf(&text, ": %s", strerror(error));
	p->text = str_keep(&text, p->arena);
	return false;
}

bool problem_set(struct problem *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	set(p, 0, format, arguments);
	va_end(arguments);
	return false;
}

bool problem_errno(struct problem *p, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	set(p, error, format, arguments);
	va_end(arguments);
	return false;
}
