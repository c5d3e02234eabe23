/* SPDX-License-Identifier: Apache-2.0 */
/* source_auth.c - see source_auth.h. */
#include <errno.h>
#include "net/endpoint.h"
#include "net/header_text.h"
#include "source/registry.h"
#include "source/source_auth.h"
#include "sys/secret.h"
#include "topology/analyzer_url.h"

#define SECTION	   "pipeline.subscriber.auth"
#define COOKIE_MAX (64 * 1024)

/* Keys of pipeline.subscriber.auth. */
struct own_keys {
	struct str username, password, password_file;
	struct map_of_str cookie;
};

static const struct shape own_shape = {
	.name = "auth",
	.size = sizeof(struct own_keys),
	.fields =
		(const struct field[]){
			OPTION(struct own_keys, username, "username", 0,
			       "user of the API of this URL's analyzer, in place of "
			       "analyzer.auth.cluster's"),
			OPTION(struct own_keys, password, "password", FIELD_SECRET,
			       "password of that user"),
			OPTION(struct own_keys, password_file, "password_file", 0,
			       "file that holds password; read at start and reload"),
			OPTION(struct own_keys, cookie, "cookie",
			       FIELD_SECRET | FIELD_PAIRS,
			       "sent to this URL's host, in place of http.cookie"),
			{ 0 },
		},
};

const struct config_section source_auth_section = { SECTION, &own_shape };

/* What a file says beside it, of all analyzers. */
struct shared_keys {
	struct str username, password, url;
	struct map_of_str cookie;
	struct strs analyzers;
};

static const struct shape shared_shape = {
	.name = "shared",
	.size = sizeof(struct shared_keys),
	.fields =
		(const struct field[]){
			OPTION(struct shared_keys, username,
			       "analyzer.auth.cluster.username", 0, ""),
			OPTION(struct shared_keys, password,
			       "analyzer.auth.cluster.password", FIELD_SECRET, ""),
			OPTION(struct shared_keys, cookie, "http.cookie",
			       FIELD_SECRET | FIELD_PAIRS, ""),
			OPTION(struct shared_keys, analyzers, "analyzers", 0, ""),
			OPTION(struct shared_keys, url, "pipeline.subscriber.url", 0, ""),
			{ 0 },
		},
};

/* All that is said in one place: a drop-in, or what stands below it. */
struct stated {
	struct own_keys own;
	struct shared_keys shared;
};

/* "ws://host" has a port, too. false: it has no host that could be compared. */
static bool find_server(const struct url *url, struct endpoint *e)
{
	struct err ignored = ERR_INIT;

	if (!url->scheme || url->scheme->form != URL_HOST ||
	    endpoint_parse(url->host, e, &ignored) < 0)
		return false;
	if (!e->port)
		e->port = url->scheme->is_tls ? 443 : 80;
	return true;
}

static bool is_url_of(struct str text, const struct url *url)
{
	const struct source *source = NULL;
	struct err ignored = ERR_INIT;
	struct endpoint a, b;
	struct url other;

	if (str_equal(text, url->text))
		return true;
	return text.len && source_find(text, &source, &other, &ignored) == 0 &&
	       find_server(&other, &a) && find_server(url, &b) &&
	       endpoint_is_same(&a, &b);
}

static bool is_analyzer(struct str entry, const struct url *url)
{
	struct buf text = BUF_INIT(4096);
	struct err ignored = ERR_INIT;
	struct endpoint a, b;
	bool is_same = analyzer_url_put(&text, entry, false, &ignored) == 0 &&
		       endpoint_parse(buf_str(&text), &a, &ignored) == 0 &&
		       find_server(url, &b);

	if (is_same && !a.port)
		a.port = a.scheme == ENDPOINT_HTTPS ? 443 : 80;
	is_same = is_same && endpoint_is_same(&a, &b);
	buf_fini(&text);
	return is_same;
}

/* Whether the main file names the host. */
static bool is_named(const struct shared_keys *below, const struct url *url)
{
	size_t i;

	if (is_url_of(below->url, url))
		return true;
	for (i = 0; i < below->analyzers.count; i++)
		if (is_analyzer(below->analyzers.item[i], url))
			return true;
	return false;
}

static bool says_anything(const struct stated *s)
{
	return s->own.username.len || s->own.cookie.count || s->shared.username.len ||
	       s->shared.cookie.count;
}

static bool read_stated(const struct config *config, struct stated *above,
			struct stated *below, struct arena *arena,
			struct problems *problems)
{
	size_t before = problems->count;

	config_read_own(config, SECTION, &own_shape, &above->own, arena, problems);
	config_read_own(config, "", &shared_shape, &above->shared, arena, problems);
	config_read_below(config, SECTION, &own_shape, &below->own, arena, problems);
	config_read_below(config, "", &shared_shape, &below->shared, arena, problems);
	return problems->count == before;
}

static struct str first_of(struct str a, struct str b)
{
	return a.len ? a : b;
}

/* A password stands in the file that says it in one of two ways. */
static void merge_own(struct own_keys *own, const struct own_keys *below)
{
	own->username = first_of(own->username, below->username);
	if (!own->password.len && !own->password_file.len) {
		own->password = below->password;
		own->password_file = below->password_file;
	}
	if (!own->cookie.count)
		own->cookie = below->cookie;
}

static void merge_shared(struct shared_keys *own, const struct shared_keys *below)
{
	own->username = first_of(own->username, below->username);
	own->password = first_of(own->password, below->password);
	if (!own->cookie.count)
		own->cookie = below->cookie;
}

static void check_secret(const char *key, struct str value, struct err *err)
{
	if (!secret_has_blank_end(value))
		return;
	err_also(err);
	err_set_key(err, key, SECRET_BLANK_REASON);
}

void source_auth_check_shared(struct str username, struct str password, struct err *err)
{
	check_secret("analyzer.auth.cluster.username", username, err);
	check_secret("analyzer.auth.cluster.password", password, err);
}

static int read_password(const struct own_keys *own, struct arena *arena,
			 struct str *password, struct err *err)
{
	struct err why = ERR_INIT;
	struct secret secret;

	if (own->password.len && own->password_file.len)
		return err_set_key(err, "password_file",
				   "password is set too: only one of the two can be");
	if ((own->password.len || own->password_file.len) && !own->username.len)
		return err_set_key(err, "username", "must be set, too, with a password");
	*password = own->password;
	if (!own->password_file.len)
		return 0;
	if (secret_open(&secret, STR(""), own->password_file, 0, &why) < 0)
		return err_set_key(err, "password_file", "%s", why.text);
	*password = arena_str(arena, secret_value(&secret));
	secret_close(&secret);
	return 0;
}

int source_auth_cookie(const struct map_of_str *cookies, struct arena *arena,
		       struct str *cookie, struct err *err)
{
	struct buf b = BUF_INIT(COOKIE_MAX);
	int error = 0;
	size_t i;

	for (i = 0; i < cookies->count && !error; i++) {
		if (!cookies->name[i].len || !header_text_fits(cookies->name[i]) ||
		    !header_text_fits(cookies->value[i]))
			error = err_set(err, HEADER_TEXT_REASON);
		else if (secret_has_blank_end(cookies->name[i]) ||
			 secret_has_blank_end(cookies->value[i]))
			error = err_set(err, SECRET_BLANK_REASON);
		buf_printf(&b, STR_FMT "=" STR_FMT "; ", STR_ARG(cookies->name[i]),
			   STR_ARG(cookies->value[i]));
	}
	if (!error && buf_error(&b))
		error = err_set(err, "is longer than %d bytes", COOKIE_MAX);
	*cookie = error ? STR("") : arena_str(arena, buf_str(&b));
	buf_fini(&b);
	return error;
}

static void fill_user(struct source_auth *a, const struct stated *s, struct arena *arena,
		      struct err *of_own, struct err *of_shared)
{
	check_secret("username", s->own.username, of_own);
	check_secret("password", s->own.password, of_own);
	err_also(of_own);
	if (read_password(&s->own, arena, &a->password, of_own) < 0)
		return;
	a->username = s->own.username;
	if (a->username.len)
		return;
	a->username = s->shared.username;
	a->password = s->shared.password;
	source_auth_check_shared(a->username, a->password, of_shared);
}

static void fill_cookie(struct source_auth *a, const struct stated *s,
			struct arena *arena, struct err *of_own, struct err *of_shared)
{
	bool is_own = s->own.cookie.count > 0;
	struct err *err = is_own ? of_own : of_shared, why = ERR_INIT;

	if (source_auth_cookie(is_own ? &s->own.cookie : &s->shared.cookie, arena,
			       &a->cookie, &why) == 0)
		return;
	err_also(err);
	err_set_key(err, is_own ? "cookie" : "http.cookie", "%s", why.text);
}

/* What the main file's reader has said of shared keys is not said twice. */
static void fill_auth(struct source_auth *a, const struct stated *s, struct arena *arena,
		      const struct config *config, struct problems *problems)
{
	struct config_listener own = { config, SECTION, problems, false };
	struct config_listener shared = { config, "", problems, true };
	struct err of_own = config_listen(&own), of_shared = config_listen(&shared);

	fill_user(a, s, arena, &of_own, &of_shared);
	fill_cookie(a, s, arena, &of_own, &of_shared);
	err_also(&of_own);
	err_also(&of_shared);
}

void source_auth_read(struct source_auth *a, const struct config *config,
		      const struct url *url, struct arena *arena,
		      struct problems *problems)
{
	struct stated above = { .own = { .username = STR("") } }, below = above;

	*a = (struct source_auth){ .username = STR("") };
	if (!read_stated(config, &above, &below, arena, problems))
		return;
	if (!above.shared.url.len || is_named(&below.shared, url)) {
		merge_own(&above.own, &below.own);
		merge_shared(&above.shared, &below.shared);
	} else {
		a->is_withheld = says_anything(&below) && !says_anything(&above);
	}
	fill_auth(a, &above, arena, config, problems);
}

struct session_identity source_auth_identity(const struct source_auth *a,
					     const struct session_identity *shared)
{
	return (struct session_identity){
		.host_id = shared->host_id,
		.username = a->username,
		.password = a->password,
		.cookie = a->cookie,
		.tls = shared->tls,
	};
}

bool source_auth_equal(const struct source_auth *a, const struct source_auth *b)
{
	return str_equal(a->username, b->username) &&
	       str_equal(a->password, b->password) && str_equal(a->cookie, b->cookie);
}

bool source_auth_is_bare(const struct source_auth *a, const struct url *url)
{
	struct endpoint e;

	return a->username.len && !url->scheme->is_tls && find_server(url, &e) &&
	       !endpoint_is_this_host(&e);
}
