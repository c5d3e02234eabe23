/* SPDX-License-Identifier: Apache-2.0 */
/* running.c - see running.h. */
#include <errno.h>
#include "command/preloaded.h"
#include "command/running.h"
#include "net/get.h"
#include "settings/settings_files.h"
#include "settings/status_settings.h"

#define TIMEOUT_MS	5000
#define EXPLANATION_MAX 2048

extern char **environ;

/* Only what it says about the status is looked at. */
int running_address(const char *path, struct arena *arena, struct str *address,
		    struct err *err)
{
	struct problems problems = PROBLEMS_INIT, warnings = PROBLEMS_INIT;
	struct status_settings status = { .listen = STR(STATUS_LISTEN) };
	struct buf text = BUF_INIT(SETTINGS_FILE_MAX);
	struct config *config = NULL;
	int error = 0;

	if (path) {
		error = settings_files_read(path, &text, NULL, &problems);
		if (!error)
			config = settings_files_main(path, buf_str(&text), environ,
						     &problems, &warnings);
		error = config ? status_settings_read(&status, config, arena, &problems)
			       : -EINVAL;
	}
	if (error)
		err_set(err, STR_FMT,
			(int)(problems.text.len ? problems.text.len - 1 : 0),
			buf_str(&problems.text).ptr);
	*address = status.listen;
	config_free(config);
	buf_fini(&text);
	problems_fini(&warnings);
	problems_fini(&problems);
	return error;
}

static void running_is_not(struct str address, struct err *err)
{
	struct buf more = BUF_INIT(EXPLANATION_MAX);
	struct err why = *err;

	preloaded_explain(&more);
	err_set(err, "is it running? nothing answers at %s: %s" STR_FMT, address.ptr,
		why.text, STR_ARG(buf_str(&more)));
	buf_fini(&more);
}

int running_ask(struct str address, const char *path, struct buf *page, struct err *err)
{
	int status = net_get(address.ptr, path, TIMEOUT_MS, page, err);

	if (status == 200)
		return 0;
	if (status == -EACCES || status == -EPERM)
		return err_set(err,
			       "%s: permission denied; only its user and group, and "
			       "root, may ask",
			       address.ptr);
	if (status < 0)
		running_is_not(address, err);
	else
		err_set(err, "%s answers %d: " STR_FMT, address.ptr, status,
			(int)(page->len ? page->len - 1 : 0), page->ptr ? page->ptr : "");
	return -EINVAL;
}
