/* SPDX-License-Identifier: Apache-2.0 */
/* httpd_host.c - see httpd_host.h. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include "net/httpd_host.h"

void httpd_host_name(const char *listen, char name[HOST_NAME_SIZE])
{
	struct err ignored = ERR_INIT;
	struct host_port to;

	*name = '\0';
	if (host_port_parse(str_of(listen), &to, &ignored) == 0)
		snprintf(name, HOST_NAME_SIZE, STR_FMT, STR_ARG(to.host));
}

/* An IPv4 address is written as an IPv6 one (RFC 4291 section 2.5.5.2), so that they
 * compare. */
static struct in6_addr host_map_v4(struct in_addr v4)
{
	struct in6_addr v6 = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	memcpy(v6.s6_addr + 12, &v4, sizeof(v4));
	return v6;
}

static bool host_parse_address(struct str host, struct in6_addr *out)
{
	char text[INET6_ADDRSTRLEN];
	struct in_addr v4;

	host = str_until(host, '%'); /* a zone */
	if (host.len >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), STR_FMT, STR_ARG(host));
	if (inet_pton(AF_INET6, text, out) == 1)
		return true;
	if (inet_pton(AF_INET, text, &v4) != 1)
		return false;
	*out = host_map_v4(v4);
	return true;
}

static bool host_of_address(const struct socket_address *a, struct in6_addr *out)
{
	if (a->socket.ss_family == AF_INET6)
		*out = ((const struct sockaddr_in6 *)&a->socket)->sin6_addr;
	else if (a->socket.ss_family == AF_INET)
		*out = host_map_v4(((const struct sockaddr_in *)&a->socket)->sin_addr);
	else
		return false;
	return true;
}

static bool host_is_loopback(const struct in6_addr *a)
{
	return IN6_IS_ADDR_LOOPBACK(a) ||
	       (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127);
}

static struct str host_trim_dot(struct str name)
{
	if (name.len && name.ptr[name.len - 1] == '.')
		name.len--;
	return name;
}

static bool host_is_localhost(struct str name)
{
	const struct str under = STR(".localhost");

	if (name.len > under.len)
		name = str_skip(name, name.len - under.len);
	return str_equal_nocase(name, under) || str_equal_nocase(name, STR("localhost"));
}

bool httpd_host_is_everywhere(const struct socket_address *a)
{
	struct in6_addr at;
	struct in_addr v4;

	if (!host_of_address(a, &at))
		return false;
	memcpy(&v4, at.s6_addr + 12, sizeof(v4));
	return IN6_IS_ADDR_UNSPECIFIED(&at) ||
	       (IN6_IS_ADDR_V4MAPPED(&at) && v4.s_addr == htonl(INADDR_ANY));
}

bool httpd_host_is_ours(struct str value, struct str name, const struct socket_address *a)
{
	struct err ignored = ERR_INIT;
	struct in6_addr asked, at;
	struct host_port to;

	if (host_port_parse(value, &to, &ignored) < 0 || !to.host.len)
		return false;
	if (host_parse_address(to.host, &asked))
		return host_is_loopback(&asked) || httpd_host_is_everywhere(a) ||
		       (host_of_address(a, &at) && IN6_ARE_ADDR_EQUAL(&asked, &at));
	to.host = host_trim_dot(to.host);
	return host_is_localhost(to.host) ||
	       str_equal_nocase(to.host, host_trim_dot(name));
}
