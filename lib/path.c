#include "lib/path.h"

#include "lib/str.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const special[] = {"/dev", "/proc", "/sys"};

static bool is_under_special(const char *path)
{
	for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
		size_t len = strlen(special[i]);

		if (strncmp(path, special[i], len) == 0 && (!path[len] || path[len] == '/'))
			return true;
	}
	return false;
}

/* Takes the last component away. */
static void go_up(struct str *path)
{
	while (path->len && path->data[path->len - 1] != '/')
		path->len--;
	if (path->len)
		path->len--;
	if (path->data)
		path->data[path->len] = '\0';
}

bool path_is_special(const char *path)
{
	bool absolute = *path == '/', result, up = false;
	struct str clean = STR_INIT;

	for (const char *p = path; *p; p += strspn(p, "/")) {
		size_t len = strcspn(p, "/");

		if (len == 2 && memcmp(p, "..", 2) == 0) {
			up = true;
			go_up(&clean);
		} else if (len && !(len == 1 && *p == '.')) {
			str_addc(&clean, '/');
			str_addn(&clean, p, len);
		}
		p += len;
	}
	result = absolute ? is_under_special(str_text(&clean)) : up && *path && strchr("~%$", *path);
	str_free(&clean);
	return result;
}

const char *path_refused(const char *path)
{
	struct stat st;
	char *real;
	bool under;

	if (stat(path, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode))
		return "it is not a regular file";
	real = realpath(path, NULL);
	under = real && is_under_special(real);
	free(real);
	return under ? "it is the kernel's, not a file of one's own" : NULL;
}
