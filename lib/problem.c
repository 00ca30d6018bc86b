#include "lib/problem.h"

#include <stdarg.h>
#include <string.h>

#include "lib/str.h"

bool problem_errno(struct problem *p, int error, const char *format, ...)
{
	struct str text = STR_INIT;
	va_list arguments;

	if (p->text)
		return false;
	va_start(arguments, format);
	str_addv(&text, format, arguments);
	va_end(arguments);
	if (error)
		str_addf(&text, ": %s", strerror(error));
	p->text = str_keep(&text, p->arena);
	return false;
}
