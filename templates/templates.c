#include "templates/templates.h"

#include <assert.h>
#include <string.h>

const struct shell_part *template_part(const char *name)
{
	const struct template_file *t = template_files;

	while (t->name && strcmp(t->name, name) != 0)
		t++;
	assert(t->name);
	return &t->part;
}
