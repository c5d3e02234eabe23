/* SPDX-License-Identifier: Apache-2.0 */
/* curl_dial.c - see curl_dial.h. */
#include <stdlib.h>
#include <strings.h>
#include "base/buf.h"
#include "net/curl_dial.h"
#include "net/host_port.h"
#include "net/resolver.h"

#define PORT_HTTP  80
#define PORT_HTTPS 443
#define PORT_PROXY 1080

/* "scheme://user@host:port/path", of which only the host must be there. */
static struct curl_dial dial_parse(struct str url, unsigned port)
{
	const char *scheme = url.len ? memmem(url.ptr, url.len, "://", 3) : NULL;
	struct str server = scheme ? str_skip(url, (size_t)(scheme - url.ptr) + 3) : url;
	struct err ignored = ERR_INIT;
	struct host_port hp;
	const char *at;

	server = str_until(str_until(str_until(server, '/'), '?'), '#');
	at = server.len ? memrchr(server.ptr, '@', server.len) : NULL;
	if (at)
		server = str_skip(server, (size_t)(at - server.ptr) + 1);
	if (host_port_parse(server, &hp, &ignored) < 0)
		return (struct curl_dial){ .port = port };
	return (struct curl_dial){ hp.host, hp.port.len ? hp.number : port };
}

static const char *first_set(const char *const *names)
{
	const char *value;

	for (; *names; names++) {
		value = getenv(*names);
		if (value && *value)
			return value;
	}
	return NULL;
}

/* The name itself, or a name in the domain. */
static bool is_covered(struct str host, struct str by)
{
	if (str_starts(by, STR(".")))
		by = str_skip(by, 1);
	if (by.len == 0 || host.len < by.len)
		return false;
	return str_equal_nocase(str_skip(host, host.len - by.len), by) &&
	       (host.len == by.len || host.ptr[host.len - by.len - 1] == '.');
}

static bool goes_direct(struct str host)
{
	static const char *const names[] = { "no_proxy", "NO_PROXY", NULL };
	struct str rest = str_of(first_set(names));
	size_t len;

	if (str_is(rest, "*"))
		return true;
	while (rest.len) {
		len = strcspn(rest.ptr, ", ");
		if (is_covered(host, (struct str){ rest.ptr, len }))
			return true;
		rest = str_skip(rest, len + 1);
	}
	return false;
}

struct curl_dial curl_dial_of(const char *url, bool may_use_proxy)
{
	static const char *const http[] = { "http_proxy", "all_proxy", "ALL_PROXY",
					    NULL };
	static const char *const https[] = { "https_proxy", "HTTPS_PROXY", "all_proxy",
					     "ALL_PROXY", NULL };
	bool is_tls = str_equal_nocase(str_until(str_of(url), ':'), STR("https"));
	struct curl_dial to = dial_parse(str_of(url), is_tls ? PORT_HTTPS : PORT_HTTP);
	const char *proxy = may_use_proxy ? first_set(is_tls ? https : http) : NULL;

	if (!proxy || goes_direct(to.host))
		return to;
	return dial_parse(str_of(proxy), strncasecmp(proxy, "https://", 8) == 0
						 ? PORT_HTTPS
						 : PORT_PROXY);
}

struct curl_slist *curl_dial_list(const struct curl_dial *to, struct str addresses)
{
	struct buf entry = BUF_INIT(16 * 1024);
	struct curl_slist *list = NULL;

	buf_printf(&entry, STR_FMT ":%u:" STR_FMT, STR_ARG(to->host), to->port,
		   STR_ARG(addresses));
	if (!buf_error(&entry))
		list = curl_slist_append(NULL, entry.ptr);
	buf_fini(&entry);
	return list;
}
