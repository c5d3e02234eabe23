/* SPDX-License-Identifier: Apache-2.0 */
/* settings_files.c - see settings_files.h. */
#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "base/grow.h"
#include "base/now.h"
#include "config/config_twice.h"
#include "settings/settings_files.h"
#include "settings/settings_layouts.h"
#include "sys/clock.h"
#include "sys/io.h"

#define NAME_MAX_BYTES 64

/* What the sample files of the Go programs say beyond the defaults. */
#define PROFILE_STORE                                                                    \
	"  store:\n    type: buffered\n    buffered:\n"                                  \
	"      filename_prefix: logs\n"                                                  \
	"      max_flows_per_object: 6000\n"                                             \
	"      max_seconds_per_object: 60\n"                                             \
	"      max_seconds_per_stream: 86400\n"                                          \
	"      max_flow_array_size: 100000\n"

static const struct profile {
	const char *name, *text;
} profiles[] = { { "vpclogs", "pipeline:\n  transform:\n    type: vpclogs\n"
			      "  storeheader:\n    type: vpclogs\n" PROFILE_STORE },
		 { "secadvisor", "pipeline:\n  transform:\n    type: secadvisor\n"
				 "  encode:\n    type: secadvisor\n" PROFILE_STORE },
		 { "awsflowlogs", "pipeline:\n  transform:\n    type: awsflowlogs\n"
				  "  encode:\n    type: csv\n"
				  "  compress:\n    type: gzip\n" PROFILE_STORE },
		 { NULL, NULL } };

struct chosen_profile {
	struct str profile;
};

static const struct shape chosen_shape = {
	.name = "profile",
	.size = sizeof(struct chosen_profile),
	.fields =
		(const struct field[]){
			OPTION(struct chosen_profile, profile, "profile", 0, ""),
			{ 0 },
		},
};

/* When a file was written, and what was known of it before. */
static void note_written(const char *path, int64_t *written_ms)
{
	struct stat status;
	int64_t ms;

	if (!written_ms || stat(path, &status) < 0)
		return;
	ms = clock_ms(status.st_mtim);
	if (ms > *written_ms)
		*written_ms = ms;
}

int settings_files_read(const char *path, struct buf *text, int64_t *written_ms,
			struct problems *problems)
{
	int error = io_read_file(path, text);

	note_written(path, written_ms);
	switch (error) {
	case 0:
		return 0;
	case -ENOENT:
		problems_add(problems, "%s: there is no such file; say which one with -c",
			     path);
		break;
	case -EISDIR:
		problems_add(problems, "%s: is a directory; name the file in it", path);
		break;
	case -EFBIG:
		problems_add(problems, "%s: larger than a configuration can be (1 MiB)",
			     path);
		break;
	default:
		problems_add(problems, "%s: %s", path, strerror(-error));
	}
	return error;
}

static int add_file(struct config *config, const char *path, struct str text,
		    bool environment, struct problems *problems,
		    struct problems *warnings)
{
	int error = config_add(config, strcmp(path, "-") == 0 ? "standard input" : path,
			       text, environment, problems);

	if (!error)
		error = config_check_twice(config, problems, warnings);
	return error ? error : config_rename(config, settings_layouts, warnings);
}

struct config *settings_files_alone(const char *path, struct str text,
				    struct problems *problems, struct problems *warnings)
{
	struct config *config = config_new();

	if (!config)
		problems_add(problems, "%s: out of memory", path);
	else if (add_file(config, path, text, false, problems, warnings) == 0)
		return config;
	config_free(config);
	return NULL;
}

/* The lowest layer: the profile that the layers above name. */
static int add_profile(struct config *config, struct problems *problems)
{
	struct arena arena = ARENA_INIT(64 * 1024);
	struct chosen_profile chosen = { .profile = STR("") };
	const struct profile *profile = profiles;
	struct err err = ERR_INIT;
	int error = -EINVAL;

	if (config_read(config, "", &chosen_shape, &chosen, &arena, problems))
		goto out;
	while (profile->name && !str_equal_nocase(chosen.profile, str_of(profile->name)))
		profile++;
	if (chosen.profile.len == 0) {
		error = 0;
	} else if (profile->name) {
		error = config_add(config, profile->name, str_of(profile->text), false,
				   problems);
	} else {
		err_set_key(&err, "profile",
			    "\"" STR_FMT "\" is not supported; there are: "
			    "vpclogs, secadvisor, awsflowlogs",
			    STR_ARG(chosen.profile));
		config_problem(config, "", &err, problems);
	}
out:
	arena_fini(&arena);
	return error;
}

/* Lays config, which it takes, over the main file, and that over a profile. NULL: one of
 * them is wrong. */
static struct config *put_on_main(struct config *config, const char *path,
				  struct str text, char *const *environ,
				  struct problems *problems, struct problems *warnings)
{
	int error;

	if (environ)
		config_environment(config, environ);
	error = add_file(config, path, text, true, problems, warnings);
	if (!error)
		error = add_profile(config, problems);
	if (!error)
		return config;
	config_free(config);
	return NULL;
}

struct config *settings_files_main(const char *path, struct str text,
				   char *const *environ, struct problems *problems,
				   struct problems *warnings)
{
	struct config *config = config_new();

	if (config)
		return put_on_main(config, path, text, environ, problems, warnings);
	problems_add(problems, "%s: out of memory", path);
	return NULL;
}

/* The file's name without directory and .yml; from the arena. */
static struct str base_name(struct settings *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct str name = str_of(slash ? slash + 1 : path);

	if (str_is(name, "-"))
		name = STR("exporter");
	if (name.len > 4 && memcmp(name.ptr + name.len - 4, ".yml", 4) == 0)
		name.len -= 4;
	return arena_str(&s->arena, name);
}

/* A name is a directory of the spool and a label: letters, digits, "-_.". */
static bool is_good_name(struct str name)
{
	size_t i;

	for (i = 0; i < name.len; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			    "0123456789-_.",
			    name.ptr[i]))
			return false;
	return name.len > 0 && name.len <= NAME_MAX_BYTES && name.ptr[0] != '.' &&
	       !str_is(name, "lock") && !str_is(name, "streams") &&
	       !str_is(name, "identity");
}

/* Two files of one name would be one pipeline, with one spool; which of them is
 * meant nobody knows, so neither is read: what runs under the name goes on. */
static bool is_taken(struct settings *s, const char *path, struct str name,
		     struct problems *problems)
{
	struct pipeline_settings *p = map_get(s->names, name, 0);

	if (!p)
		return false;
	config_free(p->config);
	p->config = NULL;
	p->is_bad = true;
	problems_add(problems,
		     "%s: its pipeline has the name of that of " STR_FMT
		     ", \"%s\"; rename one of the files",
		     path, STR_ARG(p->file), p->name);
	return true;
}

static struct str lower_case(struct str name, char lower[NAME_MAX_BYTES])
{
	size_t i;

	for (i = 0; i < name.len; i++)
		lower[i] = (char)tolower((unsigned char)name.ptr[i]);
	return (struct str){ lower, name.len };
}

/* Takes the pipeline, whatever comes of it. */
static void put_pipeline(struct settings *s, struct str lower,
			 struct pipeline_settings *p, const char *path,
			 struct problems *problems)
{
	if (p && grow(s->pipeline, s->room, s->pipelines + 1) &&
	    map_put(s->names, lower, p, 0, NEVER_MS) == 0) {
		s->pipeline[s->pipelines++] = p;
		return;
	}
	problems_add(problems, "%s: out of memory", path);
	pipeline_settings_unref(p);
}

/* config is taken; NULL: the file is wrong, but it has a name. */
static void add_pipeline(struct settings *s, const char *path, struct config *config,
			 const struct origin *origin, struct problems *problems)
{
	struct str name = base_name(s, path), key;
	struct pipeline_settings *p;
	char lower[NAME_MAX_BYTES];

	if (!is_good_name(name)) {
		problems_add(
			problems,
			"%s: the name of a pipeline is that of its file, and "
			"has up to %d letters, digits, \"-\", \"_\" and \".\"; rename "
			"the file",
			path, NAME_MAX_BYTES);
		config_free(config);
		return;
	}
	key = lower_case(name, lower);
	if (is_taken(s, path, key, problems)) {
		config_free(config);
		return;
	}
	p = pipeline_settings_new(name);
	if (p) {
		p->file = arena_str(&p->arena, str_of(path));
		p->origin = *origin;
		p->config = config;
		p->is_bad = !config;
	} else {
		config_free(config);
	}
	put_pipeline(s, key, p, path, problems);
}

typedef bool origin_compare(const struct origin *, const struct origin *);

/* Whether it was read before and is as it was; then it is taken. Not one that keeps its
 * configuration: that is for whoever reads it once more. */
static bool add_known(struct settings *s, const char *path, const struct origin *origin,
		      origin_compare *is_same, struct problems *problems)
{
	struct str name = base_name(s, path);
	struct pipeline_settings *p = s->known ? map_get(s->known, name, 0) : NULL;
	char lower[NAME_MAX_BYTES];

	if (!p || p->config || !str_is(p->file, path) || !is_same(&p->origin, origin) ||
	    map_get(s->names, lower_case(name, lower), 0))
		return false;
	p->is_bad = false;
	if (origin->is_read)
		p->origin = *origin;
	put_pipeline(s, (struct str){ lower, name.len }, pipeline_settings_ref(p), path,
		     problems);
	return true;
}

static void add_drop_in(struct settings *s, const char *main_path, const char *path,
			char *const *environ, struct problems *problems)
{
	struct buf text = BUF_INIT(SETTINGS_FILE_MAX);
	struct config *config = NULL;
	struct origin origin;
	int error;

	origin_look(&origin, path, s->main_sum, clock_now().wall_ms);
	if (add_known(s, path, &origin, origin_equal, problems))
		return;
	error = settings_files_read(path, &text, &s->written_ms, problems);
	if (!error)
		origin_read(&origin, buf_str(&text));
	if (!add_known(s, path, &origin, origin_same_text, problems)) {
		if (!error)
			config = settings_files_alone(path, buf_str(&text), problems,
						      &s->warnings);
		if (config)
			config = put_on_main(config, main_path, buf_str(&s->main_text),
					     environ, problems, &s->warnings);
		add_pipeline(s, path, config, &origin, problems);
	}
	buf_fini(&text);
}

static void add_drop_ins(struct settings *s, const char *main_path, struct str include,
			 char *const *environ, struct problems *problems)
{
	struct buf pattern = BUF_INIT(4096);
	const char *slash = strrchr(main_path, '/');
	struct err err = ERR_INIT;
	glob_t found = { 0 };
	size_t i;
	int error;

	if (*include.ptr != '/' && slash)
		buf_put(&pattern,
			(struct str){ main_path, (size_t)(slash - main_path) + 1 });
	buf_put(&pattern, include);
	/* glob() sorts bytewise in the C locale and leaves dot files out. A folder that
	 * cannot be read is not one without files: then nothing is removed. */
	error = buf_error(&pattern) ? GLOB_NOSPACE
				    : glob(buf_str(&pattern).ptr, GLOB_ERR, NULL, &found);
	if (error && error != GLOB_NOMATCH) {
		err_set_key(&err, "include",
			    "cannot read the folder of \"" STR_FMT
			    "\": make it, or give its user the right to",
			    STR_ARG(include));
		config_problem(s->base, "", &err, problems);
		s->lost_include = true;
	}
	if (!error)
		for (i = 0; i < found.gl_pathc; i++)
			add_drop_in(s, main_path, found.gl_pathv[i], environ, problems);
	globfree(&found);
	buf_fini(&pattern);
}

void settings_files_pipelines(struct settings *s, const char *path, struct str include,
			      char *const *environ, struct problems *problems)
{
	struct err err = ERR_INIT;

	if (include.len == 0) {
		const struct origin of_one = { 0 };
		struct config *config = s->base;

		/* The file is base and pipeline at once. */
		s->base = NULL;
		add_pipeline(s, path, config, &of_one, problems);
		return;
	}
	if (strcmp(path, "-") == 0) {
		err_set_key(&err, "include", "cannot be used with standard input");
		config_problem(s->base, "", &err, problems);
		return;
	}
	if (digest_sha256(buf_str(&s->main_text), s->main_sum) < 0)
		s->known = NULL;
	add_drop_ins(s, path, include, environ, problems);
}
