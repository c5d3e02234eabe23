/* SPDX-License-Identifier: Apache-2.0 */
/* settings_migrate.c - see settings_migrate.h. */
#include <errno.h>
#include "config/config_print.h"
#include "settings/settings_files.h"
#include "settings/settings_migrate.h"

int settings_migrate(const char *path, struct buf *text, struct problems *problems,
		     struct problems *warnings)
{
	struct buf old = BUF_INIT(SETTINGS_FILE_MAX);
	struct config *config = NULL;
	int error = settings_files_read(path, &old, NULL, problems);

	if (!error)
		config = settings_files_alone(path, buf_str(&old), problems, warnings);
	if (config)
		error = config_print(config, buf_str(&old), text);
	/* Told by the lines that the file has, or, never seen, by those it would have. */
	if (config && !error)
		settings_check_text(path, buf_str(&old), problems);
	if (config && !error && !problems->count)
		settings_check_text("migrated", buf_str(text), problems);
	if (error && !problems->count)
		problems_add(problems, "%s: out of memory", path);
	config_free(config);
	buf_fini(&old);
	return problems->count ? -EINVAL : 0;
}
