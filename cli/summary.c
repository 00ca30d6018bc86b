#include "cli/summary.h"

#include "cli/terminal.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { SUMMARY_MAX = 1024 * 1024 };

static const char *summary_path(void)
{
	const char *path = getenv("GITHUB_STEP_SUMMARY");

	return path && *path ? path : NULL;
}

bool want_summary(void)
{
	return summary_path() != NULL;
}

/* 0 or an errno value: EFBIG if there is no room for it. */
static int append(int fd, const char *markdown, size_t len)
{
	struct stat st;
	int error;

	if (fstat(fd, &st) != 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EINVAL;
	if ((size_t)st.st_size + len + 1 > SUMMARY_MAX)
		return EFBIG;
	error = st.st_size ? file_write(fd, "\n", 1) : 0; /* a heading begins a line */
	return error ? error : file_write(fd, markdown, len);
}

void add_summary(const char *markdown, size_t len)
{
	const char *path = summary_path();
	int fd, error;

	if (!path)
		return;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0666);
	error = fd < 0 ? errno : append(fd, markdown, len);
	file_close(&fd);
	if (error)
		warn("the job summary lacks this: cannot add to %s: %s", path,
		     error == EFBIG ? "GitHub takes 1 MiB of a step" : strerror(error));
}
