/* SPDX-License-Identifier: Apache-2.0 */
/* version.h - which release this is. */
#ifndef VERSION_H
#define VERSION_H

#define VERSION "0.1.0"

#endif
