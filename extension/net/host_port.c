/* SPDX-License-Identifier: Apache-2.0 */
/* host_port.c - see host_port.h. */
#include "net/host_port.h"

static bool host_has_byte(char c, bool is_v6)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    c == '.' || c == '-' || c == '_')
		return true;
	return is_v6 && (c == ':' || c == '%');
}

static int host_check(const struct host_port *hp, struct err *err)
{
	size_t i;

	if (hp->is_v6 && hp->host.len == 0)
		return err_set(err, "no address in the brackets");
	for (i = 0; i < hp->host.len; i++)
		if (!host_has_byte(hp->host.ptr[i], hp->is_v6))
			return err_set(err,
				       "\"" STR_FMT "\" is not a host name or address",
				       STR_ARG(hp->host));
	return 0;
}

/* rest: what stands behind the host. */
static int port_parse(struct str rest, struct host_port *hp, struct err *err)
{
	size_t i;

	if (rest.len == 0)
		return 0;
	hp->port = str_skip(rest, 1);
	if (rest.ptr[0] != ':' || hp->port.len == 0 || hp->port.len > 5)
		return err_set(err, "\"" STR_FMT "\" is not a port", STR_ARG(rest));
	for (i = 0; i < hp->port.len; i++) {
		if (hp->port.ptr[i] < '0' || hp->port.ptr[i] > '9')
			break;
		hp->number = hp->number * 10 + (unsigned)(hp->port.ptr[i] - '0');
	}
	if (i < hp->port.len || hp->number > 65535)
		return err_set(err, "\"" STR_FMT "\" is not a port", STR_ARG(hp->port));
	return 0;
}

int host_port_parse(struct str text, struct host_port *hp, struct err *err)
{
	struct str rest;
	int error;

	*hp = (struct host_port){ .is_v6 = text.len && text.ptr[0] == '[' };
	if (hp->is_v6) {
		hp->host = str_until(str_skip(text, 1), ']');
		if (hp->host.len + 2 > text.len)
			return err_set(err, "\"[\" without \"]\"");
		rest = str_skip(text, hp->host.len + 2);
	} else {
		hp->host = str_until(text, ':');
		rest = str_skip(text, hp->host.len);
	}
	error = host_check(hp, err);
	return error ? error : port_parse(rest, hp, err);
}
