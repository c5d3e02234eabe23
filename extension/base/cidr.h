/* SPDX-License-Identifier: Apache-2.0 */
/* cidr.h - IP addresses and prefixes, and whether a prefix contains an address.
 *
 * Addresses follow Go's net.ParseIP, because the exporter this replaces does:
 * dotted quads of four decimal octets without leading zeros, RFC 4291 text for
 * IPv6, no zone, no blanks. An IPv4-mapped IPv6 address counts as IPv4, in
 * addresses and in prefixes; otherwise the families never match each other.
 */
#ifndef BASE_CIDR_H
#define BASE_CIDR_H

#include <stdint.h>
#include "base/err.h"
#include "base/str.h"

/* IPv4 is held as ::ffff:a.b.c.d, so that one comparison serves both. */
struct address {
	uint8_t byte[16];
	bool is_v4;
};

struct cidr {
	struct address prefix; /* host bits cleared */
	unsigned bits;	       /* of 128, also for IPv4 */
};

struct cidr_set {
	struct cidr *item;
	size_t count;
};

/* false: not an address. */
bool address_parse(struct str text, struct address *);
/* 0 or -EINVAL with the reason; never touches *cidr on failure. "10.0.0.0/8",
 * "fd00::/8"; a length may be written with leading zeros ("/08"). */
int cidr_parse(struct str text, struct cidr *, struct err *);

/* Parses every item. The reason names the item by err_set_key(err,
 * "<key>[<index>]"). On failure the set is empty. */
int cidr_set_parse(struct cidr_set *, const struct strs *, const char *key, struct err *);
bool cidr_set_contains(const struct cidr_set *, const struct address *);
void cidr_set_fini(struct cidr_set *);

#endif
